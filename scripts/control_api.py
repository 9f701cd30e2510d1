"""Writes docs/reference/control-api.json and control-api.md from the control API's table of operations and its shapes.

`python scripts/control_api.py` rewrites them; a house test compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from gpic.sandbox.control.events import EVENTS, parameters_of
from gpic.sandbox.control.openapi import INTRODUCTION, document
from gpic.sandbox.control.operations import OPERATIONS

REFERENCE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference"
DOCUMENT: Final = REFERENCE / "control-api.json"
PAGE: Final = REFERENCE / "control-api.md"

HEAD: Final = f"""# The control API

Printed from its table of operations by `python scripts/control_api.py`; a house test keeps it true. The shapes are in
[control-api.json](control-api.json), an OpenAPI 3.1 document, which a running sandbox serves as `/api/openapi.json`.

{INTRODUCTION}

`gpic sandbox` prints address and token and writes both to a file of its owner's alone. The `Host` header must be the
sandbox's own; there is no CORS and no cookie. Problems are answered as `application/problem+json`.

## Operations

| call | does | answers |
|---|---|---|
"""

EVENTS_HEAD: Final = """
## Events

`POST /api/events/{name}` with these parameters as JSON; those in brackets may be left out.

| event | parameters | what happens |
|---|---|---|
"""

STREAM: Final = """
## The stream

`GET /api/stream` sends `text/event-stream`: each event's `data` is a `Told`, its `id` a number that never goes back.
`Last-Event-ID` goes on from there; who was away too long is told `begun`, and asks for everything again. A browser reads it
with `fetch`, since `EventSource` sends no `Authorization`.
"""


def word(reply: object) -> str:
    """A shape's name, or a list of it."""
    if reply is None:
        return "–"
    name = getattr(reply, "__name__", str(reply))
    of = getattr(reply, "__args__", ())
    return f"list of `{of[0].__name__}`" if of else "text" if reply is str else f"`{name}`"


def page() -> str:
    """The page as it should be."""
    operations = [f"| `{one.method} /api{one.path}` | {one.says} | {word(one.reply)} |" for one in OPERATIONS]
    events = [f"| `{name}` | {parameters(name)} | {event.sentence} |" for name, event in EVENTS.items()]
    return HEAD + "\n".join(operations) + "\n" + EVENTS_HEAD + "\n".join(events) + "\n" + STREAM


def parameters(name: str) -> str:
    """The fields of an event's body."""
    told = parameters_of(EVENTS[name].parameters)
    return ", ".join(f"`{one.name}`" if one.required else f"[`{one.name}`]" for one in told)


def document_text() -> str:
    """The OpenAPI document as it should be."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    DOCUMENT.write_text(document_text(), encoding="utf-8")
    sys.exit(0)
