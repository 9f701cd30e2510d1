"""PDS: what a GET shows, and in which order it is refused (`demographics.md` §1.4 to §1.8, §6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from gpic.simulators.pds import Limit, Limits
from gpic.simulators.people import Death
from tests.unit.simulators.surgery import BASE, REQUEST_ID, Pds
from tests.unit.simulators.town import EMIS_PRACTICE, NUMBERS, TPP_PRACTICE, Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pds(town: Town) -> AsyncIterator[Pds]:
    """NHS login at PDS, with a token."""
    async with Pds(town) as caller:
        await caller.sign_in()
        yield caller


def coding(response: httpx2.Response) -> tuple[int, str, str, str]:
    """Status, code, issue, severity."""
    issue = response.json()["issue"][0]
    return response.status_code, issue["details"]["coding"][0]["code"], issue["code"], issue["severity"]


async def test_a_patient_is_shown_with_practice_and_period(town: Town, pds: Pds) -> None:
    """§1.5: the period stands inside the identifier; ETag is the version; both ids are mirrored."""
    ada = town.settle("ada")

    response = await pds.get(ada.number, **{"X-Correlation-ID": "c-1"})
    body = response.json()

    assert 200 == response.status_code
    assert "application/fhir+json" == response.headers["content-type"]
    assert (REQUEST_ID, "c-1", 'W/"1"') == tuple(
        response.headers[name] for name in ("x-request-id", "x-correlation-id", "etag")
    )
    assert (ada.number.digits, "1", "U") == (body["id"], body["meta"]["versionId"], body["meta"]["security"][0]["code"])
    assert {
        "system": "https://fhir.nhs.uk/Id/ods-organization-code",
        "value": EMIS_PRACTICE,
        "period": {"start": "2020-01-01"},
    } == (body["generalPractitioner"][0]["identifier"])
    assert ("Okafor", ["Ada"], "1984-02-17", "female") == (
        body["name"][0]["family"],
        body["name"][0]["given"],
        body["birthDate"],
        body["gender"],
    )


async def test_a_move_raises_the_version_and_changes_the_practice(town: Town, pds: Pds) -> None:
    """§6 PDS 9."""
    ada = town.settle("ada")
    town.world.move_patient("ada", TPP_PRACTICE)

    body = (await pds.get(ada.number)).json()

    assert "2" == body["meta"]["versionId"]
    assert (TPP_PRACTICE, {"start": "2026-03-01"}) == (
        body["generalPractitioner"][0]["identifier"]["value"],
        body["generalPractitioner"][0]["identifier"]["period"],
    )


@pytest.mark.parametrize(
    ("changes", "identifier"),
    [
        ({"period_start": "", "period_end": ""}, {"value": EMIS_PRACTICE}),
        ({"period_end": "2025-12-31"}, {"value": EMIS_PRACTICE, "period": {"start": "2020-01-01", "end": "2025-12-31"}}),
        ({"practice": "X4S4L", "period_start": ""}, {"value": "X4S4L"}),
    ],
)
async def test_registrations_come_in_variants(
    town: Town, pds: Pds, changes: dict[str, str], identifier: dict[str, object]
) -> None:
    """§6 PDS 5."""
    ada = town.settle("ada")
    town.world.change_pds("ada", **changes)

    shown = (await pds.get(ada.number)).json()["generalPractitioner"][0]["identifier"]

    assert {"system": "https://fhir.nhs.uk/Id/ods-organization-code", **identifier} == shown


async def test_a_patient_without_registration_has_no_practitioner(town: Town, pds: Pds) -> None:
    """And the reason of the removal is told."""
    ada = town.settle("ada")
    town.world.deregister("ada", removal_code="EMB")

    body = (await pds.get(ada.number)).json()

    assert "generalPractitioner" not in body
    assert "EMB" == body["extension"][0]["extension"][0]["valueCodeableConcept"]["coding"][0]["code"]


@pytest.mark.parametrize(
    ("confidentiality", "gone"),
    [("U", set()), ("R", {"generalPractitioner", "telecom"}), ("V", {"generalPractitioner", "telecom", "name", "birthDate"})],
)
async def test_confidential_records_lose_their_parts(town: Town, pds: Pds, confidentiality: str, gone: set[str]) -> None:
    """§1.6."""
    ada = town.settle("ada")
    whole = set((await pds.get(ada.number)).json())
    town.world.restrict_record("ada", confidentiality)

    response = await pds.get(ada.number)

    assert 200 == response.status_code
    assert gone == whole - set(response.json())
    assert confidentiality == response.json()["meta"]["security"][0]["code"]


@pytest.mark.parametrize(("confidentiality", "shown"), [("R", True), ("V", False)])
async def test_a_privileged_application_sees_where_an_r_patient_is_registered(
    town: Town, pds: Pds, confidentiality: str, *, shown: bool
) -> None:
    """§1.2: R, not V."""
    ada = town.settle("ada")
    town.world.restrict_record("ada", confidentiality)
    pds.settings.privileged = frozenset({pds.api_key})

    assert shown == ("generalPractitioner" in (await pds.get(ada.number)).json())


async def test_a_former_number_answers_with_the_new_record(town: Town, pds: Pds) -> None:
    """§1.6: 200, another id; again after a second change."""
    ada = town.settle("ada")
    first = ada.number
    town.world.renumber("ada", NUMBERS[20])
    town.world.renumber("ada", NUMBERS[21])

    assert NUMBERS[21].digits == (await pds.get(first)).json()["id"]


async def test_a_chain_of_merged_records_ends_at_the_last(town: Town, pds: Pds) -> None:
    """§6 PDS 3: A, B, C."""
    a, _, c = town.settle("ada"), town.settle("ben"), town.settle("cleo")
    town.world.merge_records("ada", into="ben")
    town.world.merge_records("ben", into="cleo")

    assert c.number.digits == (await pds.get(a.number)).json()["id"]


async def test_records_that_replace_one_another_lead_nowhere(town: Town, pds: Pds) -> None:
    """A circle does not hang the stand-in."""
    a, _ = town.settle("ada"), town.settle("ben")
    town.world.merge_records("ada", into="ben")
    town.world.merge_records("ben", into="ada")

    assert 404 == (await pds.get(a.number)).status_code


async def test_an_invalidated_record_is_told_apart_from_an_absent_one(town: Town, pds: Pds) -> None:
    """§1.7: two kinds of 404."""
    ada = town.settle("ada")
    town.world.invalidate_record("ada")

    assert (404, "INVALIDATED_RESOURCE", "processing", "error") == coding(await pds.get(ada.number))
    assert (404, "RESOURCE_NOT_FOUND", "not-found", "information") == coding(await pds.get(NUMBERS[-1]))


@pytest.mark.parametrize("text", ["9000000000", "123", "99900010OO", "\uff19990001006"])
async def test_a_number_that_is_none_is_refused(pds: Pds, text: str) -> None:
    """§1.7: modulus 11 before the look-up, without diagnostics."""
    response = await pds.get_path(f"/Patient/{text}")

    assert (400, "INVALID_RESOURCE_ID", "value", "error") == coding(response)
    assert "diagnostics" not in response.json()["issue"][0]


async def test_deaths_are_told_and_taken_back(town: Town, pds: Pds) -> None:
    """§1.5: formal, informal, undone; the practice stays."""
    ada = town.settle("ada")
    codes = []
    for death in (Death.INFORMAL, Death.FORMAL, Death.UNDONE):
        if death is Death.UNDONE:
            town.world.undo_death("ada")
        else:
            town.world.record_death("ada", formal=death is Death.FORMAL)
        body = (await pds.get(ada.number)).json()
        code = body["extension"][0]["extension"][0]["valueCodeableConcept"]["coding"][0]["code"]
        codes.append((code, body.get("deceasedDateTime", "")[:10], "generalPractitioner" in body))

    assert [("1", "2026-03-01", True), ("2", "2026-03-01", True), ("U", "", True)] == codes


async def test_a_minimal_patient_has_only_a_number(town: Town, pds: Pds) -> None:
    """§1.5: only `id` is guaranteed."""
    ada = town.settle("ada")
    town.world.change_pds("ada", minimal=True)

    assert {"resourceType", "id", "identifier", "meta"} == set((await pds.get(ada.number)).json())


async def test_partial_dates_and_managing_organisations_are_shown(town: Town, pds: Pds) -> None:
    """§1.5: rare, but there."""
    ada = town.settle("ada")
    town.world.change_pds("ada", birth_date="1984", managing_organisation="X4S4L")

    body = (await pds.get(ada.number)).json()

    assert ("1984", "X4S4L") == (body["birthDate"], body["managingOrganization"]["identifier"]["value"])


async def test_a_read_may_lag_behind_a_change(town: Town, pds: Pds) -> None:
    """§6 PDS 8: the version before, for a while on the world clock."""
    pds.settings.lag = timedelta(minutes=5)
    ada = town.settle("ada")
    town.world.move_patient("ada", TPP_PRACTICE)

    versions = [(await pds.get(ada.number)).json()["meta"]["versionId"]]
    town.future.move(timedelta(minutes=5))
    versions.append((await pds.get(ada.number)).json()["meta"]["versionId"])

    assert ["1", "2"] == versions


@pytest.mark.parametrize(
    ("authorization", "diagnostics"),
    [
        (None, "Missing Authorization header"),
        ("", "Empty Authorization header"),
        ("Bearer", "Missing access token"),
        ("Basic abc", "Invalid token type 'Basic', must be 'Bearer'"),
        ("Bearer nobody's", "Invalid Access Token"),
    ],
)
async def test_no_token_no_record(town: Town, pds: Pds, authorization: str | None, diagnostics: str) -> None:
    """401, by the gateway: application/json."""
    response = await pds.get(town.settle("ada").number, authorization=authorization)

    assert (401, "ACCESS_DENIED", "forbidden", "error") == coding(response)
    assert diagnostics == response.json()["issue"][0]["diagnostics"]
    assert "application/json" == response.headers["content-type"]
    assert REQUEST_ID == response.headers["x-request-id"]


async def test_a_token_dies_after_its_time_and_when_it_is_revoked(town: Town, pds: Pds) -> None:
    """§6: 599 seconds on the wire clock; and early, in mid-flight."""
    ada = town.settle("ada")
    town.wire.move(timedelta(seconds=598))
    alive = (await pds.get(ada.number)).status_code
    town.wire.move(timedelta(seconds=1))
    expired = (await pds.get(ada.number)).status_code
    await pds.sign_in()
    pds.app.state.tokens.revoke_all()

    assert [200, 401, 401] == [alive, expired, (await pds.get(ada.number)).status_code]


REFUSED: list[tuple[str, str, str | None, tuple[int, str, str, str]]] = [
    ("GET", "/Patient/{n}", None, (400, "MISSING_VALUE", "required", "error")),
    ("GET", "/Patient/{n}", "1234", (400, "INVALID_VALUE", "value", "error")),
    ("GET", "/Patient/", REQUEST_ID, (400, "UNSUPPORTED_SERVICE", "processing", "error")),
    ("PUT", "/Patient/{n}", REQUEST_ID, (400, "UNSUPPORTED_SERVICE", "processing", "error")),
    ("PATCH", "/Patient/{n}", REQUEST_ID, (403, "INVALID_METHOD", "forbidden", "error")),
    ("GET", "/Coverage/{n}", REQUEST_ID, (400, "UNSUPPORTED_REQUEST", "value", "error")),
]


@pytest.mark.parametrize(("method", "path", "request_id", "expected"), REFUSED)
async def test_a_request_is_refused_for_its_reason(
    town: Town, pds: Pds, method: str, path: str, request_id: str | None, expected: tuple[int, str, str, str]
) -> None:
    """§1.7, row by row; no NHS number comes back in a diagnosis."""
    number = town.settle("ada").number.digits

    response = await pds.send(method, path.format(n=number), request_id=request_id)

    assert expected == coding(response)
    assert number not in response.text


async def test_the_words_of_request_id_refusals_are_known(town: Town, pds: Pds) -> None:
    """§1.7."""
    number = town.settle("ada").number
    path = f"/Patient/{number.digits}"

    missing, malformed = await pds.send("GET", path, request_id=None), await pds.send("GET", path, request_id="1234")

    assert (
        "Invalid request with error - X-Request-ID header must be supplied to access this resource"
        == (missing.json()["issue"][0]["diagnostics"])
    )
    assert "Invalid value - '1234' in header 'X-Request-ID'" == malformed.json()["issue"][0]["diagnostics"]


async def test_401_wins_over_429_and_429_over_400(pds: Pds) -> None:
    """§1.7: the gateway's order."""
    pds.settings.limits = Limits(app_quota=Limit(1))
    first = await pds.send("GET", "/Patient/x", request_id="bad")
    second = await pds.send("GET", "/Patient/x", request_id="bad")
    third = await pds.send("GET", "/Patient/x", request_id="bad", authorization="Bearer no")

    assert [400, 429, 401] == [one.status_code for one in (first, second, third)]
    assert "retry-after" not in second.headers


@pytest.mark.parametrize(
    ("limits", "statuses"),
    [
        (Limits(), [200] * 4),
        (Limits(app_quota=Limit(2)), [200, 200, 429, 200]),
        (Limits(api_quota=Limit(2)), [200, 200, 429, 200]),
        (Limits(app_spike=Limit(60)), [200, 429, 429, 200]),
        (Limits(api_spike=Limit(60)), [200, 429, 429, 200]),
    ],
)
async def test_rates_are_kept_exactly(town: Town, pds: Pds, limits: Limits, statuses: list[int]) -> None:
    """§1.8: three at one moment, one a minute later."""
    ada = town.settle("ada")
    pds.settings.limits = limits

    seen = [(await pds.get(ada.number)).status_code for _ in range(3)]
    town.wire.move(timedelta(minutes=1))
    seen.append((await pds.get(ada.number)).status_code)

    assert statuses == seen


async def test_five_per_second_is_a_limit_like_any_other(town: Town, pds: Pds) -> None:
    """A short window, as a slow PDS has it."""
    ada = town.settle("ada")
    pds.settings.limits = Limits(app_quota=Limit(5, timedelta(seconds=1)))

    first = [(await pds.get(ada.number)).status_code for _ in range(6)]
    town.wire.move(timedelta(seconds=1))

    assert [200] * 5 + [429] == first
    assert 200 == (await pds.get(ada.number)).status_code


async def test_the_journal_never_sees_a_number(town: Town, pds: Pds) -> None:
    """The path is templated, the person a slug."""
    ada = town.settle("ada")
    await pds.get(ada.number)
    await pds.get(NUMBERS[-1])

    lines = [
        (message.sender, message.operation, message.outcome, message.person, message.note) for message in town.journal.list()
    ]

    assert [
        ("NHS login", "POST oauth2/token", "200", "", ""),
        ("NHS login", "GET Patient", "200", "ada", ""),
        ("NHS login", "GET Patient", "404", "", "RESOURCE_NOT_FOUND"),
    ] == lines


def test_the_address_is_the_real_ones_path() -> None:
    """§1.1."""
    assert "/personal-demographics/FHIR/R4" == BASE
