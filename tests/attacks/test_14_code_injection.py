"""Attack 14: somebody's stolen code in another's login.

Without this in `src/gpic/provider/token/redeem.py`:
    - if not code_verifier_fits(asked.code_verifier, grant):
    + if False:
Without this in `src/gpic/provider/authorize/checks.py`:
    - code_challenge_is_s256,
Without this in `src/gpic/storage/provider/sql/codes.py`:
    - codes.c.redirect_uri == bindparam("where"),
    + (codes.c.redirect_uri == bindparam("where")) | (codes.c.redirect_uri != ""),
"""

from __future__ import annotations

import pytest

from tests.attacks.conftest import Scene
from tests.conformance.op import challenge_of

pytestmark = pytest.mark.anyio

VERIFIER = "v" * 43
PKCE = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}


@pytest.mark.parametrize(
    ("asked", "brought"),
    [(PKCE, None), (PKCE, "w" * 43), ({}, VERIFIER), (PKCE, PKCE["code_challenge"])],
    ids=["no-verifier", "another", "no-challenge", "the-challenge-itself"],
)
async def test_a_code_without_its_verifier_is_worth_nothing(scene: Scene, asked: dict[str, str], brought: str | None) -> None:
    """invalid_grant, and the code is gone for whoever has the verifier, too."""
    before = await scene.releases()
    code = (await scene.op.authorize(**asked)).code
    answer = await scene.op.redeem(code, code_verifier=brought)
    again = await scene.op.redeem(code, code_verifier=VERIFIER)

    assert ["invalid_grant"] * 2 == [one.json()["error"] for one in (answer, again)]
    assert "code_verifier does not fit" in scene.log.details
    assert before == await scene.releases()
    assert ("revoked", scene.op.client_id, "proof-did-not-fit") == (await scene.trail())[-1]


async def test_the_verifier_opens_it(scene: Scene) -> None:
    """Or the tests above would show nothing."""
    code = (await scene.op.authorize(**PKCE)).code

    assert 200 == (await scene.op.redeem(code, code_verifier=VERIFIER)).status_code


@pytest.mark.parametrize(
    "asked",
    [
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": VERIFIER},
        {"code_challenge_method": "S256"},
    ],
)
async def test_plain_is_refused(scene: Scene, asked: dict[str, str]) -> None:
    """invalid_request: nobody may talk the provider out of S256."""
    answer = await scene.op.authorize(**asked)

    assert "invalid_request" == answer.error
    assert scene.log.says("sent back", code="invalid_request", detail="Only PKCE with S256 is supported")


async def test_a_code_is_bound_to_its_address(scene: Scene) -> None:
    """The redirect_uri of the redemption is that of the request."""
    code = (await scene.op.authorize()).code
    answer = await scene.op.redeem(code, redirect_uri=scene.op.stage.addresses.partner + "/callback")

    assert "invalid_grant" == answer.json()["error"]
    assert 200 == (await scene.op.redeem(code)).status_code
