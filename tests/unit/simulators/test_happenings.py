"""What is told of the world, to whom, and how much later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import timedelta

import pytest

from gpic.nhs.organisations import OdsCode
from gpic.simulators.happenings import Happening, Lags, System, What
from gpic.simulators.people import Standing
from tests.unit.simulators.town import (
    EMIS_PRACTICE,
    NUMBERS,
    OTHER_EMIS_PRACTICE,
    TODAY,
    TPP_PRACTICE,
    Emis,
    Town,
)

HOUR = timedelta(hours=1)


def kinds(happenings: tuple[Happening, ...]) -> list[What]:
    """What, in order."""
    return [happening.kind for happening in happenings]


Event = Callable[[Town], object]
#: What PDS tells others of an event, beside that the record changed.
TOLD: dict[str, tuple[Event, set[What]]] = {
    "move": (lambda town: town.world.move_patient("ada", TPP_PRACTICE), {What.PDS_PRACTICE_CHANGED}),
    "move unheard": (lambda town: town.world.move_patient("ada", TPP_PRACTICE, pds=False), set()),
    "deregister": (lambda town: town.world.deregister("ada"), {What.PDS_PRACTICE_CHANGED}),
    "merge": (lambda town: town.world.merge_practices(EMIS_PRACTICE, TPP_PRACTICE), {What.PDS_PRACTICE_CHANGED}),
    "divide": (lambda town: town.world.divide_practice(EMIS_PRACTICE, "C99901", ["ada"]), {What.PDS_PRACTICE_CHANGED}),
    "migrate": (lambda town: town.world.migrate_system(EMIS_PRACTICE, "tpp"), set()),
    "migrate and rename": (
        lambda town: town.world.migrate_system(EMIS_PRACTICE, "tpp", new_code="C99901"),
        {What.PDS_PRACTICE_CHANGED},
    ),
    "die": (lambda town: town.world.die("ada"), {What.PDS_DEATH_CHANGED}),
    "die informally": (lambda town: town.world.die("ada", formal=False), {What.PDS_DEATH_CHANGED}),
    "undo": (lambda town: town.world.undo_death("ada"), {What.PDS_DEATH_CHANGED}),
    "supersede": (lambda town: town.world.supersede_nhs_number("ada", NUMBERS[30]), {What.PDS_NUMBER_CHANGED}),
    "merge records": (lambda town: town.world.merge_records("ada", "ben"), {What.PDS_NUMBER_CHANGED}),
    "invalidate": (lambda town: town.world.invalidate_record("ada"), {What.PDS_NUMBER_CHANGED}),
    "rotate": (lambda town: town.world.rotate_linkage_key("ada"), set()),
    "expire": (lambda town: town.world.expire_linkage_key("ada"), set()),
    "reset": (lambda town: town.world.reset_account("ada"), set()),
    "lock": (lambda town: town.world.lock_account("ada"), set()),
    "revoke": (lambda town: town.world.revoke_access("ada"), set()),
    "wrong patient": (lambda town: town.world.answer_for_wrong_patient("ada", "ben"), set()),
}
#: These change the record and raise no signal of their own.
CHANGED_ONLY: dict[str, Event] = {"restrict": lambda town: town.world.restrict_record("ada")}


@pytest.mark.parametrize("event", [*TOLD, *CHANGED_ONLY])
def test_every_event_is_written_down_once_with_one_correlation(town: Town, event: str) -> None:
    """Its happenings have one correlation and one cause; the last of them is the event itself, with both stamps."""
    town.settle("ada")
    town.settle("ben")
    before = len(town.world.happenings)
    happen = CHANGED_ONLY[event] if event in CHANGED_ONLY else TOLD[event][0]

    happen(town)
    happened = town.world.happenings[before:]

    assert 1 == len({happening.correlation for happening in happened})
    assert {happened[-1].kind} == {happening.cause for happening in happened}
    assert {(TODAY, TODAY)} == {(happening.at_wire, happening.at_world) for happening in happened}
    assert list(range(before + 1, before + 1 + len(happened))) == [happening.number for happening in happened]


@pytest.mark.parametrize("event", TOLD)
def test_a_change_at_pds_raises_the_signals_that_belong_to_it(town: Town, event: str) -> None:
    """`demographics.md` §6 PDS 9: change of practice, death, number; a change of nothing of that raises none."""
    town.settle("ada")
    town.settle("ben", OTHER_EMIS_PRACTICE)
    town.world.die("ada") if event == "undo" else None
    before = len(town.world.happenings)
    happen, told = TOLD[event]

    happen(town)
    signals = {kind for kind in kinds(town.world.happenings[before:]) if kind.startswith("PDS ")}

    assert (told | {What.PDS_CHANGED} if told else set()) == signals


def test_a_restriction_changes_the_record_and_signals_nothing(town: Town) -> None:
    """Whether PDS tells others of it is not known (`demographics.md` §7.4); the record's version rises."""
    town.settle("ada")
    town.world.restrict_record("ada")

    assert [What.PDS_CHANGED, What.RECORD_RESTRICTED] == kinds(town.world.happenings)[-2:]
    assert 2 == town.world.happenings[-2].record_version


def test_two_events_have_two_correlations(town: Town) -> None:
    """The second is not taken for a part of the first."""
    town.settle("ada")
    town.world.rotate_linkage_key("ada")
    town.world.rotate_linkage_key("ada")

    assert 2 == len({happening.correlation for happening in town.world.happenings[-2:]})


def test_a_merger_is_the_cause_of_every_move(town: Town) -> None:
    """Old and new practice stand with each; the number too, which stays out of what is shown."""
    ada = town.settle("ada")
    town.world.merge_practices(EMIS_PRACTICE, TPP_PRACTICE)
    signal = next(one for one in town.world.happenings if one.kind is What.PDS_PRACTICE_CHANGED)

    assert (What.PRACTICES_MERGED, EMIS_PRACTICE, TPP_PRACTICE) == (signal.cause, signal.old_practice, signal.new_practice)
    assert ada.number == signal.nhs_number
    assert ada.number.digits not in repr(signal)


def test_a_number_that_is_superseded_is_told_with_both(town: Town) -> None:
    """`demographics.md` §2.3: the subject is the old one."""
    old = town.settle("ada").number
    town.world.supersede_nhs_number("ada", NUMBERS[30])
    signal = next(one for one in town.world.happenings if one.kind is What.PDS_NUMBER_CHANGED)

    assert (old, NUMBERS[30]) == (signal.nhs_number, signal.new_nhs_number)


def test_a_happening_is_never_changed(town: Town) -> None:
    """The list is only ever appended to."""
    town.settle("ada")
    with pytest.raises(FrozenInstanceError):
        town.world.happenings[0].person = "ben"  # type: ignore[misc] # that is the point


@pytest.mark.parametrize("system", list(System))
def test_each_system_hears_with_its_own_lag(town: Town, system: System) -> None:
    """On the world clock, from the lag's last moment on; a GP system hears at once; nobody hears twice."""
    lags = Lags(pds=HOUR, mns=2 * HOUR, ods=3 * HOUR, directory=4 * HOUR)
    heard: list[What] = []
    town.settle("ada", account=False)
    town.world.lags = lags
    town.world.subscribe(lambda happening: heard.append(happening.kind), hears_as=system)
    town.world.archive("ada")
    at_once = list(heard)
    town.future.move(max(lags.of(system) - timedelta(microseconds=1), timedelta()))
    town.world.catch_up()
    just_before = list(heard)
    town.future.move(timedelta(microseconds=1))
    town.world.catch_up()
    town.world.catch_up()

    assert ([What.STANDING_CHANGED] if system is System.GP else []) == at_once == just_before
    assert [What.STANDING_CHANGED] == heard == kinds(town.world.heard_by(system))


def test_what_is_late_is_heard_in_the_order_of_hearing(town: Town) -> None:
    """A lag that shrinks lets a later happening overtake an earlier one, as queues do."""
    town.settle("ada", account=False)
    heard: list[int] = []
    town.world.subscribe(lambda happening: heard.append(happening.number), hears_as=System.MNS)
    town.world.lags = Lags(mns=2 * HOUR)
    town.world.archive("ada")
    town.world.lags = Lags(mns=HOUR)
    town.world.set_standing("ada", Standing.REGISTERED)
    town.future.move(3 * HOUR)
    town.world.catch_up()

    assert [2, 1] == heard == [one.number for one in town.world.heard_by(System.MNS)]
    assert [2] == [one.number for one in town.world.heard_by(System.MNS, after=1)]


@pytest.mark.anyio
async def test_a_call_to_a_stand_in_tells_what_is_due(town: Town, emis: Emis) -> None:
    """There is no thread: whoever calls brings the world up to date."""
    heard: list[What] = []
    town.settle("ada", account=False)
    town.world.lags = Lags(mns=HOUR)
    town.world.subscribe(lambda happening: heard.append(happening.kind), hears_as=System.MNS)
    town.world.archive("ada")
    town.future.move(HOUR)
    await emis.begin()

    assert [What.STANDING_CHANGED] == heard


def test_listeners_hear_of_an_event_when_all_of_it_has_happened(town: Town) -> None:
    """None of them sees a patient between two practices; what a listener does in turn is an event of its own."""
    town.settle("ada")
    seen: list[tuple[str, bool]] = []

    def listen(happening: Happening) -> None:
        patient = town.world.patient("ada")
        seen.append((str(patient.practice), town.world.account_of("ada") is None))
        if happening.kind is What.PATIENT_MOVED:
            town.world.open_account("ada")

    town.world.subscribe(listen)
    town.world.move_patient("ada", TPP_PRACTICE)
    correlations = [happening.correlation for happening in town.world.happenings[-2:]]

    assert {TPP_PRACTICE} == {practice for practice, _ in seen}
    assert [True, True, True, False] == [without for _, without in seen]
    assert 2 == len(set(correlations))


def test_pds_may_lag_behind_the_gp_system(town: Town) -> None:
    """The GP system has the patient at once; PDS names the old practice until the lag is over."""
    ada = town.settle("ada")
    town.world.lags = Lags(pds=HOUR)
    town.world.move_patient("ada", TPP_PRACTICE)
    during = town.world.pds_record(ada)
    town.future.move(HOUR)
    after = town.world.pds_record(ada)

    assert OdsCode(TPP_PRACTICE) == ada.practice
    assert [(EMIS_PRACTICE, 1), (TPP_PRACTICE, 2)] == [(one.practice, one.version) for one in (during, after)]


def test_a_read_may_lag_behind_what_pds_knows(town: Town) -> None:
    """`demographics.md` §6 PDS 8, and both lags add up."""
    ada = town.settle("ada")
    town.world.lags = Lags(pds=HOUR)
    town.world.move_patient("ada", TPP_PRACTICE)
    town.future.move(HOUR)

    assert 1 == town.world.pds_record(ada, lag=HOUR).version
    town.future.move(HOUR)
    assert 2 == town.world.pds_record(ada, lag=HOUR).version


def test_a_number_that_has_not_reached_pds_finds_nobody(town: Town) -> None:
    """Until the lag is over the record still shows the old number, by which it is found."""
    ada = town.settle("ada")
    old = ada.number
    town.world.lags = Lags(pds=HOUR)
    town.world.supersede_nhs_number("ada", NUMBERS[30])
    during = (town.world.pds_holder_of(NUMBERS[30]), town.world.pds_holder_of(old), town.world.pds_record(ada).number)
    town.future.move(HOUR)
    after = (town.world.pds_holder_of(NUMBERS[30]), town.world.pds_holder_of(old), town.world.pds_record(ada).number)

    assert (None, ada, old) == during
    assert (ada, ada, NUMBERS[30]) == after


def test_the_directory_may_lag_behind_a_migration(town: Town) -> None:
    """The mapping is a monthly file: it names the old supplier until its lag is over, and a new code not at all."""
    town.settle("ada")
    town.world.lags = Lags(directory=HOUR)
    town.world.migrate_system(EMIS_PRACTICE, "tpp")
    town.world.migrate_system(OTHER_EMIS_PRACTICE, "Medicus", new_code="C99901")
    during = {code: supplier for code, supplier, _ in town.world.mapping()}
    town.future.move(HOUR)
    after = {code: supplier for code, supplier, _ in town.world.mapping()}

    assert ("EMIS", False) == (during[EMIS_PRACTICE], "C99901" in during)
    assert ("TPP", "MEDICUS") == (after[EMIS_PRACTICE], after["C99901"])


def test_ods_tells_of_a_succession_only_where_it_holds_one(town: Town) -> None:
    """`demographics.md` §6 ODS 3: a merger without succession is the usual case; with one it is told after the lag."""
    town.world.merge_practices(EMIS_PRACTICE, OTHER_EMIS_PRACTICE)
    silent = town.world.told_successions()
    town.world.lags = Lags(ods=HOUR)
    town.world.merge_practices(TPP_PRACTICE, OTHER_EMIS_PRACTICE, in_ods=True)
    during = town.world.told_successions()
    town.future.move(HOUR)
    after = town.world.told_successions()

    assert () == silent == during
    assert [(OdsCode(TPP_PRACTICE), OdsCode(OTHER_EMIS_PRACTICE))] == [(one.predecessor, one.successor) for one in after]
    assert 2 == len(town.world.successions)


def test_the_lag_is_the_one_of_its_own_time(town: Town) -> None:
    """Another lag afterwards changes nothing for what has happened."""
    town.settle("ada")
    town.world.lags = Lags(mns=HOUR)
    town.world.archive("ada")
    town.world.lags = replace(town.world.lags, mns=9 * HOUR)
    town.future.move(HOUR)

    assert What.STANDING_CHANGED is town.world.heard_by(System.MNS)[-1].kind
