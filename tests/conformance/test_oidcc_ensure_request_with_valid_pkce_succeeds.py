"""OpenID Foundation, OP plan, `oidcc-ensure-request-with-valid-pkce-succeeds`: PKCE is honoured when it is sent."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op, challenge_of

pytestmark = pytest.mark.anyio

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


async def test_a_request_with_pkce_succeeds(op: Op) -> None:
    """Attack 14: with its verifier."""
    answer = await op.authorize(code_challenge=challenge_of(VERIFIER), code_challenge_method="S256")

    assert (await op.tokens(answer, code_verifier=VERIFIER))["id_token"]


@pytest.mark.parametrize("verifier", [None, VERIFIER[::-1]])
async def test_without_its_verifier_the_code_is_refused(op: Op, verifier: str | None) -> None:
    """Attack 14: missing or wrong."""
    answer = await op.authorize(code_challenge=challenge_of(VERIFIER), code_challenge_method="S256")
    response = await op.redeem(answer.code, code_verifier=verifier)

    assert (400, "invalid_grant") == (response.status_code, response.json()["error"])


async def test_a_verifier_without_a_challenge_is_refused(op: Op) -> None:
    """Attack 14: somebody took the challenge away."""
    response = await op.redeem((await op.authorize()).code, code_verifier=VERIFIER)

    assert (400, "invalid_grant") == (response.status_code, response.json()["error"])


async def test_plain_is_refused(op: Op) -> None:
    """Attack 14: it protects nobody."""
    answer = await op.authorize(code_challenge=VERIFIER, code_challenge_method="plain")

    assert "invalid_request" == answer.error
