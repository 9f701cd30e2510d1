"""To NHS login and back: `start` makes the way there, `finish` proves who came and with what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import httpx2
import msgspec

from gpic.jose.errors import KeyUnknown, TokenRefused
from gpic.nhs.clock import Clock
from gpic.nhs.credentials import GpCredentials
from gpic.relying_party.callback import Pairs, code_of, read_callback
from gpic.relying_party.discovery import KnownProvider
from gpic.relying_party.errors import IdTokenInvalid, StateUnknown
from gpic.relying_party.exchange import answer_to
from gpic.relying_party.id_token import VerifiedIdToken, verify_id_token
from gpic.relying_party.loop_guard import hashed
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.ports import Attempts
from gpic.relying_party.records import Attempt
from gpic.relying_party.right_patient import Person
from gpic.relying_party.signing import signed
from gpic.relying_party.token_endpoint import Tokens, read_tokens, token_request
from gpic.relying_party.userinfo import Userinfo, read_userinfo, userinfo_request


@dataclass(frozen=True, slots=True)
class Wish:
    """How to log in. *prompt* is "", "login" or "none"; *asserted_identity* spares the sign-in (R14)."""

    prompt: str = ""
    asserted_identity: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """Redirect the browser to *url*; *attempt* is kept already."""

    url: str
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back, proved, and with which GP details, if any."""

    id_token: VerifiedIdToken
    person: Person
    details: GpCredentials | None


def start(settings: RelyingPartySettings, endpoint: str, attempt: Attempt, wish: Wish) -> Start:
    """The authorization request of an attempt (`nhs-login.md` §2)."""
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": settings.redirect_uri,
        "scope": " ".join(settings.scopes),
        "state": attempt.state,
        "nonce": attempt.nonce,
        "vtr": msgspec.json.encode([str(vector) for vector in settings.vectors]).decode(),
        "prompt": wish.prompt,
        "asserted_login_identity": wish.asserted_identity,
    }
    given = {name: value for name, value in asked.items() if value}
    return Start(str(httpx2.URL(endpoint).copy_merge_params(given)), attempt)


@dataclass(frozen=True, slots=True)
class Login:
    """Both halves with what they need. *clock* is the wire's; *fresh_text* makes states, nonces and ids."""

    settings: RelyingPartySettings
    provider: KnownProvider
    client: httpx2.AsyncClient
    attempts: Attempts
    clock: Clock
    fresh_text: Callable[[], str]

    async def start(self, browser: str, wish: Wish) -> Start:
        """Keep an attempt of this browser and say where to go; raises DiscoveryRefused, ProviderSilent."""
        metadata = await self.provider.metadata()
        now = self.clock.now()
        attempt = Attempt(self.fresh_text(), self.fresh_text(), hashed(browser), now + self.settings.attempt_life)
        await self.attempts.save(attempt, now)
        return start(self.settings, metadata.authorization_endpoint, attempt, wish)

    async def finish(self, browser: str, callback: str | Pairs) -> Arrival:
        """Code, tokens, ID token, userinfo: in this order. Raises LoginRefused."""
        read = read_callback(callback)
        attempt = await self.attempts.take(read.state, hashed(browser), self.clock.now())
        if attempt is None:
            raise StateUnknown
        tokens = await self._redeemed(code_of(read, self.settings.issuer))
        id_token = await self._verified(tokens, attempt.nonce)
        userinfo = await self._userinfo(tokens, id_token)
        return Arrival(id_token, userinfo.person, userinfo.details)

    async def _redeemed(self, code: str) -> Tokens:
        make = partial(token_request, self.client, self.settings, code, jti=self.fresh_text(), now=self.clock.now())
        request = await signed(self.settings, make)
        return read_tokens(await answer_to(self.client, request))

    async def _verified(self, tokens: Tokens, nonce: str) -> VerifiedIdToken:
        """With the keys that we know, and once more with newer ones where its kid is unknown."""
        keys = await self.provider.keys()
        now: datetime = self.clock.now()
        try:
            try:
                return verify_id_token(tokens, keys, self.settings, nonce=nonce, now=now)
            except KeyUnknown:
                newer = await self.provider.keys_after_an_unknown_kid(keys)
                return verify_id_token(tokens, newer, self.settings, nonce=nonce, now=now)
        except TokenRefused as refused:
            raise IdTokenInvalid(str(refused)) from None

    async def _userinfo(self, tokens: Tokens, id_token: VerifiedIdToken) -> Userinfo:
        metadata = await self.provider.metadata()
        request = userinfo_request(self.client, metadata.userinfo_endpoint, tokens)
        return read_userinfo(await answer_to(self.client, request), id_token, self.settings)
