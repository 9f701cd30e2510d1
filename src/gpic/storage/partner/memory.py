"""The partner kit's cabinets in memory: for tests and for services that may forget. One event loop, no awaits inside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.ports import Allowance, Cabinets
from gpic.relying_party.records import (
    Attempt,
    Change,
    KeyRefused,
    Linkage,
    Mark,
    NotRegistered,
    Proved,
    Registered,
    Return,
    ShowsAnother,
    TokenRefused,
)


class MemoryAttempts:
    """Logins that are under way."""

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt] = {}

    async def save(self, attempt: Attempt, now: datetime) -> None:
        """Keep it; what has expired goes."""
        self._attempts = {state: one for state, one in self._attempts.items() if one.expires > now}
        self._attempts[attempt.state] = attempt

    async def take(self, state: str, browser: str, now: datetime) -> Attempt | None:
        """Hand it out once."""
        attempt = self._attempts.get(state)
        if attempt is None or attempt.browser != browser or attempt.expires <= now:
            return None
        return self._attempts.pop(state)


@dataclass(frozen=True, slots=True)
class _Pointer:
    fingerprint: str
    is_right: bool


class MemoryLinkages:
    """What linkage keys bought."""

    def __init__(self) -> None:
        self._linkages: dict[str, Linkage] = {}
        self._pointers: dict[str, _Pointer] = {}

    async def find(self, sub: str, fingerprint: str) -> Linkage | None:
        """The linkage as this sub may see it."""
        linkage = self._linkages.get(fingerprint)
        if self._pointers.get(sub) == _Pointer(fingerprint, is_right=False):
            return replace(linkage or Linkage(fingerprint), is_of_another=True)
        return linkage

    async def reserve(self, fingerprint: str, version: int, now: datetime, until: datetime) -> bool:
        """Write the intent, for one caller."""
        linkage = self._linkages.get(fingerprint, Linkage(fingerprint))
        is_taken = linkage.reserved_until is not None and linkage.reserved_until > now
        if linkage.version != version or is_taken:
            return False
        self._linkages[fingerprint] = replace(linkage, version=version + 1, reserved_until=until)
        return True

    async def settle(self, sub: str, fingerprint: str, change: Change) -> None:
        """Carry out the change."""
        match change:
            case ShowsAnother():
                self._point(sub, _Pointer(fingerprint, is_right=False))
                self._erase_unless_owned(fingerprint)
                return
            case Registered() | Proved():
                self._point(sub, _Pointer(fingerprint, is_right=True))
            case NotRegistered() | KeyRefused() | TokenRefused():
                pass
        linkage = self._linkages.get(fingerprint)
        if linkage is None and isinstance(change, Registered):
            linkage = Linkage(fingerprint)
        if linkage is not None:
            self._linkages[fingerprint] = replace(changed(linkage, change), version=linkage.version + 1)

    async def forget(self, sub: str) -> None:
        """Erase the sub's pointer and what only it owned."""
        pointer = self._pointers.pop(sub, None)
        if pointer is not None:
            self._erase_unless_owned(pointer.fingerprint)

    def _point(self, sub: str, pointer: _Pointer) -> None:
        before = self._pointers.get(sub)
        self._pointers[sub] = pointer
        if before is not None and before.is_right and before.fingerprint != pointer.fingerprint:
            self._linkages.pop(before.fingerprint, None)

    def _erase_unless_owned(self, fingerprint: str) -> None:
        if _Pointer(fingerprint, is_right=True) not in self._pointers.values():
            self._linkages.pop(fingerprint, None)


def changed(linkage: Linkage, change: NotRegistered | KeyRefused | TokenRefused | Proved | Registered) -> Linkage:
    """The linkage after the change, its version apart."""
    match change:
        case Registered(details, token, is_renewal):
            return Linkage(linkage.fingerprint, details=details, token=token, renewed=linkage.renewed or is_renewal)
        case NotRegistered():
            return replace(linkage, reserved_until=None)
        case KeyRefused(mark, at):
            return replace(linkage, key_mark=mark, suspended_at=at, reserved_until=None)
        case TokenRefused(token, mark, at):
            is_ours = linkage.token is not None and linkage.token.fingerprint == token
            return replace(linkage, token_mark=mark, suspended_at=at) if is_ours else linkage
        case Proved(token):
            is_ours = linkage.token is not None and linkage.token.fingerprint == token
            return (
                replace(linkage, token_mark=lifted(linkage.token_mark), key_mark=lifted(linkage.key_mark))
                if is_ours
                else linkage
            )
        case _:
            assert_never(change)


def lifted(mark: Mark) -> Mark:
    """A suspension ends; a rejection does not."""
    return Mark.SOUND if mark is Mark.SUSPENDED else mark


class MemoryReturns:
    """Automatic returns to NHS login."""

    def __init__(self) -> None:
        self._returns: dict[str, tuple[Return, ...]] = {}

    async def reserve(self, who: str, why: Obstacle, now: datetime, allowance: Allowance) -> bool:
        """Count one, where it is allowed."""
        counted = await self.since(who, now - allowance.window)
        if len(counted) >= allowance.most:
            return False
        self._returns[who] = (*counted, Return(why, now))
        return True

    async def since(self, who: str, start: datetime) -> tuple[Return, ...]:
        """Those later than *start*."""
        return tuple(one for one in self._returns.get(who, ()) if one.at > start)

    async def clear(self, *who: str) -> None:
        """Forget them."""
        for one in who:
            self._returns.pop(one, None)


def memory_cabinets() -> Cabinets:
    """All three, empty."""
    return Cabinets(MemoryAttempts(), MemoryLinkages(), MemoryReturns())
