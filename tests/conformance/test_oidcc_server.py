"""OpenID Foundation, OP plan, `oidcc-server`: the whole flow, and an ID token that holds what it must."""

from __future__ import annotations

import time

import pytest

from tests.conformance.op import Op, header_of

pytestmark = pytest.mark.anyio


async def test_the_code_flow_ends_in_an_id_token(op: Op) -> None:
    """§3, §6: signed by a published key, for this client, fresh, with nonce, auth_time, vot and vtm."""
    answer = await op.authorize(nonce="n-0S6_WzA2Mj")
    tokens = await op.tokens(answer)
    claims = await op.read(tokens["id_token"])
    header = header_of(tokens["id_token"])

    assert {"alg", "typ", "kid"} == set(header)
    assert ("RS512", "JWT") == (header["alg"], header["typ"])
    assert (op.issuer, op.client_id, "n-0S6_WzA2Mj") == (claims["iss"], claims["aud"], claims["nonce"])
    assert {"sub", "exp", "iat", "jti", "auth_time", "vot", "vtm"} <= set(claims)
    issued, expires, signed_in = (int(str(claims[name])) for name in ("iat", "exp", "auth_time"))
    assert abs(time.time() - issued) < 30
    assert 3600 == expires - issued
    assert signed_in <= issued
    assert ("bearer", "300") == (tokens["token_type"].lower(), str(tokens["expires_in"]))


async def test_the_state_comes_back_unchanged(op: Op) -> None:
    """§2: whatever characters it is made of."""
    state = "a b&c=d%20+/é~"
    answer = await op.authorize(state=state)

    assert state == answer.parameters["state"]
    assert {"code", "state"} == set(answer.parameters)


async def test_the_token_reply_may_not_be_stored(op: Op) -> None:
    """§3: by anybody on the way."""
    response = await op.redeem((await op.authorize()).code)

    assert ("no-store", "no-cache") == (response.headers["cache-control"], response.headers["pragma"])
