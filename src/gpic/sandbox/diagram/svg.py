"""A sequence diagram as a picture that needs nothing else: a pure function of messages, for pages and papers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from gpic.sandbox.diagram.text import Remarks, by_arrival, fitting, lanes_of
from gpic.simulators.journal import Message

LANE: Final = 180  #: pixels from one lane to the next
HEAD: Final = 48
ROW: Final = 40
LINE: Final = 18  #: of a remark
MARGIN: Final = 16
CHARACTER: Final = 7.2  #: the widest that a character of a label may be

INK: Final = "#212b32"
BLUE: Final = "#005eb8"
RED: Final = "#b00d00"
GREY: Final = "#768692"
YELLOW: Final = "#fff9c4"


@dataclass(frozen=True, slots=True)
class Paper:
    """How wide the picture is, and where each lane stands."""

    lanes: tuple[str, ...]

    @property
    def width(self) -> int:
        """In pixels."""
        return max(len(self.lanes), 2) * LANE

    def middle(self, name: str) -> int:
        """Of a lane."""
        return self.lanes.index(name) * LANE + LANE // 2


def picture(messages: Iterable[Message], remarks: Remarks = lambda _: ()) -> str:
    """The diagram as SVG; without messages an empty one."""
    told = by_arrival(messages)
    paper = Paper(lanes_of(told))
    svg = etree.Element("svg", xmlns="http://www.w3.org/2000/svg")
    svg.set("role", "img")
    etree.SubElement(svg, "title").text = f"{len(told)} messages between {', '.join(paper.lanes) or 'nobody'}"
    body = etree.Element("g")
    top = HEAD
    for message in told:
        top = _message(body, paper, message, top)
        for one in remarks(message.number):
            top = _remark(body, paper, one, top)
    _lanes(svg, paper, top + MARGIN)
    svg.append(body)
    _sized(svg, paper.width, top + 2 * MARGIN)
    return str(etree.tostring(svg, encoding="unicode", pretty_print=True))


def _sized(svg: etree._Element, width: int, height: int) -> None:
    for name, value in (("width", width), ("height", height)):
        svg.set(name, str(value))
    svg.set("viewBox", f"0 0 {width} {height}")
    svg.set("font-family", "Arial, sans-serif")
    svg.set("font-size", "12")
    svg.insert(1, etree.Element("rect", width="100%", height="100%", fill="#ffffff"))


def _lanes(svg: etree._Element, paper: Paper, end: int) -> None:
    for name in paper.lanes:
        middle = paper.middle(name)
        _line(svg, (middle, HEAD - MARGIN, middle, end), GREY)
        _text(svg, fitting(name), middle, HEAD // 2, anchor="middle", **{"font-weight": "bold"})


def _message(body: etree._Element, paper: Paper, message: Message, top: int) -> int:
    """One arrow with its words above it; where the next row begins."""
    start, end, row = paper.middle(message.sender), paper.middle(message.receiver), top + ROW - MARGIN // 2
    colour = BLUE if message.ok else RED
    words = f"{message.number}  {'' if message.ok else '✗ '}{message.operation} → {message.outcome}"
    words += f" ({message.note})" if message.note else ""
    is_right = min(start, end) > paper.width - len(words) * CHARACTER
    edge = max(start, end) if is_right else min(start, end)
    _text(body, words, edge + (-6 if is_right else 6), row - 6, anchor="end" if is_right else "start", fill=colour)
    if start == end:
        path = f"M{start} {row - 4} h14 v8 h-12"
        etree.SubElement(body, "path", d=path, fill="none", stroke=colour)
        return top + ROW
    _line(body, (start, row, end, row), colour, dashed=not message.ok)
    step = -8 if end > start else 8
    etree.SubElement(body, "path", d=f"M{end} {row} l{step} -4 v8 z", fill=colour)
    return top + ROW


def _remark(body: etree._Element, paper: Paper, remark: str, top: int) -> int:
    """A note as wide as the picture, in as many lines as it takes; where the next row begins."""
    lines = textwrap.wrap(_clean(remark), int((paper.width - 2 * MARGIN) / CHARACTER)) or [""]
    height = len(lines) * LINE + 8
    etree.SubElement(
        body, "rect", x=str(MARGIN // 2), y=str(top), width=str(paper.width - MARGIN), height=str(height), fill=YELLOW
    )
    for place, line in enumerate(lines):
        _text(body, line, MARGIN, top + LINE * (place + 1) - 2)
    return top + height + 4


def _line(parent: etree._Element, ends: tuple[int, int, int, int], colour: str, *, dashed: bool = False) -> None:
    names = zip(("x1", "y1", "x2", "y2"), map(str, ends), strict=True)
    line = etree.SubElement(parent, "line", dict(names), stroke=colour)
    if dashed:
        line.set("stroke-dasharray", "6 4")


def _text(parent: etree._Element, words: str, x: int, y: int, *, anchor: str = "start", fill: str = INK, **more: str) -> None:
    text = etree.SubElement(parent, "text", {"text-anchor": anchor, **more}, x=str(x), y=str(y), fill=fill)
    text.text = _clean(words)


def _clean(words: str) -> str:
    """What XML can hold."""
    return "".join(_of(words))


def _of(words: str) -> Iterator[str]:
    for one in words:
        is_text = one >= " " and not "\ud800" <= one <= "\udfff" and one not in "\ufffe\uffff"
        yield one if is_text else " "
