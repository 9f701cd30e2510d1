"""What was said, and what is told as it happens."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from gpic.sandbox.control.shapes.shape import Shape, Slug, Wire, World
from gpic.sandbox.control.shapes.world import Happening


class Message(Shape, frozen=True, kw_only=True):
    """One message between two lanes, without secrets. *login* joins those of one login; empty: of none."""

    number: int
    at_wire: Wire
    at_world: World
    sender: str
    receiver: str
    operation: Annotated[str, Meta(description="Method and templated path, or the supplier's name for the call")]
    outcome: str
    ok: bool
    milliseconds: float
    person: str
    note: str
    login: str
    rules: Annotated[list[str], Meta(description="Ids of the rules that this message is about")]
    remarks: Annotated[list[str], Meta(description="What the real service would refuse here, or what was needless")]


class Messages(Shape, frozen=True, kw_only=True):
    """A page of the journal. *last* is the number to ask for more after."""

    messages: list[Message]
    last: int


class Header(Shape, frozen=True, kw_only=True):
    """One header."""

    name: str
    value: str


class Opened(Shape, frozen=True, kw_only=True):
    """One message, opened: what went over the wire. Masked, unless it was asked for with `reveal`."""

    message: Message
    says: Annotated[str, Meta(description="A sentence on what NHS login's documentation says of such a message")]
    revealed: bool
    kept: Annotated[bool, Meta(description="False: headers and bodies of so old a message are no longer kept")]
    method: str
    path: str
    query: str
    headers: list[Header]
    body: str
    status: int
    answer_headers: list[Header]
    answer: str
    cut: Annotated[bool, Meta(description="A body was longer than what is kept")]


class Login(Shape, frozen=True, kw_only=True):
    """One login, returns to NHS login included."""

    id: str
    person: str
    partner: str
    began_at: Wire
    first: int
    last: int
    messages: int


class Letter(Shape, frozen=True, kw_only=True):
    """An e-mail in the outbox: nothing is ever sent."""

    number: int
    to: str
    subject: str
    person: Slug
    application: str
    at_wire: Wire
    at_world: World


class Note(Shape, frozen=True, kw_only=True):
    """What NHS login wrote to somebody: an `email`, or a text message to a `phone`. Nothing is ever sent."""

    channel: str
    to: str
    subject: str
    text: str


class Told(Shape, frozen=True, kw_only=True):
    """One event of the stream. *about* is a slug, a code or a number, or empty.

    *kind*: `message` and `happening` (with the thing itself); `login` (earlier messages turned out to be of it: ask again);
    `person`, `outbox`, `faults`, `switches`, `clock`, `lags`, `partners`, `snapshots` (ask again); `begun` (another act, or
    something was missed: ask for everything again).
    """

    number: int
    kind: str
    about: str = ""
    message: Message | None = None
    happening: Happening | None = None
