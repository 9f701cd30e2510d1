"""The provider, put together: the only file that chooses what stands behind its ports."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from gpic.credentials.confirm import Confirm
from gpic.credentials.desk import Desk as EngineDesk
from gpic.credentials.follow import Follow
from gpic.credentials.offer import Offer
from gpic.credentials.pauses import LeavesPaused, PausableSurgeries, Pauses
from gpic.credentials.ports import Alarms, Pds, Releases, Surgeries, Task, TaskKind, TaskOutcome
from gpic.credentials.recheck import Recheck
from gpic.credentials.register import Register
from gpic.credentials.rounds import Backlog, Rounds, Sweep, Walker
from gpic.jobs.keeper import Keeper
from gpic.jobs.pauses import MemoryPauses
from gpic.jobs.queue import JobQueue
from gpic.jobs.worker import Worker
from gpic.jose.keys import Keys
from gpic.nhs.clock import Clocks
from gpic.provider.authorize.flow import Authorize
from gpic.provider.authorize.leniencies import CountedLeniencies
from gpic.provider.authorize.pages_only import OnlyByPages
from gpic.provider.discovery import Discovery
from gpic.provider.endpoints import Provider
from gpic.provider.identity_tokens import SignedIdentityTokens
from gpic.provider.ports import Leniencies, Pages, SignInWithoutPages
from gpic.provider.token.desk import Desk as TokenDesk
from gpic.provider.token.grants import Token
from gpic.provider.userinfo.bearer import Gate
from gpic.provider.userinfo.claims import Userinfo
from gpic.settings import Settings
from gpic.storage.provider.cabinets import Cabinets

#: How GP systems are named in the identity tokens that we show them.
GP_SYSTEMS: Final = "gp-systems"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a provider stands on and talks to."""

    cabinets: Cabinets
    queue: JobQueue
    rounds: Rounds
    backlog: Backlog
    keys: Keys
    pds: Pds
    surgeries: Surgeries
    alarms: Alarms
    pages: Pages
    clocks: Clocks
    without_pages: SignInWithoutPages = field(default_factory=OnlyByPages)
    leniencies: Leniencies = field(default_factory=CountedLeniencies)
    pauses: Pauses = field(default_factory=MemoryPauses)  #: suppliers that nobody calls
    pds_in_background: Pds | None = None  #: whose turns come after those of people who are logging in (N20); None: the same

    @property
    def patient_pds(self) -> Pds:
        """PDS for what nobody waits for."""
        return self.pds_in_background or self.pds


def protocol(settings: Settings, around: Surroundings) -> Provider:
    """NHS login's protocol, ready for `endpoints.routes`; `web` carries its `authorize` on, page by page."""
    policy, cabinets, keys, clocks = settings.provider, around.cabinets, around.keys, around.clocks
    offer = Offer(cabinets.holdings, around.queue, around.surgeries, clocks, settings.credentials)
    return Provider(
        authorize=Authorize(
            clients=cabinets.clients,
            accounts=cabinets.accounts,
            sessions=cabinets.sessions,
            interactions=cabinets.interactions,
            consents=cabinets.consents,
            codes=cabinets.codes,
            identities=cabinets.identities,
            offer=offer,
            policy=policy,
            clocks=clocks,
            without_pages=around.without_pages,
            leniencies=around.leniencies,
        ),
        token=Token(
            TokenDesk(
                cabinets.clients,
                cabinets.accounts,
                cabinets.consents,
                cabinets.codes,
                cabinets.families,
                keys,
                policy,
                clocks,
            )
        ),
        userinfo=Userinfo(
            Gate(cabinets.clients, cabinets.accounts, cabinets.consents, cabinets.families, keys, policy, clocks.wire),
            offer,
            cabinets.client_metadata,
        ),
        discovery=Discovery(keys, policy),
        pages=around.pages,
        policy=policy,
    )


def worker(settings: Settings, around: Surroundings, *, poll: timedelta = timedelta(milliseconds=500)) -> Worker:
    """What carries out the engine's tasks; any number of them may run beside any number of protocols."""
    desk = EngineDesk(
        holdings=around.cabinets.holdings,
        people=around.cabinets.people,
        jobs=around.queue,
        pds=around.pds,
        surgeries=PausableSurgeries(around.surgeries, around.pauses, around.clocks.wire),
        identity_tokens=SignedIdentityTokens(around.keys, settings.provider, GP_SYSTEMS, around.clocks),
        alarms=around.alarms,
        clocks=around.clocks,
        policy=settings.credentials,
        chance=random.SystemRandom().random,
    )
    behind = replace(desk, pds=around.patient_pds)
    leaves = LeavesPaused(around.cabinets.holdings, around.surgeries, around.pauses, around.clocks)
    tasks = leaves.tasks(carry(desk, behind, around.cabinets.holdings))
    return Worker(around.queue, tasks, around.clocks.world, poll=poll)


def keeper(
    settings: Settings,
    around: Surroundings,
    *,
    pause: timedelta = timedelta(seconds=1),
    sweep_every: timedelta = timedelta(minutes=1),
) -> Keeper:
    """What keeps rounds moving; any number of them may run."""
    census = around.cabinets.census
    walker = Walker(
        around.rounds,
        census,
        around.backlog,
        around.queue,
        around.patient_pds,
        around.surgeries,
        around.clocks,
        settings.rounds,
    )
    return Keeper(walker, Sweep(census, around.backlog, around.queue, around.clocks), pause, sweep_every)


def carry(
    desk: EngineDesk, behind: EngineDesk, releases: Releases
) -> Mapping[TaskKind, Callable[[Task], Awaitable[TaskOutcome]]]:
    """Who does what; *behind* is the desk of what nobody waits for."""
    return {
        TaskKind.REGISTER: Register(desk).run,
        TaskKind.RECHECK: Recheck(behind).run,
        TaskKind.CONFIRM: Confirm(desk).run,
        TaskKind.FOLLOW: Follow(behind, releases).run,
    }
