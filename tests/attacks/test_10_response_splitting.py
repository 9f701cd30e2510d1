"""Attack 10: line breaks and markup that come back in a header or on a page.

Without this in `src/gpic/provider/authorize/checks.py`:
    - fields_are_bounded,
Without this in `src/gpic/provider/authorize/answer.py`:
    - query = urlencode([(name, value) for name, value in (*pairs, *issuer) if value])
    + query = "&".join(f"{name}={value}" for name, value in (*pairs, *issuer) if value)
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("state", ["a\r\nSet-Cookie: evil=1", "a\nb", "a\x00b", "a\x85b", "\ud7ff\x1b[2J"])
async def test_control_characters_are_refused(scene: Scene, state: str) -> None:
    """invalid_request with our own sentence; no header of the attacker's appears."""
    before = await scene.trail()
    answer = await scene.get(scene.op.request(state=state))
    told = parse_qs(urlsplit(answer.headers["location"]).query)

    assert ["invalid_request"] == told["error"]
    assert ["A parameter holds control characters"] == told["error_description"]
    assert "set-cookie" not in answer.headers
    assert "\n" not in answer.headers["location"]
    assert scene.log.says("sent back", code="invalid_request")
    assert before == await scene.trail()


@pytest.mark.parametrize("state", ["<script>alert(1)</script>", "x&code=evil&error=none", "#x", "é ✓", "a" * 2048])
async def test_what_is_admitted_comes_back_as_it_was_and_as_nothing_else(scene: Scene, state: str) -> None:
    """The state is encoded: it makes no parameter and no fragment of its own."""
    answer = await scene.get(scene.op.request(state=state, prompt="none"))
    target = urlsplit(answer.headers["location"])

    assert {"error": ["login_required"], "state": [state]} == {
        name: values for name, values in parse_qs(target.query).items() if name != "error_description"
    }
    assert "" == target.fragment


async def test_an_endless_state_is_not_repeated(scene: Scene) -> None:
    """2049 characters are told of, and not sent on."""
    answer = await scene.get(scene.op.request(state="a" * 2049))

    assert "error_description=A+parameter+is+too+long" in answer.headers["location"]
    assert "state=" not in answer.headers["location"]


@pytest.mark.parametrize("name", ["redirect_uri", "client_id"])
async def test_an_error_page_repeats_nothing(scene: Scene, name: str) -> None:
    """What cannot be addressed gets our own words."""
    answer = await scene.get(scene.op.request(**{name: "<script>evil()</script>"}))

    assert 400 == answer.status_code
    assert "evil" not in answer.text
