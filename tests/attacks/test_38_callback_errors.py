"""Attack 38: an error of the attacker's wording, shown on the partner's page.

Without this in `src/gpic/relying_party/errors.py`:
    - return TYPED.get(error, ProviderSaidNo)()
    + return TYPED.get(error, ProviderSaidNo)(error)
"""

from __future__ import annotations

import pytest

from gpic.relying_party.errors import TYPED
from gpic.relying_party.frameworks import pages
from gpic.relying_party.outcomes import CannotConnect, ReturnToLogin, TryLater
from tests.unit.relying_party.world import world

pytestmark = pytest.mark.anyio

MARKUP = "<script>alert(1)</script>"


@pytest.mark.parametrize("error", [*sorted(TYPED), MARKUP, "x" * 500, "ConsentNotGiven", "a\r\nb"])
async def test_every_error_is_one_of_ours(error: str, caplog: pytest.LogCaptureFixture) -> None:
    """A typed outcome and our own sentence; neither error nor description comes back, on no page and in no log."""
    caplog.set_level("INFO")
    there = world()
    there.nhs_login.error = error
    outcome = await there.press_the_button()

    assert isinstance(outcome, CannotConnect | ReturnToLogin | TryLater)
    if isinstance(outcome, CannotConnect):
        page = pages.cannot_connect(outcome).page("/login")
        assert outcome.code in {*TYPED, "unknown_error"}
        assert "<b>x</b>" not in page
        assert MARKUP not in page
    assert "login refused: " in caplog.text
    assert error in TYPED or error not in caplog.text
    assert (0, []) == (there.nhs_login.calls["/token"], there.surgery.calls)
