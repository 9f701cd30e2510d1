"""Attack 35: tokens under invented key names, so that the partner asks for keys again and again.

Without this in `src/gpic/relying_party/discovery.py`:
    - if self._looked_at is not None and self._clock.now() - self._looked_at < self._settings.refetch_pause:
    + if False:
Without this in `src/gpic/jose/keys.py`:
    - ours = [key for key in listed if key.kty == "RSA" and key.use == "sig"]
    + ours = [key for key in listed if key.kty == "RSA"]
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from gpic.jose.keys import KeySet
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle
from tests.unit.relying_party.test_id_token import header_of
from tests.unit.relying_party.world import key, world

pytestmark = pytest.mark.anyio

JWKS = "/.well-known/jwks.json"


async def test_keys_are_asked_for_once_and_then_not_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    """Ten tokens at one moment, ten more after it: one question more than without them; each login is refused."""
    caplog.set_level("INFO")
    there = world()
    assert isinstance(await there.press_the_button(), Connected)
    there.clock.move(timedelta(minutes=5))
    there.nhs_login.bend = lambda token: header_of(token, kid="invented")
    outcomes = await asyncio.gather(*(there.press_the_button() for _ in range(10)))
    outcomes += [await there.press_the_button() for _ in range(10)]

    assert {CannotConnect(Obstacle.LOGIN_FAILED, code="id_token_invalid")} == set(outcomes)
    assert 2 == there.nhs_login.calls[JWKS]
    assert "login refused: id_token_invalid: no key has this kid" in caplog.text


async def test_a_rotation_is_followed() -> None:
    """R13: an honest new key is found by the same question."""
    there = world()
    assert isinstance(await there.press_the_button(), Connected)
    there.clock.move(timedelta(minutes=5))
    there.nhs_login.signing = key("rotated")

    assert isinstance(await there.press_the_button(), Connected)
    assert 2 == there.nhs_login.calls[JWKS]


def test_a_key_for_encryption_signs_nothing() -> None:
    """`use` is sig, or missing as NHS login's has been."""
    published = key("provider").public.published()
    without = {name: value for name, value in published.items() if name != "use"}
    listed = [published | {"use": "enc"}, without, published | {"kty": "EC"}]

    assert 1 == len(KeySet.from_jwks(msgspec.json.encode({"keys": listed})).keys)
