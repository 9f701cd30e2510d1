"""Carries out what `linkage` decides: asks the GP system, writes before and after, and never twice at one moment (R2, R11)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from gpic.nhs.answers import GpSession
from gpic.nhs.clock import Clock
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.relying_party.decisions import (
    Case,
    DecideAgain,
    Ending,
    Fresh,
    History,
    RegisterForToken,
    Step,
    UseStoredToken,
    Wait,
    Welcome,
)
from gpic.relying_party.linkage import after_link, after_session, decide_case
from gpic.relying_party.ports import GpSystem, Linkages
from gpic.relying_party.records import Linkage, Mark, Registered

FIRST_PAUSE: Final = 0.02  #: seconds between two looks at somebody else's registration, doubling
LONGEST_PAUSE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a registration is somebody's alone, and how long another callback waits for it."""

    lease: timedelta
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Connecting:
    """One login's way to a session at one practice. *clock* is the wire's."""

    linkages: Linkages
    system: GpSystem
    patience: Patience
    clock: Clock
    details: GpCredentials
    fresh: Fresh
    running: set[asyncio.Task[Step]] = field(default_factory=set)  #: keeps registrations alive whose browser went away

    async def run(self, history: History) -> Ending:
        """Decide and act until it ends."""
        case = Case(await self._stored(), self.fresh, history)
        step = Step(DecideAgain())
        while True:
            match step.then:
                case DecideAgain():
                    step = Step(decide_case(case))
                    continue
                case UseStoredToken(token):
                    step = await self._use(case, token)
                case RegisterForToken() as asked:
                    step = await self._register(case, asked)
                    case = replace(case, has_registered=case.has_registered or isinstance(step.change, Registered))
                case ending:
                    return ending
            case = replace(case, stored=await self._stored())

    async def again(self, history: History) -> GpSession | None:
        """Another session with the stored token, its patient proved anew (R5); None where a login is needed.

        What the system says of the token is kept, so that a refused one is not presented again (R7).
        """
        stored = await self._stored()
        if stored is None or stored.token is None or stored.token_mark is not Mark.SOUND or stored.is_of_another:
            return None
        step = await self._use(Case(stored, self.fresh, history), stored.token)
        return step.then.session if isinstance(step.then, Welcome) else None

    async def _stored(self) -> Linkage | None:
        return await self.linkages.find(self.fresh.person.sub, self.details.fingerprint)

    async def _settled(self, step: Step) -> Step:
        if step.change is not None:
            await self.linkages.settle(self.fresh.person.sub, self.details.fingerprint, step.change)
        if step.ends is not None:
            await self.system.end_session(step.ends)
        return step

    async def _use(self, case: Case, token: Im1Token) -> Step:
        answer = await self.system.open_session(token, self.details.ods_code)
        return await self._settled(after_session(case, token, answer, self.clock.now()))

    async def _register(self, case: Case, asked: RegisterForToken) -> Step:
        """Intent, call, token kept: in this order, once for all callbacks, and to the end even if the browser goes away."""
        now = self.clock.now()
        fingerprint, version = self.details.fingerprint, case.known.version
        if not await self.linkages.reserve(fingerprint, version, now, now + self.patience.lease):
            return await self._wait_for_another()
        task = asyncio.create_task(self._link(case, asked))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return await asyncio.shield(task)

    async def _link(self, case: Case, asked: RegisterForToken) -> Step:
        answer = await self.system.link(asked.demographics, asked.details)
        return await self._settled(after_link(case, asked, answer, self.clock.now()))

    async def _wait_for_another(self) -> Step:
        """Another callback registers with the same details, or did so a moment ago."""
        pause, waited = FIRST_PAUSE, 0.0
        while True:
            stored = await self._stored()
            until = stored.reserved_until if stored is not None else None
            if until is None or until <= self.clock.now():
                return Step(DecideAgain())
            if waited >= self.patience.wait.total_seconds():
                return Step(Wait(until - self.clock.now()))
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, LONGEST_PAUSE)
