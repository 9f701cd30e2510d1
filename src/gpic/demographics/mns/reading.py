"""What a message of MNS means: somebody to look at, a sign of life, or nothing for us (`demographics.md` §2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from gpic.demographics.mns.wire import Bundle, CloudEvent, FirstEvent, named
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid

#: A message that is longer was not written by MNS: a queue carries 256 KiB at most.
LONGEST: Final = 256 * 1024
VERSION: Final = re.compile(r'W/"([0-9]{1,12})"')


class Kind(StrEnum):
    """What happened, whichever version says so."""

    CHANGE_OF_GP = "pds-change-of-gp"
    DEATH = "pds-death-notification"
    NUMBER_CHANGE = "nhs-number-change"
    RECORD_CHANGE = "pds-record-change"


@dataclass(frozen=True, slots=True)
class Signal:
    """Somebody's record changed: go and look. *number* is the old one where the number changed.

    *at* is the event's own time (wire clock); *version* is the record's, where it is told.
    """

    id: str
    kind: Kind
    number: NhsNumber
    at: datetime
    version: int | None = None


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """The test signal that comes every quarter of an hour."""

    at: datetime


@dataclass(frozen=True, slots=True)
class NotForUs:
    """A well-formed event of a type that we know nothing to do about."""

    type: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No event, or one that names nobody. *why* is a code of ours; nothing of the message is in it."""

    why: str


Message = Signal | SignOfLife | NotForUs | Unreadable

#: The types that we subscribe to, version 2 and, where only that was granted, version 1.
KINDS: Final[Mapping[str, Kind]] = MappingProxyType({f"{kind.value}-{version}": kind for kind in Kind for version in (1, 2)})
TEST_SIGNAL: Final = re.compile(r"mns-test-signal-[0-9]+")
TYPE: Final = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class _Said:
    """What the three forms have in common, as text."""

    id: str
    type: str
    time: str
    subject: str | None
    version: str | None


def read(body: bytes) -> Message:
    """The meaning of one message. Never raises."""
    if len(body) > LONGEST:
        return Unreadable("too-long")
    said = _first_that_fits(body)
    if said is None:
        return Unreadable("no-event")
    at = _moment(said.time)
    return Unreadable("no-time") if at is None else _meaning(said, at)


def _meaning(said: _Said, at: datetime) -> Message:
    if TEST_SIGNAL.fullmatch(said.type):
        return SignOfLife(at)
    if said.type not in KINDS:
        return NotForUs(said.type) if TYPE.fullmatch(said.type) else Unreadable("no-type")
    try:
        number = NhsNumber(said.subject or "")
    except NhsNumberInvalid:
        return Unreadable("names-nobody")
    return Signal(said.id, KINDS[said.type], number, at, _version(said.version))


def _first_that_fits(body: bytes) -> _Said | None:
    for form in (_cloud_event, _bundle, _first_version):
        try:
            said = form(body)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
        if said is not None:
            return said
    return None


def _cloud_event(body: bytes) -> _Said:
    event = msgspec.json.decode(body, type=CloudEvent)
    return _Said(event.id, event.type, event.time, event.subject, event.versionid)


def _bundle(body: bytes) -> _Said | None:
    bundle = msgspec.json.decode(body, type=Bundle)
    parameters = bundle.entry[0].resource if bundle.entry else None
    if bundle.resource_type != "Bundle" or parameters is None:
        return None
    tell = parameters.parameter
    time = named(tell, "timestamp") or bundle.timestamp or ""
    return _Said(bundle.id, named(tell, "event-type") or "", time, named(tell, "subject"), named(tell, "version-id"))


def _first_version(body: bytes) -> _Said:
    event = msgspec.json.decode(body, type=FirstEvent)
    number = event.subject.nhs_number if event.subject else None
    return _Said(event.id, event.type, event.time, number, event.data.version_id if event.data else None)


def _moment(text: str) -> datetime | None:
    """An RFC 3339 moment; one without an offset is no moment."""
    try:
        moment = msgspec.convert(text, type=datetime)
    except msgspec.MsgspecError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _version(text: str | None) -> int | None:
    found = VERSION.fullmatch(text or "")
    return int(found[1]) if found else None
