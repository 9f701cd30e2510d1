"""PDS: what a GET shows, and in which order it is refused (`demographics.md` §1.4 to §1.8, §6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

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


def extension(body: dict[str, object], name: str) -> list[dict[str, object]]:
    """The parts of the extension whose address ends so; none where it is not there."""
    listed = body.get("extension", [])
    assert isinstance(listed, list)
    return next((one["extension"] for one in listed if one["url"].endswith(name)), [])


def code_in(part: dict[str, object]) -> str:
    """The one code of a part."""
    concept = part["valueCodeableConcept"]
    assert isinstance(concept, dict)
    return str(concept["coding"][0]["code"])


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
    assert "EMB" == code_in(extension(body, "RemovalFromRegistration")[0])


@pytest.mark.parametrize(
    ("reason", "privileged", "shown"), [("AFN", False, "ORR"), ("AFN", True, "AFN"), ("SCT", False, "SCT")]
)
async def test_confidential_reasons_of_a_removal_show_as_other(
    town: Town, pds: Pds, reason: str, shown: str, *, privileged: bool
) -> None:
    """§1.5: to ordinary applications."""
    ada = town.settle("ada")
    town.world.deregister("ada", removal_code=reason)
    pds.settings.privileged = frozenset({pds.api_key} if privileged else ())

    assert shown == code_in(extension((await pds.get(ada.number)).json(), "RemovalFromRegistration")[0])


@pytest.mark.parametrize(("reason", "shown"), [("EMB", True), ("DEA", False)])
async def test_who_manages_the_record_of_a_patient_who_left(town: Town, pds: Pds, reason: str, *, shown: bool) -> None:
    """§1.5: not returned when they left by death."""
    ada = town.settle("ada")
    town.world.change_pds("ada", practice="", managing_organisation="X4S4L", removal_code=reason)

    assert shown == ("managingOrganization" in (await pds.get(ada.number)).json())


LOST = {"generalPractitioner", "telecom", "address", "contact"}
BORN, PHARMACY = "patient-birthPlace", "NominatedPharmacy"


@pytest.mark.parametrize(("confidentiality", "gone"), [("U", set()), ("R", LOST), ("V", LOST | {"name", "birthDate"})])
async def test_confidential_records_lose_their_parts(town: Town, pds: Pds, confidentiality: str, gone: set[str]) -> None:
    """§1.6: pharmacies and birth place as well, which stand among the extensions; the death notification stays."""
    ada = town.settle("ada")
    town.world.die("ada", formal=False)
    whole = set((await pds.get(ada.number)).json())
    town.world.restrict_record("ada", confidentiality)

    response = await pds.get(ada.number)

    assert 200 == response.status_code
    assert gone == whole - set(response.json())
    assert confidentiality == response.json()["meta"]["security"][0]["code"]
    told = " ".join(one["url"] for one in response.json()["extension"])
    assert (not gone, not gone, True) == tuple(name in told for name in (BORN, PHARMACY, "DeathNotificationStatus"))


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
    town.world.supersede_nhs_number("ada", NUMBERS[20])
    town.world.supersede_nhs_number("ada", NUMBERS[21])

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
            town.world.die("ada", formal=death is Death.FORMAL)
        body = (await pds.get(ada.number)).json()
        code = code_in(extension(body, "DeathNotificationStatus")[0])
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


def test_the_address_is_the_real_ones_path() -> None:
    """§1.1."""
    assert "/personal-demographics/FHIR/R4" == BASE
