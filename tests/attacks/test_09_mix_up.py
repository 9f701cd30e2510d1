"""Attack 9: a partner of two providers is made to bring the code of one to the other.

Without this in `src/gpic/provider/authorize/answer.py`:
    - issuer = (("iss", policy.issuer),) if policy.sends_issuer else ()
    + issuer = ()
Without this in `src/gpic/relying_party/callback.py`:
    - if callback.issuer and callback.issuer != issuer:
    + if False:
"""

from __future__ import annotations

import pytest

from gpic.provider.policy import ProviderPolicy
from gpic.relying_party.outcomes import CannotConnect, Obstacle
from tests.unit.provider.world import BROWSER, ISSUER, World, query_of, raw
from tests.unit.relying_party import world as partner_side

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("sends", "told"), [(True, ISSUER), (False, None)])
async def test_the_answer_says_who_gives_it_where_that_is_switched_on(world: World, *, sends: bool, told: str | None) -> None:
    """RFC 9207 as an option, advertised only when on: with a code and with an error."""
    world.policy = ProviderPolicy(ISSUER, sends_issuer=sends)
    world.sign_alice_in()
    world.let_alice_share()
    code = query_of(await world.authorize.begin(raw(), "session", BROWSER))
    error = query_of(await world.authorize.begin(raw(prompt="none"), "", BROWSER))
    advertised = world.provider.discovery.metadata().get("authorization_response_iss_parameter_supported", False)

    assert {("code", told), ("error", told)} == {
        ("code" if "code" in one else "error", one.get("iss")) for one in (code, error)
    }
    assert sends is advertised


async def test_the_kit_brings_nobodys_code_to_another_provider(caplog: pytest.LogCaptureFixture) -> None:
    """The code is not sent anywhere, and the practice is not asked."""
    caplog.set_level("INFO")
    there = partner_side.world()
    started = await there.party.start(there.browser)
    callback = there.nhs_login.authorize(started.url) + "&iss=https://evil.example"

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="callback_malformed") == await there.party.finish(there.browser, callback)
    assert (0, []) == (there.nhs_login.calls["/token"], there.surgery.calls)
    assert "login refused: callback_malformed: iss is another issuer" in caplog.text
