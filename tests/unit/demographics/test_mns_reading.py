"""What a message of MNS means, in its three forms (`demographics.md` §2.3)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.demographics.mns.reading import KINDS, Kind, NotForUs, Signal, SignOfLife, Unreadable, read
from gpic.nhs.numbers import NhsNumber

NUMBER = NhsNumber("9990001111")
AT = datetime(2031, 4, 2, 12, 30, 15, tzinfo=UTC)
EVENT: dict[str, object] = {
    "specversion": "1.0",
    "id": "236a1d4a-5d69-4fa9-9c7f-e72bf505aa5b",
    "source": "https://fhir.nhs.uk/Id/nhsSpineASID/477121000324",
    "type": "pds-change-of-gp-2",
    "time": "2031-04-02T12:30:15Z",
    "dataref": f"https://int.api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/{NUMBER.digits}",
    "subject": NUMBER.digits,
}
CHANGE = Signal("236a1d4a-5d69-4fa9-9c7f-e72bf505aa5b", Kind.CHANGE_OF_GP, NUMBER, AT)


def said(**fields: object) -> bytes:
    """A CloudEvent with these fields; None takes one away."""
    return json.dumps({name: value for name, value in (EVENT | fields).items() if value is not None}).encode()


def bundle(*context: dict[str, object], kind: str = "pds-change-of-gp-2", nested: bool = True) -> bytes:
    """The same as a FHIR Bundle, its context inside the notification or beside it."""
    about = [{"name": "event-type", "valueCode": kind}, {"name": "source", "valueUri": "urn:x"}, *context]
    event: list[dict[str, object]] = [
        {"name": "event-number", "valueString": "1"},
        {"name": "timestamp", "valueInstant": "2031-04-02T13:30:15.000000+01:00"},
    ]
    additional: dict[str, object] = {"name": "additional-context", "part": about}
    parameters = [
        {"name": "subscription", "valueReference": {"reference": "https://x/Subscription/1"}},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": "event-notification"},
        {"name": "notification-event", "part": [*event, additional] if nested else event},
    ]
    resource = {"resourceType": "Parameters", "id": "x", "parameter": parameters if nested else [*parameters, additional]}
    entries = [{"fullUrl": "urn:uuid:x", "resource": resource}, {"resource": {"resourceType": "Patient", "id": "y"}}]
    whole = {"resourceType": "Bundle", "id": CHANGE.id, "type": "history", "timestamp": EVENT["time"], "entry": entries}
    return json.dumps(whole).encode()


SUBJECT: dict[str, object] = {"name": "subject", "valueReference": {"identifier": {"value": NUMBER.digits}}}


def test_a_cloud_event_names_somebody() -> None:
    """Version 2 as CloudEvents JSON."""
    assert CHANGE == read(said())


@pytest.mark.parametrize("nested", [True, False])
def test_a_bundle_names_the_same(nested: bool) -> None:  # noqa: FBT001 - a parameter
    """Version 2 as FHIR: the event's id is the Bundle's, wherever the context stands."""
    assert CHANGE == read(bundle(SUBJECT, nested=nested))


def test_a_bundle_may_tell_the_version() -> None:
    """As `pds-record-change-2` does."""
    told = read(bundle(SUBJECT, {"name": "version-id", "valueString": 'W/"16"'}, kind="pds-record-change-2"))

    assert Signal(CHANGE.id, Kind.RECORD_CHANGE, NUMBER, AT, version=16) == told


def test_the_first_version_is_read_too() -> None:
    """Deprecated, and all that an onboarding may grant; dates in parts and blank codes do no harm."""
    first = {
        "id": CHANGE.id,
        "type": "pds-change-of-gp-1",
        "time": EVENT["time"],
        "subject": {"nhsNumber": NUMBER.digits, "familyName": "OKAFOR", "dob": "1984"},
        "source": {"name": "NHS DIGITAL", "identifier": {"system": "nhsSpineASID", "value": "477121000324"}},
        "data": {"versionId": 'W/"7"', "fullUrl": "https://x", "registrationEncounterCode": "", "provenance": {"name": ""}},
    }
    assert Signal(CHANGE.id, Kind.CHANGE_OF_GP, NUMBER, AT, version=7) == read(json.dumps(first).encode())


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_every_type_is_known_in_both_versions(name: str, kind: Kind) -> None:
    """Whichever was granted."""
    assert Signal(CHANGE.id, kind, NUMBER, AT) == read(said(type=name))


@pytest.mark.parametrize(
    ("fields", "version"),
    [({"versionid": 'W/"16"'}, 16), ({"versionid": "16"}, None), ({"versionid": None, "dataref": None}, None)],
)
def test_a_version_may_be_told(fields: dict[str, object], version: int | None) -> None:
    """And the link may be missing."""
    assert Signal(CHANGE.id, Kind.CHANGE_OF_GP, NUMBER, AT, version) == read(said(**fields))


def test_fields_that_nobody_described_do_no_harm() -> None:
    """More may come at any time."""
    assert CHANGE == read(said(datacontenttype="application/json", extra={"deep": [1, None]}))


@pytest.mark.parametrize("kind", ["mns-test-signal-1", "mns-test-signal-2"])
def test_the_test_signal_is_a_sign_of_life(kind: str) -> None:
    """§2.2: every quarter of an hour, about nobody."""
    assert SignOfLife(AT) == read(said(type=kind, subject=None))


def test_other_events_are_not_for_us() -> None:
    """Somebody subscribed the queue to more."""
    assert NotForUs("proxy-role-created-1") == read(said(type="proxy-role-created-1"))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no-event"),
        (b"{", "no-event"),
        (b"[]", "no-event"),
        (b'"x"', "no-event"),
        (b"\xff\xfe", "no-event"),
        (b'{"resourceType": "Bundle", "id": "x", "entry": []}', "no-event"),
        (said(time=None), "no-event"),
        (said(time="yesterday"), "no-time"),
        (said(time="2031-04-02T12:30:15"), "no-time"),
        (said(subject=None), "names-nobody"),
        (said(subject="9990001112"), "names-nobody"),
        (said(type="<script>"), "no-type"),
        (said(type=""), "no-type"),
        (bundle(kind="pds-change-of-gp-2"), "names-nobody"),
        (said(extra="x" * 256 * 1024), "too-long"),
        (b"[" * 100_000, "no-event"),
    ],
)
def test_what_nobody_can_read_says_why(body: bytes, why: str) -> None:
    """By a code of ours, with nothing of the message in it."""
    assert Unreadable(why) == read(body)


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), lambda s: st.dictionaries(st.text(), s)).map(lambda value: json.dumps(value).encode())
)
def test_no_message_makes_it_raise(body: bytes) -> None:
    """Whatever somebody puts into the queue."""
    read(body)


@given(
    st.dictionaries(
        st.sampled_from([*EVENT, "resourceType", "entry", "data"]),
        st.none()
        | st.text()
        | st.integers()
        | st.lists(
            st.dictionaries(
                st.sampled_from(["resource", "parameter", "name", "part", "valueReference"]),
                st.none() | st.text() | st.lists(st.none()),
            )
        ),
    )
)
def test_no_event_with_wrong_fields_makes_it_raise(fields: dict[str, object]) -> None:
    """Wrong types, missing fields, half a Bundle."""
    read(json.dumps(EVENT | fields).encode())


def test_nobody_is_named_in_what_is_shown() -> None:
    """A subject is an NHS number: it stands in no repr."""
    assert NUMBER.digits not in repr(read(said()))
