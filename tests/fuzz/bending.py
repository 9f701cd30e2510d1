"""Documents that are nearly right: good ones, bent a little in a few places, and noise."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote_plus

from hypothesis import strategies as st

#: What breaks parsers: nothing, too much, the wrong kind, the edge of a range, and what another layer reads as its own.
WORDS: Final = (
    "", " ", "\x00", "\x1b[2J", "\ud7ff", "é", "𝄞", "٣٣٣", "a" * 300, "9" * 400, "-1", "1e400", "NaN", "true", "null",
    "9990001111", "999 000 1111", "0000-00-00", "9999-12-31", "2031-02-30", "2031-04-02T25:00:00Z", "0001-01-01T00:00:00+23:59",
    "<x/>", "]]>", "&amp;", "&#0;", '"', "'", "\\", "%", "%00", "%zz", "../../etc/passwd", "' OR 1=1 --", "{{7*7}}", "\r\nX: y",
    "https://evil.example", "javascript:alert(1)", "urn:x", "A99901", "P9.Cp.Cd", '["P9.Cp.Cd"]', "RS512", "none",
)  # fmt: skip
ODD: Final[Sequence[object]] = (
    None, True, False, 0, -1, 2**31, 2**63, 2**64, 10**300, 0.5, -0.0, [], {}, [[]], [None], {"": ""}, [{}],
    {"a": {"a": {"a": 1}}},
    *WORDS,
)  # fmt: skip
TEXT: Final = st.sampled_from(WORDS) | st.text(max_size=20)
#: A copy each time, since what was drawn may be bent itself.
ANYTHING: Final = st.sampled_from(ODD).map(copy.deepcopy) | st.integers() | st.floats() | TEXT
NOISE: Final = st.binary(max_size=300)

Json = object


@st.composite
def bent_json(draw: st.DrawFn, examples: Sequence[Json]) -> bytes:
    """One of the documents with up to four of its parts gone, doubled or replaced."""
    whole: list[object] = [copy.deepcopy(draw(st.sampled_from(examples)))]
    for _ in range(draw(st.integers(0, 4))):
        _bend(draw, whole)
    return json.dumps(whole[0], ensure_ascii=draw(st.booleans()), default=str).encode("utf-8", "surrogatepass")


def _bend(draw: st.DrawFn, whole: list[object]) -> None:
    place: object = whole
    while True:
        keys: list[object] = (
            list(place) if isinstance(place, dict) else list(range(len(place))) if isinstance(place, list) else []
        )
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        inner = place[key]  # type: ignore[index] # a dictionary's key, or a list's place
        if place is whole or (isinstance(inner, (dict, list)) and inner and draw(st.booleans())):
            place = inner
            if isinstance(place, (dict, list)) and place:
                continue
            whole[0] = draw(ANYTHING)
            return
        match draw(st.sampled_from(["replace", "replace", "remove", "nest"])):
            case "remove":
                del place[key]  # type: ignore[attr-defined]
            case "nest":
                place[key] = [inner, inner]  # type: ignore[index]
            case _:
                place[key] = draw(ANYTHING)  # type: ignore[index]
        return


@st.composite
def bent_text(draw: st.DrawFn, examples: Sequence[bytes]) -> bytes:
    """One of the texts with up to four places cut out, repeated, or written over."""
    text = draw(st.sampled_from(examples))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 12)))
        between = draw(
            st.sampled_from([b"", text[begin:end] * 2, *(word.encode("utf-8", "surrogatepass") for word in WORDS)])
            | st.binary(max_size=6)
        )
        text = text[:begin] + between + text[end:]
    return text


def any_of(*examples: Json) -> st.SearchStrategy[bytes]:
    """JSON that is nearly one of these, the same bent as text, and noise."""
    written = [json.dumps(one).encode() for one in examples]
    deep = [b"[" * 5_000, b'{"a":' * 5_000, b"[" * 500 + b"]" * 500, b'"' + b"\\u0000" * 2_000 + b'"']
    return bent_json(examples) | bent_text(written) | st.sampled_from(deep) | NOISE


def texts_like(*examples: bytes) -> st.SearchStrategy[bytes]:
    """Texts that are nearly one of these, and noise."""
    return bent_text(examples) | NOISE


@st.composite
def queries(draw: st.DrawFn, good: Sequence[tuple[str, str]], names: Sequence[str]) -> bytes:
    """A query or form: most of what is good, some of it otherwise, repeated, foreign, or not encoded at all."""
    pairs = [pair for pair in good if draw(st.integers(0, 9))]
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from([*names, *(name for name, _ in good)]) | TEXT)
        pair = (name, draw(TEXT | st.sampled_from([value for _, value in good])))
        place = draw(st.integers(0, len(pairs)))
        if draw(st.booleans()) and pairs:
            pairs[min(place, len(pairs) - 1)] = pair
        else:
            pairs.insert(place, pair)
    encoded = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs).encode()
    return draw(bent_text([encoded])) if draw(st.integers(0, 3)) == 0 else encoded


def _encoded(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))
