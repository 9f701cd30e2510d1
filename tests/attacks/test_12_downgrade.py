"""Attack 12: a weak sign-in, and the claims of a strong one.

Without this in `src/gpic/provider/entitlement.py`:
    - and vot.level is ProofingLevel.P9
Without this in `src/gpic/provider/entitlement.py`:
    - and vot.has_two_factors
Without this in `src/gpic/provider/entitlement.py`:
    - and (client.im1_enabled or not policy.require_im1)
Without this in `src/gpic/provider/authorize/prompts.py`:
    - if reached.satisfies(vector)
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpic.nhs.trust import ProofingLevel
from tests.attacks.conftest import GP_SCOPE, Scene
from tests.unit.provider.world import BROWSER, World, query_of, raw

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("vtr", ["P0.Cp.Cd", "P0.Cp", "P5.Cp.Cd"])
async def test_a_login_that_asked_for_less_gets_no_gp_credentials(scene: Scene, vtr: str) -> None:
    """N5, N7: whoever signed in; the vot says what was asked, the claim is absent, and that is written down."""
    op, before = scene.op, await scene.releases()
    tokens = await op.tokens(await op.authorize(vtr=f'["{vtr}"]', scope=GP_SCOPE))
    claims = (await op.userinfo(tokens["access_token"])).json()

    assert vtr == (await op.read(tokens["id_token"]))["vot"]
    assert "gp_integration_credentials" not in claims
    assert before == await scene.releases()
    assert ("withheld", op.client_id, "not-entitled") == (await scene.trail())[-1]
    assert scene.log.says("GP credentials withheld", client_id=op.client_id, detail="not-entitled")


@pytest.mark.parametrize(("level", "credentials"), [(ProofingLevel.P5, "pd"), (ProofingLevel.P9, "p"), (ProofingLevel.P0, "p")])
async def test_a_vot_never_says_more_than_was_proved(world: World, level: ProofingLevel, credentials: str) -> None:
    """Alice is at P5, or signed in with a password alone: P9.Cp.Cd is not for her without doing more."""
    world.change_alice(level=level)
    world.sign_alice_in(credentials)
    world.let_alice_share()
    answer = query_of(await world.authorize.begin(raw(prompt="none", vtr='["P9.Cp.Cd"]'), "session", BROWSER))

    assert answer["error"] in {"login_required", "interaction_required"}


@pytest.mark.parametrize("change", ["im1", "level", "one-factor"])
async def test_it_is_decided_again_at_userinfo(world: World, change: str) -> None:
    """N5, N6: what changed after the code counts, and nothing is released."""
    world.let_alice_share()
    vot = {"vot": replace(world.grant().vot, credentials=frozenset("p"))} if change == "one-factor" else {}
    tokens = await world.redeemed(**vot)
    if change == "im1":
        world.policy = replace(world.policy, require_im1=True)
        world.change_client(im1_enabled=False)
    if change == "level":
        world.change_alice(level=ProofingLevel.P5)
    claims = await world.userinfo.answer(tokens.access_token)

    assert "gp_integration_credentials" not in claims
    assert ([], [("person-1", "partner", "not-entitled")]) == (world.offer.released, world.offer.withheld)
