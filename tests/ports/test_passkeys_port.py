"""Passkeys, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.provider.identity.ports import Passkey
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = Passkey("key-1", "subject-1", b"\x00public\xff", 7, "Firefox on Linux", NOW)


async def test_a_passkey_is_kept_whole_and_once(cabinets: Cabinets) -> None:
    """A second one of its id, whoever's, changes nothing."""
    assert await cabinets.passkeys.keep(KEY)
    assert not await cabinets.passkeys.keep(replace(KEY, subject="subject-2"))

    assert KEY == await cabinets.passkeys.find("key-1")
    assert None is await cabinets.passkeys.find("key-2")
    assert None is await cabinets.passkeys.find("key-1\0")
    assert () == await cabinets.passkeys.of("subject-2")


async def test_of_two_uses_at_one_moment_one_counts(cabinets: Cabinets) -> None:
    """The other was seen with a count that is no longer kept."""
    await cabinets.passkeys.keep(KEY)

    noted = await asyncio.gather(*(cabinets.passkeys.note_use(KEY, 8) for _ in range(3)))

    assert [False, False, True] == sorted(noted)
    assert replace(KEY, sign_count=8) == await cabinets.passkeys.find("key-1")
    assert not await cabinets.passkeys.note_use(replace(KEY, id="key-2"), 8)


async def test_passkeys_are_listed_and_removed_by_their_owner(cabinets: Cabinets) -> None:
    """The oldest first."""
    later, others = replace(KEY, id="key-0", since=NOW + timedelta(1)), replace(KEY, id="key-3", subject="subject-2")
    for one in (later, others, KEY):
        await cabinets.passkeys.keep(one)

    assert (KEY, later) == await cabinets.passkeys.of("subject-1")
    await cabinets.passkeys.remove("subject-2", "key-1")
    await cabinets.passkeys.remove("subject-1", "key-0")
    assert (KEY,) == await cabinets.passkeys.of("subject-1")
    assert (others,) == await cabinets.passkeys.of("subject-2")
