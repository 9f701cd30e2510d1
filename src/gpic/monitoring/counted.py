"""Ports, counted at their edges: each passes everything on and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import (
    Alarms,
    Applicant,
    AuditEvent,
    AuditRecord,
    GpSystem,
    Holdings,
    NotOnPds,
    Pds,
    PracticeFound,
    Releases,
    Saved,
    Stale,
    Surgeries,
    Surgery,
    withheld_because,
)
from gpic.monitoring.metrics import (
    CLAIMS_GIVEN,
    CLAIMS_WITHHELD,
    LOGINS,
    LOOPS,
    PDS_TURNS,
    PDS_WAIT,
    WRONG_PATIENT,
    Meters,
)
from gpic.monitoring.watch import Watch, word_of
from gpic.nhs.answers import AccountOpened, CheckAnswer, LinkAnswer, Retrieved, Unreachable
from gpic.nhs.clock import Clock
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.provider.ports import Binding, Codes, Grant, JtiUse, Redemption

PDS: Final = "pds"  #: its name among the suppliers


@dataclass(frozen=True, slots=True)
class CountedAlarms:
    """Wrong patients (N2)."""

    inner: Alarms
    meters: Meters

    def wrong_patient(self, person: PersonId) -> None:
        """Count it, and tell."""
        self.meters.count(WRONG_PATIENT)
        self.inner.wrong_patient(person)


@dataclass(frozen=True, slots=True)
class CountedSystem:
    """Calls of one supplier."""

    inner: GpSystem
    supplier: str
    watch: Watch

    async def retrieve(self, applicant: Applicant) -> Retrieved:
        """Watched."""
        return await self.watch.call(self.supplier, "retrieve", self.inner.retrieve(applicant))

    async def open_account(self, applicant: Applicant) -> AccountOpened:
        """Watched."""
        return await self.watch.call(self.supplier, "open-account", self.inner.open_account(applicant))

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """Watched."""
        return await self.watch.call(self.supplier, "link", self.inner.link(demographics, details))

    async def check(self, token: Im1Token, practice: OdsCode) -> CheckAnswer:
        """Watched."""
        return await self.watch.call(self.supplier, "check", self.inner.check(token, practice))

    async def verify_anew(self, applicant: Applicant) -> Retrieved:
        """Watched."""
        return await self.watch.call(self.supplier, "verify-anew", self.inner.verify_anew(applicant))


@dataclass(frozen=True, slots=True)
class CountedSurgeries:
    """Every system, watched."""

    inner: Surgeries
    watch: Watch

    def system_of(self, practice: OdsCode) -> Surgery | None:
        """The practice's system."""
        found = self.inner.system_of(practice)
        return Surgery(found.supplier, CountedSystem(found.system, found.supplier, self.watch)) if found else None


@dataclass(frozen=True, slots=True)
class CountedPds:
    """Looks at PDS."""

    inner: Pds
    watch: Watch

    async def look_up(self, nhs_number: NhsNumber) -> PracticeFound | NotOnPds | Unreachable:
        """Watched."""
        return await self.watch.call(PDS, "look-up", self.inner.look_up(nhs_number))


class Pace(Protocol):
    """Hands out turns; the port is `gpic.demographics.turns`'s."""

    async def take(self, *, urgent: bool, patience: timedelta) -> timedelta | None:
        """How long to wait for a turn that is ours from now on; None when there is none within *patience*."""
        ...


@dataclass(frozen=True, slots=True)
class CountedPace:
    """Turns at PDS, by lane."""

    inner: Pace
    meters: Meters

    async def take(self, *, urgent: bool, patience: timedelta) -> timedelta | None:
        """Counted."""
        turn, lane = await self.inner.take(urgent=urgent, patience=patience), "login" if urgent else "background"
        self.meters.count(PDS_TURNS, lane, "none" if turn is None else "taken")
        if turn is not None:
            self.meters.observe(PDS_WAIT, turn.total_seconds(), lane)
        return turn


@dataclass(frozen=True, slots=True)
class CountedCodes:
    """Logins: each leaves a code, and is done when the code is redeemed."""

    inner: Codes
    meters: Meters

    async def save(self, code: str, binding: Binding, grant: Grant, expires: datetime) -> None:
        """Counted."""
        await self.inner.save(code, binding, grant, expires)
        self.meters.count(LOGINS, "code-issued")

    async def redeem(self, code: str, binding: Binding, use: JtiUse, now: datetime, *, refresh_token: str) -> Redemption:
        """Counted."""
        redemption = await self.inner.redeem(code, binding, use, now, refresh_token=refresh_token)
        self.meters.count(LOGINS, word_of(redemption))
        return redemption


class AuditedHoldings(Holdings, Releases, Protocol):
    """Holdings whose audit trail can be read; the Protocol is `gpic.storage`'s."""

    async def trail(self, person: PersonId) -> tuple[AuditRecord, ...]:
        """Everything written down about this person, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class CountedHoldings:
    """Claims that were given or withheld, and partners that are back too soon."""

    inner: AuditedHoldings
    meters: Meters
    clock: Clock  #: world
    too_soon: timedelta

    async def load(self, person: PersonId) -> Holding:
        """What is held."""
        return await self.inner.load(person)

    async def save(self, holding: Holding, *records: AuditRecord) -> Saved | Stale:
        """Store it."""
        return await self.inner.save(holding, *records)

    async def release(self, person: PersonId, client_id: str, at: datetime, practice: OdsCode | None) -> GpCredentials | None:
        """Counted; why something was withheld is looked up after it was."""
        details = await self.inner.release(person, client_id, at, practice)
        if details is None:
            self.meters.count(CLAIMS_WITHHELD, reason_of(await self.inner.load(person), practice))
        else:
            self.meters.count(CLAIMS_GIVEN)
        return details

    async def released_at(self, person: PersonId, client_id: str) -> datetime | None:
        """Asked only where the details could be given; a release that is so young makes this a loop (N16)."""
        last = await self.inner.released_at(person, client_id)
        if last is not None and self.clock.now() - last < self.too_soon:
            self.meters.count(LOOPS)
        return last

    async def note(self, record: AuditRecord) -> None:
        """Counted where a claim was withheld for a reason that lies outside of what is held."""
        await self.inner.note(record)
        if record.event is AuditEvent.WITHHELD:
            self.meters.count(CLAIMS_WITHHELD, record.why)

    async def last_released_at(self, person: PersonId) -> datetime | None:
        """When any partner last got the details."""
        return await self.inner.last_released_at(person)

    async def trail(self, person: PersonId) -> tuple[AuditRecord, ...]:
        """The audit trail."""
        return await self.inner.trail(person)


def reason_of(holding: Holding, practice: OdsCode | None) -> str:
    """The state, or the lasting reason of a refusal; a holding that can be given by now was changed meanwhile."""
    if holding.state is State.REFUSED and holding.refusal is not None:
        return str(holding.refusal)
    return withheld_because(holding, practice) or "changed-meanwhile"
