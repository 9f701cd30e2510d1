"""A sequence diagram as text: a pure function of messages. Lanes go from left to right as in NHS login's documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from gpic.sandbox.lanes import PERSON
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.simulators.journal import Message

#: Others, somebody's own services, stand after the partner.
LEFT: Final = (PERSON, PARTNER)
RIGHT: Final = (NHS_LOGIN, "PDS", "ODS", "MNS", "EMIS", "TPP", "MEDICUS")
WIDTH: Final = 13  #: of a lane, in characters; odd, so that it has a middle
MIDDLE: Final = WIDTH // 2
REMARK: Final = "! "

SPECIAL: Final = str.maketrans({"#": "#35;", ";": "#59;", "\n": " "})  #: what Mermaid takes for its own

Remarks = Callable[[int], Iterable[str]]


def lanes_of(messages: Iterable[Message]) -> tuple[str, ...]:
    """Everybody who speaks or is spoken to, from left to right."""
    spoken = dict.fromkeys(name for message in messages for name in (message.sender, message.receiver))
    others = [name for name in spoken if name not in LEFT and name not in RIGHT]
    return tuple(name for name in (*LEFT, *others, *RIGHT) if name in spoken)


def by_arrival(messages: Iterable[Message]) -> tuple[Message, ...]:
    """In the order in which the calls came in; the journal has them in the order of their answers."""
    return tuple(sorted(messages, key=lambda message: (message.at_wire, message.number)))


def drawn(messages: Iterable[Message], remarks: Remarks = lambda _: ()) -> str:
    """The diagram, one line a message; empty where there is none."""
    told = by_arrival(messages)
    lanes = lanes_of(told)
    if not lanes:
        return ""
    lines = [heading(lanes), resting(lanes)]
    for message in told:
        lines.append(f"{arrow(lanes, message)}  {spoken(message)}")
        lines += [f"{resting(lanes)}  {REMARK}{one}" for one in remarks(message.number)]
    return "\n".join((*lines, resting(lanes))) + "\n"


def spoken(message: Message) -> str:
    """What stands beside an arrow."""
    mark = "" if message.ok else "✗ "
    note = f"  ({message.note})" if message.note else ""
    return f"{message.number:>4}  {mark}{message.operation} → {message.outcome}{note}"


def heading(lanes: tuple[str, ...]) -> str:
    """The lanes' names, each in the middle of its lane."""
    return "".join(fitting(name).center(WIDTH) for name in lanes).rstrip()


def fitting(name: str) -> str:
    """A name that leaves a blank beside it."""
    return name if len(name) < WIDTH else f"{name[: WIDTH - 2]}…"


def resting(lanes: tuple[str, ...]) -> str:
    """Nobody speaks."""
    return "".join("│".center(WIDTH) for _ in lanes)


def arrow(lanes: tuple[str, ...], message: Message) -> str:
    """Who speaks to whom: sender, line, point."""
    start, end = lanes.index(message.sender) * WIDTH + MIDDLE, lanes.index(message.receiver) * WIDTH + MIDDLE
    drawing = list(resting(lanes))
    if start == end:
        drawing[start : start + 3] = "├─┐"
        return "".join(drawing)
    left, right = min(start, end), max(start, end)
    drawing[left + 1 : right] = "─" * (right - left - 1)
    drawing[start] = "├" if start < end else "┤"
    drawing[end - 1 if start < end else end + 1] = "▶" if start < end else "◀"
    return "".join(drawing)


def mermaid(messages: Iterable[Message], remarks: Remarks = lambda _: ()) -> str:
    """The diagram in Mermaid's words, for pages that draw it themselves."""
    told = by_arrival(messages)
    lanes = {name: f"L{place}" for place, name in enumerate(lanes_of(told))}
    lines = ["sequenceDiagram", *(f"  participant {short} as {_said(name)}" for name, short in lanes.items())]
    for message in told:
        line = "->>" if message.ok else "-x"
        lines.append(
            f"  {lanes[message.sender]}{line}{lanes[message.receiver]}: {_said(message.operation)} ({message.outcome})"
        )
        lines += [f"  Note over {lanes[message.receiver]}: {_said(one)}" for one in remarks(message.number)]
    return "\n".join(lines) + "\n"


def _said(text: str) -> str:
    return text.translate(SPECIAL)
