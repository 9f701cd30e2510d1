"""PDS: what we ask, and what each record and refusal means (`demographics.md` §1)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx2
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from gpic.credentials.ports import NotOnPds, Pds, PracticeFound
from gpic.demographics.access import AccessTokens
from gpic.demographics.pds.client import PdsClient
from gpic.demographics.turns import Turns
from gpic.jobs.memory import MemoryPace
from gpic.nhs.answers import Unreachable
from gpic.nhs.clock import MovableClock
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from tests.unit.line import RESPONSES, Answer, Line, said

pytestmark = pytest.mark.anyio

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)
NO_END = timedelta(hours=1)
NUMBER, NEWER = NhsNumber("9990001111"), NhsNumber("9990001138")
PRACTICE = OdsCode("A12345")
ADA = Demographics("Okafor", "1984-02-17")
GRANTED = said(200, {"access_token": "opaque-1", "expires_in": "599"})
DEATH = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeathNotificationStatus"


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    """Attempts are counted, pauses are not waited for."""
    with stamina.set_testing(True, attempts=9, cap=True):
        yield


def registered(code: str = "A12345", **period: str) -> list[dict[str, object]]:
    """`generalPractitioner`, the period inside the identifier; none unless given."""
    identifier: dict[str, object] = {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": code}
    return [{"id": "254406A3", "type": "Organization", "identifier": identifier | ({"period": period} if period else {})}]


def death(code: str) -> list[dict[str, object]]:
    """The death notification extension, beside one that we do not read."""
    status = {"url": "deathNotificationStatus", "valueCodeableConcept": {"coding": [{"code": code, "version": "1.0.0"}]}}
    stamp = {"url": "systemEffectiveDate", "valueDateTime": "2031-01-01T00:00:00+00:00"}
    return [
        {"url": "https://elsewhere.test/x", "valueAddress": {"city": "Leeds"}},
        {"url": DEATH, "extension": [status, stamp]},
    ]


RECORD: dict[str, object] = {
    "resourceType": "Patient",
    "id": NUMBER.digits,
    "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": NUMBER.digits}],
    "meta": {"versionId": "7", "security": [{"code": "U"}]},
    "name": [
        {"use": "maiden", "family": "Adeyemi"},
        {"id": "1", "use": "usual", "family": "Okafor", "given": ["Ada"], "period": {"start": "2001-01-01"}},
    ],
    "gender": "female",
    "birthDate": "1984-02-17",
    "generalPractitioner": registered(start="2020-01-01"),
    "telecom": [{"system": "email", "value": "ada@example.test"}],
}
FOUND = PracticeFound(NUMBER, PRACTICE, ADA, version=7, given_name="Ada")


def outcome(status: int, code: str, **headers: str) -> httpx2.Response:
    """An OperationOutcome with this Spine code."""
    issue = {"severity": "error", "code": "value", "details": {"coding": [{"code": code, "version": "1"}]}}
    return said(status, {"resourceType": "OperationOutcome", "issue": [issue]}, **headers)


class Desk:
    """PDS and its token endpoint, each at the end of its own line."""

    def __init__(self, *answers: Answer, access: Line | None = None, turns: Turns | None = None) -> None:
        self.records = Line(*answers)
        self.access = access or Line(GRANTED)
        numbers = count(1)
        tokens = AccessTokens(
            self.access.client("https://pds.test"), "https://pds.test/oauth2/token", "key", json.dumps, clock=MovableClock(NOW)
        )
        self.pds: Pds = PdsClient(
            self.records.client("https://pds.test/personal-demographics/FHIR/R4"),
            tokens,
            turns=turns,
            clock=MovableClock(NOW),
            new_uuid=lambda: f"00000000-0000-4000-8000-{next(numbers):012}",
        )

    async def look_up(self) -> PracticeFound | NotOnPds | Unreachable:
        """Ask for the patient."""
        return await self.pds.look_up(NUMBER)


async def found(**fields: object) -> PracticeFound:
    """What a record with these fields tells; None takes a field away."""
    record = {name: value for name, value in (RECORD | fields).items() if value is not None}
    answer = await Desk(said(200, record)).look_up()
    assert isinstance(answer, PracticeFound)
    return answer


async def test_a_record_is_asked_for_by_number() -> None:
    """§1.4: bearer token, a request id of UUID shape, a correlation id."""
    desk = Desk(said(200, RECORD))

    assert FOUND == await desk.look_up()
    (request,) = desk.records.asked
    assert f"https://pds.test/personal-demographics/FHIR/R4/Patient/{NUMBER.digits}" == str(request.url)
    assert ("GET", "Bearer opaque-1", "application/fhir+json") == (
        request.method,
        request.headers["authorization"],
        request.headers["accept"],
    )
    assert "00000000-0000-4000-8000-000000000001" == request.headers["x-request-id"]
    assert "00000000-0000-4000-8000-000000000002" == request.headers["x-correlation-id"]


async def test_a_superseded_number_is_followed() -> None:
    """N22: 200 with the new record; its id is the number from now on."""
    assert NEWER == (await found(id=NEWER.digits)).nhs_number


@pytest.mark.parametrize(
    ("practitioner", "practice"),
    [
        (registered(), PRACTICE),
        (registered(start="2020-01-01"), PRACTICE),
        (registered(start="2020-01-01", end="2031-04-02"), PRACTICE),
        (registered(start="2020-01-01", end="2031-04-01"), None),
        (registered(start="2020-01-01", end="2031-04-02T09:00:00+00:00"), PRACTICE),
        (registered(end="2031-04"), PRACTICE),
        (registered(end="2031-03"), None),
        (registered(end="2031"), PRACTICE),
        (registered(end="2030"), None),
        (registered(start="2031-05-01", end="2032-05-01"), PRACTICE),
        (registered("x4s4l"), OdsCode("X4S4L")),
        (registered("no code"), None),
        ([{"type": "Organization"}], None),
        ([{"identifier": {}}], None),
        ([], None),
        (None, None),
    ],
)
async def test_a_practice_counts_until_its_period_is_over(practitioner: object, practice: OdsCode | None) -> None:
    """§1.5: registered while `period.end` is absent or not before today; a missing period is accepted."""
    assert practice == (await found(generalPractitioner=practitioner)).practice


@pytest.mark.parametrize(
    ("fields", "demographics"),
    [
        ({}, ADA),
        ({"birthDate": "1984-02"}, None),
        ({"birthDate": "1984"}, None),
        ({"birthDate": None}, None),
        ({"name": None}, None),
        ({"name": [{"use": "old", "family": "Adeyemi"}]}, None),
        ({"name": [{"use": "usual"}]}, None),
    ],
)
async def test_only_a_usual_name_and_a_full_birth_date_serve(
    fields: dict[str, object], demographics: Demographics | None
) -> None:
    """N9: linking needs both, exactly; otherwise the account's own must do."""
    assert demographics == (await found(**fields)).demographics


async def test_a_restricted_record_names_no_practice() -> None:
    """N22: R keeps the name and loses the practice, V loses both; neither is an error."""
    restricted = await found(generalPractitioner=None, meta={"versionId": "7", "security": [{"code": "R"}]})
    very = await found(generalPractitioner=None, name=None, birthDate=None)

    assert PracticeFound(NUMBER, None, ADA, version=7, given_name="Ada") == restricted
    assert PracticeFound(NUMBER, None, None, version=7) == very


async def test_a_minimal_record_is_a_record() -> None:
    """§1.5: only `id` is promised."""
    assert PracticeFound(NUMBER, None, None) == await Desk(said(200, {"id": NUMBER.digits})).look_up()


@pytest.mark.parametrize(
    ("extension", "deceased"), [(death("2"), True), (death("1"), False), (death("U"), False), (None, False), ([], False)]
)
async def test_only_a_formal_death_is_one(extension: object, deceased: bool) -> None:  # noqa: FBT001
    """N22: 2 is the registrar's word; hearsay and a death undone are not, whatever date stands beside them."""
    assert deceased is (await found(extension=extension, deceasedDateTime="2031-01-01")).deceased


async def test_a_death_status_may_stand_without_an_inner_extension() -> None:
    """Read in the plain form too."""
    plain = [{"url": DEATH, "valueCodeableConcept": {"coding": [{"code": "2"}]}}]

    assert (await found(extension=plain)).deceased


@pytest.mark.parametrize(("version", "number"), [("7", 7), ("0012", 12), ("x", 0), ("", 0), ("9" * 5000, 0), (None, 0)])
async def test_a_version_is_a_number(version: str | None, number: int) -> None:
    """`meta.versionId` is text; 0 where it is none."""
    assert number == (await found(meta={"versionId": version})).version


@pytest.mark.parametrize("code", ["RESOURCE_NOT_FOUND", "INVALIDATED_RESOURCE"])
async def test_no_record_is_an_answer(code: str) -> None:
    """N22: absent and invalidated are the same to us."""
    assert NotOnPds() == await Desk(outcome(404, code)).look_up()


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (said(404, b"<html>no route</html>"), "pds-404"),
        (outcome(404, "SOMETHING_ELSE"), "pds-404"),
        (outcome(400, "INVALID_RESOURCE_ID"), "pds-400"),
        (outcome(403, "ACCESS_DENIED"), "pds-403"),
        (outcome(408, "UNABLE_TO_CALL_SERVICE"), "status-408"),
        (outcome(429, "TOO_MANY_REQUESTS"), "status-429"),
        (said(500, b""), "status-500"),
        (said(502, b""), "status-502"),
        (outcome(503, "SERVICE_UNAVAILABLE"), "status-503"),
        (said(200, b'{"id": "99900'), "pds-unreadable"),
        (said(200, {"id": "9990001112"}), "pds-unreadable"),
        (said(200, {"resourceType": "Bundle"}), "pds-unreadable"),
        (said(200, b" " * 1_100_000), "body-too-large"),
        (said(304, b""), "pds-304"),
        (httpx2.ReadTimeout(""), "ReadTimeout"),
    ],
)
async def test_whatever_is_no_answer_about_a_person_is_unreachable(answer: Answer, detail: str) -> None:
    """N12: a gateway's 404, a refusal of ours, or noise never makes anybody absent."""
    silence = await Desk(answer).look_up()

    assert isinstance(silence, Unreachable)
    assert detail == silence.detail


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_a_busy_pds_is_asked_again_with_the_same_request_id(status: int) -> None:
    """§1.4, §1.7: at most three times, and by its id it is one request."""
    desk = Desk(said(status, b""), said(status, b"", Retry_After="1"), said(200, RECORD))

    assert FOUND == await desk.look_up()
    assert 1 == len({request.headers["x-request-id"] for request in desk.records.asked})
    assert 3 == len(desk.records.asked)


async def test_a_busy_pds_is_not_asked_for_ever() -> None:
    """Three attempts; then the engine's own pauses serve."""
    desk = Desk(said(503, b"", Retry_After="1"))

    assert Unreachable(timedelta(seconds=1)) == await desk.look_up()
    assert 3 == len(desk.records.asked)


@pytest.mark.parametrize(
    "answer",
    [
        said(503, b"", Retry_After="5"),
        said(500, b""),
        said(504, b""),
        said(408, b""),
        said(400, b""),
        said(404, b""),
        httpx2.ConnectError(""),
    ],
)
async def test_nothing_else_is_asked_again(answer: Answer) -> None:
    """A longer `Retry-After` is handed on: a login may be waiting."""
    desk = Desk(answer)

    assert isinstance(await desk.look_up(), Unreachable)
    assert 1 == len(desk.records.asked)


class Slept:
    """Notes how long somebody would have slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Go on at once."""
        self.seconds.append(round(seconds, 3))


async def test_every_attempt_takes_a_turn() -> None:
    """§1.7: what is asked again counts against the limit as well (N20)."""
    slept = Slept()
    turns = Turns(MemoryPace(timedelta(milliseconds=200), clock=lambda: 1.0), urgent=True, patience=NO_END, sleep=slept)
    desk = Desk(said(429, b""), said(200, RECORD), turns=turns)

    assert FOUND == await desk.look_up()
    assert [0.0, 0.2] == slept.seconds


async def test_whoever_gets_no_turn_does_not_ask() -> None:
    """N12: the limit is ours to keep, and the task comes again."""
    pace = MemoryPace(timedelta(seconds=5), clock=lambda: 1.0)
    desk = Desk(said(200, RECORD), turns=Turns(pace, urgent=True, patience=timedelta(seconds=1), sleep=Slept()))

    assert FOUND == await desk.look_up()
    assert Unreachable(timedelta(seconds=1), detail="no-turn") == await desk.look_up()
    assert 1 == len(desk.records.asked)


async def test_a_refused_token_is_replaced_once() -> None:
    """§1.7: 401 refreshes the token, and the same request goes out again."""
    access = Line(
        said(200, {"access_token": "one", "expires_in": "599"}), said(200, {"access_token": "two", "expires_in": "599"})
    )
    desk = Desk(outcome(401, "ACCESS_DENIED"), said(200, RECORD), access=access)

    assert FOUND == await desk.look_up()
    assert ["Bearer one", "Bearer two"] == [request.headers["authorization"] for request in desk.records.asked]
    assert 1 == len({request.headers["x-request-id"] for request in desk.records.asked})


async def test_a_second_refusal_of_the_token_ends_it() -> None:
    """No endless round of tokens."""
    desk = Desk(outcome(401, "ACCESS_DENIED"))
    silence = await desk.look_up()

    assert isinstance(silence, Unreachable)
    assert "pds-401" == silence.detail
    assert (2, 2) == (len(desk.records.asked), len(desk.access.asked))


async def test_without_a_token_pds_is_not_asked() -> None:
    """N12: our own access is down, which says nothing about the person."""
    desk = Desk(said(200, RECORD), access=Line(said(503, b"")))

    assert isinstance(await desk.look_up(), Unreachable)
    assert [] == desk.records.asked


@given(responses=st.lists(RESPONSES, min_size=1, max_size=3))
async def test_no_reply_makes_it_raise(responses: list[httpx2.Response]) -> None:
    """Whatever PDS, or something before it, says."""
    assert isinstance(await Desk(*responses).look_up(), PracticeFound | NotOnPds | Unreachable)


async def test_nobody_is_named_in_logs(caplog: pytest.LogCaptureFixture) -> None:
    """PDS wants the NHS number in the URL; our logs do not get it, nor token nor name."""
    caplog.set_level(logging.DEBUG)
    answer = await Desk(said(200, RECORD)).look_up()

    assert "/Patient/…" in caplog.text
    everything = f"{caplog.text} {answer!r}"
    assert [] == [secret for secret in (NUMBER.digits, NUMBER.spoken, "Okafor", "opaque-1") if secret in everything]
