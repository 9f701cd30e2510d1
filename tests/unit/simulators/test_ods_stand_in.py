"""ODS: organisations, search, and what the code system tells; our client before it (`demographics.md` §3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from gpic.demographics.ods.client import NotInOds, OdsClient, Practice
from gpic.nhs.answers import Unreachable
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.simulators.happenings import Lags
from gpic.simulators.limits import Limit, Limits
from gpic.simulators.ods import OdsSettings, ods_app
from gpic.simulators.ods.organisations import CODES
from tests.unit.simulators.town import EMIS_PRACTICE, OTHER_EMIS_PRACTICE, TPP_PRACTICE, Town

pytestmark = pytest.mark.anyio

URL = "http://ods.test/organisation-data-terminology-api/fhir/"
API_KEY = "key-1"
Json = dict[str, object]


class Caller:
    """One application at ODS."""

    def __init__(self, town: Town) -> None:
        self.town, self.settings = town, OdsSettings(names={API_KEY: "NHS login"})
        app = ods_app(town.world, town.journal, town.faults, self.settings)
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=URL)
        self.ours = OdsClient(self.client, Secret(API_KEY))

    async def get(self, path: str, api_key: str = API_KEY) -> httpx2.Response:
        """GET below the FHIR address."""
        return await self.client.get(path, headers={"apikey": api_key})

    async def found(self, query: str) -> list[str]:
        """The codes that a search brings."""
        bundle = (await self.get(f"Organization?{query}")).json()
        return [entry["resource"]["id"] for entry in bundle["entry"]]


@pytest.fixture
async def ods(town: Town) -> AsyncIterator[Caller]:
    """With a key."""
    one = Caller(town)
    yield one
    await one.client.aclose()


async def test_a_practice_is_an_active_organisation_of_two_roles(ods: Caller) -> None:
    """§3.2, §3.4: prescribing cost centre first, GP practice second; names in capitals."""
    body = (await ods.get(f"Organization/{EMIS_PRACTICE}")).json()
    roles = [
        next(part["valueCoding"]["code"] for part in one["extension"] if part["url"] == "roleCode")
        for one in body["extension"]
        if one["url"].endswith("OrganisationRole")
    ]

    assert (EMIS_PRACTICE, True, body["name"].upper()) == (body["id"], body["active"], body["name"])
    assert ["RO177", "RO76"] == roles
    assert {"use": "official", "system": CODES, "value": EMIS_PRACTICE} == body["identifier"][0]


async def test_our_client_reads_what_ods_says(ods: Caller) -> None:
    """Open, closed, unknown, archived, and what is no practice."""
    world = ods.town.world
    world.close_practice(OTHER_EMIS_PRACTICE)
    ods.settings.archived = frozenset({TPP_PRACTICE})
    look = ods.ours.look_up

    assert Practice(OdsCode(EMIS_PRACTICE), f"PRACTICE {EMIS_PRACTICE}", is_open=True, is_gp_practice=True) == await look(
        OdsCode(EMIS_PRACTICE)
    )
    closed = await look(OdsCode(OTHER_EMIS_PRACTICE))
    assert isinstance(closed, Practice)
    assert (False, False) == (closed.is_open, closed.is_gp_practice)
    assert [NotInOds()] * 2 == [await look(OdsCode(code)) for code in ("Z99999", TPP_PRACTICE)]
    other = await look(OdsCode("X4S4L"))
    assert isinstance(other, Practice)
    assert (True, False) == (other.is_open, other.is_gp_practice)


async def test_ods_hears_with_its_own_lag(ods: Caller) -> None:
    """§3.1: news come once a day; a practice that opened yesterday may be unknown, one that closed still open."""
    world = ods.town.world
    world.lags = Lags(ods=timedelta(days=1))
    world.open_practice("A99977", "New Surgery", "emis")
    world.close_practice(EMIS_PRACTICE)
    before = [await ods.ours.look_up(OdsCode(code)) for code in ("A99977", EMIS_PRACTICE)]
    ods.town.future.move(timedelta(days=1))
    after = [await ods.ours.look_up(OdsCode(code)) for code in ("A99977", EMIS_PRACTICE)]

    assert NotInOds() == before[0]
    assert [True, True, False] == [one.is_open for one in (before[1], *after) if isinstance(one, Practice)]


async def test_an_unknown_code_is_not_known(ods: Caller) -> None:
    """§3.2: 404 with HAPI's words."""
    answer = await ods.get("Organization/XXX")

    assert 404 == answer.status_code
    assert "HAPI-2001: Resource Organization/XXX is not known" == answer.json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"_id={EMIS_PRACTICE.lower()}", [EMIS_PRACTICE]),
        (f"identifier={CODES}|{TPP_PRACTICE}", [TPP_PRACTICE]),
        ("name=practice B", [TPP_PRACTICE, "B99902"]),
        ("name:contains=99902", [OTHER_EMIS_PRACTICE, "B99902"]),
        ("name:exact=practice a99901", [EMIS_PRACTICE]),
        ("active=false", [OTHER_EMIS_PRACTICE]),
        ("roleCode=RO76&active=false", [OTHER_EMIS_PRACTICE]),
        ("activeRoleCode=RO76&_count=1", [EMIS_PRACTICE]),
        ("activeRoleCode=RO76&_count=1&_offset=1", [TPP_PRACTICE]),
        ("lastChangeDate=gt2026-01-01", [OTHER_EMIS_PRACTICE]),
        ("lastChangeDate=lt1974-01-01", []),
        ("lastChangeDate=2026-03-01", [OTHER_EMIS_PRACTICE]),
    ],
)
async def test_organisations_are_searched(ods: Caller, query: str, expected: list[str]) -> None:
    """§3.2."""
    ods.town.world.close_practice(OTHER_EMIS_PRACTICE)

    assert expected == await ods.found(query)


@pytest.mark.parametrize("query", ["colour=red", "name=ab"])
async def test_a_search_that_is_not_understood_is_refused(ods: Caller, query: str) -> None:
    """§3.2: 4xx, HAPI's words for what it does not know."""
    answer = await ods.get(f"Organization?{query}")

    assert (400, "OperationOutcome") == (answer.status_code, answer.json()["resourceType"])


async def test_a_count_is_enough(ods: Caller) -> None:
    """§3.2: `_summary=count`."""
    bundle = (await ods.get("Organization?_summary=count&roleCode=RO76")).json()

    assert (4, False) == (bundle["total"], "entry" in bundle)


def properties(parameters: Json) -> set[tuple[str, object]]:
    """Code and value of each property."""
    listed = parameters["parameter"]
    assert isinstance(listed, list)
    parts = [one["part"] for one in listed if one["name"] == "property"]
    return {(code["valueCode"], next(value for name, value in part.items() if name != "name")) for code, part in parts}


@pytest.mark.parametrize("in_ods", [True, False])
async def test_succession_is_told_by_the_code_system_where_it_is(ods: Caller, in_ods: bool) -> None:  # noqa: FBT001 - a column
    """§0.4, §3.2: not in the Organization, and of most practices nowhere; both sides hold it."""
    ods.town.world.merge_practices(OTHER_EMIS_PRACTICE, EMIS_PRACTICE, in_ods=in_ods)
    old, new = [
        properties((await ods.get(f"CodeSystem/$lookup?system={CODES}&code={code}&property=*")).json())
        for code in (OTHER_EMIS_PRACTICE, EMIS_PRACTICE)
    ]

    assert in_ods == (("successor", EMIS_PRACTICE) in old)
    assert in_ods == (("predecessor", OTHER_EMIS_PRACTICE) in new)
    assert {("inactive", True), ("role", "RO177"), ("role", "RO76"), ("primaryRole", "RO177")} <= old
    assert "success" not in (await ods.get(f"Organization/{OTHER_EMIS_PRACTICE}")).text.lower()


@pytest.mark.parametrize(("query", "status"), [(f"system={CODES}&code=XXX", 404), ("code=A99901", 400)])
async def test_a_look_up_may_miss(ods: Caller, query: str, status: int) -> None:
    """§3.2."""
    assert status == (await ods.get(f"CodeSystem/$lookup?{query}")).status_code


async def test_a_key_is_needed_and_a_rate_is_kept(ods: Caller) -> None:
    """§3.1: the gateway's answers are no FHIR, so they say nothing of a practice."""
    assert 401 == (await ods.get(f"Organization/{EMIS_PRACTICE}", api_key="another")).status_code
    ods.settings.limits = Limits(api_quota=Limit(1))
    assert [200, 429] == [(await ods.get(f"Organization/{EMIS_PRACTICE}")).status_code for _ in range(2)]
    assert isinstance(await ods.ours.look_up(OdsCode(EMIS_PRACTICE)), Unreachable)
