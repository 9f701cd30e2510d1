"""How one operation of the control API is declared: what it takes, what it gives, and the function that does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from gpic.sandbox.control.desk import Desk

Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)

LARGEST_BODY: Final = 256 * 1024


class AskedWrongly(ValueError):
    """The query or the body does not fit the operation; the message says where."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: what stands in the path, the query, and the body."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Run = Callable[[Desk, Asked], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Work:
    """What is done, and what it reads of the call."""

    run: Run
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None


def plainly(work: Callable[[Desk], Awaitable[object]]) -> Work:
    """An operation that needs nothing."""

    async def run(desk: Desk, _: Asked) -> object:
        return await work(desk)

    return Work(run)


def of_path(work: Callable[[Desk, Mapping[str, str]], Awaitable[object]]) -> Work:
    """An operation on what the path names."""

    async def run(desk: Desk, asked: Asked) -> object:
        return await work(desk, asked.path)

    return Work(run)


def with_query(query: type[Q], work: Callable[[Desk, Mapping[str, str], Q], Awaitable[object]]) -> Work:
    """An operation that reads a query. Texts are read as what the shape wants."""

    async def run(desk: Desk, asked: Asked) -> object:
        try:
            wanted = msgspec.convert(dict(asked.query), query, strict=False)
        except msgspec.ValidationError as mistake:
            raise AskedWrongly(f"The query does not fit: {mistake}.") from None
        return await work(desk, asked.path, wanted)

    return Work(run, query=query)


def with_body(body: type[B], work: Callable[[Desk, Mapping[str, str], B], Awaitable[object]]) -> Work:
    """An operation that reads a JSON body."""

    async def run(desk: Desk, asked: Asked) -> object:
        try:
            given = msgspec.json.decode(asked.body or b"{}", type=body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as mistake:
            raise AskedWrongly(f"The body does not fit: {mistake}.") from None
        return await work(desk, asked.path, given)

    return Work(run, body=body)


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the table. *reply* None: nothing is answered (204), or text where *media* says so."""

    method: str
    path: str  #: below /api, as in `/people/{slug}`
    id: str
    says: str
    work: Work
    reply: object = None  #: a shape, or a list of one
    media: str = "application/json"
    status: int = 200
