"""Codes, refresh tokens and their families, on one shelf."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from gpic.credentials.ports import AuditEvent, AuditRecord
from gpic.nhs.clock import Clock
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
    Rotation,
    TooWide,
    Unknown,
)
from gpic.storage.provider.grace import GRACE, REFRESH_LIFE, REMEMBERED
from gpic.storage.provider.memory.accounts import MemoryAccounts
from gpic.storage.provider.memory.holdings import MemoryHoldings


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
    asserted: dict[tuple[str, str], datetime] = field(default_factory=dict)
    codes: dict[str, KeptCode] = field(default_factory=dict)
    tokens: dict[str, KeptToken] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def claim(self, use: JtiUse, now: datetime) -> bool:
        """Claim the one use; False when it was claimed before and is still remembered."""
        return _claimed(self.uses, use, now)

    def claim_asserted(self, use: JtiUse, now: datetime) -> bool:
        """The same for an asserted identity."""
        return _claimed(self.asserted, use, now)

    def grant_of(self, family: str) -> Grant | None:
        """The grant of a family that is alive."""
        return None if family in self.revoked else self.grants.get(family)

    def revoke_all_of(self, client_id: str) -> None:
        """End every family of a client."""
        self.revoked |= {family for family, grant in self.grants.items() if grant.client_id == client_id}

    def revoke_between(self, subject: str, client_id: str) -> None:
        """End every family of this person at this client."""
        theirs = (subject, client_id)
        self.revoked |= {family for family, grant in self.grants.items() if theirs == (grant.subject, grant.client_id)}

    def add_token(self, family: str, refresh_token: str, now: datetime) -> None:
        """Make this the family's latest refresh token."""
        self.tokens[refresh_token] = KeptToken(family, now + REFRESH_LIFE)


def _claimed(uses: dict[tuple[str, str], datetime], use: JtiUse, now: datetime) -> bool:
    for forgotten in [claimed for claimed, until in uses.items() if until <= now]:
        del uses[forgotten]
    if (use.client_id, use.jti) in uses:
        return False
    uses[use.client_id, use.jti] = use.expires
    return True


@dataclass(frozen=True, slots=True)
class Endings:
    """Families that end since a code or token came back: the trail says so, once (N7)."""

    shelf: Shelf
    accounts: MemoryAccounts
    holdings: MemoryHoldings
    world: Clock

    async def of(self, family: str, why: str) -> None:
        """End it, if it is alive."""
        grant = self.shelf.grant_of(family)
        if grant is None:
            return
        self.shelf.revoked.add(family)
        account = await self.accounts.by_subject(grant.subject)
        if account is not None:
            version = (await self.holdings.load(account.person)).version
            at = self.world.now()
            await self.holdings.note(AuditRecord(at, account.person, AuditEvent.REVOKED, version, grant.client_id, why))


@dataclass(frozen=True, slots=True)
class MemoryCodes:
    """Authorization codes."""

    shelf: Shelf
    endings: Endings

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
            return await self._too_late(kept, now)
        self.shelf.codes[code] = replace(kept, spent=True)
        grant = self.shelf.grant_of(kept.family)
        if grant is None:
            return Unknown()
        self.shelf.add_token(kept.family, refresh_token, now)
        return Redeemed(grant)

    async def _too_late(self, kept: KeptCode, now: datetime) -> AlreadyUsed | Unknown:
        if not kept.spent or kept.expires + REMEMBERED <= now:
            return Unknown()
        await self.endings.of(kept.family, "code-came-back")
        return AlreadyUsed()


@dataclass(frozen=True, slots=True)
class MemoryFamilies:
    """Refresh tokens and the families that tokens belong to."""

    shelf: Shelf
    endings: Endings

    async def rotate(
        self,
        refresh_token: str,
        client_id: str,
        use: JtiUse,
        now: datetime,
        *,
        asked: frozenset[str] = frozenset(),
        successor: str,
    ) -> Rotation:
        """Claim *use* and replace the latest refresh token by *successor*, in one step."""
        if not self.shelf.claim(use, now):
            return JtiReplayed()
        kept = self.shelf.tokens.get(refresh_token)
        grant = self.shelf.grant_of(kept.family) if kept else None
        if kept is None or grant is None or grant.client_id != client_id or kept.expires <= now:
            return Unknown()
        is_too_wide = not asked <= grant.scopes
        if kept.successor:
            again = await self._again(kept, grant, now)
            return TooWide() if is_too_wide and isinstance(again, Rotated) else again
        if is_too_wide:
            return TooWide()
        self.shelf.tokens[refresh_token] = replace(kept, successor=successor, grace_ends=now + GRACE)
        self.shelf.add_token(kept.family, successor, now)
        return Rotated(grant, successor)

    async def revoke(self, family: str) -> None:
        """No token of this family works any more, and the trail says so."""
        await self.endings.of(family, "proof-did-not-fit")

    async def is_alive(self, family: str) -> bool:
        """Whether tokens of this family still work."""
        return self.shelf.grant_of(family) is not None

    async def _again(self, kept: KeptToken, grant: Grant, now: datetime) -> Rotated | Reused:
        in_grace = kept.grace_ends is not None and kept.grace_ends >= now
        if in_grace and not self.shelf.tokens[kept.successor].successor:
            return Rotated(grant, kept.successor)
        await self.endings.of(kept.family, "refresh-token-came-back")
        return Reused()


@dataclass(frozen=True, slots=True)
class MemoryAssertedIdentities:
    """An ID token's jti is its family's name: a login issues one ID token, and what is revoked asserts nothing."""

    shelf: Shelf

    async def login_of(self, client_id: str, id_token_jti: str) -> Grant | None:
        """The login in which this client got the ID token of this jti; None when it never did, or its tokens are revoked."""
        grant = self.shelf.grant_of(id_token_jti)
        return grant if grant is not None and grant.client_id == client_id else None

    async def claim(self, use: JtiUse, now: datetime) -> bool:
        """Claim an asserted identity's one use: True for one caller until *use* expires."""
        return self.shelf.claim_asserted(use, now)
