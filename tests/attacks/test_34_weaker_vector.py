"""Attack 34: a login that is weaker than the partner asked for, or whose meaning is written elsewhere.

Without this in `src/gpic/relying_party/id_token.py`:
    - if vot is None or first_satisfied(vot, asked.settings.vectors) is None:
    + if False:
Without this in `src/gpic/relying_party/id_token.py`:
    - if asked.text("vtm") != asked.settings.trustmark:
    + if False:
"""

from __future__ import annotations

import pytest

from gpic.nhs.trust import Vector
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle
from tests.unit.relying_party.world import world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "claims",
    [
        *({"vot": vot} for vot in ("P0.Cp.Cd", "P5.Cp.Cd", "P9.Cp", "P9", "Cp.Cd", "", "P9.Cp.Cd.", "p9.cp.cd", 9, None)),
        *({"vtm": vtm} for vtm in ("https://evil.example/trustmark", "", None, "http://auth.sandpit.example")),
    ],
    ids=str,
)
async def test_a_weaker_login_opens_nothing(claims: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    """R13: vot satisfies one of the vectors asked, vtm is the expected URL; otherwise nobody is asked anything more."""
    caplog.set_level("INFO")
    there = world()
    there.nhs_login.claims = claims

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="id_token_invalid") == await there.press_the_button()
    assert (0, []) == (there.nhs_login.calls["/userinfo"], there.surgery.calls)
    assert "login refused: id_token_invalid: v" in caplog.text


async def test_an_omitted_component_means_any() -> None:
    """R13: a partner that asks for P9 alone is satisfied by any way of signing in."""
    there = world(vectors=(Vector.parse("P9"),))

    assert isinstance(await there.press_the_button(), Connected)
