"""Small in-memory fakes behind the provider's ports."""

# ruff: noqa: D101, D102 - a fake's obligations stand with its port

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gpic.credentials.holding import PersonId
from gpic.credentials.offer import Offered, Ready
from gpic.credentials.ports import Circumstances
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.clients import Client
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
    Sharing,
    TooWide,
    Unknown,
)
from gpic.provider.sessions import Session
from gpic.provider.stages import Interaction


@dataclass
class FakeClients:
    by_id: dict[str, Client] = field(default_factory=dict)

    async def get(self, client_id: str) -> Client | None:
        return self.by_id.get(client_id)

    async def all(self) -> tuple[Client, ...]:
        return tuple(self.by_id[client_id] for client_id in sorted(self.by_id))

    async def put(self, *clients: Client) -> None:
        self.by_id |= {client.client_id: client for client in clients}

    async def change(self, client_id: str, decide: Callable[[Client | None], Client]) -> Client:
        self.by_id[client_id] = decide(self.by_id.get(client_id))
        return self.by_id[client_id]

    async def remove(self, client_id: str, at: datetime) -> bool:
        return self.by_id.pop(client_id, None) is not None


@dataclass
class FakeClientMetadata:
    texts: dict[tuple[str, str], str] = field(default_factory=dict)

    async def of(self, subject: str, client_id: str) -> str:
        return self.texts.get((subject, client_id), "")

    async def keep(self, subject: str, client_id: str, text: str) -> None:
        self.texts[subject, client_id] = text


@dataclass
class FakeAccounts:
    accounts: dict[str, Account] = field(default_factory=dict)
    sign_ins: dict[str, datetime] = field(default_factory=dict)

    async def by_subject(self, subject: str) -> Account | None:
        return self.accounts.get(subject)

    async def by_email(self, email: str) -> tuple[Account, SignInSecrets] | None:
        found = [account for account in self.accounts.values() if account.email == email.lower()]
        return (found[0], SignInSecrets("")) if found else None

    async def put(self, account: Account, secrets: SignInSecrets) -> None:
        self.accounts[account.subject] = account

    async def person_of(self, nhs_number: NhsNumber) -> PersonId | None:
        return next((account.person for account in self.accounts.values() if account.nhs_number == nhs_number), None)

    async def note_sign_in(self, subject: str, auth_time: datetime) -> None:
        self.sign_ins[subject] = auth_time


@dataclass
class FakeSessions:
    kept: dict[str, Session] = field(default_factory=dict)

    async def save(self, session: Session) -> None:
        self.kept[session.id] = session

    async def get(self, session_id: str, now: datetime) -> Session | None:
        session = self.kept.get(session_id)
        return session if session is not None and session.expires > now else None

    async def end(self, session_id: str) -> None:
        self.kept.pop(session_id, None)

    async def end_all(self, subject: str, but: str) -> None:
        self.kept = {key: one for key, one in self.kept.items() if one.subject != subject or key == but}


@dataclass
class FakeInteractions:
    kept: dict[str, Interaction] = field(default_factory=dict)

    async def save(self, interaction: Interaction) -> None:
        self.kept[interaction.id] = interaction

    async def get(self, interaction_id: str, now: datetime) -> Interaction | None:
        interaction = self.kept.get(interaction_id)
        return interaction if interaction is not None and interaction.expires > now else None

    async def finish(self, interaction_id: str) -> bool:
        return self.kept.pop(interaction_id, None) is not None


@dataclass
class FakeConsents:
    given: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    async def all(self, subject: str) -> tuple[Sharing, ...]:
        theirs = {client_id: scopes for (owner, client_id), scopes in self.given.items() if owner == subject}
        return tuple(Sharing(client_id, theirs[client_id]) for client_id in sorted(theirs))

    async def agreed(self, subject: str, client_id: str) -> frozenset[str]:
        return self.given.get((subject, client_id), frozenset())

    async def agree(self, subject: str, client_id: str, scopes: frozenset[str], at: datetime) -> None:
        self.given[subject, client_id] = scopes | self.given.get((subject, client_id), frozenset())

    async def withdraw(self, subject: str, client_id: str, at: datetime) -> None:
        self.given.pop((subject, client_id), None)


@dataclass
class FakeTokens:
    """Codes and families together, since they share jti and revocation."""

    codes: dict[tuple[str, Binding], tuple[Grant, datetime]] = field(default_factory=dict)
    used: set[tuple[str, Binding]] = field(default_factory=set)
    jtis: set[tuple[str, str]] = field(default_factory=set)
    asserted: set[tuple[str, str]] = field(default_factory=set)
    refresh: dict[str, Grant] = field(default_factory=dict)
    older: dict[str, str] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    async def save(self, code: str, binding: Binding, grant: Grant, expires: datetime) -> None:
        self.codes[code, binding] = (grant, expires)

    async def redeem(self, code: str, binding: Binding, use: JtiUse, now: datetime, *, refresh_token: str) -> Redemption:
        if not self._claimed(use):
            return JtiReplayed()
        grant, expires = self.codes.get((code, binding), (None, now))
        if grant is None or (expires <= now and (code, binding) not in self.used):
            return Unknown()
        if (code, binding) in self.used:
            self.revoked.add(grant.family)
            return AlreadyUsed()
        self.used.add((code, binding))
        self.refresh[refresh_token] = grant
        return Redeemed(grant)

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
        if not self._claimed(use):
            return JtiReplayed()
        if refresh_token in self.older:
            self.revoked.add(self.older[refresh_token])
            return Reused()
        grant = self.refresh.get(refresh_token) if now < use.expires else None
        if grant is None or grant.client_id != client_id or grant.family in self.revoked:
            return Unknown()
        if not asked <= grant.scopes:
            return TooWide()
        self.older[refresh_token] = grant.family
        del self.refresh[refresh_token]
        self.refresh[successor] = grant
        return Rotated(grant, successor)

    async def revoke(self, family: str) -> None:
        self.revoked.add(family)

    async def is_alive(self, family: str) -> bool:
        return family not in self.revoked

    async def login_of(self, client_id: str, id_token_jti: str) -> Grant | None:
        grants = {grant.family: grant for grant, _ in self.codes.values() if grant.family not in self.revoked}
        grant = grants.get(id_token_jti)
        return grant if grant is not None and grant.client_id == client_id else None

    async def claim(self, use: JtiUse, now: datetime) -> bool:
        is_new = (use.client_id, use.jti) not in self.asserted
        self.asserted.add((use.client_id, use.jti))
        return is_new

    def _claimed(self, use: JtiUse) -> bool:
        is_new = (use.client_id, use.jti) not in self.jtis
        self.jtis.add((use.client_id, use.jti))
        return is_new


@dataclass
class FakeOffer:
    """An engine that answers as it is told; *later* is what `progress` says, one after the other."""

    now: Offered = field(default_factory=Ready)
    later: list[Offered] = field(default_factory=list)
    details: GpCredentials | None = None
    asked: list[Circumstances] = field(default_factory=list)
    released: list[tuple[PersonId, str, OdsCode | None]] = field(default_factory=list)
    looks: list[PersonId] = field(default_factory=list)
    withheld: list[tuple[PersonId, str, str]] = field(default_factory=list)

    async def prepare(self, circumstances: Circumstances) -> Offered:
        self.asked.append(circumstances)
        return self.now

    async def progress(self, person: PersonId, left: timedelta | None = None) -> Offered:
        self.looks.append(person)
        return self.later.pop(0) if self.later else self.now

    async def withhold(self, person: PersonId, client_id: str, why: str) -> None:
        self.withheld.append((person, client_id, why))

    async def release(self, person: PersonId, client_id: str, practice: OdsCode | None) -> GpCredentials | None:
        self.released.append((person, client_id, practice))
        if self.details is None or practice not in {None, self.details.ods_code}:
            return None
        return self.details


class PlainPages:
    def unaddressable(self, sentence: str) -> str:
        return f"<p>{sentence}</p>"
