"""Attack 3: a parameter twice; one server reads the first, another the last.

Without this in `src/gpic/provider/authorize/checks.py`:
    - nothing_is_repeated,
Without this in `src/gpic/provider/authorize/addressing.py`:
    - if len(values) != 1 or not values[0]:
    + if not values:
nor this in `src/gpic/provider/authorize/checks.py`:
    - nothing_is_repeated,
Without this in `src/gpic/provider/token/form.py`:
    - if any(count > 1 for count in Counter(name for name, _ in self.raw).values()):
    + if False:
"""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["redirect_uri", "client_id"])
async def test_nobody_is_redirected_where_it_is_not_clear_to_whom(scene: Scene, name: str) -> None:
    """A page, and one line in the log."""
    pairs = scene.op.request()
    answer = await scene.get([*pairs, (name, dict(pairs)[name])])

    assert (400, None) == (answer.status_code, answer.headers.get("location"))
    assert scene.log.says("refused", code="unaddressable", detail=f"{name} was given 2 times or is empty")


@pytest.mark.parametrize("name", ["scope", "state", "nonce", "response_type", "vtr", "prompt", "anything"])
async def test_a_repeated_parameter_is_told_to_the_partner(scene: Scene, name: str) -> None:
    """invalid_request, nobody signs in, nothing is released."""
    before = await scene.trail()
    answer = await scene.op.send([*scene.op.request(), (name, "openid"), (name, "openid profile")])

    assert ("invalid_request", "A parameter is repeated") == (answer.error, answer.parameters["error_description"])
    assert "code" not in answer.parameters
    assert scene.log.says("sent back", code="invalid_request")
    assert before == await scene.trail()


async def test_a_repeated_field_at_the_token_endpoint_is_refused(scene: Scene) -> None:
    """The same for forms; the code is not spent."""
    op = scene.op
    code = (await op.authorize()).code
    form = [("grant_type", "authorization_code"), ("code", "another"), ("code", code), ("redirect_uri", op.redirect_uri)]
    form += [("client_assertion_type", _TYPE), ("client_assertion", op.assertion())]
    answer = await op.http.post(
        f"{op.issuer}/token", content=urlencode(form), headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert (400, "invalid_request") == (answer.status_code, answer.json()["error"])
    assert scene.log.says("refused", code="invalid_request")
    assert 200 == (await op.redeem(code)).status_code


_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
