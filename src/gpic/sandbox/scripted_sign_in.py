"""Signing in without a browser: `login_hint` names a person. Only a sandbox supplies this, and only when it is asked to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gpic.nhs.clock import Clocks
from gpic.provider.ports import Accounts, Consents, SignInProof
from gpic.provider.stages import AuthorizeRequest

HINT: Final = "login_hint"
#: As on the pages: a password and a text-message code.
CREDENTIALS: Final = frozenset("pd")


@dataclass(frozen=True, slots=True)
class ScriptedSignIn:
    """Implements the SignInWithoutPages port: whoever the request names signs in, and agrees to what is asked."""

    accounts: Accounts
    consents: Consents
    clocks: Clocks
    emails: dict[str, str] = field(default_factory=dict)  #: who may, by slug; nobody, until a sandbox fills it

    async def attempt(self, request: AuthorizeRequest) -> SignInProof | None:
        """The person whose slug is hinted at; None for anybody else, who sees the page."""
        email = next((self.emails.get(value, "") for name, value in request.ignored if name == HINT), "")
        found = await self.accounts.by_email(email) if email else None
        if found is None:
            return None
        account = found[0]
        await self.consents.agree(account.subject, request.client.client_id, request.scopes, self.clocks.world.now())
        return SignInProof(account, CREDENTIALS)
