"""Attack 5: tokens through the browser, or an answer that nobody can tie to a request.

Without this in `src/gpic/provider/authorize/checks.py`:
    - response_type_is_code,
Without this in `src/gpic/provider/authorize/checks.py`:
    - nonce_is_present,
"""

from __future__ import annotations

import pytest

from gpic.provider.policy import ProviderPolicy
from tests.attacks.conftest import Scene
from tests.unit.provider.world import BROWSER, ISSUER, World, query_of, raw

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("response_type", ["token", "id_token", "code token", "code id_token", "none", "CODE", "code "])
async def test_only_a_code_is_answered(scene: Scene, response_type: str) -> None:
    """unsupported_response_type, in the query as ever, without any token."""
    before = await scene.trail()
    answer = await scene.op.authorize(response_type=response_type)

    assert "unsupported_response_type" == answer.error
    assert not {"code", "access_token", "id_token"} & answer.parameters.keys()
    assert "#" not in answer.page.url
    assert scene.log.says("sent back", code="unsupported_response_type")
    assert before == await scene.trail()


@pytest.mark.parametrize("name", ["state", "nonce"])
async def test_a_request_that_nothing_ties_to_its_answer_is_refused(
    world: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """invalid_request in profile strict, which is the only one outside the sandpit."""
    world.policy = ProviderPolicy(ISSUER)
    answer = query_of(await world.authorize.begin(raw(**{name: None}), "", BROWSER))

    assert ("invalid_request", f"{name} is missing") == (answer["error"], answer["error_description"])
    assert ["sent back"] == [record.getMessage() for record in caplog.records]
