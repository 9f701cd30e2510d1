"""Attack 31: a callback that this browser never asked for, or for the second time.

Without this in `src/gpic/relying_party/login.py`:
    - if attempt is None:
    - raise StateUnknown
    + attempt = attempt or Attempt(read.state, self.fresh_text(), "", self.clock.now())
nor this in `src/gpic/relying_party/id_token.py`:
    - nonce_is_ours,
Without this in `src/gpic/relying_party/callback.py`:
    - if callback.error and callback.unverified_code:
    + if False:
"""

from __future__ import annotations

import pytest

from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle
from tests.unit.relying_party.world import CALLBACK, World, world

pytestmark = pytest.mark.anyio


async def assert_nothing_happened(there: World, outcome: object, code: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody was asked for tokens, the practice neither; one line in the log."""
    assert CannotConnect(Obstacle.LOGIN_FAILED, code=code) == outcome
    assert (0, []) == (there.nhs_login.calls["/token"], there.surgery.calls)
    assert f"login refused: {code}" in caplog.text


async def test_a_callback_of_another_browser_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """R13: the attacker's callback, in the victim's browser; the attacker's own attempt is not used up by it."""
    caplog.set_level("INFO")
    there = world()
    url = there.nhs_login.authorize((await there.party.start("the attacker's")).url)

    await assert_nothing_happened(there, await there.party.finish("the victim's", url), "state_unknown", caplog)


async def test_an_invented_state_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """R13: nobody started that."""
    caplog.set_level("INFO")
    there = world()
    outcome = await there.party.finish(there.browser, f"{CALLBACK}?code=code-1&state=invented")

    await assert_nothing_happened(there, outcome, "state_unknown", caplog)


async def test_a_state_serves_once() -> None:
    """R13: the same callback again, as from the browser's history."""
    there = world()
    url = there.nhs_login.authorize((await there.party.start(there.browser)).url)
    first, second = await there.party.finish(there.browser, url), await there.party.finish(there.browser, url)

    assert isinstance(first, Connected)
    assert CannotConnect(Obstacle.LOGIN_FAILED, code="state_unknown") == second
    assert 1 == there.nhs_login.calls["/token"]


@pytest.mark.parametrize("more", ["&error=access_denied", "&code=another", "&state=another", "&iss=https://evil.example"])
async def test_a_callback_that_says_two_things_is_refused(more: str, caplog: pytest.LogCaptureFixture) -> None:
    """Code and error, two codes, two states, another issuer."""
    caplog.set_level("INFO")
    there = world()
    url = there.nhs_login.authorize((await there.party.start(there.browser)).url)

    await assert_nothing_happened(there, await there.party.finish(there.browser, url + more), "callback_malformed", caplog)
