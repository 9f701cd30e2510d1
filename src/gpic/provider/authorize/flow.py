"""The way of an authorization request, from the first query to the redirect.

    address → check → (asserted identity) → next_prompt → (AskUser … resume) → prepare → answer

`endpoints` begins it, `web` carries it on page by page; every stage's type proves that the earlier ones happened.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from gpic.nhs.clock import Clocks
from gpic.nhs.trust import Vector
from gpic.provider.accounts import Account
from gpic.provider.authorize import interaction as waiting_room
from gpic.provider.authorize.addressing import address
from gpic.provider.authorize.answer import answer, refused
from gpic.provider.authorize.asserted import AssertionDesk, IdentityNotAccepted, continued
from gpic.provider.authorize.checks import LONGEST, check
from gpic.provider.authorize.gp_credentials import prepare
from gpic.provider.authorize.leniencies import CountedLeniencies
from gpic.provider.authorize.own_pages import is_own, own_request
from gpic.provider.authorize.pages_only import OnlyByPages
from gpic.provider.authorize.prompts import SignedIn, Standing, next_prompt
from gpic.provider.errors import (
    AccessDenied,
    ConsentRequired,
    InteractionGone,
    InteractionRequired,
    LoginRequired,
    Refusal,
    SentBack,
    ServerBroken,
    SsoLoginRequired,
    TemporarilyUnavailable,
)
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import (
    Accounts,
    AssertedIdentities,
    CabinetSilent,
    Clients,
    Codes,
    Consents,
    GpOffer,
    Interactions,
    Leniencies,
    Sessions,
    SignInWithoutPages,
)
from gpic.provider.randomness import random_text
from gpic.provider.sessions import Session
from gpic.provider.stages import AddressedRequest, AskUser, Interaction, Prepared, Prompt, RawRequest, Redirect

LOG: Final = logging.getLogger("gpic.provider")

#: What single sign-on comes to every day.
EVERYDAY: Final = (LoginRequired, SsoLoginRequired, InteractionRequired, ConsentRequired)

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Authorize:
    """The authorization endpoint without HTTP and without pages."""

    clients: Clients
    accounts: Accounts
    sessions: Sessions
    interactions: Interactions
    consents: Consents
    codes: Codes
    identities: AssertedIdentities
    offer: GpOffer
    policy: ProviderPolicy
    clocks: Clocks = field(default_factory=Clocks)
    new_text: Callable[[], str] = random_text  #: for ids and codes
    without_pages: SignInWithoutPages = field(default_factory=OnlyByPages)
    leniencies: Leniencies = field(default_factory=CountedLeniencies)

    async def begin(self, raw: RawRequest, session_id: str, browser: str) -> Redirect | AskUser:
        """A request that came with its browser's cookies ("" for none). Raises Unaddressable."""
        addressed = await address(raw, self.clients, self.policy)
        return await self._told(addressed.redirect_uri, _state_of(addressed), self._begun(addressed, session_id, browser))

    async def keep(self, raw: RawRequest) -> Redirect | Interaction:
        """A form that another site posted, so without our cookies: kept until its browser returns. Raises Unaddressable."""
        addressed = await address(raw, self.clients, self.policy)
        return await self._told(addressed.redirect_uri, _state_of(addressed), self._kept(addressed))

    async def take_up(self, interaction_id: str, session_id: str, browser: str) -> Redirect | AskUser:
        """Go on with what `keep` kept, now with cookies. Raises InteractionGone."""
        kept = await waiting_room.find_kept(self.interactions, interaction_id, self.clocks.wire.now())
        request = kept.request
        return await self._told(request.redirect_uri, request.state, self._taken_up(kept, session_id, browser), waiting=kept)

    async def waiting(self, interaction_id: str, browser: str) -> Interaction:
        """The request that waits for this browser's person. Raises InteractionGone, always without a browser."""
        return await waiting_room.find(self.interactions, interaction_id, browser, self.clocks.wire.now())

    async def signed_in(
        self, interaction: Interaction, account: Account, credentials_used: frozenset[str], session_to_end: str
    ) -> tuple[Session, Interaction]:
        """A new session under a new id for somebody who just proved who they are; *session_to_end* "" for none.

        *credentials_used* are letters as in a vector, "p" and "d" for password and text-message code.
        """
        session = await self._new_session(account, credentials_used, session_to_end)
        interaction = _by_sign_in(interaction, session)
        await self.save(interaction)
        return session, interaction

    async def resume(self, interaction: Interaction) -> Redirect | AskUser:
        """Go on where the person was asked; never reads the query again. Raises InteractionGone for all callers but one."""
        request = interaction.request
        return await self._told(request.redirect_uri, request.state, self._resumed(interaction), waiting=interaction)

    async def agreed(self, interaction: Interaction) -> Redirect | AskUser:
        """The person shares what the consent page showed."""
        person = await self.person(interaction)
        if person is not None and interaction.prompt is Prompt.CONSENT:
            request = interaction.request
            await self.consents.agree(person.account.subject, request.client.client_id, request.scopes, self.clocks.world.now())
        return await self.resume(interaction)

    async def at_home(self, session_id: str) -> SignedIn | None:
        """Who is signed in well enough for a page of our own; None: `ask_at_home`."""
        session = await self.sessions.get(session_id, self.clocks.world.now()) if session_id else None
        account = await self.accounts.by_subject(session.subject) if session is not None else None
        is_good = session is not None and session.vector.has_two_factors
        return SignedIn(session, account) if is_good and session is not None and account is not None else None

    async def ask_at_home(self, path: str, browser: str) -> AskUser:
        """The sign-in for the page of ours at *path*; it leads back there."""
        request = own_request(path, self.policy)
        opened = waiting_room.opened(request, self.new_text(), self.clocks.wire.now(), self.policy)
        interaction = waiting_room.bound(opened, browser, "")
        await self.save(interaction)
        return AskUser(interaction)

    async def declined(self, interaction: Interaction) -> Redirect:
        """The person does not share; the partner must explain (`nhs-login.md` §8). Raises InteractionGone."""
        await self._finish(interaction)
        return refused(interaction.request.redirect_uri, interaction.request.state, AccessDenied(), self.policy)

    async def save(self, interaction: Interaction) -> None:
        """Keep what changed while the person was on a page."""
        await self.interactions.save(interaction)

    async def _begun(self, addressed: AddressedRequest, session_id: str, browser: str) -> Redirect | AskUser:
        interaction = await self._in_the_hands_of(self._opened(addressed), session_id, browser)
        reached = await self._on_the_way(interaction)
        return reached if isinstance(reached, AskUser) else await self._answer(reached)

    async def _kept(self, addressed: AddressedRequest) -> Interaction:
        interaction = self._opened(addressed)
        await self.save(interaction)
        return interaction

    async def _taken_up(self, kept: Interaction, session_id: str, browser: str) -> Redirect | AskUser:
        return await self._resumed(await self._in_the_hands_of(kept, session_id, browser))

    async def _resumed(self, interaction: Interaction) -> Redirect | AskUser:
        reached = await self._on_the_way(interaction)
        if isinstance(reached, AskUser):
            return reached
        await self._finish(interaction)
        return await self._answer(reached)

    async def _told(
        self, redirect_uri: str, state: str, work: Awaitable[Outcome], *, waiting: Interaction | None = None
    ) -> Outcome | Redirect:
        """What *work* comes to, or why not, told to the partner. A refusal ends *waiting*."""
        try:
            return await work
        except SentBack as refusal:
            LOG.log(level_of(refusal), "sent back", extra={"code": refusal.code, "detail": refusal.detail or refusal.sentence})
            if waiting is not None:
                await self._finish(waiting)
            return refused(redirect_uri, state, refusal, self.policy)
        except Refusal:
            raise
        except CabinetSilent as silence:
            LOG.warning("a store does not answer", extra={"detail": type(silence.__cause__).__name__})
            told: SentBack = TemporarilyUnavailable()
        except Exception:
            LOG.exception("a bug at the authorization endpoint")
            told = ServerBroken()
        if waiting is not None:
            with contextlib.suppress(CabinetSilent):
                await self.interactions.finish(waiting.id)
        return refused(redirect_uri, state, told, self.policy)

    def _opened(self, addressed: AddressedRequest) -> Interaction:
        request = check(addressed, self.policy)
        for leniency in request.tolerated:
            self.leniencies.note(request.client.client_id, leniency)
        return waiting_room.opened(request, self.new_text(), self.clocks.wire.now(), self.policy)

    async def _in_the_hands_of(self, opened: Interaction, session_id: str, browser: str) -> Interaction:
        """The request and its browser, with what an asserted identity brings. prompt=login beats that (N23)."""
        interaction = waiting_room.bound(opened, browser, session_id)
        request = interaction.request
        if not request.unverified_identity or request.prompt == "login":
            return interaction
        own = await self.person(interaction)
        try:
            vouched = await self._assertions.accept(
                request.unverified_identity, request.client, own.account.subject if own is not None else ""
            )
        except IdentityNotAccepted as reason:
            LOG.warning("asserted identity not accepted", extra={"client_id": request.client.client_id, "detail": str(reason)})
            return replace(interaction, assertion_failed=True)
        return continued(interaction, vouched, own)

    @property
    def _assertions(self) -> AssertionDesk:
        return AssertionDesk(self.clients, self.accounts, self.sessions, self.identities, self.clocks, self.policy.clock_skew)

    async def _on_the_way(self, interaction: Interaction) -> AskUser | Prepared:
        """From the prompts to the GP credentials; what must be asked is saved before it is asked. Raises SentBack."""
        reached = await self._reached(interaction)
        if isinstance(reached, AskUser) and reached.interaction.prompt is Prompt.SIGN_IN:
            reached = await self._without_a_page(reached)
        if isinstance(reached, AskUser):
            await self.save(reached.interaction)
        return reached

    async def _reached(self, interaction: Interaction) -> AskUser | Prepared:
        person = await self.person(interaction)
        reached = next_prompt(Standing(interaction, person, await self._agreed(interaction, person)))
        if isinstance(reached, AskUser):
            return reached
        return await prepare(reached, interaction, self.offer, self.policy)

    async def _without_a_page(self, asked: AskUser) -> AskUser | Prepared:
        """Whoever can sign in without a page does, once; everybody else is shown it."""
        interaction = asked.interaction
        proof = None if interaction.signed_in_here else await self.without_pages.attempt(interaction.request)
        if proof is None:
            return asked
        own_session = "" if interaction.inherited is not None else interaction.session_id
        session = await self._new_session(proof.account, proof.credentials_used, own_session)
        return await self._reached(_by_sign_in(interaction, session))

    async def _new_session(self, account: Account, credentials_used: frozenset[str], session_to_end: str) -> Session:
        now = self.clocks.world.now()
        session = Session(
            id=self.new_text(),
            subject=account.subject,
            vector=Vector(account.level, credentials_used),
            auth_time=self.clocks.wire.now(),
            signed_in_at=now,
            expires=now + self.policy.session_lifetime,
        )
        if session_to_end:
            await self.sessions.end(session_to_end)
        await self.sessions.save(session)
        await self.accounts.note_sign_in(account.subject, session.auth_time)
        return session

    async def _answer(self, prepared: Prepared) -> Redirect:
        if is_own(prepared.approved.request):
            return Redirect(prepared.approved.request.redirect_uri)
        code, family = self.new_text(), self.new_text()
        redirect = await answer(prepared, self.codes, self.policy, self.clocks.wire.now(), code=code, family=family)
        approved = prepared.approved
        return replace(redirect, new_session=approved.session.id) if approved.signed_in_here else redirect

    async def _finish(self, interaction: Interaction) -> None:
        """One answer per request, even to somebody who clicks twice."""
        if not await self.interactions.finish(interaction.id):
            raise InteractionGone(detail="answered already")

    async def person(self, interaction: Interaction) -> SignedIn | None:
        """Who is signed in where this request goes on; None for nobody."""
        if not interaction.session_id:
            return None
        session = await self.sessions.get(interaction.session_id, self.clocks.world.now())
        account = await self.accounts.by_subject(session.subject) if session is not None else None
        return SignedIn(session, account, interaction.inherited) if session is not None and account is not None else None

    async def _agreed(self, interaction: Interaction, person: SignedIn | None) -> frozenset[str]:
        if person is None:
            return frozenset()
        return await self.consents.agreed(person.account.subject, interaction.request.client.client_id)


def level_of(refusal: SentBack) -> int:
    """A partner that forbade questions and hears that one is needed does nothing strange; everything else is looked at."""
    return logging.INFO if isinstance(refusal, EVERYDAY) else logging.WARNING


def _by_sign_in(interaction: Interaction, session: Session) -> Interaction:
    """From here on the sign-in counts, and nothing that was inherited."""
    return replace(
        interaction,
        session_id=session.id,
        signed_in_here=True,
        half_signed_in="",
        credentials_used=session.vector.credentials,
        inherited=None,
        enrolling=None,
    )


def _state_of(addressed: AddressedRequest) -> str:
    """The state, unless it is repeated or endless: nobody knows which one, and no header holds it."""
    states = [value for name, value in addressed.raw if name == "state"]
    return states[0] if len(states) == 1 and len(states[0]) <= LONGEST["state"] else ""
