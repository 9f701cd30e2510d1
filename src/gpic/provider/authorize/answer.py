"""Back to the partner, with a code or with a refusal."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from gpic.provider.errors import SentBack
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Binding, Codes, Grant
from gpic.provider.stages import Prepared, RawRequest, Redirect


async def answer(
    prepared: Prepared, codes: Codes, policy: ProviderPolicy, now: datetime, *, code: str, family: str
) -> Redirect:
    """Keep *code* and send it; *now* is of the wire clock, *family* joins all tokens that will descend from the code."""
    approved = prepared.approved
    request = approved.request
    grant = Grant(
        family=family,
        client_id=request.client.client_id,
        subject=approved.account.subject,
        scopes=request.scopes,
        nonce=request.nonce,
        vot=approved.vot,
        auth_time=approved.session.auth_time,
        session_id=approved.session.id,
        code_challenge=request.code_challenge,
    )
    await codes.save(code, Binding(request.client.client_id, request.redirect_uri), grant, now + policy.code_lifetime)
    return back_to(request.redirect_uri, (("code", code), ("state", request.state)), policy)


def refused(redirect_uri: str, state: str, refusal: SentBack, policy: ProviderPolicy) -> Redirect:
    """The refusal in the partner's hands: our own sentence, never an echo of what was sent."""
    pairs = (("error", refusal.code), ("error_description", refusal.sentence), ("state", state))
    return back_to(redirect_uri, pairs, policy)


def back_to(redirect_uri: str, pairs: RawRequest, policy: ProviderPolicy) -> Redirect:
    """The registered URI with these parameters; empty ones are left out."""
    issuer = (("iss", policy.issuer),) if policy.sends_issuer else ()
    query = urlencode([(name, value) for name, value in (*pairs, *issuer) if value])
    # Registered URIs carry no query (`nhs-login.md` §2), so nothing of theirs can be overwritten or lost.
    return Redirect(f"{redirect_uri}?{query}")
