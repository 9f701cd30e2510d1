"""Attack 30: the doors that a sandbox has for tests, found open elsewhere.

Without this in `src/gpic/sandbox/control/guard.py`:
    - if (path == API or path.startswith(f"{API}/")) and not self._has_token(headers):
    + if False:
Without this in `src/gpic/sandbox/control/guard.py`:
    - if not self.answers_afar and not is_loopback(caller):
    + if False:
Without this in `src/gpic/sandbox/reach.py`:
    - if parts.hostname == LIVE or parts.hostname.endswith(f".{LIVE}"):
    + if False:
"""

from __future__ import annotations

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gpic.sandbox.control.guard import Guard
from gpic.sandbox.reach import Reach, ReachInvalid
from tests.attacks.conftest import Log, Scene

pytestmark = pytest.mark.anyio

HERE = "http://localhost:9408"
GOOD = {"Authorization": "Bearer a-token"}


def guarded(*, caller: str = "127.0.0.1", afar: bool = False) -> httpx2.AsyncClient:
    """Somebody who calls the control API from this address."""
    app = Starlette(routes=[Route("/api/reset", lambda _: PlainTextResponse("done"), methods=["POST"])])
    guard = Guard(app, HERE, 9408, "a-token", afar)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(guard, client=(caller, 1)), base_url=HERE)


async def test_they_are_not_there_unless_they_were_switched_on(scene: Scene) -> None:
    """No control role, and nothing of it at the provider, the partner or a stand-in."""
    addresses = scene.op.stage.addresses
    paths = ("/api/reset", "/api/clock", "/api/people", "/api/faults", "/control", "/test", "/debug", "/admin", "/metrics")
    answers = [
        await scene.op.http.get(base + path)
        for base in (addresses.provider, addresses.partner, addresses.pds)
        for path in paths
    ]

    assert "" == addresses.control
    assert {404} == {answer.status_code for answer in answers}


@pytest.mark.parametrize("caller", ["10.0.0.7", "172.17.0.1", "192.0.2.1", "::ffff:10.0.0.7"])
async def test_from_another_machine_the_token_opens_nothing(caller: str) -> None:
    """Asked at every request; an option of its own opens it, and the token stays needed."""
    async with guarded(caller=caller) as client:
        closed = await client.post("/api/reset", headers=GOOD)
    async with guarded(caller=caller, afar=True) as client:
        opened, without = await client.post("/api/reset", headers=GOOD), await client.post("/api/reset")

    assert [403, 200, 401] == [one.status_code for one in (closed, opened, without)]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {**GOOD, "Origin": "https://evil.example"}])
async def test_each_request_is_looked_at(headers: dict[str, str], log: Log) -> None:
    """Without the token, or from another site's page: nothing happens, and one line in the log."""
    async with guarded() as client:
        answer = await client.post("/api/reset", headers=headers)

    assert answer.status_code in {401, 403}
    assert log.says("refused", code=f"control-{answer.status_code}")


@pytest.mark.parametrize(
    "issuer", ["https://auth.login.nhs.uk", "provider=https://auth.sandpit.signin.nhs.uk", "https://nhs.uk"]
)
def test_a_live_issuer_is_refused_always(issuer: str) -> None:
    """One sentence, before anything listens."""
    with pytest.raises(ReachInvalid, match="belongs to the real NHS"):
        Reach(public=(issuer,), controlled_from_afar=True)
