"""Attack 8: codes and forms that remain in caches, referrers and repeated posts.

Without this in `src/gpic/provider/headers.py`:
    - NEVER_KEPT: Final[Mapping[str, str]] = MappingProxyType({"Cache-Control": "no-store", "Pragma": "no-cache"})
    + NEVER_KEPT: Final[Mapping[str, str]] = MappingProxyType({"Pragma": "no-cache"})
nor this in `src/gpic/web/rendering.py`:
    - "Cache-Control": "no-store",
Without this in `src/gpic/provider/headers.py`:
    - "Referrer-Policy": "no-referrer",
Without this in `src/gpic/web/rendering.py`:
    - SEE_OTHER: Final = 303
    + SEE_OTHER: Final = 307
"""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from tests.attacks.conftest import Scene
from tests.unit.web.conftest import seen

pytestmark = pytest.mark.anyio


async def test_nothing_of_a_login_is_kept_or_told_on(scene: Scene) -> None:
    """Every answer from the request to the code: no-store, no-referrer, and 303 after the form with the password."""
    op, who = scene.op, scene.op.stage.people["ada"]
    answers = [await op.http.get(f"{op.issuer}/authorize", params=dict(op.request()))]
    while "code=" not in answers[-1].headers.get("location", ""):
        page = await op.http.get(urljoin(op.issuer, answers[-1].headers["location"]))
        form = seen(page).document.forms[0]
        hidden = {name: value for name, value in form.form_values() if value is not None}
        given = {"email": who.email, "password": who.password, "code": who.code, "action": "continue"}
        given |= {"action": "agree"} if "agree" in page.text else {}
        answers += [page, await op.http.post(str(page.url), data=hidden | given)]

    assert {"no-store"} == {answer.headers["cache-control"] for answer in answers}
    assert {"no-referrer"} == {answer.headers["referrer-policy"] for answer in answers}
    assert {200, 303} == {answer.status_code for answer in answers}


async def test_tokens_and_claims_are_kept_nowhere(scene: Scene) -> None:
    """Success and refusal alike."""
    op = scene.op
    tokens = await op.redeem((await op.authorize()).code)
    answers = [tokens, await op.redeem("no code"), await op.userinfo(tokens.json()["access_token"]), await op.userinfo("none")]

    assert [200, 400, 200, 401] == [answer.status_code for answer in answers]
    assert {("no-store", "no-cache")} == {(one.headers["cache-control"], one.headers["pragma"]) for one in answers}
    assert scene.log.says("refused", code="invalid_token")
