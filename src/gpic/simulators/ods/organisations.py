"""Organisations as ODS tells of them (`demographics.md` §3.2, §3.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from gpic.simulators.happenings import System
from gpic.simulators.ods.settings import OdsSettings
from gpic.simulators.people import Practice
from gpic.simulators.world import World

CODES: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
ROLE: Final = "https://fhir.nhs.uk/England/StructureDefinition/Extension-England-OrganisationRole"
PERIOD: Final = "https://fhir.nhs.uk/England/StructureDefinition/Extension-England-TypedPeriod"
CHANGED: Final = "https://fhir.nhs.uk/England/StructureDefinition/Extension-England-TypedDateTime"
ROLES: Final = "https://digital.nhs.uk/services/organisation-data-service/CodeSystem/ODSOrganisationRole"
PERIODS: Final = "https://fhir.nhs.uk/England/CodeSystem/England-PeriodType"
RECORD_USE: Final = "https://fhir.nhs.uk/England/CodeSystem/England-RecordUseType"
RECORD_CLASS: Final = "https://fhir.nhs.uk/England/CodeSystem/England-RecordClass"
#: A GP practice is a prescribing cost centre whose role is that of a practice.
COST_CENTRE, GP_PRACTICE = ("RO177", "Prescribing Cost Centre"), ("RO76", "GP Practice")
TRUST: Final = "RO197", "NHS Trust"
LONG_AGO: Final = "1974-04-01"

Json = dict[str, object]


class Held(Enum):
    """Whether an organisation has a role."""

    YES = auto()
    NO_MORE = auto()  #: it is shown, and inactive
    NEVER = auto()


@dataclass(frozen=True, slots=True)
class Role:
    """One role of an organisation."""

    code: str
    words: str
    active: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """What ODS knows by now."""

    code: str
    name: str
    active: bool
    opened: str
    closed: str  #: "" while it is open
    is_practice: bool
    changed: str
    ref_only: bool = False
    legal_end: str = ""  #: "" as long as it lives legally
    practice_role: Held = Held.YES

    def roles(self) -> Iterator[Role]:
        """The primary one first. A record that is but a reference has none."""
        if self.ref_only:
            return
        yield Role(*(COST_CENTRE if self.is_practice else TRUST), active=self.active)
        if self.is_practice and self.practice_role is not Held.NEVER:
            yield Role(*GP_PRACTICE, active=self.active and self.practice_role is Held.YES)


def as_of(world: World, settings: OdsSettings) -> datetime:
    """Up to when ODS has heard: now, or two o'clock of this morning."""
    now = world.now()
    if not settings.daily:
        return now
    morning = now.replace(hour=2, minute=0, second=0, microsecond=0)
    return morning if morning <= now else morning - timedelta(days=1)


def known(world: World, settings: OdsSettings) -> dict[str, Organisation]:
    """Everybody whom ODS knows by now, by code; the world's lag for ODS comes on top of its own daily round."""
    lag = world.lags.of(System.ODS)
    heard = as_of(world, settings)
    every = [_practice(practice, heard, lag, settings) for practice in world.practices.values()]
    others = [Organisation(code, name, True, LONG_AGO, "", False, LONG_AGO) for code, name in settings.not_practices.items()]  # noqa: FBT003 - a row
    return {one.code: one for one in (*every, *others) if one is not None and one.code not in settings.archived}


def _practice(practice: Practice, now: datetime, lag: timedelta, settings: OdsSettings) -> Organisation | None:
    if practice.opened_at is not None and practice.opened_at + lag > now:
        return None
    code = practice.code.code
    is_closed = practice.closed_at is not None and practice.closed_at + lag <= now
    opened = practice.opened_at.date().isoformat() if practice.opened_at else LONG_AGO
    closed = practice.closed_at.date().isoformat() if practice.closed_at and is_closed else ""
    legal_end = closed or (now.date().isoformat() if code in settings.legally_closed else "")
    role = Held.NEVER if code in settings.never_practices else Held.NO_MORE if code in settings.former_practices else Held.YES
    return Organisation(
        code,
        practice.name.upper(),
        not is_closed and code not in settings.ref_only,
        opened,
        closed,
        is_practice=True,
        changed=closed or opened,
        ref_only=code in settings.ref_only,
        legal_end=legal_end,
        practice_role=role,
    )


def resource(one: Organisation) -> Json:
    """The Organization."""
    use = "RefOnly" if one.ref_only else "Full"
    place = {"line": ["1 INVENTED LANE"], "city": "EXAMPLE TOWN", "postalCode": "ZZ99 3VZ", "country": "ENGLAND"}
    shown: Json = {
        "resourceType": "Organization",
        "id": one.code,
        "meta": {"versionId": "1", "lastUpdated": f"{one.changed}T02:00:00+00:00"},
        "extension": [
            *(_role(number, role, one) for number, role in enumerate(one.roles(), start=1)),
            {
                "url": CHANGED,
                "extension": [
                    {"url": "type", "valueCoding": {"code": "LastChangeDate"}},
                    {"url": "dateTime", "valueDateTime": one.changed},
                ],
            },
        ],
        "identifier": [{"use": "official", "system": CODES, "value": one.code}],
        "active": one.active,
        "type": [
            {"coding": [{"system": RECORD_USE, "code": use, "display": use}]},
            {"coding": [{"system": RECORD_CLASS, "code": "RC1", "display": "HSCOrg"}]},
        ],
        "name": one.name,
    }
    return shown if one.ref_only else shown | {"address": [place]}


def _role(number: int, role: Role, one: Organisation) -> Json:
    periods = [
        {
            "url": PERIOD,
            "extension": [
                {"url": "dateType", "valueCoding": {"system": PERIODS, "code": kind}},
                {"url": "period", "valuePeriod": {"start": one.opened} | ({"end": end} if end else {})},
            ],
        }
        for kind, end in (("Legal", one.legal_end), ("Operational", one.closed))
    ]
    return {
        "url": ROLE,
        "extension": [
            {"url": "instanceID", "valueInteger": number},
            {"url": "roleCode", "valueCoding": {"system": ROLES, "code": role.code, "display": role.words}},
            *periods,
            {"url": "active", "valueBoolean": role.active},
        ],
    }
