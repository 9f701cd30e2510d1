"""Each adapter before its stand-in: what happened in the world, and what the adapter must make of it (`gp-systems.md`).

Adapter and stand-in were written from the facts and not from each other; where they differ, the facts decide.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gpic.nhs.answers import (
    Accepted,
    AlreadyLinked,
    Found,
    Linked,
    NoAccount,
    Opened,
    Reason,
    Refused,
    Rejected,
    Unreachable,
)
from gpic.simulators.accounts import Account, AccountStatus
from gpic.simulators.emis import EmisSwitches
from gpic.simulators.emis import switches as emis
from gpic.simulators.people import Standing
from gpic.simulators.tpp import TppSwitches
from gpic.simulators.tpp import switches as tpp
from gpic.simulators.world import World
from tests.ports.gp_counter import PARTNER, WITH_ACCOUNT, WITHOUT, Counter

pytestmark = pytest.mark.anyio

Happening = Callable[[World], object]


def account(world: World, slug: str) -> Account:
    """The account that the patient has."""
    found = world.account_of(slug)
    assert found is not None
    return found


def lose(slug: str, **state: object) -> Happening:
    """Somebody at the practice changes the patient's account."""

    def happen(world: World) -> None:
        for name, value in state.items():
            setattr(account(world, slug), name, value)

    return happen


def young(slug: str) -> Happening:
    """The patient is fourteen."""

    def happen(world: World) -> None:
        world.patient(slug).birth_date = f"{world.clocks.world.now().year - 14}-01-01"

    return happen


def nothing(world: World) -> None:
    """The world as it is."""


EVERYWHERE: dict[str, tuple[Happening, Reason]] = {
    "not live": (lambda world: world.practice_not_live("A99901"), Reason.PRACTICE_NOT_LIVE),
    "services off": (lambda world: world.online_services_off("A99901"), Reason.ONLINE_SERVICES_OFF),
    "interface off": (lambda world: world.online_services_off("A99901", only_api_v2=True), Reason.ONLINE_SERVICES_OFF),
}
RETRIEVE: dict[str, tuple[str, str, Happening, object]] = {
    "emis: no account": ("emis", "ben", nothing, NoAccount()),
    "emis: not registered": ("emis", "eve", nothing, NoAccount()),
    "emis: archived": ("emis", "ada", lambda world: world.archive("ada"), Refused(Reason.ARCHIVED)),
    "emis: not competent": (
        "emis",
        "ada",
        lambda world: world.set_standing("ada", Standing.NON_COMPETENT),
        Refused(Reason.UNDER_AGE),
    ),
    "emis: status": (
        "emis",
        "ada",
        lambda world: world.set_standing("ada", Standing.STATUS_INVALID),
        Refused(Reason.STATUS_NOT_VALID),
    ),
    "emis: several": (
        "emis",
        "ada",
        lambda world: world.set_standing("ada", Standing.SEVERAL_RECORDS),
        Refused(Reason.SEVERAL_RECORDS),
    ),
    "emis: account archived": ("emis", "ada", lose("ada", status=AccountStatus.ARCHIVED), Refused(Reason.ARCHIVED)),
    "emis: somebody's": ("emis", "ada", lose("ada", belongs_to_patient=False), Refused(Reason.ACCOUNT_NOT_PATIENTS)),
    **{f"emis: {name}": ("emis", "ada", happening, Refused(why)) for name, (happening, why) in EVERYWHERE.items()},
    "tpp: no account": ("tpp", "dan", nothing, NoAccount()),
    "tpp: unmatched": (
        "tpp",
        "cleo",
        lambda world: world.set_standing("cleo", Standing.UNMATCHED),
        Refused(Reason.NOT_PDS_MATCHED),
    ),
    "tpp: gone": ("tpp", "cleo", lambda world: world.deregister("cleo"), Refused(Reason.NOT_REGISTERED)),
    "tpp: moved": (
        "tpp",
        "cleo",
        lambda world: world.move_patient("cleo", "B99902", pds=False),
        Refused(Reason.NOT_REGISTERED),
    ),
    "tpp: locked": ("tpp", "cleo", lambda world: world.lock_account("cleo"), Refused(Reason.LOCKED)),
}
CREATE: dict[str, tuple[str, str, Happening, object]] = {
    "emis: has one": ("emis", "ada", nothing, Refused(Reason.ACCOUNT_EXISTS)),
    "emis: under 16": ("emis", "ben", young("ben"), Refused(Reason.UNDER_AGE)),
    "emis: not registered": ("emis", "eve", nothing, Refused(Reason.NOT_REGISTERED)),
    "emis: archived": ("emis", "ben", lambda world: world.archive("ben"), Refused(Reason.ARCHIVED)),
    "emis: account archived": ("emis", "ada", lose("ada", status=AccountStatus.ARCHIVED), Refused(Reason.ARCHIVED)),
    **{f"emis: {name}": ("emis", "ben", happening, Refused(why)) for name, (happening, why) in EVERYWHERE.items()},
    "tpp: under 16": ("tpp", "dan", young("dan"), Refused(Reason.UNDER_AGE)),
    "tpp: gone": ("tpp", "dan", lambda world: world.deregister("dan"), Refused(Reason.NOT_REGISTERED)),
    "tpp: unmatched": (
        "tpp",
        "dan",
        lambda world: world.set_standing("dan", Standing.UNMATCHED),
        Refused(Reason.NOT_PDS_MATCHED),
    ),
}


@pytest.mark.parametrize("case", RETRIEVE)
async def test_a_retrieve_tells_what_the_matter_is(case: str) -> None:
    """§2.5 E4, §3.5: N11's reasons; without an account there is none, whatever the reason."""
    supplier, slug, happening, answer = RETRIEVE[case]
    counter = Counter()
    applicant = counter.applicant(slug)
    happening(counter.world)

    assert answer == await counter.adapter(supplier).retrieve(applicant)


@pytest.mark.parametrize("case", CREATE)
async def test_opening_an_account_tells_what_the_matter_is(case: str) -> None:
    """§2.5 E5, §3.5: here the refusal is the last word (N11)."""
    supplier, slug, happening, answer = CREATE[case]
    counter = Counter()
    practice = counter.world.patient(slug).pds.practice
    happening(counter.world)

    assert answer == await counter.adapter(supplier).open_account(counter.applicant(slug, practice))


@pytest.mark.parametrize("supplier", ["emis", "tpp"])
async def test_details_are_found_and_found_again(supplier: str) -> None:
    """§2.2 E4, §3.2: 201 and then 409 at EMIS, the same details; at TPP as often as one likes."""
    counter, slug = Counter(), WITH_ACCOUNT[supplier]
    adapter = counter.adapter(supplier)

    for question in (adapter.retrieve, adapter.retrieve, adapter.verify_anew):
        assert Found(counter.details(slug)) == await question(counter.applicant(slug))


@pytest.mark.parametrize("supplier", ["emis", "tpp"])
async def test_an_opened_account_has_a_token_that_works(supplier: str) -> None:
    """N10: creation yields our own token; EMIS tells the details on the next retrieve, TPP at once."""
    counter, slug = Counter(), WITHOUT[supplier]
    adapter = counter.adapter(supplier)

    opened = await adapter.open_account(counter.applicant(slug))

    assert isinstance(opened, Opened)
    assert (None if supplier == "emis" else counter.details(slug)) == opened.credentials
    assert Found(counter.details(slug)) == await adapter.retrieve(counter.applicant(slug))
    assert isinstance(await adapter.check(opened.token, counter.practice(slug)), Accepted)
    # The partner has its own way to its own token, with the same key.
    assert isinstance(await counter.adapter(supplier, PARTNER).link(counter.demographics(slug), counter.details(slug)), Linked)


@pytest.mark.parametrize("code", [0, -1110])
async def test_emis_tells_that_an_account_exists_in_two_ways(code: int) -> None:
    """§2.2 E5: 409 with 0 or -1110."""
    counter = Counter(emis_switches=EmisSwitches(account_exists_code=code))

    assert Refused(Reason.ACCOUNT_EXISTS) == await counter.adapter("emis").open_account(counter.applicant("ada"))


LINK: dict[str, tuple[str, dict[str, str], dict[str, str], Happening, object]] = {
    "emis: wrong key": ("emis", {"linkage_key": "kT4m9XqZ2bLp"}, {}, nothing, Rejected(Reason.KEY_INVALID)),
    "emis: wrong account": ("emis", {"account_id": "2917340058"}, {}, nothing, Rejected(Reason.ACCOUNT_UNKNOWN)),
    "emis: surname": ("emis", {}, {"family_name": "Sonnenschein"}, nothing, Refused(Reason.DEMOGRAPHICS_DIFFER)),
    "emis: birth date": ("emis", {}, {"birth_date": "1984-02-18"}, nothing, Refused(Reason.DEMOGRAPHICS_DIFFER)),
    "emis: long account": ("emis", {"account_id": "1" * 500}, {}, nothing, Rejected(Reason.MALFORMED)),
    "emis: long key": ("emis", {"linkage_key": "k" * 500}, {}, nothing, Rejected(Reason.MALFORMED)),
    "emis: practice": ("emis", {"ods_code": "Z12345"}, {}, nothing, Refused(Reason.PRACTICE_UNKNOWN)),
    "emis: archived": ("emis", {}, {}, lambda world: world.archive("ada"), Refused(Reason.ARCHIVED)),
    "emis: account archived": ("emis", {}, {}, lose("ada", status=AccountStatus.ARCHIVED), Refused(Reason.ARCHIVED)),
    "emis: rotated": ("emis", {}, {}, lambda world: world.rotate_linkage_key("ada"), Rejected(Reason.KEY_INVALID)),
    "emis: expired": ("emis", {}, {}, lambda world: world.expire_linkage_key("ada"), Rejected(Reason.KEY_INVALID)),
    "emis: moved": ("emis", {}, {}, lambda world: world.move_patient("ada", "A99902"), Rejected(Reason.ACCOUNT_UNKNOWN)),
    **{f"emis: {name}": ("emis", {}, {}, happening, Refused(why)) for name, (happening, why) in EVERYWHERE.items()},
    "tpp: wrong key": ("tpp", {"linkage_key": "q7f2!w/9dk4"}, {}, nothing, Rejected(Reason.KEY_INVALID)),
    "tpp: wrong account": ("tpp", {"account_id": "501772913"}, {}, nothing, Rejected(Reason.KEY_INVALID)),
    "tpp: surname": ("tpp", {}, {"family_name": "Sonnenschein"}, nothing, Refused(Reason.DEMOGRAPHICS_DIFFER)),
    "tpp: birth date": ("tpp", {}, {"birth_date": "1966-07-28"}, nothing, Refused(Reason.DEMOGRAPHICS_DIFFER)),
    "tpp: rotated": ("tpp", {}, {}, lambda world: world.rotate_linkage_key("cleo"), Rejected(Reason.KEY_INVALID)),
    "tpp: expired": ("tpp", {}, {}, lambda world: world.expire_linkage_key("cleo"), Rejected(Reason.KEY_INVALID)),
    "tpp: locked": ("tpp", {}, {}, lambda world: world.lock_account("cleo"), Refused(Reason.LOCKED)),
}


@pytest.mark.parametrize("case", LINK)
@pytest.mark.parametrize("older", [False, True])
async def test_linking_tells_whose_fault_it_is(case: str, older: bool) -> None:  # noqa: FBT001
    """§2.5 E3, §3.5, N13: Rejected is the secret's own fault, in both generations; each is asked for once."""
    supplier, falsified, misnamed, happening, answer = LINK[case]
    counter, slug = Counter(), WITH_ACCOUNT[supplier]
    if older:
        counter.emis_switches.generation = emis.Generation.OLDER
        counter.tpp_switches.generation = tpp.Generation.OLDER
    details, demographics = counter.details(slug, **falsified), counter.demographics(slug, **misnamed)
    happening(counter.world)

    actual = await counter.adapter(supplier).link(demographics, details)

    operations = [message.operation for message in counter.journal.list()]
    assert 1 == sum(name in {"POST me/applications", "LinkAccount link"} for name in operations)
    if older and supplier == "tpp" and isinstance(answer, Refused):
        # The older protocol had no code but 8, which is told of the passphrase: nothing finer can be known.
        assert actual in {answer, Rejected(Reason.KEY_INVALID)}
    else:
        assert answer == actual


@pytest.mark.parametrize("way", list(emis.AlreadyLinked))
async def test_already_linked_is_told_in_every_way_of_emis(way: emis.AlreadyLinked) -> None:
    """N10, R12, §10: 400, 500 or 409; or it succeeds again, with another e-mail."""
    counter = Counter(emis_switches=EmisSwitches(already_linked=way))
    await counter.token("emis", "ada")

    answer = await counter.adapter("emis").link(counter.demographics("ada"), counter.details("ada"))

    assert (Linked if way is emis.AlreadyLinked.SUCCEEDS else AlreadyLinked) is type(answer)
    assert isinstance(await counter.adapter("emis", PARTNER).link(counter.demographics("ada"), counter.details("ada")), Linked)


@pytest.mark.parametrize("coding", list(tpp.EntityCoding))
async def test_tpps_linkage_key_survives_its_coding(coding: tpp.EntityCoding) -> None:
    """§3.2: entity-encoded always, sometimes or never, it is the key that the practice would print."""
    counter = Counter(tpp_switches=TppSwitches(entity_coding=coding))

    for _ in range(5):
        counter.world.rotate_linkage_key("cleo")
        found = await counter.adapter("tpp").retrieve(counter.applicant("cleo"))
        assert Found(counter.details("cleo")) == found
        assert isinstance(await counter.adapter("tpp").link(counter.demographics("cleo"), counter.details("cleo")), Linked)


@pytest.mark.parametrize("status", [200, 404])
async def test_tpp_may_say_in_two_ways_that_there_is_no_account(status: int) -> None:
    """§3.2: blank details, or a 404 with next to nothing; either goes on to create, and what then is there is found."""
    counter = Counter(tpp_switches=TppSwitches(no_account_status=status))
    adapter, applicant = counter.adapter("tpp"), counter.applicant("dan")

    assert NoAccount() == await adapter.retrieve(applicant)
    assert isinstance(await adapter.open_account(applicant), Opened)
    assert isinstance(await adapter.retrieve(applicant), Found)


@pytest.mark.parametrize("form", list(tpp.NationalIdAs))
async def test_tpps_nhs_number_is_read_in_both_forms(form: tpp.NationalIdAs) -> None:
    """§11.5: nobody outside has seen which."""
    counter = Counter(tpp_switches=TppSwitches(national_id=form))
    answer = await counter.adapter("tpp").check(await counter.token("tpp", "cleo"), counter.practice("cleo"))

    assert isinstance(answer, Accepted)
    assert frozenset({counter.world.patient("cleo").number}) == answer.shown.nhs_numbers


@pytest.mark.parametrize("stumbles", [1, 2])
async def test_tpp_stumbles_and_is_asked_again(stumbles: int) -> None:
    """§3.5: 556 is transient, and resending is advised."""
    counter = Counter(tpp_switches=TppSwitches(stumbles=stumbles))

    assert isinstance(await counter.adapter("tpp").open_account(counter.applicant("dan")), Opened)
    assert stumbles + 1 == len(counter.journal.calls("TPP", operation="LinkAccount create"))


async def test_tpp_that_only_stumbles_is_unreachable() -> None:
    """N12: it is not asked for ever, and nobody is blamed."""
    counter = Counter(tpp_switches=TppSwitches(stumbles=100))

    assert isinstance(await counter.adapter("tpp").open_account(counter.applicant("dan")), Unreachable)


@pytest.mark.parametrize("generation", list(tpp.Generation))
async def test_tpp_tells_a_young_patient_in_both_protocols(generation: tpp.Generation) -> None:
    """§3.5: 553, or the older 8 together with the birth date that the adapter reads itself (N11)."""
    counter = Counter(tpp_switches=TppSwitches(generation=generation))
    young("dan")(counter.world)

    assert Refused(Reason.UNDER_AGE) == await counter.adapter("tpp").open_account(counter.applicant("dan"))


@pytest.mark.parametrize("supplier", ["emis", "tpp"])
async def test_details_that_the_practice_issued_are_linked_from_thirteen(supplier: str) -> None:
    """§8, N11: creating an account wants sixteen years, linking does not."""
    counter, slug = Counter(), WITH_ACCOUNT[supplier]
    young(slug)(counter.world)

    assert isinstance(await counter.adapter(supplier).link(counter.demographics(slug), counter.details(slug)), Linked)
