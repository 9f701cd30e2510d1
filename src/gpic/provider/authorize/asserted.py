"""`asserted_login_identity`: a partner to whom we told who somebody is vouches for them (N23, `nhs-login.md` §7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from gpic.jose.errors import TokenRefused
from gpic.jose.verify import ClaimsPolicy, VerifiedClaims, unverified_issuer, verify
from gpic.nhs.clock import Clocks
from gpic.provider.accounts import Account
from gpic.provider.authorize.prompts import SignedIn, vot_of
from gpic.provider.clients import Client
from gpic.provider.ports import Accounts, AssertedIdentities, Clients, Grant, JtiUse, Sessions
from gpic.provider.sessions import Session
from gpic.provider.stages import Inherited, Interaction

#: Between iat and exp, and how far ahead exp may lie.
LONGEST_LIFE: Final = timedelta(seconds=60)


class IdentityNotAccepted(Exception):
    """The asserted identity proves nothing here; the message is for the log and names no secret."""


@dataclass(frozen=True, slots=True)
class VouchedFor:
    """An identity that was accepted: by whom it was asserted, and the login that it continues."""

    by: str
    account: Account
    session: Session
    grant: Grant  #: what that login allowed the partner who asserts


@dataclass(frozen=True, slots=True)
class AssertionDesk:
    """What an asserted identity is judged with."""

    clients: Clients
    accounts: Accounts
    sessions: Sessions
    identities: AssertedIdentities
    clocks: Clocks
    skew: timedelta

    async def accept(self, unverified: str, to: Client, own_subject: str) -> VouchedFor:
        """Everything that must hold, the one use last; *own_subject* is who the browser's own session belongs to, or "".

        Raises IdentityNotAccepted (`attacks-and-interop.md` 11).
        """
        try:
            asserter = await self._asserter(unverified, to)
            claims = self._verified(unverified, asserter)
            grant = await self._login(asserter, claims.text("code"))
        except TokenRefused as refusal:
            raise IdentityNotAccepted(f"{type(refusal).__name__}: {refusal}") from refusal
        session = await self._session(grant)
        account = await self.accounts.by_subject(grant.subject)
        if account is None:
            raise IdentityNotAccepted("the account is gone")
        if own_subject not in {"", grant.subject}:
            raise IdentityNotAccepted("the browser is somebody else's")
        await self._claim(asserter, claims)
        return VouchedFor(asserter.client_id, account, session, grant)

    async def _asserter(self, unverified: str, to: Client) -> Client:
        """The client that says it made this, if it may hand over to the one that asks. Raises TokenRefused, too."""
        asserter = await self.clients.get(unverified_issuer(unverified))
        if asserter is None or asserter.disabled:
            raise IdentityNotAccepted("iss is unknown or disabled")
        if not asserter.may_hand_over_to(to.client_id):
            raise IdentityNotAccepted(f"{asserter.client_id} may not hand over to {to.client_id}")
        return asserter

    def _verified(self, unverified: str, asserter: Client) -> VerifiedClaims:
        """Signed by that client and young; raises TokenRefused."""
        claims = verify(
            unverified,
            asserter.key_set,
            ClaimsPolicy(
                issuer=asserter.client_id,
                audience=None,
                now=self.clocks.wire.now(),
                skew=self.skew,
                longest_life=LONGEST_LIFE,
                algorithms=frozenset({asserter.algorithm}),
                required=frozenset({"code", "jti", "iat"}),
            ),
        )
        # The skew forgives a partner's clock and lengthens nobody's life.
        if claims.expires - claims.moment("iat") > LONGEST_LIFE:
            raise IdentityNotAccepted("it lives longer than 60 seconds")
        return claims

    async def _login(self, asserter: Client, id_token_jti: str) -> Grant:
        grant = await self.identities.login_of(asserter.client_id, id_token_jti)
        if grant is None:
            raise IdentityNotAccepted("code names no ID token of this client that still counts")
        return grant

    async def _session(self, grant: Grant) -> Session:
        """The session of the login that is continued, if it still lasts."""
        session = await self.sessions.get(grant.session_id, self.clocks.world.now())
        if session is None or session.subject != grant.subject:
            raise IdentityNotAccepted("the session of that login is over")
        return session

    async def _claim(self, asserter: Client, claims: VerifiedClaims) -> None:
        """Last, so that nothing is spent on what is not accepted."""
        use = JtiUse(asserter.client_id, claims.jti, claims.expires + self.skew)
        if not await self.identities.claim(use, self.clocks.wire.now()):
            raise IdentityNotAccepted("it was used before")


def continued(interaction: Interaction, vouched: VouchedFor, own: SignedIn | None) -> Interaction:
    """The request, going on in the login that is continued; in the browser's *own* session where only that one suffices.

    No cookie is set for it: whoever brings a link with an assertion into somebody's browser plants no session there.
    """
    wanted = interaction.request.vectors
    inherited = Inherited(vouched.grant.vot, vouched.account.level)
    through = SignedIn(vouched.session, vouched.account, inherited)
    only_own = own is not None and vot_of(own.reached, wanted) is not None and vot_of(through.reached, wanted) is None
    if only_own:
        return replace(interaction, asserted_by=vouched.by)
    return replace(interaction, asserted_by=vouched.by, session_id=vouched.session.id, inherited=inherited)
