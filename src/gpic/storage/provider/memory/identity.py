"""Codes that wait, and how often things were done."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gpic.provider.identity.ports import AwaitedCode, Device, Passkey
from gpic.storage.provider.allowances import claimed


@dataclass(slots=True)
class MemoryCodeShelf:
    """Codes by what they are about, each with its wrong tries."""

    _waiting: dict[str, tuple[AwaitedCode, int]] = field(default_factory=dict, repr=False)

    async def lay(self, awaited: AwaitedCode) -> None:
        """Keep a code; an earlier one about the same thing is gone."""
        self._waiting[awaited.about] = (awaited, 0)

    async def take(self, given: AwaitedCode, most_tries: int) -> bool:
        """Whether it waits; True takes it away, and so does the last of *most_tries* wrong ones."""
        waiting, tries = self._waiting.get(given.about, (None, 0))
        if waiting is None:
            return False
        lives, for_them = waiting.expires > given.expires, waiting.to == given.to
        is_right = lives and for_them and secrets.compare_digest(waiting.code.encode(), given.code.encode())
        if is_right or tries + 1 >= most_tries:
            del self._waiting[given.about]
        else:
            self._waiting[given.about] = (waiting, tries + 1)
        return is_right


@dataclass(slots=True)
class MemoryAllowances:
    """Moments by what was done."""

    _done: dict[str, tuple[datetime, ...]] = field(default_factory=dict, repr=False)

    async def claim(self, what: str, most: int, within: timedelta, now: datetime) -> timedelta | None:
        """Count it, or say how long until the next time."""
        wait, self._done[what] = claimed(self._done.get(what, ()), most, within, now)
        return wait


@dataclass(slots=True)
class MemoryDevices:
    """Devices by their token."""

    _kept: dict[str, Device] = field(default_factory=dict, repr=False)

    async def remember(self, device: Device) -> None:
        """Keep it."""
        self._kept[device.token] = device

    async def knows(self, token: str, subject: str, now: datetime) -> bool:
        """Whether this account is remembered in the browser that has this token."""
        device = self._kept.get(token)
        return device is not None and device.subject == subject and device.expires > now

    async def of(self, subject: str, now: datetime) -> tuple[Device, ...]:
        """All that have not expired, the oldest first; without tokens."""
        theirs = (one for one in self._kept.values() if one.subject == subject and one.expires > now)
        return tuple(replace(one, token="") for one in sorted(theirs, key=lambda one: (one.since, one.id)))

    async def forget(self, subject: str, device_id: str = "") -> None:
        """One of this account's, or all."""
        self._kept = {
            token: one for token, one in self._kept.items() if one.subject != subject or device_id not in ("", one.id)
        }


@dataclass(slots=True)
class MemoryPasskeys:
    """Passkeys by their id."""

    _kept: dict[str, Passkey] = field(default_factory=dict)

    async def keep(self, passkey: Passkey) -> bool:
        """Add it, unless its id is known."""
        return self._kept.setdefault(passkey.id, passkey) is passkey

    async def find(self, passkey_id: str) -> Passkey | None:
        """The passkey with this id."""
        return self._kept.get(passkey_id)

    async def note_use(self, passkey: Passkey, sign_count: int) -> bool:
        """Replace its count, unless another use came between."""
        kept = self._kept.get(passkey.id)
        if kept is None or kept.sign_count != passkey.sign_count:
            return False
        self._kept[passkey.id] = replace(kept, sign_count=sign_count)
        return True

    async def of(self, subject: str) -> tuple[Passkey, ...]:
        """All of one account, the oldest first."""
        theirs = (one for one in self._kept.values() if one.subject == subject)
        return tuple(sorted(theirs, key=lambda one: (one.since, one.id)))

    async def remove(self, subject: str, passkey_id: str) -> None:
        """One of this account's."""
        if (kept := self._kept.get(passkey_id)) is not None and kept.subject == subject:
            del self._kept[passkey_id]
