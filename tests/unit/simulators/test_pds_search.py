"""PDS: looking a patient up by what they are called (`demographics.md` §1.2, §1.6, §1.7, §6 PDS 10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from gpic.simulators.people import Patient
from tests.unit.simulators.surgery import REQUEST_ID, Pds
from tests.unit.simulators.test_pds import coding
from tests.unit.simulators.town import EMIS_PRACTICE, Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pds(town: Town) -> AsyncIterator[Pds]:
    """NHS login at PDS, with a token."""
    async with Pds(town) as caller:
        await caller.sign_in()
        yield caller


async def found(pds: Pds, **asked: str) -> list[str]:
    """The numbers that a search brings."""
    response = await searched(pds, **asked)
    assert 200 == response.status_code
    bundle = response.json()
    assert ("Bundle", "searchset", len(bundle["entry"])) == (bundle["resourceType"], bundle["type"], bundle["total"])
    return [entry["resource"]["id"] for entry in bundle["entry"]]


async def searched(pds: Pds, **asked: str):  # type: ignore[no-untyped-def] # noqa: ANN201 - a response
    """What a search is answered."""
    query = urlencode({name.replace("__", "-"): value for name, value in asked.items()})
    return await pds.send("GET", f"/Patient?{query}", request_id=REQUEST_ID)


def asked_for(patient: Patient) -> dict[str, str]:
    """What is needed at least."""
    return {"family": patient.family_name, "birthdate": f"eq{patient.birth_date}"}


async def test_one_match_is_told_with_its_resource(town: Town, pds: Pds) -> None:
    """The resource is whole but for the reason of a removal."""
    ada = town.settle("ada")

    assert [ada.number.digits] == await found(pds, **asked_for(ada))


@pytest.mark.parametrize(
    ("more", "is_found"),
    [
        ({"given": "ADA"}, True),
        ({"given": "Ad*"}, True),
        ({"given": "A*"}, False),
        ({"family": "Oka*"}, True),
        ({"given": "Bert"}, False),
        ({"gender": "female"}, True),
        ({"gender": "male"}, False),
        ({"birthdate": "ge1984-02-17"}, True),
        ({"birthdate": "le1984-02-16"}, False),
        ({"birthdate": "1984-02-17"}, True),
        ({"general__practitioner": EMIS_PRACTICE}, True),
        ({"general__practitioner": "Z99999"}, False),
        ({"address__postalcode": "zz993vz"}, True),
        ({"address__postalcode": "LS1 1AA"}, False),
        ({"death__date": "ge2020-01-01"}, False),
        ({"_max__results": "1"}, True),
        ({"_exact__match": "true"}, True),
    ],
)
async def test_everything_that_is_asked_must_fit(town: Town, pds: Pds, more: dict[str, str], *, is_found: bool) -> None:
    """Whatever the case; a star stands for any ending after two letters."""
    ada = town.settle("ada")

    assert ([ada.number.digits] if is_found else []) == await found(pds, **{**asked_for(ada), **more})


async def test_the_dead_are_found_by_their_day(town: Town, pds: Pds) -> None:
    """§1.5."""
    ada = town.settle("ada")
    town.world.die("ada")

    assert [ada.number.digits] == await found(pds, **asked_for(ada), death__date="ge2026-01-01")


async def test_several_matches_are_too_many(town: Town, pds: Pds) -> None:
    """§1.7: HTTP 200 with an outcome instead of a bundle."""
    for slug in ("ada", "ben"):
        town.settle(slug)
    ada, ben = (town.world.patients[slug] for slug in ("ada", "ben"))
    ben.family_name, ben.birth_date = ada.family_name, ada.birth_date

    both = await searched(pds, **asked_for(ada))

    assert (200, "TOO_MANY_MATCHES", "multiple-matches", "information") == coding(both)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"family": "Okafor"}, (400, "MISSING_VALUE", "required", "error")),
        ({"birthdate": "1984-02-17"}, (400, "MISSING_VALUE", "required", "error")),
        ({"family": "Okafor", "birthdate": "1984-02-17", "eyes": "blue"}, (400, "INVALID_SEARCH_DATA", "value", "error")),
        ({"family": "Okafor", "birthdate": "1984-02-17", "_max__results": "2"}, (403, "INVALID_VALUE", "forbidden", "error")),
    ],
)
async def test_a_search_is_refused_for_its_reason(
    town: Town, pds: Pds, asked: dict[str, str], expected: tuple[int, str, str, str]
) -> None:
    """§1.2: an application-restricted search has one match or none."""
    town.settle("ada")

    assert expected == coding(await searched(pds, **asked))


@pytest.mark.parametrize(
    ("confidentiality", "by_where", "is_found"),
    [("U", True, True), ("R", False, True), ("R", True, False), ("V", False, False)],
)
async def test_restricted_patients_are_not_found_by_where_they_are(
    town: Town, pds: Pds, confidentiality: str, *, by_where: bool, is_found: bool
) -> None:
    """§1.6: postcode and practice."""
    ada = town.settle("ada")
    town.world.restrict_record("ada", confidentiality)
    where = {"general__practitioner": EMIS_PRACTICE} if by_where else {}

    assert is_found == bool(await found(pds, **asked_for(ada), **where))


async def test_records_that_are_gone_are_not_found(town: Town, pds: Pds) -> None:
    """Invalidated, or replaced by another."""
    ada = town.settle("ada")
    town.world.invalidate_record("ada")

    assert [] == await found(pds, **asked_for(ada))
