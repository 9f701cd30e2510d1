from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.relying_party.callback import Callback, code_of, read_callback
from gpic.relying_party.errors import AccessDenied, CallbackMalformed

ISSUER = "https://auth.sandpit.example"


@pytest.mark.parametrize(
    "callback",
    [
        "https://riverside.example/callback?code=c&state=s&session_state=x",
        "code=c&state=s",
        [("code", "c"), ("state", "s")],
    ],
)
def test_a_callback_is_read_from_whatever_a_framework_has(callback: str | list[tuple[str, str]]) -> None:
    """A URL, a query or pairs; what is absent is empty, what is foreign is ignored."""
    assert Callback("s", "c", "", "") == read_callback(callback)


@pytest.mark.parametrize(
    ("callback", "detail"),
    [
        ("state=s&state=s", "a parameter is repeated"),
        ("state=s&code=&code=c", "a parameter is repeated"),
        ("state=s&error=&error=x", "a parameter is repeated"),
        ("state=s&iss=a&iss=a", "a parameter is repeated"),
        ("code=c", "state is missing"),
        ("state=&code=c", "state is missing"),
        ([("state", "s" * 8193)], "state is missing"),
        ("state=" + "s" * 8187, "the query is too long"),
        ("https://[broken?state=s", "the query cannot be read"),
        ("&".join(["state=s", *("x=1" for _ in range(32))]), "the query cannot be read"),
    ],
)
def test_a_callback_that_nhs_login_would_not_make_is_refused(callback: str | list[tuple[str, str]], detail: str) -> None:
    """R13: repeats, no state, too much of anything; the log says which."""
    with pytest.raises(CallbackMalformed, match=f"^callback_malformed: {detail}$"):
        read_callback(callback)


@pytest.mark.parametrize(
    "callback", ["state=" + "s" * 8186, [("state", "s" * 8192)], "&".join(["state=s", *("x=1" for _ in range(31))])]
)
def test_the_limits_themselves_are_allowed(callback: str | list[tuple[str, str]]) -> None:
    """R13: a callback of exactly the allowed size is read."""
    assert read_callback(callback).state.startswith("s")


@pytest.mark.parametrize(
    ("callback", "detail"),
    [
        (Callback("s", "c", "", "https://evil.example"), "iss is another issuer"),
        (Callback("s", "c", "access_denied", ""), "code and error at once"),
        (Callback("s", "", "", ""), "neither code nor error"),
    ],
)
def test_no_code_comes_of_a_contradiction(callback: Callback, detail: str) -> None:
    """R13: a foreign iss (RFC 9207), both or neither."""
    with pytest.raises(CallbackMalformed, match=f"^callback_malformed: {detail}$"):
        code_of(callback, ISSUER)


def test_an_error_of_ours_is_typed() -> None:
    """The issuer's own error becomes one of our refusals."""
    with pytest.raises(AccessDenied):
        code_of(Callback("s", "", "access_denied", ISSUER), ISSUER)


def test_a_code_is_a_code() -> None:
    """The code comes out unchanged."""
    assert "c" == code_of(Callback("s", "c", "", ISSUER), ISSUER)


@given(st.text() | st.lists(st.tuples(st.text(), st.text())))
def test_reading_never_crashes(callback: str | list[tuple[str, str]]) -> None:
    """R13: whatever a browser brings is read or refused."""
    with contextlib.suppress(CallbackMalformed):
        assert read_callback(callback).state
