"""The table of states and events."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from gpic.credentials.lifecycle import TRANSITIONS, Event, IllegalTransition, State, after, as_mermaid

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "lifecycle.md"


def test_every_state_can_be_reached() -> None:
    """The table has no dead corner."""
    seen = {State.EMPTY}
    while new := {end for (start, _), end in TRANSITIONS.items() if start in seen} - seen:
        seen |= new

    assert set(State) == seen


def test_every_state_has_a_way_back_to_being_held() -> None:
    """N11: nobody is ever without a next step."""
    good = {State.HELD}
    while new := {start for (start, _), end in TRANSITIONS.items() if end in good} - good:
        good |= new

    assert set(State) == good


def test_every_event_can_happen() -> None:
    """No event is listed for nothing."""
    assert set(Event) == {event for _, event in TRANSITIONS}


@pytest.mark.parametrize(("state", "event"), [pair for pair in product(State, Event) if pair not in TRANSITIONS])
def test_an_event_out_of_place_is_illegal(state: State, event: Event) -> None:
    """Every pair that the table does not name is refused."""
    with pytest.raises(IllegalTransition, match=f"^{event} while {state}$"):
        after(state, event)


def test_only_proof_leads_to_being_held() -> None:
    """N2: nothing but the proof of the right patient makes details releasable."""
    assert {Event.PROVED} == {event for (start, event), end in TRANSITIONS.items() if end is State.HELD}


def test_the_picture_in_the_docs_is_the_table() -> None:
    """docs/reference/lifecycle.md shows as_mermaid(), line by line."""
    assert as_mermaid() in PAGE.read_text(encoding="utf-8")
