"""A whole login over HTTP and the real cabinets, from the first query to a code that comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from gpic.provider.accounts import SignInSecrets
from gpic.provider.cookies import Cookies
from gpic.provider.endpoints import routes
from gpic.provider.stages import AskUser
from gpic.storage.provider import memory
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.sqlite import open_cabinets
from gpic.storage.sealing import Sealer
from tests.unit.provider.world import ALICE, ISSUER, World, partner, query_of, raw

pytestmark = pytest.mark.anyio

BROWSER = "a-browsers-own-random-text"


@pytest.fixture(params=["memory", "sqlite"])
def cabinets(request: pytest.FixtureRequest, tmp_path: Path, world: World) -> Iterator[Cabinets]:
    """Cabinets as a provider has them."""
    sealer = Sealer({"k1": bytes(range(32))}, "k1")
    is_sqlite = request.param == "sqlite"
    opened = open_cabinets(tmp_path / "provider.sqlite", sealer, world.clocks) if is_sqlite else memory.cabinets(world.clocks)
    yield opened
    opened.close()


@pytest.fixture
async def stored(world: World, cabinets: Cabinets) -> World:
    """The world on these cabinets, with its partner and its patient."""
    world.furnish(cabinets)
    await cabinets.clients.put(partner(world.key))
    await cabinets.accounts.put(ALICE, SignInSecrets("a hash"))
    return world


async def test_a_login_goes_all_the_way(stored: World) -> None:
    """Sign in, agree, code, tokens, userinfo, refresh; then the code comes back and everything ends (attacks 13)."""
    transport = httpx2.ASGITransport(Starlette(routes=list(routes(stored.provider))))
    cookies = {Cookies.of(stored.policy).browser: BROWSER}
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER, cookies=cookies) as client:
        asked = await client.get("/authorize", params=dict(raw()))
        code = await code_after_sign_in_and_consent(stored, asked.headers["location"].rpartition("/")[2])

        tokens = (await client.post("/token", data=dict(stored.form(code=code)))).json()
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (
            "a linkage key"
            == (await client.get("/userinfo", headers=bearer)).json()["gp_integration_credentials"]["gp_linkage_key"]
        )

        again = {"grant_type": "refresh_token", "code": None, "refresh_token": tokens["refresh_token"]}
        refreshed = (await client.post("/token", data=dict(stored.form(**again)))).json()
        assert "openid profile" == refreshed["scope"]

        replay = await client.post("/token", data=dict(stored.form(code=code)))
        assert (400, "invalid_grant") == (replay.status_code, replay.json()["error"])
        for token in (tokens, refreshed):
            dead = await client.get("/userinfo", headers={"authorization": f"Bearer {token['access_token']}"})
            assert 401 == dead.status_code


async def code_after_sign_in_and_consent(world: World, interaction_id: str) -> str:
    """What web does with a person."""
    interaction = await world.authorize.waiting(interaction_id, BROWSER)
    _, interaction = await world.authorize.signed_in(interaction, ALICE, frozenset("pd"), "")
    consent = await world.authorize.resume(interaction)
    assert isinstance(consent, AskUser)
    return query_of(await world.authorize.agreed(consent.interaction))["code"]
