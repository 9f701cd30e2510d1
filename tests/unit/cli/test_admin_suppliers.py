"""`gpic admin suppliers`: pause, resume, show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.cli.conftest import Operator


def test_a_pause_is_shown_until_it_is_resumed(operator: Operator) -> None:
    """For people and for programs; every installed supplier is there."""
    before = operator.read("suppliers", "show")
    done = operator.read("suppliers", "pause", "EMIS")
    shown = operator.admin("suppliers", "show").output
    resumed = operator.read("suppliers", "resume", "emis")

    called = [{"supplier": name, "paused": False} for name in ("emis", "medicus", "tpp")]
    assert called == before
    assert isinstance(done, dict)
    assert ("emis", True, "") == (done["supplier"], done["paused"], done["until"])
    assert "paused until it is resumed" in shown
    assert {"supplier": "emis", "paused": False} == resumed
    assert called == operator.read("suppliers", "show")


@pytest.mark.parametrize("until", ["PT2H", "pt2h", ""])
def test_a_pause_may_have_an_end(operator: Operator, until: str) -> None:
    """A span, or a moment with its time zone."""
    until = until or (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    done = operator.read("suppliers", "pause", "tpp", "--until", until)

    assert isinstance(done, dict)
    left = datetime.fromisoformat(done["until"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=50) < left < timedelta(hours=2, minutes=10)
    assert f"until {done['until']}" in operator.admin("suppliers", "show").output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("pause", "emmis"), "There is no supplier emmis; there are emis, medicus, tpp."),
        (("resume", "emmis"), "There is no supplier emmis"),
        (("resume", "emis"), "emis is not paused."),
        (("pause", "emis", "--until", "soon"), "'soon' is neither a moment such as 2026-11-24T18:00Z nor a span such as PT2H."),
        (("pause", "emis", "--until", "Pnothing"), "is neither a moment"),
        (("pause", "emis", "--until", "2999-01-01T10:00"), "has no time zone; put Z behind it for UTC."),
        (("pause", "emis", "--until", "2001-01-01T10:00Z"), "is over already."),
        (("pause", "emis", "--until", "PT0S"), "is over already."),
    ],
)
def test_what_cannot_be_meant_is_refused(operator: Operator, words: tuple[str, ...], sentence: str) -> None:
    """Exit code 1, and nothing is paused: a misspelt pause would stop nothing."""
    ended = operator.admin("suppliers", *words)

    assert 1 == ended.exit_code
    assert sentence in ended.output
    assert not any(one["paused"] for one in operator.read("suppliers", "show"))  # type: ignore[attr-defined]
