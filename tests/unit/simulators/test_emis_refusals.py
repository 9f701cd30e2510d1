"""Every code that EMIS refuses with: `gp-systems.md` §2.4 to §2.6."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from gpic.simulators.accounts import AccountStatus
from gpic.simulators.emis import Generation
from gpic.simulators.people import Standing
from tests.unit.simulators.town import EMIS_PRACTICE, TPP_PRACTICE, Emis, Json, Town

pytestmark = pytest.mark.anyio

Setting = Callable[[Town], object]

API_V2_OFF = "Patient Facing Services API v2 is not enabled at this practice"
SERVICES_OFF = "Patient Facing Services are not enabled by this practice"


def told(response: httpx2.Response) -> tuple[int, int]:
    """Status and code."""
    return response.status_code, response.json()["InternalResponseCode"]


def account(town: Town, status: AccountStatus) -> None:
    """Ada's account is now of this status."""
    town.world.account_of("ada").status = status  # type: ignore[union-attr] # she has one


def belongs_to_somebody_else(town: Town) -> None:
    """Ada's account is not linked with her."""
    town.world.account_of("ada").belongs_to_patient = False  # type: ignore[union-attr] # she has one


def drop_account(town: Town) -> None:
    """As if there had never been one."""
    account(town, AccountStatus.NOT_REGISTERED)


PRACTICE: list[tuple[Setting, int, int]] = [
    (lambda town: town.world.migrate_system(EMIS_PRACTICE, "tpp"), 400, -1001),
    (lambda town: town.world.practice_not_live(EMIS_PRACTICE), 400, -1401),
    (lambda town: town.world.online_services_off(EMIS_PRACTICE), 403, -1030),
    (lambda town: town.world.online_services_off(EMIS_PRACTICE, only_api_v2=True), 403, -1030),
]

VERIFICATION: list[tuple[Setting, int, int]] = [
    *PRACTICE,
    (lambda town: town.world.move_patient("ada", TPP_PRACTICE), 404, -1551),
    (lambda town: town.world.set_standing("ada", Standing.SEVERAL_RECORDS), 400, -1555),
    (lambda town: town.world.archive("ada"), 400, -1552),
    (lambda town: town.world.set_standing("ada", Standing.NON_COMPETENT), 400, -1553),
    (lambda town: town.world.set_standing("ada", Standing.STATUS_INVALID), 400, -1554),
    (drop_account, 404, -1104),
    (lambda town: account(town, AccountStatus.ARCHIVED), 400, -1107),
    (lambda town: town.world.lock_account("ada"), 400, -1107),
    (belongs_to_somebody_else, 400, -1109),
]


@pytest.mark.parametrize(("setting", "status", "code"), VERIFICATION)
async def test_a_verification_is_refused_for_its_reason(
    town: Town, emis: Emis, setting: Setting, status: int, code: int
) -> None:
    """E4, row by row (G4)."""
    ada = town.settle("ada")
    await emis.begin()
    setting(town)

    assert (status, code) == told(await emis.verify(ada))


CREATION: list[tuple[Setting, int, int]] = [
    *PRACTICE,
    (lambda town: town.world.deregister("ada"), 404, -1551),
    (lambda town: town.world.archive("ada"), 400, -1552),
    (lambda town: town.world.set_standing("ada", Standing.NON_COMPETENT), 400, -1553),
    (lambda town: account(town, AccountStatus.ARCHIVED), 400, -1107),
    (lambda town: town.world.lock_account("ada"), 400, -1107),
    (lambda _: None, 409, -1110),
    (lambda town: setattr(town.emis, "account_exists_code", 0), 409, 0),
]


@pytest.mark.parametrize(("setting", "status", "code"), CREATION)
async def test_a_creation_is_refused_for_its_reason(town: Town, emis: Emis, setting: Setting, status: int, code: int) -> None:
    """E5, row by row (G4)."""
    ada = town.settle("ada")
    await emis.begin()
    setting(town)

    assert (status, code) == told(await emis.create(ada))


@pytest.mark.parametrize(
    ("born", "retrieved", "created"),
    [
        ("2010-03-01", (404, -1104), 201),  # sixteen today
        ("2010-03-02", (404, -1104), (400, -1553)),
        ("2013-03-01", (404, -1104), (400, -1553)),  # thirteen today
        ("2013-03-02", (400, -1553), (400, -1553)),
    ],
)
async def test_age_counts_on_the_world_clock(
    town: Town, emis: Emis, born: str, retrieved: tuple[int, int], created: tuple[int, int] | int
) -> None:
    """-1553: under 13 nothing, under 16 no creation."""
    fay = town.settle("fay", account=False, born=born)
    await emis.begin()

    first = await emis.verify(fay)
    second = await emis.create(fay)

    assert retrieved == told(first)
    assert created == (told(second) if second.status_code != 201 else 201)


async def test_the_young_may_link_with_details_that_their_practice_issued(town: Town, emis: Emis) -> None:
    """§8: 13 to 15."""
    town.settle("fay", born="2011-06-01")
    issued = town.world.account_of("fay")
    assert issued is not None
    await emis.begin()

    linked = await emis.link(
        {"AccountId": issued.account_id, "LinkageKey": issued.linkage_key}, DateOfBirth="2011-06-01T00:00:00"
    )

    assert 201 == linked.status_code


LINKING: list[tuple[Setting, Json, int, int, str]] = [
    (lambda _: None, {"AccountId": "1" * 21}, 400, -1017, "AccountId length outside of valid range"),
    (lambda _: None, {"LinkageKey": ""}, 400, -1017, "LinkageKey length outside of valid range"),
    (lambda _: None, {"Surname": "x" * 101}, 400, -1017, "Surname length outside of valid range"),
    (PRACTICE[0][0], {}, 400, -1001, "No organisation found for NationalPracticeCode"),
    (PRACTICE[1][0], {}, 400, -1401, "Practice is not live"),
    (PRACTICE[2][0], {}, 403, -1030, SERVICES_OFF),
    (PRACTICE[3][0], {}, 403, -1030, API_V2_OFF),
    (lambda _: None, {"AccountId": "1"}, 404, -1104, "No registered online user found for given linkage details"),
    (lambda _: None, {"LinkageKey": "no"}, 400, -1105, "Invalid linkage details"),
    (lambda _: None, {"Surname": "Okafo"}, 400, -1106, "No match found for given demographics"),
    (lambda _: None, {"DateOfBirth": "1984-02-18T00:00:00"}, 400, -1106, "No match found for given demographics"),
    (lambda town: town.world.archive("ada"), {}, 400, -1552, "Patient is archived"),
    (lambda town: account(town, AccountStatus.ARCHIVED), {}, 400, -1107, "Account status is invalid"),
    (lambda town: town.world.move_patient("ada", TPP_PRACTICE), {}, 404, -1104, "No registered online user"),
]


@pytest.mark.parametrize(("setting", "changes", "status", "code", "message"), LINKING)
async def test_linking_is_refused_for_its_reason(  # noqa: PLR0917 -- a table's columns
    town: Town, emis: Emis, setting: Setting, changes: Json, status: int, code: int, message: str
) -> None:
    """E3, row by row, with the message in both places (G4)."""
    ada = town.settle("ada")
    await emis.begin()
    details = (await emis.verify(ada)).json()
    setting(town)

    others = {name: str(value) for name, value in changes.items() if name in {"Surname", "DateOfBirth"}}
    response = await emis.link({**details, **changes}, **others)

    assert (status, code) == told(response)
    assert message in response.json()["Message"]
    assert response.json()["Message"] == response.json()["Exceptions"][0]["Message"]


async def test_surnames_match_whatever_their_case_and_outer_spaces(town: Town, emis: Emis) -> None:
    """§10 EMIS 5."""
    ada = town.settle("ada")
    await emis.begin()

    assert 201 == (await emis.link((await emis.verify(ada)).json(), Surname="  OKAFOR ")).status_code


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"AccountId": "1"}, "No registered online user found for given linkage details"),
        ({"LinkageKey": "no"}, "Invalid linkage details"),
        ({"Surname": "Okafo"}, "No match found for given demographics"),
    ],
)
async def test_the_older_generation_says_it_with_500(town: Town, emis: Emis, changes: dict[str, str], message: str) -> None:
    """§2.5: the same messages, 500 and -1002, told apart by the message alone."""
    town.emis.generation = Generation.OLDER
    ada = town.settle("ada")
    await emis.begin()
    details = (await emis.verify(ada)).json()

    response = await emis.link({**details, **changes}, **{name: text for name, text in changes.items() if name == "Surname"})

    assert (500, -1002) == told(response)
    assert message == response.json()["Exceptions"][0]["Message"]


SESSION: list[tuple[Setting, int, str]] = [
    (lambda town: town.world.rotate_linkage_key("ada"), 403, "Actual account status is 'NotRegistered'"),
    (lambda town: town.world.expire_linkage_key("ada"), 403, "Actual account status is 'NotRegistered'"),
    (lambda town: town.world.revoke_access("ada"), 403, "Actual account status is 'NotRegistered'"),
    (lambda town: town.world.move_patient("ada", TPP_PRACTICE), 403, "Actual account status is 'NotRegistered'"),
    (lambda town: town.world.archive("ada"), 403, "Actual account status is 'NotRegistered'"),
    (lambda town: town.world.lock_account("ada"), 403, "Actual account status is 'Archived'"),
    (lambda town: town.world.reset_account("ada", drops_links=True), 403, "Actual account status is 'NotRegistered'"),
    (PRACTICE[0][0], 400, "No organisation found"),
    (PRACTICE[1][0], 400, "Practice is not live"),
    (PRACTICE[2][0], 403, SERVICES_OFF),
    (PRACTICE[3][0], 403, API_V2_OFF),
]


@pytest.mark.parametrize(("setting", "status", "message"), SESSION)
async def test_a_session_is_refused_for_its_reason(town: Town, emis: Emis, setting: Setting, status: int, message: str) -> None:
    """E2, row by row (G1, G4)."""
    guid = await emis.token(town.settle("ada"))
    setting(town)

    response = await emis.session(guid)

    assert status == response.status_code
    assert message in response.json()["Exceptions"][0]["Message"]


async def test_the_older_generation_refuses_sessions_with_500(town: Town, emis: Emis) -> None:
    """§2.6: 500 and -1030 with the same words."""
    town.emis.generation = Generation.OLDER
    guid = await emis.token(town.settle("ada"))
    town.world.rotate_linkage_key("ada")

    response = await emis.session(guid)

    assert (500, -1030) == told(response)
    assert "'NotRegistered'" in response.json()["Message"]


@pytest.mark.parametrize("token", [None, "", "  "])
async def test_a_blank_identity_token_is_refused(town: Town, emis: Emis, token: str | None) -> None:
    """§2.2 E4: `Token` is required."""
    ada = town.settle("ada")
    await emis.begin()

    assert (400, -1014) == told(await emis.verify(ada, token=token))


async def test_a_creation_wants_an_email(town: Town, emis: Emis) -> None:
    """§2.2 E5."""
    ben = town.settle("ben", account=False)
    await emis.begin()

    assert (400, -1014) == told(await emis.create(ben, email=" "))


async def test_every_envelope_carries_a_reference_and_a_negative_code(town: Town, emis: Emis) -> None:
    """§2.3, §10 EMIS 7."""
    ada = town.settle("ada", account=False)
    await emis.begin()

    body = (await emis.verify(ada)).json()

    assert {"Message", "InternalResponseCode", "ErrorReference", "Exceptions"} <= set(body)
    assert body["InternalResponseCode"] < 0
    assert body["Exceptions"][0]["IsRootException"] is True
