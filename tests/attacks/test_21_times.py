"""Attack 21: an assertion from yesterday, from tomorrow, or for ever.

Without this in `src/gpic/jose/verify.py`:
    - if expires <= policy.now - policy.skew:
    + if False:
Without this in `src/gpic/jose/verify.py`:
    - if begins is not None and begins > policy.now + policy.skew:
    + if False:
Without this in `src/gpic/jose/verify.py`:
    - if verified.issued_at is not None and verified.issued_at > policy.now + policy.skew:
    + if False:
Without this in `src/gpic/jose/verify.py`:
    - if verified.expires - verified.issued_at > policy.longest_life + policy.skew:
    + if False:
"""

from __future__ import annotations

import time

import pytest

from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio

#: Seconds from now; the skew is 30, the longest life an hour.
WRONG: dict[str, dict[str, float | str | None]] = {
    "expired": {"exp": -31, "iat": -90},
    "begins-later": {"nbf": 60},
    "made-later": {"iat": 60},
    "lives-too-long": {"iat": -3600, "exp": 100},
    "ends-in-years": {"exp": 10_000_000, "iat": None},
    "never-ends": {"exp": None},
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_time_that_does_not_fit_is_refused(scene: Scene, wrong: str) -> None:
    """invalid_client, the reason in the log, the code as good as before."""
    op, now = scene.op, int(time.time())
    code = (await op.authorize()).code
    times = {name: None if value is None else now + int(value) for name, value in WRONG[wrong].items()}
    answer = await op.redeem(code, client_assertion=op.assertion(**times))

    assert (400, "invalid_client") == (answer.status_code, answer.json()["error"])
    assert scene.log.says("refused", code="invalid_client")
    assert 200 == (await op.redeem(code)).status_code


@pytest.mark.parametrize("value", ["soon", -1, 1e400, True, [9], "9" * 400])
async def test_what_is_no_time_is_refused(scene: Scene, value: object) -> None:
    """Whatever JSON can hold; no 500."""
    odd = value if not isinstance(value, float) else 10**300
    answer = await scene.op.redeem("no code", client_assertion=scene.op.assertion(exp=odd))

    assert (400, "invalid_client") == (answer.status_code, answer.json()["error"])
    assert "ClaimsRefused: exp is not a NumericDate (client conformance)" in scene.log.details


async def test_clocks_may_differ_a_little(scene: Scene) -> None:
    """29 seconds either way."""
    now = int(time.time())
    late, early = scene.op.assertion(exp=now - 25, iat=now - 60), scene.op.assertion(iat=now + 25)
    answers = [await scene.op.redeem("no code", client_assertion=one) for one in (late, early)]

    assert ["invalid_grant"] * 2 == [answer.json()["error"] for answer in answers]
