"""What an opened message shows to whoever looks over a shoulder."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.sandbox.diagram import masking
from gpic.simulators.exchanges import Exchange

JSON = (("content-type", "application/json; charset=utf-8"),)
FORM = (("content-type", "application/x-www-form-urlencoded"),)
XML = (("content-type", "text/xml"),)

values = st.recursive(
    st.none() | st.booleans() | st.integers(10_000, 10**12) | st.text(min_size=6, max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("a", "bB", "key", "Token")), inner, max_size=3)
    ),
)


def leaves(value: object) -> list[str]:
    """Every text and number in it."""
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


@given(values)
def test_no_value_of_json_shows(value: object) -> None:
    """Whatever its shape: only names, truth and nothing are seen."""
    masked = masking.body_of(JSON, json.dumps({"it": value}).encode(), reveal=False)
    shape = json.loads(masked)

    assert set(leaves(shape)) <= {masking.MASK}
    assert ["it"] == list(shape)


def test_harmless_values_show() -> None:
    """What an engineer looks for: levels, codes, kinds; by names known to carry nothing of anybody."""
    body = {"ApplicationLinkLevel": "Restricted", "token_type": "bearer", "access_token": "secret", "sub": "who"}
    shown = json.loads(masking.body_of(JSON, json.dumps(body).encode(), reveal=False))

    assert {"ApplicationLinkLevel": "Restricted", "token_type": "bearer", "access_token": "•••", "sub": "•••"} == shown


def test_forms_and_queries_show_what_was_asked_but_not_by_whom() -> None:
    """Scope and grant show; code, assertion, password and state do not."""
    body = b"grant_type=authorization_code&code=secret-code&client_assertion=eyJ.x.y&password=pw"
    shown = masking.body_of(FORM, body, reveal=False)
    query = masking.query_of(Exchange("GET", "/authorize", "scope=openid+profile&state=secret&client_id=me", ()), reveal=False)

    assert "grant_type=authorization_code&code=•••&client_assertion=•••&password=•••" == shown
    assert "scope=openid+profile&state=•••&client_id=me" == query


def test_xml_shows_its_elements_and_error_codes() -> None:
    """Of TPP: names of elements and attributes, the version, the error's code; comments go."""
    body = (
        b'<Error apiVersion="1" uuid="u-1" errorCode="9"><!-- ada -->'
        b"<userFriendlyMessage>No</userFriendlyMessage><Name>Ada</Name></Error>"
    )
    shown = masking.body_of(XML, body, reveal=False)

    assert 'apiVersion="1"' in shown
    assert 'errorCode="9"' in shown
    assert "<userFriendlyMessage>No</userFriendlyMessage>" in shown
    assert not {"u-1", "Ada", "ada"} & {word for word in ("u-1", "Ada", "ada") if word in shown}


@pytest.mark.parametrize(
    ("headers", "body"),
    [(JSON, b"{broken: secret"), (XML, b"<broken secret"), ((), b"secret"), ((("content-type", "text/html"),), b"<p>secret")],
)
def test_what_cannot_be_read_is_masked_whole(headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    """Pages of people and rubbish: how long, and no more; revealed, all of it."""
    assert "secret" not in masking.body_of(headers, body, reveal=False)
    assert body.decode() == masking.body_of(headers, body, reveal=True)


def test_headers_show_by_name_only_where_they_are_harmless() -> None:
    """A redirect shows where it leads, without its code and state."""
    headers = (
        ("content-type", "text/html"),
        ("authorization", "Bearer secret"),
        ("set-cookie", "session=secret"),
        ("suid", "secret"),
        ("location", "http://localhost:1/callback?code=secret&state=secret"),
    )
    shown = masking.headers_of(headers, reveal=False)

    assert ("content-type", "text/html") == shown[0]
    assert ("location", "http://localhost:1/callback?code=•••&state=•••") == shown[-1]
    assert not [value for _, value in shown if "secret" in value]
    assert headers == masking.headers_of(headers, reveal=True)


def test_an_entity_is_never_resolved() -> None:
    """Bodies come from anywhere: no file of this machine gets into a picture."""
    body = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><status>&x;</status></a>'

    assert "root:" not in masking.body_of(XML, body, reveal=False)
