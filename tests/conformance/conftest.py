"""One provider for all conformance tests, and a fresh browser for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from gpic.sandbox.browser import browser
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, Stage, stage
from tests.conformance import rp as relying_party
from tests.conformance.op import CLIENT_ID, OTHER_CLIENT_ID, Op, registered


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


@pytest.fixture
async def op(provider: Stage, keys: SandboxKeys) -> AsyncIterator[Op]:
    """Somebody who has not been here yet."""
    async with browser() as person, httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        yield Op(provider, keys, person, http)


@pytest.fixture(params=["RS256", "RS512"])
def rp(request: pytest.FixtureRequest) -> relying_party.Rp:
    """The kit under the suite's usual algorithm, and under NHS login's."""
    return relying_party.registered(request.param)
