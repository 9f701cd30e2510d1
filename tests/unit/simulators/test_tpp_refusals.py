"""Every code that TPP refuses with: `gp-systems.md` §3.5."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gpic.simulators.people import Standing
from gpic.simulators.tpp import Generation
from tests.unit.simulators.town import (
    EMIS_PRACTICE,
    NUMBERS,
    OTHER_TPP_PRACTICE,
    TPP_PRACTICE,
    UUID_TEXT,
    Town,
    Tpp,
    connected,
    error_of,
    key_of,
    root_of,
)

pytestmark = pytest.mark.anyio

Setting = Callable[[Town], object]

COMMON: list[tuple[Setting, dict[str, str], str]] = [
    (lambda town: town.world.migrate_system(TPP_PRACTICE, "emis"), {}, "555"),
    (lambda town: town.world.practice_not_live(TPP_PRACTICE), {}, "6"),
    (lambda town: town.world.online_services_off(TPP_PRACTICE), {}, "6"),
    (lambda town: town.world.move_patient("cleo", OTHER_TPP_PRACTICE), {}, "555"),
    (lambda town: town.world.archive("cleo"), {}, "6"),
    (lambda town: town.world.set_standing("cleo", Standing.UNMATCHED), {}, "19"),
    (lambda _: None, {"lastName": "Okafo"}, "512"),
    (lambda _: None, {"dateOfBirth": "1984-02-18T00:00:00"}, "513"),
    (lambda town: town.world.lock_account("cleo"), {}, "509"),
    (lambda town: town.world.revoke_access("cleo", may_register_again=False), {}, "509"),
]
BY_NUMBER: list[tuple[Setting, dict[str, str], str]] = [
    *COMMON,
    (lambda _: None, {"nhsNumber": NUMBERS[-1].digits}, "554"),
    (lambda _: None, {"nhsNumber": "rubbish"}, "554"),
    (lambda town: town.world.move_patient("cleo", EMIS_PRACTICE), {}, "554"),
]


@pytest.mark.parametrize(("setting", "changes", "code"), BY_NUMBER)
@pytest.mark.parametrize("variant", [{"retrieveOnly": "y"}, {}], ids=["retrieve", "create"])
async def test_retrieve_and_create_are_refused_for_their_reasons(
    town: Town, tpp: Tpp, setting: Setting, changes: dict[str, str], code: str, variant: dict[str, str]
) -> None:
    """§3.5, row by row (G4); always HTTP 200."""
    cleo = town.settle("cleo", TPP_PRACTICE)
    setting(town)
    response = await tpp.link_account(**({"nhsNumber": cleo.number.digits} | variant | changes))

    assert (200, code) == (response.status_code, error_of(response))
    assert UUID_TEXT == root_of(response)["uuid"]


@pytest.mark.parametrize(
    ("setting", "changes", "code"),
    [
        *COMMON,
        (lambda _: None, {"passphrase": "wrong"}, "8"),
        (lambda _: None, {"accountId": "1"}, "8"),
        (lambda town: town.world.move_patient("cleo", EMIS_PRACTICE), {}, "555"),
        (lambda town: town.world.rotate_linkage_key("cleo"), {}, "8"),
    ],
)
async def test_linking_is_refused_for_its_reason(
    town: Town, tpp: Tpp, setting: Setting, changes: dict[str, str], code: str
) -> None:
    """§3.5, row by row (G1, G4)."""
    details = root_of(await tpp.retrieve(town.settle("cleo", TPP_PRACTICE)))
    setting(town)

    response = await tpp.link_account(**({"accountId": details["accountId"], "passphrase": key_of(details)} | changes))

    assert (200, code) == (response.status_code, error_of(response))


@pytest.mark.parametrize(
    ("setting", "changes", "code"),
    [
        (lambda town: town.world.migrate_system(TPP_PRACTICE, "emis"), {}, "9"),
        (lambda town: town.world.online_services_off(TPP_PRACTICE), {}, "6"),
        (lambda town: town.world.move_patient("cleo", EMIS_PRACTICE), {}, "9"),
        (lambda town: town.world.archive("cleo"), {}, "9"),
        (lambda town: town.world.lock_account("cleo"), {}, "9"),
        (lambda _: None, {"unitId": OTHER_TPP_PRACTICE}, "9"),
        (lambda _: None, {"providerId": "stranger"}, "5"),
    ],
)
async def test_authenticate_is_refused_for_its_reason(
    town: Town, tpp: Tpp, setting: Setting, changes: dict[str, str], code: str
) -> None:
    """§3.5, §10 TPP 5 (G4)."""
    account_id, passphrase = await connected(town, tpp)
    setting(town)
    known = {"unitId": TPP_PRACTICE, "accountId": account_id, "passphrase": passphrase, "providerId": tpp.provider}

    assert code == error_of(await tpp.send("Authenticate", **(known | changes)))


async def test_a_provider_that_nobody_registered_gets_5(town: Town, tpp: Tpp) -> None:
    """§3.5."""
    response = await Tpp(tpp.client, "stranger").retrieve(town.settle("cleo", TPP_PRACTICE))

    assert "5" == error_of(response)


@pytest.mark.parametrize(("born", "code"), [("2010-03-01", ""), ("2010-03-02", "553")])
async def test_creating_wants_sixteen_years(town: Town, tpp: Tpp, born: str, code: str) -> None:
    """553, on the world clock."""
    fay = town.settle("fay", TPP_PRACTICE, account=False, born=born)

    assert code == error_of(await tpp.create(fay, dateOfBirth=f"{born}T00:00:00"))


async def test_creation_may_stumble_and_succeed_when_sent_again(town: Town, tpp: Tpp) -> None:
    """556 is transient."""
    town.tpp.stumbles = 1
    dan = town.settle("dan", TPP_PRACTICE, account=False)

    assert ["556", ""] == [error_of(await tpp.create(dan)) for _ in range(2)]


async def test_the_older_generation_says_8(town: Town, tpp: Tpp) -> None:
    """§3.5: 19 and the 5xx belong to the newer one."""
    town.tpp.generation = Generation.OLDER
    cleo = town.settle("cleo", TPP_PRACTICE)

    assert "8" == error_of(await tpp.retrieve(cleo, lastName="Okafo"))
