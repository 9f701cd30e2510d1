"""Services that break one of R1 to R16: what is wrong with each is what its function says."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gpic.jose.sign import Claim, sign
from gpic.nhs.answers import GpSession, LinkAnswer, Rejected, SessionAnswer, SessionOpened, ShownPatient
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party import CannotConnect, Obstacle, SessionClock, TryLater
from gpic.relying_party.decisions import History
from gpic.relying_party.login import Login, Start, Wish
from gpic.relying_party.loop_guard import LoopGuard
from gpic.relying_party.ports import GpSystem
from gpic.relying_party.records import Change, Linkage, Mark, TokenRefused
from gpic.storage.partner.memory import memory_cabinets
from tests.journeys.examined_service import Building, Pages, Wrong, into

#: How often a service that goes round in circles does it before it gives up: more than is right, fewer than a browser follows.
ROUNDS: Final = 4


def asks_for_too_little_at_first(building: Building) -> None:
    """R1: without profile, until it has happened once."""

    @dataclass(frozen=True, slots=True)
    class Asking(Login):
        asked: list[str]

        async def start(self, browser: str, wish: Wish) -> Start:
            started = await Login.start(self, browser, wish)
            self.asked.append(started.url)
            return replace(started, url=started.url.replace("profile", "")) if len(self.asked) == 1 else started

    into(Asking, building, asked=[])


class AtSurgeries:
    """Between the kit and each GP system."""

    def __init__(self, inner: GpSystem) -> None:
        self.inner = inner

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """As it is."""
        return await self.inner.link(demographics, details)

    async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionAnswer:
        """As it is."""
        return await self.inner.open_session(token, practice)

    async def end_session(self, session: GpSession) -> None:
        """As it is."""
        await self.inner.end_session(session)


def through(kind: type[AtSurgeries], building: Building) -> None:
    """Ask GP systems through this."""
    known = building.party._gp_systems

    class Systems:
        def system_of(self, practice: OdsCode) -> tuple[str, GpSystem] | None:
            found = known.system_of(practice)
            return (found[0], kind(found[1])) if found is not None else None

    building.party._gp_systems = Systems()


def opens_a_session_with_the_key(building: Building) -> None:
    """R2: before it registers."""

    class Hasty(AtSurgeries):
        async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
            guid = UUID(hashlib.md5(details.linkage_key.reveal().encode(), usedforsecurity=False).hexdigest())
            await self.inner.open_session(Im1Token("emis", Secret(str(guid))), details.ods_code)
            return await self.inner.link(demographics, details)

    through(Hasty, building)


class AtLinkages:
    """Between the kit and what it keeps."""

    def __init__(self) -> None:
        self.inner = memory_cabinets().linkages

    async def find(self, sub: str, fingerprint: str) -> Linkage | None:
        """As it is."""
        return await self.inner.find(sub, fingerprint)

    async def reserve(self, fingerprint: str, version: int, now: datetime, until: datetime) -> bool:
        """As it is."""
        return await self.inner.reserve(fingerprint, version, now, until)

    async def settle(self, sub: str, fingerprint: str, change: Change) -> None:
        """As it is."""
        await self.inner.settle(sub, fingerprint, change)

    async def forget(self, sub: str) -> None:
        """As it is."""
        await self.inner.forget(sub)


def before(path: str, act: Callable[[], None]) -> Callable[[ASGIApp], ASGIApp]:
    """Do this whenever that path is asked for."""

    def around(app: ASGIApp) -> ASGIApp:
        async def acting(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"] == path:
                act()
            await app(scope, receive, send)

        return acting

    return around


def forgets(building: Building) -> None:
    """R3: every token, from one login to the next."""
    kept = AtLinkages()

    def forget() -> None:
        kept.inner = memory_cabinets().linkages

    building.party._linkages = kept
    building.around = before("/login", forget)


def keeps_the_old_token(building: Building) -> None:
    """R4: compares nothing; only a refusal makes it look at the new details."""

    class Fond(AtLinkages):
        def __init__(self) -> None:
            super().__init__()
            self.first: dict[str, str] = {}

        async def find(self, sub: str, fingerprint: str) -> Linkage | None:
            old = await self.inner.find(sub, self.first.setdefault(sub, fingerprint))
            is_sound = old is not None and old.token is not None and old.token_mark is Mark.SOUND
            return old if is_sound else await self.inner.find(sub, fingerprint)

        async def settle(self, sub: str, fingerprint: str, change: Change) -> None:
            where = self.first.get(sub, fingerprint) if isinstance(change, TokenRefused) else fingerprint
            await self.inner.settle(sub, where, change)

    building.party._linkages = Fond()


class Everybody(frozenset[NhsNumber]):
    """Holds every number."""

    __slots__ = ()

    def __contains__(self, _number: object) -> bool:
        return True


def takes_whoever_is_shown(building: Building) -> None:
    """R5."""

    class Trusting(AtSurgeries):
        async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionAnswer:
            answer = await self.inner.open_session(token, practice)
            return replace(answer, shown=ShownPatient(Everybody())) if isinstance(answer, SessionOpened) else answer

    through(Trusting, building)


def goes_back_without_prompt(building: Building) -> None:
    """R6."""

    @dataclass(frozen=True, slots=True)
    class Mumbling(Login):
        async def start(self, browser: str, wish: Wish) -> Start:
            return await Login.start(self, browser, replace(wish, prompt=""))

    into(Mumbling, building)


def tries_again_what_was_refused(building: Building) -> None:
    """R7."""

    class Stubborn(AtSurgeries):
        async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionAnswer:
            answer = await self.inner.open_session(token, practice)
            return await self.inner.open_session(token, practice) if isinstance(answer, Rejected) else answer

    through(Stubborn, building)


def goes_round(*reasons: Obstacle) -> Wrong:
    """Instead of an explanation for one of these, another login; it gives up in the end."""

    def wrong(building: Building) -> None:
        class Round(Pages):
            rounds = 0

            async def cannot_connect(self, request: Request, outcome: CannotConnect) -> Response:
                Round.rounds += 1
                again = outcome.reason in reasons and Round.rounds % ROUNDS
                return RedirectResponse("/login", 303) if again else await super().cannot_connect(request, outcome)

        building.pages = Round(building.party)

    return wrong


def returns_for_ever_when_restricted(building: Building) -> None:
    """R9: its guard lets four pass."""

    @dataclass(frozen=True, slots=True)
    class Lenient(LoopGuard):
        async def history(self, who: str) -> History:
            return replace(await LoopGuard.history(self, who), most=ROUNDS)

        async def admits(self, why: Obstacle, *whom: str) -> bool:
            is_known = any(who.startswith("sub:") for who in whom)
            allowance = replace(self.allowance, most=ROUNDS) if is_known else self.allowance
            return await LoopGuard(self.returns, allowance, self.clock).admits(why, *whom)

    guard = building.party._guard
    building.party._guard = Lenient(guard.returns, guard.allowance, guard.clock)


def takes_silence_for_refusal(building: Building) -> None:
    """R10."""

    class Nervous(Pages):
        rounds = 0

        async def try_later(self, request: Request, outcome: TryLater) -> Response:
            Nervous.rounds += 1
            again = outcome.practice is not None and Nervous.rounds % ROUNDS
            return RedirectResponse("/login", 303) if again else await super().try_later(request, outcome)

    building.pages = Nervous(building.party)


def reserves_nothing(building: Building) -> None:
    """R11."""

    class Careless(AtLinkages):
        async def reserve(self, fingerprint: str, version: int, now: datetime, until: datetime) -> bool:
            await self.inner.reserve(fingerprint, version, now, until)
            await asyncio.sleep(0.3)
            return True

    building.party._linkages = Careless()


def asserts_for_an_hour(building: Building) -> None:
    """R14."""
    settings = building.party.settings

    def asserted(jti: str) -> str:
        now = int(datetime.now(UTC).timestamp())
        words: dict[str, Claim] = {"iss": settings.client_id, "code": jti, "jti": f"{jti}-{now}", "iat": now, "exp": now + 3600}
        return sign(words, settings.key)

    building.party._asserted = asserted  # type: ignore[method-assign, assignment]


def ignores_the_clock(building: Building) -> None:
    """R16."""
    building.limits = None


def ends_unused_sessions_soon(building: Building) -> None:
    """As somebody starts it who lets an examination see that (R16)."""
    building.limits = SessionClock(idle=timedelta(seconds=1))


def forgets_when_it_was_used(building: Building) -> None:
    """R16: its sessions end after twelve hours alone."""
    building.limits = SessionClock(idle=timedelta(days=1))


def stays_signed_in(building: Building) -> None:
    """Signing out is a page like another."""

    async def stay(_request: Request) -> Response:
        return RedirectResponse("/", 303)

    building.leave = stay
