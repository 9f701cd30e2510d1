"""Attack 22: a refresh token that was stolen before it was replaced, or in another client's hands.

Without this in `src/gpic/storage/provider/sql/families.py`:
    - theirs = token & (families.c.client_id == client_id) & (refresh_tokens.c.expires > now)
    + theirs = token & (refresh_tokens.c.expires > now)
Without this in `src/gpic/storage/provider/sql/families.py`:
    - if row.sealed_successor and row.grace_ends >= now and is_latest(connection, row.replaced_by):
    + if row.sealed_successor:
Without this in `src/gpic/storage/provider/sql/families.py`:
    - if not asked <= grant.scopes:
    + if False:
Without this in `src/gpic/provider/token/refresh.py`:
    - return scopes if policy.refresh_keeps_gp_scope else scopes - {GP_CREDENTIALS}
    + return scopes
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx2
import pytest

from tests.attacks.conftest import GP_SCOPE, Scene
from tests.conformance.op import OTHER_CLIENT_ID, Op

pytestmark = pytest.mark.anyio


async def refresh(op: Op, token: str, **form: str) -> httpx2.Response:
    """Ask for a fresh access token."""
    return await op.post_token(grant_type="refresh_token", refresh_token=token, **form)


async def test_the_second_use_ends_the_family(scene: Scene) -> None:
    """Whoever of the two is the thief: neither has a token that works, and no GP credentials leave."""
    op = scene.op
    first = await op.tokens(await op.authorize(scope=GP_SCOPE))
    second = (await refresh(op, first["refresh_token"])).json()
    third = (await refresh(op, second["refresh_token"])).json()
    before = await scene.releases()
    stolen = await refresh(op, first["refresh_token"])

    assert (400, "invalid_grant") == (stolen.status_code, stolen.json()["error"])
    assert "an older refresh token came back; its family is revoked" in scene.log.details
    assert "invalid_grant" == (await refresh(op, third["refresh_token"])).json()["error"]
    assert {401} == {(await op.userinfo(one["access_token"])).status_code for one in (first, second, third)}
    assert before == await scene.releases()
    assert ("revoked", op.client_id, "refresh-token-came-back") == (await scene.trail())[-1]


async def test_whoever_asks_twice_at_once_gets_the_same_successor(scene: Scene) -> None:
    """Within the grace of 30 s an honest client that lost an answer is no thief."""
    op = scene.op
    tokens = await op.tokens(await op.authorize())
    answers = await asyncio.gather(*(refresh(op, tokens["refresh_token"]) for _ in range(8)))

    assert {200} == {answer.status_code for answer in answers}
    assert 1 == len({answer.json()["refresh_token"] for answer in answers})


async def test_it_is_bound_to_its_client(scene: Scene) -> None:
    """Another client gets invalid_grant and ends nothing."""
    op = scene.op
    tokens = await op.tokens(await op.authorize())
    stolen = await refresh(replace(op, client_id=OTHER_CLIENT_ID), tokens["refresh_token"])

    assert "invalid_grant" == stolen.json()["error"]
    assert "the refresh token is unknown, expired or somebody else's" in scene.log.details
    assert 200 == (await refresh(op, tokens["refresh_token"])).status_code


async def test_its_scope_can_only_narrow(scene: Scene) -> None:
    """invalid_scope; and no refreshed token reaches GP credentials (N3)."""
    op = scene.op
    tokens = await op.tokens(await op.authorize(scope=GP_SCOPE))
    before = await scene.releases()
    wider = await refresh(op, tokens["refresh_token"], scope="openid email")
    refreshed = (await refresh(op, tokens["refresh_token"])).json()
    claims = (await op.userinfo(refreshed["access_token"])).json()

    assert (400, "invalid_scope") == (wider.status_code, wider.json()["error"])
    assert {"openid", "profile"} == set(refreshed["scope"].split())
    assert "gp_integration_credentials" not in claims
    assert before == await scene.releases()
