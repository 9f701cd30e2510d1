"""The provider, put together: the only file that chooses what stands behind its ports."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from gpic.credentials.desk import Desk as EngineDesk
from gpic.credentials.offer import Offer
from gpic.credentials.ports import Alarms, Pds, Surgeries, Task, TaskKind, TaskOutcome
from gpic.credentials.recheck import Recheck
from gpic.credentials.register import Register
from gpic.jobs.queue import JobQueue
from gpic.jobs.worker import Worker
from gpic.jose.keys import KeyRing
from gpic.nhs.clock import Clocks
from gpic.provider.authorize.flow import Authorize
from gpic.provider.discovery import Discovery
from gpic.provider.endpoints import Provider
from gpic.provider.identity_tokens import SignedIdentityTokens
from gpic.provider.ports import Pages
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
    keys: KeyRing
    pds: Pds
    surgeries: Surgeries
    alarms: Alarms
    pages: Pages
    clocks: Clocks


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
            offer=offer,
            policy=policy,
            clocks=clocks,
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
            Gate(cabinets.clients, cabinets.accounts, cabinets.consents, cabinets.families, keys, policy, clocks.wire), offer
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
        surgeries=around.surgeries,
        identity_tokens=SignedIdentityTokens(around.keys, settings.provider, GP_SYSTEMS, around.clocks),
        alarms=around.alarms,
        clocks=around.clocks,
        policy=settings.credentials,
        chance=random.SystemRandom().random,
    )
    return Worker(around.queue, carry(desk), around.clocks.world, poll=poll)


def carry(desk: EngineDesk) -> Mapping[TaskKind, Callable[[Task], Awaitable[TaskOutcome]]]:
    """Who does what."""
    return {TaskKind.REGISTER: Register(desk).run, TaskKind.RECHECK: Recheck(desk).run}
