"""Attack 1: an address that looks like the registered one and leads elsewhere.

Without this in `src/gpic/provider/authorize/addressing.py`:
    - if redirect_uri not in client.redirect_uris:
    + if not any(redirect_uri.startswith(uri[:20]) for uri in client.redirect_uris):
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.attacks.conftest import GP_SCOPE, Scene

pytestmark = pytest.mark.anyio

TRICKS: dict[str, Callable[[str], str]] = {
    "prefix": lambda uri: uri + "-evil",
    "traversal": lambda uri: uri + "/../evil",
    "userinfo": lambda uri: uri.replace("://", "://localhost@evil.example/"),
    "user-before": lambda uri: uri.replace("://", "://evil@"),
    "port": lambda uri: uri.replace("://localhost:", "://localhost:1"),
    "fragment": lambda uri: uri + "#evil",
    "case": lambda uri: uri.upper(),
    "encoded-slash": lambda uri: uri + "%2fevil",
    "query": lambda uri: uri + "?next=https://evil.example",
    "subdomain": lambda uri: uri.replace("localhost", "localhost.evil.example"),
    "scheme": lambda uri: uri.replace("http:", "javascript:"),
    "slash": lambda uri: uri + "/",
    "backslash": lambda uri: uri.replace("://", "://evil.example\\@"),
    "empty": lambda _: "",
}


@pytest.mark.parametrize("trick", TRICKS)
async def test_nobody_is_redirected_to_an_address_that_is_not_registered(scene: Scene, trick: str) -> None:
    """N5: exact match; a page, no Location, one line in the log, and nothing of Ada's is given away."""
    before = await scene.trail()
    answer = await scene.get(scene.op.request(redirect_uri=TRICKS[trick](scene.op.redirect_uri), scope=GP_SCOPE))

    assert (400, None) == (answer.status_code, answer.headers.get("location"))
    assert "evil" not in answer.text
    assert scene.log.says("refused", code="unaddressable")
    assert before == await scene.trail()


async def test_an_unknown_client_is_not_redirected_either(scene: Scene) -> None:
    """Nobody knows whom to answer."""
    answer = await scene.get(scene.op.request(client_id="nobody"))

    assert (400, None) == (answer.status_code, answer.headers.get("location"))
    assert scene.log.says("refused", detail="client unknown or disabled")
