"""A whole sandbox under attack: what comes back over HTTP, what the log says of it, and what is written down."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx2
import pytest

from gpic.jose.keys import KeyRing, SigningKey
from gpic.sandbox.browser import browser
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, Stage, stage
from tests.conformance.op import CLIENT_ID, OTHER_CLIENT_ID, Op, registered
from tests.unit.provider.world import World

GP_SCOPE = "openid profile gp_integration_credentials"


@pytest.fixture(scope="session")
def keys() -> SandboxKeys:
    """RSA keys take a while to make."""
    return SandboxKeys()


@pytest.fixture(scope="session")
async def provider(anyio_backend: str, keys: SandboxKeys) -> AsyncIterator[Stage]:
    """A whole sandbox with two clients more."""
    async with stage(script=Script(keys=keys)) as running:
        for client_id in (CLIENT_ID, OTHER_CLIENT_ID):
            await running.nhs_login.cabinets.clients.put(registered(running, keys, client_id))
        yield running


@dataclass(frozen=True, slots=True)
class Log:
    """What was logged since the test began."""

    caplog: pytest.LogCaptureFixture

    def says(self, message: str, **extra: object) -> bool:
        """Whether a line has this message and these fields."""
        return any(record.getMessage() == message and extra.items() <= vars(record).items() for record in self.caplog.records)

    @property
    def details(self) -> list[object]:
        """The private details of everything that was refused."""
        return [vars(record)["detail"] for record in self.caplog.records if "detail" in vars(record)]


@dataclass(frozen=True, slots=True)
class Scene:
    """A browser at the provider, a registered client, and what remains of what they do."""

    op: Op
    log: Log

    async def trail(self, slug: str = "ada") -> list[tuple[str, str, str]]:
        """What is written down about a person: event, client, reason."""
        account = self.op.stage.accounts[slug]
        records = await self.op.stage.nhs_login.cabinets.holdings.trail(account.person)
        return [(record.event.value, record.client_id, record.why) for record in records]

    async def releases(self, slug: str = "ada") -> int:
        """How often a person's GP credentials were given away."""
        return [event for event, _, _ in await self.trail(slug)].count("released")

    async def get(self, pairs: list[tuple[str, str]], **headers: str) -> httpx2.Response:
        """GET /authorize with these very parameters, and no redirect followed."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.op.http.get(f"{self.op.issuer}/authorize?{urlencode(pairs)}", headers=named)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    """Everything that is logged from INFO on."""
    caplog.set_level(logging.INFO)
    return Log(caplog)


@pytest.fixture
async def scene(provider: Stage, keys: SandboxKeys, log: Log) -> AsyncIterator[Scene]:
    """Somebody who has not been here yet."""
    async with browser() as person, httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        yield Scene(Op(provider, keys, person, http), log)


@pytest.fixture(scope="session")
def partner_key() -> SigningKey:
    """The partner's key."""
    return SigningKey.generate()


@pytest.fixture(scope="session")
def ring() -> KeyRing:
    """The provider's keys."""
    return KeyRing(SigningKey.generate())


@pytest.fixture
def world(partner_key: SigningKey, ring: KeyRing) -> World:
    """A provider on small fakes, where a sandbox could not be bent so far."""
    return World(partner_key, ring)
