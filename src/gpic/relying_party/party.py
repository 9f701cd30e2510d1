"""The partner kit's front: `start` a login, `finish` it, and get one of four outcomes."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import Final

import httpx2

from gpic.nhs.answers import GpSession
from gpic.nhs.clock import Clocks
from gpic.nhs.credentials import GpCredentials
from gpic.relying_party import loop_guard
from gpic.relying_party.asserted_identity import asserted_identity
from gpic.relying_party.callback import Pairs
from gpic.relying_party.connect import Connecting, Patience
from gpic.relying_party.decisions import Ending, Fresh, History, SendBack, Step, StopAsking, Wait, Welcome
from gpic.relying_party.discovery import KnownProvider
from gpic.relying_party.errors import LoginRefused, NoPracticeLine, Remedy
from gpic.relying_party.linkage import decide
from gpic.relying_party.login import Arrival, Login, Start, Wish
from gpic.relying_party.loop_guard import LoopGuard
from gpic.relying_party.outcomes import CannotConnect, Connected, Outcome, ReturnToLogin, TryLater
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.ports import Allowance, Cabinets, GpSystem, GpSystems, InSession
from gpic.relying_party.practice_line import PracticeLine
from gpic.relying_party.signing import signed

LOG: Final = logging.getLogger("gpic.relying_party")


def fresh_text() -> str:
    """A text that nobody guesses: 256 random bits."""
    return secrets.token_urlsafe(32)


class RelyingParty:
    """One partner service at one issuer. *client* is made by `outbound.open_client`; `close` closes it."""

    def __init__(
        self,
        settings: RelyingPartySettings,
        *,
        client: httpx2.AsyncClient,
        gp_systems: GpSystems,
        cabinets: Cabinets,
        clocks: Clocks | None = None,
        fresh_text: Callable[[], str] = fresh_text,
    ) -> None:
        self.settings = settings
        self._clocks = clocks or Clocks()
        self._client = client
        self._gp_systems = gp_systems
        self._linkages = cabinets.linkages
        self._close_cabinets = cabinets.close
        self._fresh_text = fresh_text
        provider = KnownProvider(settings, client, self._clocks.wire)
        self._login = Login(settings, provider, client, cabinets.attempts, self._clocks.wire, fresh_text)
        self._guard = LoopGuard(cabinets.returns, Allowance(settings.most_returns, settings.returns_window), self._clocks.world)
        self._running: set[asyncio.Task[Step]] = set()
        if settings.invalidates_linkage_keys:
            LOG.warning("This service invalidates linkage keys: tell NHS login about the process (R15).")

    async def start(self, browser: str, *, prompt: str = "", asserted_identity: str = "") -> Start:
        """A login that a person wants: never counted, never refused (R9). *browser* is a random text in its cookie.

        Raises DiscoveryRefused, ProviderSilent.
        """
        try:
            return await self._login.start(browser, Wish(prompt, asserted_identity))
        except LoginRefused as refusal:
            LOG.info("login not begun: %s", refusal)
            raise

    async def finish(self, browser: str, callback: str | Pairs) -> Outcome:
        """What became of the login that this callback ends; *callback* is its URL, query or pairs."""
        try:
            arrival = await self._login.finish(browser, callback)
        except LoginRefused as refusal:
            return await self._after(refusal, browser)
        ending = await self._connect(arrival)
        try:
            return await self._outcome(ending, arrival, browser)
        except LoginRefused as refusal:  # the way back needs the provider's metadata
            return await self._after(refusal, browser)

    def assert_identity(self, connected: Connected) -> str:
        """An `asserted_login_identity` for another partner: 60 s, one use (R14). A key elsewhere is waited for."""
        return self._asserted(connected.id_token_jti)

    def practice_line(self, connected: Connected) -> PracticeLine:
        """The practice's system, to call any endpoint in this session; raises NoPracticeLine where there is no such thing."""
        served = self._gp_systems.system_of(connected.practice)
        if served is None or served[0] != connected.supplier or not isinstance(served[1], InSession):
            raise NoPracticeLine
        return PracticeLine(served[1], connected, partial(self._again, served[1], connected))

    async def end(self, connected: Connected) -> None:
        """End the session at the GP system; the token stays good for the next. Of a line, end `line.connected`."""
        served = self._gp_systems.system_of(connected.practice)
        if served is not None and served[0] == connected.supplier:
            await served[1].end_session(connected.session)

    async def forget(self, sub: str) -> None:
        """Erase what is kept of a person: they unlinked, or an operator wants them to start anew."""
        await self._linkages.forget(sub)
        await self._guard.clear(loop_guard.person(sub))

    async def close(self) -> None:
        """Let registrations that are under way finish, and close client and cabinets."""
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._client.aclose()
        self._close_cabinets()

    async def _again(self, system: GpSystem, connected: Connected) -> GpSession | None:
        stored = await self._linkages.find(connected.person.sub, connected.fingerprint)
        if stored is None or stored.details is None:
            return None
        fresh = Fresh(connected.person, stored.details, connected.supplier, connected.signed_in_at)
        connecting = self._connecting(system, fresh, stored.details)
        return await connecting.again(await self._guard.history(loop_guard.person(connected.person.sub)))

    def _connecting(self, system: GpSystem, fresh: Fresh, details: GpCredentials) -> Connecting:
        patience = Patience(self.settings.registration_lease, self.settings.longest_wait)
        return Connecting(self._linkages, system, patience, self._clocks.wire, details, fresh, self._running)

    async def _connect(self, arrival: Arrival) -> Ending:
        details = arrival.details
        served = self._gp_systems.system_of(details.ods_code) if details is not None else None
        supplier, system = served or ("", None)
        fresh = Fresh(arrival.person, details, supplier, arrival.id_token.signed_in_at)
        history = await self._guard.history(loop_guard.person(arrival.person.sub))
        if details is None or system is None:
            return _told(fresh, history)
        return await self._connecting(system, fresh, details).run(history)

    async def _outcome(self, ending: Ending, arrival: Arrival, browser: str) -> Outcome:
        whom = loop_guard.person(arrival.person.sub), loop_guard.browser(browser)
        practice = arrival.details.ods_code if arrival.details is not None else None
        match ending:
            case Welcome(session):
                await self._guard.clear(*whom)
                return _connected(arrival, session)
            case Wait(after):
                return TryLater(after or self.settings.try_later, practice)
            case StopAsking(why, refusal):
                return CannotConnect(why, practice, await self._guard.time_to_wait(*whom), refusal)
            case SendBack(why, sign_in):
                if not await self._guard.admits(why, *whom):
                    return CannotConnect(why, practice, await self._guard.time_to_wait(*whom))
                started = await self._login.start(browser, await self._wish(arrival, sign_in=sign_in))
                return ReturnToLogin(started.url, why)

    async def _after(self, refusal: LoginRefused, browser: str) -> Outcome:
        """What a login that proves nothing comes to; nobody is known, so returns are counted by browser (R9)."""
        LOG.info("login refused: %s", refusal)
        who = loop_guard.browser(browser)
        if refusal.remedy is Remedy.WAIT:
            return TryLater(self.settings.try_later)
        if refusal.remedy is Remedy.RETURN and await self._guard.admits(refusal.obstacle, who):
            try:
                started = await self._login.start(browser, Wish())
            except LoginRefused:
                return TryLater(self.settings.try_later)
            return ReturnToLogin(started.url, refusal.obstacle)
        return CannotConnect(refusal.obstacle, None, await self._guard.time_to_wait(who), code=refusal.code)

    async def _wish(self, arrival: Arrival, *, sign_in: bool) -> Wish:
        """R6, R7: a real sign-in, or an asserted identity where one can be made."""
        if sign_in:
            return Wish(prompt="login")
        if not self.settings.asserts_identity or not arrival.id_token.jti:
            return Wish()
        return Wish(asserted_identity=await signed(self.settings, partial(self._asserted, arrival.id_token.jti)))

    def _asserted(self, id_token_jti: str) -> str:
        return asserted_identity(self.settings, id_token_jti, jti=self._fresh_text(), now=self._clocks.wire.now())


def _told(fresh: Fresh, history: History) -> SendBack | StopAsking:
    """The decision where there is no system to ask: it never calls for one."""
    decision = decide(None, fresh, history)
    if not isinstance(decision, SendBack | StopAsking):
        raise TypeError("without details or system nothing can be registered")
    return decision


def _connected(arrival: Arrival, session: GpSession) -> Connected:
    if arrival.details is None:
        raise TypeError("without details there is no session")
    id_token = arrival.id_token
    details = arrival.details
    return Connected(session, details.ods_code, arrival.person, id_token.signed_in_at, id_token.jti, details.fingerprint)
