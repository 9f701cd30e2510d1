"""Every refusal knows its code, its sentence and where it may be shown."""

from __future__ import annotations

import inspect
import re

import pytest

from gpic.provider import errors
from gpic.provider.errors import Refusal, SentBack, Where

#: RFC 6749 §4.1.2.1: what an error_description may hold; the quote would end a header's value (attacks 10).
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")

LEAVES = [
    refusal
    for _, refusal in inspect.getmembers(errors, inspect.isclass)
    if issubclass(refusal, Refusal) and not refusal.__subclasses__()
]


@pytest.mark.parametrize("refusal", LEAVES, ids=lambda refusal: refusal.__name__)
def test_a_refusal_can_be_shown(refusal: type[Refusal]) -> None:
    """Code and place are part of it, and its sentence fits into a header."""
    told = refusal("A sentence" if not refusal.sentence else "", detail="for the log")

    assert isinstance(told.code, str)
    assert isinstance(told.shown, Where)
    assert DESCRIPTION.fullmatch(told.sentence)
    assert "for the log" in str(told)


@pytest.mark.parametrize("refusal", LEAVES, ids=lambda refusal: refusal.__name__)
def test_the_tree_on_top_names_every_refusal(refusal: type[Refusal]) -> None:
    """The drawing and the code agree."""
    assert refusal.__name__ in str(errors.__doc__)


def test_what_is_sent_back_is_a_redirect() -> None:
    """No other refusal is."""
    assert {True} == {issubclass(refusal, SentBack) == (refusal.shown is Where.REDIRECT) for refusal in LEAVES}
