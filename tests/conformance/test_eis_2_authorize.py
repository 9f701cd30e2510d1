"""Clause 2: the authorization endpoint, row by row (`nhs-login.md` §2)."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid nhs_app_credentials profile basic_demographics"}, "invalid_scope"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "consent"}, "invalid_request"),
        ({"vtr": "P9"}, "invalid_request"),
        ({"vtr": '["P9.Cx"]'}, "invalid_request"),
        ({"vtr": '["P9.Ck"]'}, "invalid_request"),
        ({"vtr": "[]"}, "invalid_request"),
        ({"request": "x"}, "request_not_supported"),
        ({"request_uri": "https://x.test"}, "request_uri_not_supported"),
        ({"prompt": "none", "asserted_login_identity": "x.y.z"}, "sso_login_required"),
    ],
)
async def test_each_refusal_goes_back_with_its_code(op: Op, changes: dict[str, str | None], error: str) -> None:
    """To the registered address, with a description; with the state, where there was one."""
    answer = await op.authorize(**({"state": "kept"} | changes))

    assert error == answer.error
    assert ({"error", "error_description"} | ({"state"} if "state" not in changes else set())) == set(answer.parameters)


@pytest.mark.parametrize(
    "changes",
    [
        {"response_mode": "form_post"},
        {"response_mode": "query"},
        {"response_mode": "fragment"},
        {"display": "page"},
        {"display": "touch"},
        {"display": "popup"},
        {"display": "wap"},
        {"prompt": "login"},
        {"scope": "openid something_else"},
        {"fido_auth_response": "AAAA"},
        {"allow_registration": "false"},
        {"max_age": "0"},
        {"ui_locales": "cy"},
        {"id_token_hint": "nonsense"},
        {"login_hint": "somebody"},
        {"acr_values": "x"},
        {"asserted_login_identity": "no.such.jwt"},
        {"vtr": '["P9.Cp.Cd"]'},
        {"vtr": '["P9.Cm", "P9.Cp.Cd"]'},
        {"vtr": '["Cp.Cd"]'},
        {"vtr": '["P5"]'},
        {"vtr": '["P0.Cp"]'},
    ],
)
async def test_everything_else_is_served(op: Op, changes: dict[str, str | None]) -> None:
    """Tolerated values do no harm; the answer comes as a query, whatever mode was asked."""
    answer = await op.authorize(state="kept", **changes)

    assert answer.code
    assert "kept" == answer.parameters["state"]


@pytest.mark.parametrize("name", ["scope", "state", "nonce", "response_type", "prompt", "vtr", "unknown"])
async def test_a_repeated_parameter_goes_back(op: Op, name: str) -> None:
    """Attack 3: nobody chooses between two values."""
    usual = dict(op.request())
    answer = await op.send([*usual.items(), (name, usual.get(name, "x")), *([] if name in usual else [(name, "x")])])

    assert "invalid_request" == answer.error


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_a_repeated_address_shows_a_page(op: Op, name: str) -> None:
    """Attack 3: there is nobody to send the answer to."""
    usual = dict(op.request())
    answer = await op.send([*usual.items(), (name, usual[name])])

    assert (400, {}) == (answer.page.status, answer.parameters)


@pytest.mark.parametrize("changes", [{"client_id": None}, {"client_id": "nobody"}, {"redirect_uri": None}])
async def test_nobody_to_answer_to_shows_a_page(op: Op, changes: dict[str, str | None]) -> None:
    """Never redirect to an address that is not registered."""
    answer = await op.authorize(**changes)

    assert (400, {}) == (answer.page.status, answer.parameters)


async def test_a_code_is_bound_to_its_address(op: Op) -> None:
    """A redirect URI that differs at the token endpoint neither redeems nor spends it."""
    code = (await op.authorize()).code
    wrong = await op.redeem(code, redirect_uri=f"{op.redirect_uri}/")
    right = await op.redeem(code)

    assert (400, "invalid_grant", 200) == (wrong.status_code, wrong.json()["error"], right.status_code)


async def test_registration_links_can_be_hidden(op: Op) -> None:
    """`allow_registration=false`."""
    open_to_all = await op.browser.open(f"{op.issuer}/authorize?{_query(op)}")
    closed = await op.browser.open(f"{op.issuer}/authorize?{_query(op, allow_registration='false')}")

    assert open_to_all.has("register")
    assert not closed.has("register")


def _query(op: Op, **changes: str | None) -> str:
    from urllib.parse import urlencode

    return urlencode(op.request(**changes))
