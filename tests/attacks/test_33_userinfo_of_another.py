"""Attack 33: one person's login with another person's claims, GP credentials among them.

Without this in `src/gpic/relying_party/userinfo.py`:
    - if whom is None or not hmac.compare_digest(whom.sub.encode(), id_token.sub.encode()):
    + if whom is None:
Without this in `src/gpic/relying_party/userinfo.py`:
    - if id_token.nhs_number not in {None, number}:
    + if False:
"""

from __future__ import annotations

import pytest

from gpic.relying_party.outcomes import CannotConnect, Obstacle
from tests.unit.relying_party.world import OTHER_NUMBER, PRACTICE, details, world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("said", [{"sub": "somebody-else"}, {"sub": None}, {"sub": ["mary"]}, {"sub": "Mary"}, {"sub": ""}])
async def test_claims_of_another_are_not_read(said: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    """R13: linking is never reached, nothing is kept, the log says what is wrong and nothing of the claims."""
    caplog.set_level("INFO")
    there = world()
    there.nhs_login.said = said

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="userinfo_invalid") == await there.press_the_button()
    assert [] == there.surgery.calls
    assert None is await there.cabinets.linkages.find("mary", details().fingerprint)
    assert "login refused: userinfo_invalid" in caplog.text
    assert [] == [text for text in ("kT4m9XqZ2bLp", "2917340058", PRACTICE.code, "9990001111") if text in caplog.text]


@pytest.mark.parametrize("said", [{"iss": "https://evil.example"}, {"aud": "another-client"}, {"aud": []}])
async def test_claims_for_another_are_not_read(said: dict[str, object]) -> None:
    """R13: iss and aud, where they are given."""
    there = world()
    there.nhs_login.said = said

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="userinfo_invalid") == await there.press_the_button()
    assert [] == there.surgery.calls


async def test_two_numbers_are_not_one_person() -> None:
    """R13: ID token and userinfo tell the same NHS number."""
    there = world()
    there.nhs_login.claims = {"nhs_number": OTHER_NUMBER.digits}

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="userinfo_invalid") == await there.press_the_button()
    assert [] == there.surgery.calls
