"""Remembered devices, everybody's sessions and everything that is shared, in every implementation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.nhs.trust import Vector
from gpic.provider.identity.ports import Device
from gpic.provider.ports import Sharing
from gpic.provider.sessions import Session
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DEVICE = Device("device-1", "subject-1", "Firefox on Linux", NOW, NOW + timedelta(days=30), "token-1")
SESSION = Session("session-1", "subject-1", Vector.parse("P9.Cp.Cd"), NOW, NOW, NOW + timedelta(hours=1))


async def test_a_device_is_known_to_its_owner_until_it_expires(cabinets: Cabinets) -> None:
    """Not to another account in the same browser, not by another token, not from the last moment on."""
    await cabinets.devices.remember(DEVICE)

    assert await cabinets.devices.knows("token-1", "subject-1", DEVICE.expires - TICK)
    assert not await cabinets.devices.knows("token-1", "subject-1", DEVICE.expires)
    assert not await cabinets.devices.knows("token-1", "subject-2", NOW)
    assert not await cabinets.devices.knows("token-2", "subject-1", NOW)
    assert not await cabinets.devices.knows("", "subject-1", NOW)


async def test_devices_are_listed_without_their_tokens(cabinets: Cabinets) -> None:
    """The oldest first; those that have expired, and those of others, are not."""
    later = replace(DEVICE, id="device-2", token="token-2", since=NOW + TICK)
    others = replace(DEVICE, id="device-3", token="token-3", subject="subject-2")
    for device in (later, others, DEVICE):
        await cabinets.devices.remember(device)

    assert (replace(DEVICE, token=""), replace(later, token="")) == await cabinets.devices.of("subject-1", NOW)
    assert () == await cabinets.devices.of("subject-1", DEVICE.expires)


async def test_devices_are_forgotten_one_by_one_or_all(cabinets: Cabinets) -> None:
    """By their owner alone."""
    others = replace(DEVICE, id="device-3", token="token-3", subject="subject-2")
    for device in (DEVICE, replace(DEVICE, id="device-2", token="token-2"), others):
        await cabinets.devices.remember(device)

    await cabinets.devices.forget("subject-1", "device-1\0")
    await cabinets.devices.forget("subject-2", "device-1")
    assert await cabinets.devices.knows("token-1", "subject-1", NOW)
    await cabinets.devices.forget("subject-1", "device-1")
    assert not await cabinets.devices.knows("token-1", "subject-1", NOW)
    assert await cabinets.devices.knows("token-2", "subject-1", NOW)
    await cabinets.devices.forget("subject-1")
    assert not await cabinets.devices.knows("token-2", "subject-1", NOW)
    assert await cabinets.devices.knows("token-3", "subject-2", NOW)


async def test_all_sessions_of_an_account_end_but_one(cabinets: Cabinets) -> None:
    """Those of other accounts go on."""
    others = replace(SESSION, id="session-3", subject="subject-2")
    for session in (SESSION, replace(SESSION, id="session-2"), others):
        await cabinets.sessions.save(session)

    await cabinets.sessions.end_all("subject-1", but="session-1")
    assert SESSION == await cabinets.sessions.get("session-1", NOW)
    assert None is await cabinets.sessions.get("session-2", NOW)
    await cabinets.sessions.end_all("subject-1", but="")
    assert None is await cabinets.sessions.get("session-1", NOW)
    assert others == await cabinets.sessions.get("session-3", NOW)


async def test_what_somebody_shares_is_told_by_partner(cabinets: Cabinets) -> None:
    """What was withdrawn is not; what was agreed again is."""
    for client_id in ("riverside", "hillside", "meadow"):
        await cabinets.consents.agree("subject-1", client_id, frozenset({"openid", "profile"}), NOW)
    await cabinets.consents.agree("subject-2", "riverside", frozenset({"openid"}), NOW)
    for client_id in ("meadow", "hillside"):
        await cabinets.consents.withdraw("subject-1", client_id, NOW)
    await cabinets.consents.agree("subject-1", "hillside", frozenset({"email"}), NOW)

    assert (
        Sharing("hillside", frozenset({"email"})),
        Sharing("riverside", frozenset({"openid", "profile"})),
    ) == await cabinets.consents.all("subject-1")
    assert () == await cabinets.consents.all("subject-3")
