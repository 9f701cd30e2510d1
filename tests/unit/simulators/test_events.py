"""Events of people, practices and accounts, and what each changes where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gpic.nhs.numbers import NhsNumber
from gpic.simulators.accounts import AccountStatus
from gpic.simulators.people import Death, Standing, Supplier
from gpic.simulators.register import AlreadyThere, NotSynthetic, Unheard
from tests.unit.simulators.town import (
    EMIS_PRACTICE,
    NUMBERS,
    OTHER_EMIS_PRACTICE,
    TPP_PRACTICE,
    Emis,
    Town,
)

pytestmark = pytest.mark.anyio


async def test_a_formal_death_archives_the_record_and_its_undoing_brings_it_back(town: Town, emis: Emis) -> None:
    """N22: nothing can be had while the death stands; afterwards the old token works again."""
    ada = town.settle("ada")
    guid = await emis.token(ada)
    town.world.die("ada")
    dead = (await emis.session(guid)).status_code, (await emis.verify(ada)).json()["InternalResponseCode"]
    town.world.undo_death("ada")
    alive = (await emis.session(guid)).status_code, (await emis.verify(ada)).status_code

    assert (403, -1552) == dead
    assert (200, 409) == alive
    assert (Death.UNDONE, "") == (ada.pds.death, ada.pds.died_on)


def test_an_informal_death_changes_pds_alone(town: Town) -> None:
    """It becomes formal when the registrar says so; the record then is archived once."""
    ada = town.settle("ada")
    town.world.die("ada", formal=False)
    informal = (ada.pds.death, ada.standing)
    town.world.die("ada")
    town.world.die("ada")
    town.world.undo_death("ada")

    assert (Death.INFORMAL, Standing.REGISTERED) == informal
    assert Standing.REGISTERED is ada.standing


def test_a_move_does_not_undo_a_death(town: Town) -> None:
    """The new practice, too, has the record archived; once the death is undone the patient is registered there."""
    ada = town.settle("ada")
    town.world.die("ada")
    town.world.move_patient("ada", TPP_PRACTICE)
    moved = ada.standing
    town.world.undo_death("ada")

    assert (Standing.ARCHIVED, Standing.REGISTERED) == (moved, ada.standing)


def test_a_death_that_never_was_can_be_undone(town: Town) -> None:
    """PDS says so; the practice's view stays."""
    ada = town.settle("ada")
    town.world.archive("ada")
    town.world.undo_death("ada")

    assert Standing.ARCHIVED is ada.standing


@pytest.mark.parametrize("event", ["merge_records", "invalidate_record"])
def test_a_record_that_ends_ends_its_accounts(town: Town, event: str) -> None:
    """No practice has such a patient any longer, and tokens are dead (G4)."""
    ada = town.settle("ada")
    town.settle("ben")
    account = town.world.account_of("ada")
    assert account is not None
    link = town.world.link(account, "app")

    getattr(town.world, event)("ada", *(["ben"] if event == "merge_records" else []))

    assert ada.practice is None
    assert town.world.account_of("ada") is None
    assert not town.world.opens_sessions(link)


async def test_a_gp_system_knows_the_new_number_alone(town: Town, emis: Emis) -> None:
    """PDS follows the old one; EMIS says that nobody of that number is registered."""
    ada = town.settle("ada")
    as_she_was = replace(ada)
    town.world.supersede_nhs_number("ada", NUMBERS[30])
    await emis.begin()
    now = (await emis.verify(ada)).status_code
    then = (await emis.verify(as_she_was)).json()["InternalResponseCode"]

    assert (201, -1551) == (now, then)


def test_a_merger_carries_accounts_over_where_it_is_said(town: Town) -> None:
    """Whoever had an account has another at the surviving practice; the others have none."""
    town.settle("ada")
    town.settle("ben", account=False)
    town.world.merge_practices(EMIS_PRACTICE, TPP_PRACTICE, accounts=True)
    account = town.world.account_of("ada")

    assert account is not None
    assert (TPP_PRACTICE, Supplier.TPP) == (account.practice.code, account.supplier)
    assert town.world.account_of("ben") is None
    assert town.world.practice(EMIS_PRACTICE).closed_at is not None


def test_a_division_carries_accounts_over_where_it_is_said(town: Town) -> None:
    """The new practice is opened on the same system, whatever its supplier's name."""
    town.world.add_practice("D99901", "Elm Tree", "Cegedim")
    town.settle("ada", "D99901")
    town.world.divide_practice("D99901", "D99902", ["ada", "ada"], accounts=True)
    new = town.world.practice("D99902")

    assert ("D99902", "CEGEDIM", Supplier.OTHER) == (new.code.code, new.supplier_name, new.supplier)
    assert new.opened_at is not None
    assert town.world.account_of("ada") is not None


@pytest.mark.parametrize(
    ("name", "supplier"),
    [("EMIS", Supplier.EMIS), ("tpp", Supplier.TPP), (" Medicus ", Supplier.MEDICUS), ("VISION", Supplier.OTHER)],
)
def test_a_practice_has_its_suppliers_name_as_the_mapping_writes_it(town: Town, name: str, supplier: Supplier) -> None:
    """G7: any further supplier has a name, and none of our stand-ins."""
    practice = town.world.add_practice("D99901", "Elm Tree", name)

    assert (supplier, name.strip().upper()) == (practice.supplier, practice.supplier_name)
    assert ("D99901", name.strip().upper(), "Elm Tree") in town.world.mapping()


def test_a_practice_without_a_supplier_is_refused(town: Town) -> None:
    """Nothing is added."""
    with pytest.raises(ValueError, match="a supplier has a name"):
        town.world.add_practice("D99901", "Elm Tree", " ")

    assert 4 == len(town.world.practices)


def test_two_practices_are_needed_for_a_merger(town: Town) -> None:
    """A slip does not close a practice."""
    with pytest.raises(ValueError, match="itself"):
        town.world.merge_practices(EMIS_PRACTICE, EMIS_PRACTICE)

    assert town.world.practice(EMIS_PRACTICE).live


def test_only_those_who_are_there_can_leave(town: Town) -> None:
    """A division takes nobody from elsewhere."""
    town.settle("ada", TPP_PRACTICE)
    with pytest.raises(ValueError, match="was there"):
        town.world.divide_practice(EMIS_PRACTICE, "C99901", ["ada"])

    assert 4 == len(town.world.practices)


REFUSED: dict[str, tuple[Callable[[Town], object], type[Exception]]] = {
    "move of nobody": (lambda town: town.world.move_patient("nobody", TPP_PRACTICE), Unheard),
    "move to nowhere": (lambda town: town.world.move_patient("ada", "Z99999"), Unheard),
    "merger with nothing": (lambda town: town.world.merge_practices(EMIS_PRACTICE, "Z99999"), Unheard),
    "merger of nothing": (lambda town: town.world.merge_practices("Z99999", EMIS_PRACTICE), Unheard),
    "division into what is": (
        lambda town: town.world.divide_practice(EMIS_PRACTICE, TPP_PRACTICE, ["ada"]),
        AlreadyThere,
    ),
    "division for nobody": (lambda town: town.world.divide_practice(EMIS_PRACTICE, "C99901", ["ada", "nobody"]), Unheard),
    "migration to nothing": (lambda town: town.world.migrate_system(EMIS_PRACTICE, ""), ValueError),
    "migration onto another": (
        lambda town: town.world.migrate_system(EMIS_PRACTICE, "tpp", new_code=TPP_PRACTICE),
        AlreadyThere,
    ),
    "records of nobody": (lambda town: town.world.merge_records("ada", "nobody"), Unheard),
    "a number of somebody's": (lambda town: town.world.supersede_nhs_number("ada", NhsNumber("4010232137")), NotSynthetic),
    "a number twice": (lambda town: town.world.supersede_nhs_number("ada", NUMBERS[1]), AlreadyThere),
    "another letter": (lambda town: town.world.restrict_record("ada", "X"), ValueError),
    "another's face": (lambda town: town.world.answer_for_wrong_patient("ada", "nobody"), Unheard),
    "death of nobody": (lambda town: town.world.die("nobody"), Unheard),
    "life of nobody": (lambda town: town.world.undo_death("nobody"), Unheard),
    "lock of nothing": (lambda town: town.world.lock_account("ben"), Unheard),
    "reset of nothing": (lambda town: town.world.reset_account("ben"), Unheard),
    "acting for nobody": (lambda town: town.world.let_act_for("ada", "nobody"), Unheard),
}


@pytest.mark.parametrize("event", REFUSED)
def test_an_event_that_cannot_be_changes_nothing(town: Town, event: str) -> None:
    """It is refused before anything happens, in all systems."""
    town.settle("ada")
    town.settle("ben", OTHER_EMIS_PRACTICE, account=False)
    before = town.world.snapshot()
    happen, why = REFUSED[event]
    with pytest.raises(why):
        happen(town)

    assert before == town.world.snapshot()


def test_too_many_failures_lock_once_and_say_so(town: Town) -> None:
    """G5: the fifth locks; the sixth happens to a locked account and is no second event."""
    town.settle("ada")
    account = town.world.account_of("ada")
    assert account is not None
    for _ in range(6):
        town.world.failed_login(account)

    assert account.locked
    assert 1 == sum(happening.kind == "account locked" for happening in town.world.happenings)


def test_an_account_may_be_held_differently(town: Town) -> None:
    """Inactive, archived, or somebody else's."""
    town.settle("ada")
    town.world.set_account_status("ada", AccountStatus.INACTIVE, belongs_to_patient=False)
    account = town.world.account_of("ada")

    assert account is not None
    assert (AccountStatus.INACTIVE, False) == (account.status, account.belongs_to_patient)
