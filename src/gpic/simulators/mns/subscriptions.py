"""Subscriptions: what MNS takes, and what it says to the rest (`demographics.md` §2.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gpic.simulators.mns.events import RECORD_CHANGE, TYPES

JSON: Final = "application/json"
FHIR: Final = "application/fhir+json"
ARN: Final = re.compile(r"arn:aws:sqs:eu-west-2:[0-9]{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?")
MESH: Final = re.compile(r"mesh://[A-Za-z0-9]{1,40}\?workflow_id=[A-Za-z0-9_-]{1,80}")
CONDITION: Final = re.compile(r"\s*([A-Za-z_]+)\s*=\s*(?:'([^']*)'|([^\s']+))\s*")
#: By what events of a type can be filtered; of the others nothing is documented.
FILTERS: Final[Mapping[str, frozenset[str]]] = {RECORD_CHANGE: frozenset({"changed_name", "registeredgpodscode", "nhsnumber"})}


class Invalid(Exception):
    """400: *errors* by field."""

    def __init__(self, **errors: str) -> None:
        super().__init__(", ".join(errors))
        self.errors = {name.replace("__", "."): text for name, text in errors.items()}


@dataclass(frozen=True, slots=True)
class Subscription:
    """One in force. *end* is kept and ignored, as the real one does."""

    id: str
    api_key: str
    criteria: str
    endpoint: str
    payload: str
    reason: str = ""
    end: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)

    @property
    def event_type(self) -> str:
        """What it asks for."""
        return self.conditions["eventType"]

    @property
    def queue(self) -> str:
        """The queue's name; "" where it is a mailbox."""
        return self.endpoint.rpartition(":")[2] if self.endpoint.startswith("arn:") else ""

    def told(self) -> dict[str, object]:
        """The FHIR resource."""
        told: dict[str, object] = {
            "resourceType": "Subscription",
            "id": self.id,
            "status": "active",
            "reason": self.reason,
            "criteria": self.criteria,
            "channel": {"type": "message", "endpoint": self.endpoint, "payload": self.payload},
        }
        return told | ({"end": self.end} if self.end else {})


def read(body: bytes, subscription_id: str, api_key: str) -> Subscription:
    """What was asked for; raises Invalid."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid(body="is not valid JSON") from None
    if not isinstance(given, dict):
        raise Invalid(body="must be an object")
    channel = given.get("channel")
    if not isinstance(channel, dict):
        raise Invalid(channel="is required")
    errors = {
        name: text
        for name, text, wrong in (
            ("resourceType", "must be 'Subscription'", given.get("resourceType") != "Subscription"),
            ("status", "must be 'requested'", given.get("status") != "requested"),
            ("reason", "is required", not isinstance(given.get("reason"), str)),
            ("channel__type", "must be 'message'", channel.get("type") != "message"),
            ("channel__endpoint", "must be an SQS ARN in eu-west-2 or a mesh URL", not is_endpoint(channel.get("endpoint"))),
            ("channel__payload", f"must be '{JSON}' or '{FHIR}'", channel.get("payload") not in {JSON, FHIR}),
        )
        if wrong
    }
    if errors:
        raise Invalid(**errors)
    criteria = str(given.get("criteria", ""))
    return Subscription(
        id=subscription_id,
        api_key=api_key,
        criteria=criteria,
        endpoint=channel["endpoint"],
        payload=channel["payload"],
        reason=given["reason"],
        end=str(given.get("end", "")),
        conditions=conditions_in(criteria),
    )


def is_endpoint(value: object) -> bool:
    """Where events may go to."""
    return isinstance(value, str) and bool(ARN.fullmatch(value) or MESH.fullmatch(value))


def conditions_in(criteria: str) -> dict[str, str]:
    """`eventType=…`, bare or in single quotes, and filters after AND; raises Invalid."""
    if not criteria.startswith("eventType="):
        raise Invalid(criteria="must start with 'eventType='")
    conditions: dict[str, str] = {}
    for part in criteria.split(" AND "):
        found = CONDITION.fullmatch(part)
        if found is None:
            raise Invalid(criteria="is not understood")
        conditions[found[1]] = found[2] if found[2] is not None else found[3]
    event_type = conditions["eventType"]
    if event_type not in TYPES:
        raise Invalid(criteria="names no event type that is published")
    if foreign := conditions.keys() - {"eventType"} - FILTERS.get(event_type, frozenset()):
        raise Invalid(criteria=f"cannot be filtered by {min(foreign)}")
    return conditions
