"""A sequence diagram as text: lanes, arrows, remarks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gpic.sandbox.diagram.text import WIDTH, arrow, drawn, lanes_of, mermaid
from gpic.simulators.journal import Message

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
NAMES = ("Person", "Partner", "NHS login", "PDS", "EMIS", "TPP", "MEDICUS", "MNS", "ODS", "My service", "unknown application")


def said(number: int, sender: str, receiver: str, operation: str = "GET it", *, ok: bool = True, at: int = 0) -> Message:
    """One message, so many seconds after noon."""
    moment = NOON + timedelta(seconds=at)
    return Message(number, moment, moment, sender, receiver, operation, "200" if ok else "403", ok, 1.0)


messages = st.lists(
    st.builds(
        said,
        st.integers(1, 9_999),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.text(max_size=40),
        ok=st.booleans(),
        at=st.integers(0, 100),
    )
)


def test_lanes_go_from_left_to_right_as_in_the_documentation() -> None:
    """Person, partners, NHS login, what stands behind it; only who speaks or is spoken to."""
    told = [said(1, "NHS login", "EMIS"), said(2, "My service", "NHS login"), said(3, "Person", "Partner")]

    assert ("Person", "Partner", "My service", "NHS login", "EMIS") == lanes_of(told)


def test_a_small_conversation_is_drawn() -> None:
    """To the letter: one line a message, in the order of arrival, refusals marked, remarks beneath."""
    told = [
        said(2, "Person", "Partner", "GET /callback", at=1),
        said(1, "Partner", "EMIS", "POST sessions", ok=False, at=2),
        said(3, "EMIS", "Partner", "mail", at=3),
    ]
    expected = """\
    Person      Partner        EMIS
      │            │            │
      ├───────────▶│            │           2  GET /callback → 200
      │            ├───────────▶│           1  ✗ POST sessions → 403
      │            │            │        ! needless
      │            │◀───────────┤           3  mail → 200
      │            │            │
"""

    assert expected == "\n".join(line.rstrip() for line in drawn(told, lambda n: ["needless"] if n == 1 else []).split("\n"))


def test_nothing_said_is_nothing_drawn() -> None:
    """Not even lanes."""
    assert "" == drawn([])


@given(messages)
def test_every_message_has_one_line_and_every_lane_its_place(told: list[Message]) -> None:
    """Whatever is said by whomever: the picture is as wide as its lanes, and arrows keep to theirs."""
    lanes = lanes_of(told)
    for message in told:
        line = arrow(lanes, message)
        assert WIDTH * len(lanes) == len(line)
        assert 1 == sum(line.count(point) for point in "▶◀┐") or message.sender == message.receiver
        assert 1 == sum(line.count(start) for start in "├┤")
    assert len(told) == drawn(told).count(" → 200") + drawn(told).count(" → 403") - sum(
        message.operation.count(" → 200") + message.operation.count(" → 403") for message in told
    )


@given(messages)
def test_mermaid_is_told_every_lane_and_message(told: list[Message]) -> None:
    """In one line each, without the signs that it takes for its own."""
    lines = mermaid(told).splitlines()

    assert len(lanes_of(told)) == sum(line.startswith("  participant ") for line in lines)
    assert all(";" not in line.replace("#35;", "").replace("#59;", "") for line in lines)
