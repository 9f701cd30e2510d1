"""A door in front of a role: shut while another act is set up, and nobody is turned away."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from gpic.sandbox.doors import Door, emptied

pytestmark = pytest.mark.anyio


class Role:
    """Says who came, and lets nobody go before it is told to."""

    def __init__(self, seen: list[str], name: str) -> None:
        self.seen, self.name, self.leave = seen, name, asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        self.seen.append(self.name)
        await self.leave.wait()


async def nothing() -> dict[str, object]:
    """Receives nothing."""
    return {}


async def nowhere(_: object) -> None:
    """Sends nowhere."""


async def test_whoever_comes_while_it_is_shut_waits_for_what_is_next() -> None:
    """The first request goes to the first role, the second to the one that came after."""
    seen: list[str] = []
    door, first, second = Door(), Role(seen, "first"), Role(seen, "second")
    door.lead_to(first)
    inside = asyncio.create_task(door({}, nothing, nowhere))
    await asyncio.sleep(0)
    assert not await emptied([door], 0.01)
    outside = asyncio.create_task(door({}, nothing, nowhere))
    await asyncio.sleep(0.01)
    assert ["first"] == seen
    first.leave.set()
    assert await emptied([door], 1)
    second.leave.set()
    door.lead_to(second)
    await asyncio.gather(inside, outside)

    assert ["first", "second"] == seen
    assert 0 == door.inside


async def test_a_role_that_fails_leaves_the_door_empty() -> None:
    """Or no act could ever end."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("a bug")

    door = Door()
    door.lead_to(failing)
    with pytest.raises(RuntimeError, match="a bug"):
        await door({}, nothing, nowhere)

    assert await emptied([door], 0)


async def test_what_is_shown_is_answered_through_a_shut_door() -> None:
    """Somebody inside may wait for who asks for it: an act whose task waits for EMIS, which reads the keys, could not end."""
    seen: list[str] = []
    door, role = Door(frozenset({"/keys"})), Role(seen, "role")
    role.leave.set()
    door.lead_to(role)
    assert await emptied([door], 0)
    async with asyncio.timeout(5):
        await door({"path": "/keys"}, nothing, nowhere)
    outside = asyncio.create_task(door({"path": "/other"}, nothing, nowhere))
    await asyncio.sleep(0.01)

    assert ["role"] == seen
    door.lead_to(role)
    await outside


async def test_before_anything_is_played_nothing_is_shown() -> None:
    """There is nobody yet who could answer."""
    seen: list[str] = []
    door, role = Door(frozenset({"/keys"})), Role(seen, "role")
    role.leave.set()
    early = asyncio.create_task(door({"path": "/keys"}, nothing, nowhere))
    await asyncio.sleep(0.01)
    assert [] == seen
    door.lead_to(role)
    await early

    assert ["role"] == seen
