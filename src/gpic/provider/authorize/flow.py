"""The way of an authorization request, from the first query to the redirect.

    address → check → next_prompt → (AskUser … resume) → prepare → answer

`endpoints` begins it, `web` carries it on page by page; every stage's type proves that the earlier ones happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gpic.nhs.clock import Clocks
from gpic.nhs.trust import Vector
from gpic.provider.accounts import Account
from gpic.provider.authorize import interaction as waiting_room
from gpic.provider.authorize.addressing import address
from gpic.provider.authorize.answer import answer, refused
from gpic.provider.authorize.checks import check
from gpic.provider.authorize.gp_credentials import prepare
from gpic.provider.authorize.prompts import SignedIn, Standing, next_prompt
from gpic.provider.errors import AccessDenied, InteractionGone, SentBack
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Accounts, Clients, Codes, Consents, GpOffer, Interactions, Sessions
from gpic.provider.randomness import random_text
from gpic.provider.sessions import Session
from gpic.provider.stages import AddressedRequest, AskUser, Interaction, Prepared, Prompt, RawRequest, Redirect


@dataclass(frozen=True, slots=True)
class Authorize:
    """The authorization endpoint without HTTP and without pages."""

    clients: Clients
    accounts: Accounts
    sessions: Sessions
    interactions: Interactions
    consents: Consents
    codes: Codes
    offer: GpOffer
    policy: ProviderPolicy
    clocks: Clocks = field(default_factory=Clocks)
    new_text: Callable[[], str] = random_text  #: for ids and codes

    async def begin(self, raw: RawRequest, session_id: str, browser: str) -> Redirect | AskUser:
        """A request that came with its browser's cookies ("" for none). Raises Unaddressable."""
        addressed = await address(raw, self.clients, self.policy)
        try:
            interaction = waiting_room.bound(self._opened(addressed), browser, session_id)
            prepared = await self._on_the_way(interaction)
        except SentBack as refusal:
            return refused(addressed.redirect_uri, _state_of(addressed), refusal, self.policy)
        return prepared if isinstance(prepared, AskUser) else await self._answer(prepared)

    async def keep(self, raw: RawRequest) -> Redirect | Interaction:
        """A form that another site posted, so without our cookies: kept until its browser returns. Raises Unaddressable."""
        addressed = await address(raw, self.clients, self.policy)
        try:
            interaction = self._opened(addressed)
        except SentBack as refusal:
            return refused(addressed.redirect_uri, _state_of(addressed), refusal, self.policy)
        await self.save(interaction)
        return interaction

    async def take_up(self, interaction_id: str, session_id: str, browser: str) -> Redirect | AskUser:
        """Go on with what `keep` kept, now with cookies. Raises InteractionGone."""
        kept = await self.waiting(interaction_id, "")
        return await self.resume(waiting_room.bound(kept, browser, session_id))

    async def waiting(self, interaction_id: str, browser: str) -> Interaction:
        """The request that waits for this browser's person. Raises InteractionGone."""
        return await waiting_room.find(self.interactions, interaction_id, browser, self.clocks.wire.now())

    async def signed_in(
        self, interaction: Interaction, account: Account, credentials_used: frozenset[str], session_to_end: str
    ) -> tuple[Session, Interaction]:
        """A new session under a new id for somebody who just proved who they are; *session_to_end* "" for none.

        *credentials_used* are letters as in a vector, "p" and "d" for password and text-message code.
        """
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
        interaction = replace(interaction, session_id=session.id, signed_in_here=True, half_signed_in="")
        await self.save(interaction)
        return session, interaction

    async def resume(self, interaction: Interaction) -> Redirect | AskUser:
        """Go on where the person was asked; never reads the query again. Raises InteractionGone for all callers but one."""
        try:
            prepared = await self._on_the_way(interaction)
        except SentBack as refusal:
            await self._finish(interaction)
            return refused(interaction.request.redirect_uri, interaction.request.state, refusal, self.policy)
        if isinstance(prepared, AskUser):
            return prepared
        await self._finish(interaction)
        return await self._answer(prepared)

    async def agreed(self, interaction: Interaction) -> Redirect | AskUser:
        """The person shares what the consent page showed."""
        person = await self._person(interaction)
        if person is not None and interaction.prompt is Prompt.CONSENT:
            request = interaction.request
            await self.consents.agree(person.account.subject, request.client.client_id, request.scopes, self.clocks.world.now())
        return await self.resume(interaction)

    async def declined(self, interaction: Interaction) -> Redirect:
        """The person does not share; the partner must explain (`nhs-login.md` §8). Raises InteractionGone."""
        await self._finish(interaction)
        return refused(interaction.request.redirect_uri, interaction.request.state, AccessDenied(), self.policy)

    async def save(self, interaction: Interaction) -> None:
        """Keep what changed while the person was on a page."""
        await self.interactions.save(interaction)

    def _opened(self, addressed: AddressedRequest) -> Interaction:
        request = check(addressed, self.policy)
        return waiting_room.opened(request, self.new_text(), self.clocks.wire.now(), self.policy)

    async def _on_the_way(self, interaction: Interaction) -> AskUser | Prepared:
        """From the prompts to the GP credentials; what must be asked is saved before it is asked. Raises SentBack."""
        person = await self._person(interaction)
        reached = next_prompt(Standing(interaction, person, await self._agreed(interaction, person)))
        if not isinstance(reached, AskUser):
            prepared = await prepare(reached, interaction, self.offer, self.policy)
            if isinstance(prepared, Prepared):
                return prepared
            reached = prepared
        await self.save(reached.interaction)
        return reached

    async def _answer(self, prepared: Prepared) -> Redirect:
        code, family = self.new_text(), self.new_text()
        return await answer(prepared, self.codes, self.policy, self.clocks.wire.now(), code=code, family=family)

    async def _finish(self, interaction: Interaction) -> None:
        """One answer per request, even to somebody who clicks twice."""
        if not await self.interactions.finish(interaction.id):
            raise InteractionGone(detail="answered already")

    async def _person(self, interaction: Interaction) -> SignedIn | None:
        if not interaction.session_id:
            return None
        session = await self.sessions.get(interaction.session_id, self.clocks.world.now())
        account = await self.accounts.by_subject(session.subject) if session is not None else None
        return SignedIn(session, account) if session is not None and account is not None else None

    async def _agreed(self, interaction: Interaction, person: SignedIn | None) -> frozenset[str]:
        if person is None:
            return frozenset()
        return await self.consents.agreed(person.account.subject, interaction.request.client.client_id)


def _state_of(addressed: AddressedRequest) -> str:
    """The state, unless it is repeated: then nobody knows which one."""
    states = [value for name, value in addressed.raw if name == "state"]
    return states[0] if len(states) == 1 else ""
