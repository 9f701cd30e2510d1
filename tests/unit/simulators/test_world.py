"""The world: who may enter, what can happen, and that all systems see the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.simulators.assumptions import ASSUMPTIONS
from gpic.simulators.cast import CAST, furnish
from gpic.simulators.people import Patient, Standing, Supplier
from gpic.simulators.register import AlreadyThere, NotSynthetic, Unheard
from gpic.simulators.world import World
from tests.unit.simulators.town import (
    EMIS_PRACTICE,
    NUMBERS,
    OTHER_EMIS_PRACTICE,
    TODAY,
    TPP_PRACTICE,
    Town,
)


def details(town: Town, slug: str) -> tuple[str, str, str] | None:
    """Practice, account and key, as the GP system holds them."""
    account = town.world.account_of(slug)
    return None if account is None else (account.practice.code, account.account_id, account.linkage_key)


def test_a_number_that_may_be_somebodys_stays_outside(town: Town) -> None:
    """Only the never-issued range enters, at the door and by renumbering; the text does not repeat the number."""
    issued = NhsNumber("4010232137")
    with pytest.raises(NotSynthetic, match="9xx") as refused:
        town.world.add_patient(Patient("x", issued, OdsCode(EMIS_PRACTICE), "X", "Y", "1980-01-01"))
    town.settle("ada")
    with pytest.raises(NotSynthetic):
        town.world.supersede_nhs_number("ada", issued)

    assert issued.digits not in str(refused.value)


def test_nothing_enters_twice(town: Town) -> None:
    """Slugs, numbers and practices are unique."""
    ada = town.settle("ada")
    with pytest.raises(AlreadyThere):
        town.world.add_practice(EMIS_PRACTICE, "again", "emis")
    with pytest.raises(AlreadyThere):
        town.settle("ada")
    with pytest.raises(AlreadyThere):
        town.world.add_patient(Patient("ben", ada.number, None, "B", "B", "1980-01-01"))
    with pytest.raises(AlreadyThere):
        town.world.supersede_nhs_number("ada", ada.number)


@pytest.mark.parametrize("event", ["rotate_linkage_key", "revoke_access", "lock_account", "archive", "reset_account"])
def test_events_of_strangers_are_refused(town: Town, event: str) -> None:
    """The world says whom it does not know."""
    with pytest.raises(Unheard):
        getattr(town.world, event)("nobody")


def test_an_event_of_an_account_wants_one(town: Town) -> None:
    """A patient without an account has no key to rotate."""
    town.settle("ben", account=False)
    with pytest.raises(Unheard):
        town.world.rotate_linkage_key("ben")


def test_the_same_seed_makes_the_same_world() -> None:
    """Ids and keys are reproducible; another seed makes others."""

    def keys(seed: int) -> list[str]:
        world = World(seed=seed)
        furnish(world)
        return [account.linkage_key for slug in world.patients if (account := world.account_of(slug)) is not None]

    assert keys(3) == keys(3)
    assert keys(3) != keys(4)


def test_a_move_is_seen_by_pds_and_both_systems(town: Town) -> None:
    """The old account ends, PDS names the new practice from today."""
    town.settle("ada")
    before = details(town, "ada")
    town.world.move_patient("ada", TPP_PRACTICE)
    moved = town.world.patient("ada")

    assert before is not None
    assert details(town, "ada") is None
    assert (TPP_PRACTICE, TODAY.date().isoformat(), 2) == (moved.pds.practice, moved.pds.period_start, moved.pds.version)
    assert OdsCode(TPP_PRACTICE) == moved.practice


def test_a_move_may_bring_an_account_and_pds_may_not_hear(town: Town) -> None:
    """Switches of the event."""
    town.settle("ada")
    town.world.move_patient("ada", OTHER_EMIS_PRACTICE, account=True, pds=False)

    assert EMIS_PRACTICE == town.world.patient("ada").pds.practice
    assert OTHER_EMIS_PRACTICE == (details(town, "ada") or ("",))[0]


def test_moving_back_does_not_revive_the_old_account(town: Town) -> None:
    """G4: an account that ended stays ended."""
    town.settle("ada")
    town.world.move_patient("ada", TPP_PRACTICE)
    town.world.move_patient("ada", EMIS_PRACTICE)

    assert details(town, "ada") is None


@pytest.mark.parametrize("accounts", [True, False])
def test_a_practice_changes_its_system_and_keeps_its_code(town: Town, *, accounts: bool) -> None:
    """PDS shows nothing; whoever had an account has another, or none."""
    town.settle("ada")
    town.settle("ben", account=False)
    before = details(town, "ada")
    town.world.migrate_system(EMIS_PRACTICE, "tpp", accounts=accounts)
    after = details(town, "ada")

    assert Supplier.TPP is town.world.practice(EMIS_PRACTICE).supplier
    assert 1 == town.world.patient("ada").pds.version
    assert accounts == (after is not None)
    assert before != after
    assert details(town, "ben") is None


def test_a_practice_may_get_a_new_code_with_its_system(town: Town) -> None:
    """PDS names the new code; the old practice is no longer live."""
    town.settle("ada")
    town.world.migrate_system(EMIS_PRACTICE, "tpp", new_code="C99901", accounts=True)

    assert ("C99901", "C99901") == ((details(town, "ada") or ("",))[0], town.world.patient("ada").pds.practice)
    assert not town.world.practice(EMIS_PRACTICE).live


def test_a_merger_moves_everybody(town: Town) -> None:
    """The closing practice stops."""
    for slug in ("ada", "ben", "cleo"):
        town.settle(slug)
    town.world.merge_practices(EMIS_PRACTICE, OTHER_EMIS_PRACTICE)

    assert [OTHER_EMIS_PRACTICE] * 3 == [patient.pds.practice for patient in town.world.patients.values()]
    assert not town.world.practice(EMIS_PRACTICE).live


def test_a_division_moves_those_who_are_named(town: Town) -> None:
    """Half of the patients go to a new code of the same system; the others notice nothing."""
    for slug in ("ada", "ben"):
        town.settle(slug)
    town.world.divide_practice(EMIS_PRACTICE, "C99901", ["ben"])

    assert [EMIS_PRACTICE, "C99901"] == [patient.pds.practice for patient in town.world.patients.values()]
    assert Supplier.EMIS is town.world.practice("C99901").supplier
    assert [1, 0] == [len([one for one in town.world.accounts_of(slug) if not one.is_gone]) for slug in ("ada", "ben")]


def test_practices_switch_off_and_on(town: Town) -> None:
    """Live, online, the second version: each comes back."""
    town.world.practice_not_live(EMIS_PRACTICE)
    town.world.practice_live(EMIS_PRACTICE)
    town.world.online_services_off(EMIS_PRACTICE)
    practice = town.world.practice(EMIS_PRACTICE)
    off = (practice.live, practice.online, practice.api_v2)
    town.world.online_services_on(EMIS_PRACTICE)

    assert (True, False, False) == off
    assert (True, True, True) == (practice.live, practice.online, practice.api_v2)


def test_access_given_back_revives_tokens_of_the_same_key(town: Town) -> None:
    """A lock is no rotation."""
    town.settle("ada")
    account = town.world.account_of("ada")
    assert account is not None
    link = town.world.link(account, "app")
    town.world.lock_account("ada")
    locked = link.works
    town.world.unlock_account("ada")

    assert (False, True) == (locked, link.works)


def test_a_reset_at_tpp_issues_another_key(town: Town) -> None:
    """TPP knows no Restricted: tokens die with the old key (G1)."""
    town.settle("cleo", TPP_PRACTICE)
    account = town.world.account_of("cleo")
    assert account is not None
    link = town.world.link(account, "provider")
    old_key = account.linkage_key
    town.world.reset_account("cleo")

    assert old_key != account.linkage_key
    assert account.restricted_since is None
    assert not link.works


def test_ages_are_counted_on_birthdays(town: Town) -> None:
    """The day itself counts."""
    fay = town.settle("fay", born="2010-03-02")

    assert [15, 16] == [fay.age_on(TODAY.date()), fay.age_on((TODAY + timedelta(days=1)).date())]


def test_whoever_listens_hears_what_happens(town: Town) -> None:
    """Both stamps, the person, the practice; until they stop."""
    heard: list[tuple[str, str]] = []
    town.settle("ada")
    stop = town.world.subscribe(lambda happening: heard.append((happening.kind, happening.person)))
    town.world.move_patient("ada", TPP_PRACTICE)
    stop()
    town.world.archive("ada")

    assert ["PDS record changed", "PDS names another practice or period", "patient moved"] == [kind for kind, _ in heard]
    assert {"ada"} == {person for _, person in heard}
    assert [1, 2, 3, 4, 5] == [happening.number for happening in town.world.happenings]


def test_a_patient_and_an_account_hide_what_they_hold(town: Town) -> None:
    """Numbers and keys stay out of reprs."""
    ada = town.settle("ada")
    account = town.world.account_of("ada")
    assert account is not None
    link = town.world.link(account, "app")

    shown = f"{ada!r} {account!r} {link!r}"

    assert ada.number.digits not in shown
    assert account.linkage_key not in shown
    assert link.token not in shown


def test_the_cast_takes_the_stage() -> None:
    """All synthetic, each as the demonstration needs them."""
    world = World()
    furnish(world)
    accounts = {slug for slug in world.patients if world.account_of(slug) is not None}

    assert {"ada", "cleo", "gus", "hal", "ivy", "kit", "mia", "pip", "rex"} == accounts
    assert all(patient.number.is_synthetic and patient.email.endswith("@example.test") for patient in world.patients.values())
    assert all(patient.phone.startswith("07700900") for patient in world.patients.values())
    assert {"P0", "P5", "P9"} == {patient.level for patient in world.patients.values()}
    assert len(CAST) == len({patient.number for patient in world.patients.values()})


def test_the_casts_odd_ones_are_odd() -> None:
    """Eve is registered nowhere though PDS names a practice; Fay and Pip are 14, and Pip's practice has issued details."""
    world = World()
    furnish(world)
    eve, fay = world.patient("eve"), world.patient("fay")

    assert (None, "A99902") == (eve.practice, eve.pds.practice)
    assert [14, 14] == [one.age_on(world.clocks.world.now().date()) for one in (fay, world.patient("pip"))]
    assert {
        "mia": Standing.ARCHIVED,
        "ned": Standing.SEVERAL_RECORDS,
        "ola": Standing.NON_COMPETENT,
        "una": Standing.UNMATCHED,
    } == {slug: one.standing for slug, one in world.patients.items() if one.standing is not Standing.REGISTERED}
    assert {"rex": "hal"} == {slug: one.shown_as for slug, one in world.patients.items() if one.shown_as}


def test_every_assumption_is_told_with_its_evidence() -> None:
    """G8: unique ids, a guess and its evidence."""
    assert len(ASSUMPTIONS) == len({assumption.id for assumption in ASSUMPTIONS})
    assert all(assumption.guess and assumption.evidence for assumption in ASSUMPTIONS)


def test_test_numbers_are_all_valid_and_different() -> None:
    """The generator of numbers never repeats itself."""
    assert len(NUMBERS) == len(set(NUMBERS))
    assert all(number.is_synthetic for number in NUMBERS)
