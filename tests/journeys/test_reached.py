"""A sandbox reached by https, from a container and through a tunnel: the issuer is right for all of them."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import pytest

from gpic.outbound import trust
from gpic.sandbox.browser import browser
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.reach import Reach, ReachInvalid, Ways
from gpic.sandbox.stage import Script, Stage, stage
from gpic.sandbox.walk import log_in
from gpic.settings import SettingsInvalid

pytestmark = pytest.mark.anyio

REACHES = {
    "https": Reach(tls=True),
    "a container's name": Reach(tls=True, bind="0.0.0.0", public=("https://gpic.internal",)),  # noqa: S104 - as a container does
    "tunnels": Reach(public=("provider=https://login.tunnel.example", "partner=https://riverside.tunnel.example")),
    "tunnels of one": Reach(public=("provider=https://login.tunnel.example:8443",)),
}
FORGED = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher", "forwarded": "host=evil"}


@asynccontextmanager
async def reached(keys: SandboxKeys, reach: Reach) -> AsyncIterator[tuple[Stage, httpx2.AsyncClient]]:
    """A sandbox, and a client that gets to its addresses."""
    async with (
        stage(script=Script(keys=keys, reach=reach)) as everything,
        httpx2.AsyncClient(
            trust_env=False, verify=everything.ways.tls or True, transport=everything.ways.transport()
        ) as client,
    ):
        yield everything, client


@pytest.mark.parametrize("reach", REACHES.values(), ids=REACHES.keys())
async def test_the_issuer_is_the_one_that_everybody_uses(keys: SandboxKeys, reach: Reach) -> None:
    """Attacks 27: in metadata, tokens' trustmark and redirects alike; a whole login goes through; headers decide nothing."""
    async with reached(keys, reach) as (everything, client), browser(everything.ways) as person:
        issuer = everything.addresses.provider
        documents = [
            (await client.get(f"{issuer}/.well-known/{name}", headers=headers)).json()
            for name in ("openid-configuration", "oauth-authorization-server")
            for headers in ({}, FORGED)
        ]
        page = await log_in(person, everything.addresses.partner, everything.people["ada"])
        await everything.settled()

    assert [issuer] * 4 == [document["issuer"] for document in documents]
    assert documents == [documents[0]] * 4
    assert page.has("connected")
    assert page.url == f"{everything.addresses.partner}/connected"


async def test_by_https_cookies_are_bound_to_the_host(keys: SandboxKeys) -> None:
    """Attacks 6: `__Host-` and Secure at NHS login and at the partner, and HSTS."""
    async with reached(keys, Reach(tls=True)) as (everything, client):
        to_provider = await client.get(f"{everything.addresses.partner}/login")
        to_page = await client.get(to_provider.headers["location"])

    for response in (to_provider, to_page):
        assert response.headers["set-cookie"].startswith("__Host-gpic-")
        assert "Secure" in response.headers["set-cookie"]
        assert "Domain" not in response.headers["set-cookie"]
    assert "strict-transport-security" in to_page.headers


async def test_every_role_speaks_https_and_nobody_is_trusted_unasked(keys: SandboxKeys) -> None:
    """All roles by the sandbox's authority; without it the handshake fails, and plain http gets nothing."""
    async with reached(keys, Reach(tls=True)) as (everything, client):
        for address in everything.addresses.named().values():
            assert address.startswith("https://")
            await client.get(address)
        async with httpx2.AsyncClient(trust_env=False) as stranger:
            with pytest.raises(httpx2.ConnectError):
                await stranger.get(everything.addresses.provider)
            with pytest.raises(httpx2.HTTPError):
                await stranger.get(everything.addresses.provider.replace("https:", "http:"))


async def test_two_sandboxes_do_not_trust_one_another(keys: SandboxKeys) -> None:
    """Each has an authority of its own."""
    async with (
        stage(script=Script(keys=keys, reach=Reach(tls=True))) as one,
        stage(script=Script(keys=keys, reach=Reach(tls=True))) as other,
    ):
        assert other.authority is not None
        async with httpx2.AsyncClient(trust_env=False, verify=trust(other.authority)) as client:
            with pytest.raises(httpx2.ConnectError):
                await client.get(one.addresses.provider)


async def test_an_address_without_protection_is_refused(keys: SandboxKeys) -> None:
    """§1: http never leaves the machine; the sentence names the setting."""
    with pytest.raises(SettingsInvalid, match="issuer must be https"):
        async with stage(script=Script(keys=keys, reach=Reach(public=("http://gpic.internal",)))):
            pass
    with pytest.raises(ReachInvalid):
        async with stage(script=Script(keys=keys, reach=Reach(public=("kitchen=https://gpic.internal",)))):
            pass


async def test_who_does_not_know_the_way_stays_on_this_machine(keys: SandboxKeys) -> None:
    """A browser without the sandbox's ways never leaves loopback."""
    async with reached(keys, REACHES["tunnels"]) as (everything, _), browser(replace(Ways({}), tls=None)) as person:
        with pytest.raises(AssertionError, match="off this machine"):
            await person.open(everything.addresses.provider)


def test_the_handshake_is_of_today() -> None:
    """TLS 1.2 at least (`nhs-login.md` §1)."""
    assert ssl.TLSVersion.TLSv1_2 <= trust().minimum_version
