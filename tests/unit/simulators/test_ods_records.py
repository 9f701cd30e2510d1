"""What ODS tells beside the Organization: kinds of records, what was taken out, ORD and the Spine Directory (§3, §6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from gpic.demographics.ods.client import NotInOds, OdsClient, Practice
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.simulators.ods import OdsSettings, ods_app
from gpic.simulators.ods.devices import INTERACTIONS
from gpic.simulators.ods.organisations import CODES
from tests.unit.simulators.town import EMIS_PRACTICE, OTHER_EMIS_PRACTICE, OTHER_TPP_PRACTICE, TPP_PRACTICE, Json, Town

pytestmark = pytest.mark.anyio

FHIR = "/organisation-data-terminology-api/fhir/"
THIS_ONE = frozenset({EMIS_PRACTICE})


class Caller:
    """Somebody with an API key."""

    def __init__(self, town: Town) -> None:
        self.town, self.settings = town, OdsSettings(names={"key-1": "NHS login"})
        app = ods_app(town.world, town.journal, town.faults, self.settings)
        transport, headers = httpx2.ASGITransport(app), {"apikey": "key-1"}
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://ods.test", headers=headers)
        self.fhir = httpx2.AsyncClient(transport=transport, base_url=f"http://ods.test{FHIR}")

    async def ours(self, code: str) -> object:
        """What our client makes of a code."""
        return await OdsClient(self.fhir, Secret("key-1")).look_up(OdsCode(code))

    async def record(self, code: str) -> Json:
        """ORD's record; it wants no key."""
        answer = await self.client.get(f"/ORD/2-0-0/organisations/{code}", headers={"apikey": ""})
        assert 200 == answer.status_code
        found: Json = answer.json()["Organisation"]
        return found

    async def successions(self, code: str) -> list[tuple[object, ...]]:
        """Type, target, and whether it went on from there."""
        record = await self.record(code)
        succs = record.get("Succs", {"Succ": []})
        assert isinstance(succs, dict)
        return [(one["Type"], one["Target"]["OrgId"]["extension"], one.get("forwardSuccession")) for one in succs["Succ"]]


@pytest.fixture
async def ods(town: Town) -> AsyncIterator[Caller]:
    """With a key."""
    one = Caller(town)
    yield one
    await one.client.aclose()
    await one.fhir.aclose()


@pytest.mark.parametrize(
    ("kind", "is_open", "is_gp_practice", "roles"),
    [
        ("legally_closed", True, True, [("RO177", "Active"), ("RO76", "Active")]),
        ("never_practices", True, False, [("RO177", "Active")]),
        ("former_practices", True, False, [("RO177", "Active"), ("RO76", "Inactive")]),
    ],
)
async def test_a_practice_is_what_its_active_role_says(
    ods: Caller,
    kind: str,
    is_open: bool,  # noqa: FBT001 - a column
    is_gp_practice: bool,  # noqa: FBT001 - a column
    roles: list[tuple[str, str]],
) -> None:
    """§3.4, §6: RO177 alone is no GP practice, an inactive RO76 neither; open is what is open operationally. In both APIs."""
    setattr(ods.settings, kind, THIS_ONE)
    found, record = await ods.ours(EMIS_PRACTICE), await ods.record(EMIS_PRACTICE)

    assert isinstance(found, Practice)
    assert (is_open, is_gp_practice) == (found.is_open, found.is_gp_practice)
    held = record["Roles"]
    assert isinstance(held, dict)
    assert roles == [(role["id"], role["Status"]) for role in held["Role"]]
    assert ["primaryRole" in role for role in held["Role"]] == [True, *[False] * (len(roles) - 1)]


async def test_a_record_may_be_closed_legally_and_open_operationally(ods: Caller) -> None:
    """§3.4: Status follows the operational dates."""
    ods.settings.legally_closed = THIS_ONE
    record = await ods.record(EMIS_PRACTICE)
    dates = record["Date"]
    assert isinstance(dates, list)

    assert "Active" == record["Status"]
    assert {"Operational": False, "Legal": True} == {one["Type"]: "End" in one for one in dates}


async def test_a_record_may_be_but_a_reference(ods: Caller) -> None:
    """§3.2, §3.4: RefOnly has neither roles nor address, and is no open practice."""
    ods.settings.ref_only = THIS_ONE
    body = (await ods.client.get(f"{FHIR}Organization/{EMIS_PRACTICE}")).json()

    assert ("RefOnly", False, False) == (body["type"][0]["coding"][0]["code"], body["active"], "address" in body)
    assert "Roles" not in await ods.record(EMIS_PRACTICE)
    assert 200 == (await ods.client.get(f"{FHIR}CodeSystem/$lookup?system={CODES}&code={EMIS_PRACTICE}")).status_code
    found = await ods.ours(EMIS_PRACTICE)
    assert isinstance(found, Practice)
    assert (False, False) == (found.is_open, found.is_gp_practice)


async def test_what_was_taken_out_is_listed(ods: Caller) -> None:
    """§3.2, §3.4: an archived code is 404 in both APIs, and stands in the list of deletions; its sisters are empty."""
    ods.settings.archived = THIS_ONE
    lists = [
        (await ods.client.get(f"{FHIR}List/{name}-deletion")).json()
        for name in ("Organization", "OrganizationRole", "OrganizationAffiliation", "OrganizationSuccession")
    ]

    assert [EMIS_PRACTICE] == [entry["item"]["identifier"]["value"] for entry in lists[0]["entry"]]
    assert ["List"] * 4 == [one["resourceType"] for one in lists]
    assert not any("entry" in one for one in lists[1:])
    assert 404 == (await ods.client.get(f"{FHIR}List/another")).status_code
    assert 404 == (await ods.client.get(f"/ORD/2-0-0/organisations/{EMIS_PRACTICE}")).status_code
    assert NotInOds() == await ods.ours(EMIS_PRACTICE)


async def test_nothing_moves_within_the_day(ods: Caller) -> None:
    """§3.1, §6: with a daily round, what happened at noon shows after two in the morning, in both APIs; succession too."""
    ods.settings.daily = True
    ods.town.world.merge_practices(OTHER_EMIS_PRACTICE, EMIS_PRACTICE, in_ods=True)

    async def seen() -> tuple[object, ...]:
        found, record = await ods.ours(OTHER_EMIS_PRACTICE), await ods.record(OTHER_EMIS_PRACTICE)
        assert isinstance(found, Practice)
        return found.is_open, record["Status"], len(await ods.successions(OTHER_EMIS_PRACTICE))

    at_noon = await seen()
    ods.town.future.move(timedelta(hours=13))
    at_night = await seen()
    ods.town.future.move(timedelta(hours=2))

    assert [(True, "Active", 0)] * 2 + [(False, "Inactive", 1)] == [at_noon, at_night, await seen()]


async def test_a_practice_merges_without_succession(ods: Caller) -> None:
    """§0.4, §6: the default for GP practices."""
    ods.town.world.merge_practices(OTHER_EMIS_PRACTICE, EMIS_PRACTICE)

    assert "Succs" not in await ods.record(OTHER_EMIS_PRACTICE)


async def test_successions_make_chains(ods: Caller) -> None:
    """§3.3, §3.4: both sides hold it, immediate links only; `forwardSuccession` says that the target was itself succeeded."""
    world = ods.town.world
    world.merge_practices(OTHER_EMIS_PRACTICE, EMIS_PRACTICE, in_ods=True)
    world.merge_practices(EMIS_PRACTICE, TPP_PRACTICE, in_ods=True)

    assert [("Successor", EMIS_PRACTICE, True)] == await ods.successions(OTHER_EMIS_PRACTICE)
    assert [("Predecessor", OTHER_EMIS_PRACTICE, None), ("Successor", TPP_PRACTICE, None)] == await ods.successions(
        EMIS_PRACTICE
    )


async def test_successions_may_be_many_and_may_go_round(ods: Caller) -> None:
    """§3.3, §6: a practice that divides has several successors; two that took over from one another make a loop."""
    world = ods.town.world
    world.divide_practice(EMIS_PRACTICE, "A99903", [], in_ods=True)
    world.divide_practice(EMIS_PRACTICE, "A99904", [], in_ods=True)
    world.merge_practices(TPP_PRACTICE, OTHER_TPP_PRACTICE, in_ods=True)
    world.merge_practices(OTHER_TPP_PRACTICE, TPP_PRACTICE, in_ods=True)

    assert [("Successor", "A99903", None), ("Successor", "A99904", None)] == await ods.successions(EMIS_PRACTICE)
    round_and_round = [("Successor", OTHER_TPP_PRACTICE, True), ("Predecessor", OTHER_TPP_PRACTICE, None)]
    assert round_and_round == await ods.successions(TPP_PRACTICE)


async def test_ord_lists_practices(ods: Caller) -> None:
    """§3.3: by roles and status, page by page."""
    ods.town.world.close_practice(OTHER_EMIS_PRACTICE)
    query = "PrimaryRoleId=RO177&NonPrimaryRoleId=RO76&Status=Active&Limit=2"
    pages = [(await ods.client.get(f"/ORD/2-0-0/organisations?{query}&Offset={first}")).json() for first in (0, 2)]

    assert [[EMIS_PRACTICE, TPP_PRACTICE], [OTHER_TPP_PRACTICE]] == [
        [one["OrgId"] for one in page["Organisations"]] for page in pages
    ]


@pytest.mark.parametrize(("days", "status"), [(0, 200), (185, 200), (186, 406)])
async def test_ord_tells_what_changed_but_not_from_long_ago(ods: Caller, days: int, status: int) -> None:
    """§3.3: only links, and at most 185 days back."""
    ods.town.world.close_practice(OTHER_EMIS_PRACTICE)
    since = (ods.town.world.now() - timedelta(days=days)).date()
    answer = await ods.client.get(f"/ORD/2-0-0/sync?LastChangeDate={since}")

    assert status == answer.status_code
    if status == 200:
        (line,) = answer.json()["Organisations"]
        assert ["OrgLink"] == list(line)
        assert line["OrgLink"].endswith(f"/ORD/2-0-0/organisations/{OTHER_EMIS_PRACTICE}")


async def test_a_sync_wants_a_day(ods: Caller) -> None:
    """§3.3."""
    assert 406 == (await ods.client.get("/ORD/2-0-0/sync?LastChangeDate=yesterday")).status_code


@pytest.mark.parametrize(
    ("practice", "makers"),
    [
        (EMIS_PRACTICE, ["YGJ"]),
        (TPP_PRACTICE, ["YGA"]),
        (OTHER_EMIS_PRACTICE, ["YGJ", "YGA"]),
        ("C99901", ["ZZ901"]),
        ("C99902", []),
    ],
)
async def test_the_spine_directory_tells_who_made_a_practices_system(ods: Caller, practice: str, makers: list[str]) -> None:
    """§3.6, §6: none, one, or several during a migration; a new supplier has a code of its own."""
    ods.town.world.add_practice("C99901", "Practice C99901", "medicus")
    ods.town.world.add_practice("C99902", "Practice C99902", "somebody")
    ods.settings.two_systems = frozenset({OTHER_EMIS_PRACTICE})
    query = f"organization={CODES}|{practice}&identifier={INTERACTIONS}|urn:nhs:names:services:gpconnect"
    bundle = (await ods.client.get(f"/spine-directory/FHIR/R4/Device?{query}")).json()
    found = [entry["resource"]["extension"][0]["valueReference"]["identifier"]["value"] for entry in bundle["entry"]]

    assert (len(makers), makers) == (bundle["total"], found)


async def test_the_spine_directory_always_wants_an_interaction_and_a_key(ods: Caller) -> None:
    """§3.6: there is no plain list of a practice's systems."""
    path = f"/spine-directory/FHIR/R4/Device?organization={CODES}|{EMIS_PRACTICE}"

    assert 400 == (await ods.client.get(path)).status_code
    assert 401 == (await ods.client.get(path, headers={"apikey": "another"})).status_code
