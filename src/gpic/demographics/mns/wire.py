"""MNS's words: the fields that we read of an event in its three forms (`demographics.md` §2.3)."""

from __future__ import annotations

from typing import Any

import msgspec


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Unknown fields are unread. The repr shows none of them: a subject is an NHS number."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(•••)"


class CloudEvent(Words, frozen=True):
    """Version 2 as CloudEvents JSON; only `id`, `type` and `time` are relied on."""

    specversion: str
    id: str
    type: str
    time: str
    subject: str | None = None
    versionid: str | None = None


class Bundle(Words, frozen=True, rename={"resource_type": "resourceType"}):
    """Version 2 as a FHIR history Bundle; the event stands in the Parameters of its first entry."""

    resource_type: str
    id: str
    timestamp: str | None = None
    entry: tuple[Entry, ...] = ()


class Entry(Words, frozen=True):
    """One entry; the second, a snapshot, is unread."""

    resource: Parameters | None = None


class Parameters(Words, frozen=True):
    """Named values, whose depth the examples do not agree on."""

    parameter: tuple[dict[str, Any], ...] = ()


class FirstSubject(Words, frozen=True, rename={"nhs_number": "nhsNumber"}):
    """Whom a version 1 event is about."""

    nhs_number: str | None = None


class FirstContent(Words, frozen=True, rename={"version_id": "versionId"}):
    """What a version 1 event says of it; the codes are unread, since PDS is asked anyway."""

    version_id: str | None = None


class FirstEvent(Words, frozen=True):
    """Version 1: no CloudEvent, deprecated since June 2025."""

    id: str
    type: str
    time: str
    subject: FirstSubject | None = None
    data: FirstContent | None = None


def named(parameters: tuple[dict[str, Any], ...], name: str) -> str | None:
    """The value of the parameter of this name, however deep it stands; a reference's value is its identifier's."""
    for parameter in parameters:
        if parameter.get("name") == name and (text := _value_of(parameter)) is not None:
            return text
        parts = parameter.get("part")
        if isinstance(parts, list):
            inner = named(tuple(part for part in parts if isinstance(part, dict)), name)
            if inner is not None:
                return inner
    return None


def _value_of(parameter: dict[str, Any]) -> str | None:
    reference = parameter.get("valueReference")
    identifier = reference.get("identifier") if isinstance(reference, dict) else None
    values = [identifier.get("value")] if isinstance(identifier, dict) else []
    values += [value for key, value in parameter.items() if key.startswith("value")]
    return next((value for value in values if isinstance(value, str)), None)
