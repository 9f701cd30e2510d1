"""A form's token fits one interaction in one browser."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gpic.web.form_tokens import FormTokens

KEYS = st.binary(min_size=32, max_size=32)
#: What ids and cookies of ours are made of (RFC 4648 §5).
TEXTS = st.text("ABCabc012-_", max_size=12)


@given(KEYS, TEXTS, TEXTS)
def test_a_token_fits_where_it_was_made(key: bytes, interaction_id: str, browser: str) -> None:
    """The same key on another host accepts it."""
    assert FormTokens(key).fits(FormTokens(key).of(interaction_id, browser), interaction_id, browser)


@given(KEYS, KEYS, st.tuples(TEXTS, TEXTS), st.tuples(TEXTS, TEXTS))
def test_a_token_fits_nowhere_else(key: bytes, other_key: bytes, made_for: tuple[str, str], tried_at: tuple[str, str]) -> None:
    """Another interaction, another browser or another key makes another token, however the texts divide."""
    token = FormTokens(key).of(*made_for)

    assert (made_for == tried_at) == FormTokens(key).fits(token, *tried_at)
    assert (key == other_key) == FormTokens(other_key).fits(token, *made_for)


@given(st.text(max_size=80), TEXTS, TEXTS)
def test_rubbish_never_fits(rubbish: str, interaction_id: str, browser: str) -> None:
    """Whatever text comes, the answer is no and nothing breaks."""
    assert not FormTokens(bytes(32)).fits(rubbish, interaction_id, browser)


def test_the_key_does_not_show() -> None:
    """No repr carries it."""
    assert "31337" not in repr(FormTokens(b"31337" * 7))
