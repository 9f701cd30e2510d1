"""Codes, refresh tokens and their families, on one shelf."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from gpic.provider.ports import (
    AlreadyUsed,
    Binding,
    Grant,
    JtiReplayed,
    JtiUse,
    Redeemed,
    Redemption,
    Reused,
    Rotated,
    Unknown,
)
from gpic.storage.provider.grace import GRACE, REFRESH_LIFE, REMEMBERED


@dataclass(frozen=True, slots=True)
class KeptCode:
    """A code's binding and what it stands for."""

    binding: Binding
    family: str
    expires: datetime
    spent: bool = False


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A refresh token and, once replaced, its successor and how long that is told again."""

    family: str
    expires: datetime
    successor: str = ""
    grace_ends: datetime | None = None


@dataclass(slots=True)
class Shelf:
    """What codes and families share."""

    uses: dict[tuple[str, str], datetime] = field(default_factory=dict)
    codes: dict[str, KeptCode] = field(default_factory=dict)
    tokens: dict[str, KeptToken] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def claim(self, use: JtiUse, now: datetime) -> bool:
        """Claim the one use; False when it was claimed before and is still remembered."""
        until = self.uses.get((use.client_id, use.jti))
        if until and until > now:
            return False
        self.uses[use.client_id, use.jti] = use.expires
        return True

    def grant_of(self, family: str) -> Grant | None:
        """The grant of a family that is alive."""
        return None if family in self.revoked else self.grants.get(family)

    def add_token(self, family: str, refresh_token: str, now: datetime) -> None:
        """Make this the family's latest refresh token."""
        self.tokens[refresh_token] = KeptToken(family, now + REFRESH_LIFE)


@dataclass(frozen=True, slots=True)
class MemoryCodes:
    """Authorization codes."""

    shelf: Shelf

    async def save(self, code: str, binding: Binding, grant: Grant, expires: datetime) -> None:
        """Keep a code until it is redeemed or expires (wire clock), and for recognition of reuse a day longer."""
        self.shelf.grants.setdefault(grant.family, grant)
        self.shelf.codes[code] = KeptCode(binding, grant.family, expires)

    async def redeem(self, code: str, binding: Binding, use: JtiUse, now: datetime, *, refresh_token: str) -> Redemption:
        """Claim *use*, spend the code and keep *refresh_token* for its family, in one step."""
        if not self.shelf.claim(use, now):
            return JtiReplayed()
        kept = self.shelf.codes.get(code)
        if kept is None or kept.binding != binding:
            return Unknown()
        if kept.spent or kept.expires <= now:
            return self._too_late(kept, now)
        self.shelf.codes[code] = replace(kept, spent=True)
        grant = self.shelf.grant_of(kept.family)
        if grant is None:
            return Unknown()
        self.shelf.add_token(kept.family, refresh_token, now)
        return Redeemed(grant)

    def _too_late(self, kept: KeptCode, now: datetime) -> AlreadyUsed | Unknown:
        if not kept.spent or kept.expires + REMEMBERED <= now:
            return Unknown()
        self.shelf.revoked.add(kept.family)
        return AlreadyUsed()


@dataclass(frozen=True, slots=True)
class MemoryFamilies:
    """Refresh tokens and the families that tokens belong to."""

    shelf: Shelf

    async def rotate(
        self, refresh_token: str, client_id: str, use: JtiUse, now: datetime, *, successor: str
    ) -> Rotated | Reused | Unknown | JtiReplayed:
        """Claim *use* and replace the latest refresh token by *successor*, in one step."""
        if not self.shelf.claim(use, now):
            return JtiReplayed()
        kept = self.shelf.tokens.get(refresh_token)
        grant = self.shelf.grant_of(kept.family) if kept else None
        if kept is None or grant is None or grant.client_id != client_id or kept.expires <= now:
            return Unknown()
        if kept.successor:
            return self._again(kept, grant, now)
        self.shelf.tokens[refresh_token] = replace(kept, successor=successor, grace_ends=now + GRACE)
        self.shelf.add_token(kept.family, successor, now)
        return Rotated(grant, successor)

    async def revoke(self, family: str) -> None:
        """No token of this family works any more."""
        if family in self.shelf.grants:
            self.shelf.revoked.add(family)

    async def is_alive(self, family: str) -> bool:
        """Whether tokens of this family still work."""
        return self.shelf.grant_of(family) is not None

    def _again(self, kept: KeptToken, grant: Grant, now: datetime) -> Rotated | Reused:
        in_grace = kept.grace_ends is not None and kept.grace_ends >= now
        if in_grace and not self.shelf.tokens[kept.successor].successor:
            return Rotated(grant, kept.successor)
        self.shelf.revoked.add(kept.family)
        return Reused()
