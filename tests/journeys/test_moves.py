"""Patients who move, die or change their number, practices that merge or divide: NHS login follows them by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent
from gpic.sandbox.browser import browser
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.sandbox.walk import log_in
from gpic.simulators.happenings import Lags
from tests.journeys.conftest import Story

pytestmark = pytest.mark.anyio


@pytest.fixture
async def known(story: Story) -> Story:
    """Ada was connected an hour ago, and has left."""
    assert (await story.log_in("ada")).has("connected")
    await story.leave()
    story.stage.world_clock.move(timedelta(hours=1))
    story.look_away()
    return story


async def held(story: Story, slug: str = "ada") -> Holding:
    """What NHS login holds."""
    cabinets = story.stage.nhs_login.cabinets
    person = await cabinets.accounts.person_of(story.stage.world.patient(slug).number)
    assert person is not None
    return await cabinets.holdings.load(person)


async def test_who_moved_is_registered_at_the_new_practice_by_itself(known: Story) -> None:
    """J6, N18: MNS signals it: registered at TPP before anybody logs in; EMIS is never called again."""
    known.stage.world.move_patient("ada", "B99901")
    await known.stage.settled()
    assert ("tpp", State.HELD) == ((await held(known)).supplier, (await held(known)).state)
    assert {"retrieve": 2, "create": 1, "session": 1} == known.calls("TPP")[NHS_LOGIN] | {"retrieve": 2}

    page = await known.log_in("ada")

    assert page.has("connected")
    assert {NHS_LOGIN: {}, PARTNER: {}} == known.calls("EMIS")
    assert {"link": 1, "session": 1} == known.calls("TPP")[PARTNER]
    assert 1 == known.logins()


async def test_a_lost_event_is_made_good_by_the_periodic_round(known: Story) -> None:
    """J7: nothing was signalled; the round looks at everybody, the most recently active first."""
    known.stage.switches.mns.drop_next = 9
    known.stage.world.move_patient("ada", "B99901")
    await known.stage.settled()
    assert "emis" == (await held(known)).supplier
    known.stage.world_clock.move(timedelta(days=8))
    await known.stage.nhs_login.walker.begin_periodic()
    await known.stage.settled()
    assert "tpp" == (await held(known)).supplier
    known.look_away()

    page = await known.log_in("ada")

    assert page.has("connected")
    assert {NHS_LOGIN: {}, PARTNER: {}} == known.calls("EMIS")
    assert {"link": 1, "session": 1} == known.calls("TPP")[PARTNER]


@pytest.mark.parametrize("wrong", ["duplicates", "disorder"])
async def test_events_that_come_twice_or_late_do_no_harm(known: Story, wrong: str) -> None:
    """N18: a signal only says "go and look": one registration at the last of three practices."""
    settings = known.stage.switches.mns
    settings.copies, settings.reverse = (3, False) if wrong == "duplicates" else (1, True)
    known.stage.world.lags = Lags(mns=timedelta(minutes=5))
    for practice in ("A99902", "B99902", "B99901"):
        known.stage.world.move_patient("ada", practice)
    known.stage.world_clock.move(timedelta(minutes=6))
    await known.stage.settled()

    assert "B99901" == str((await held(known)).practice)
    assert 1 == known.calls("TPP")[NHS_LOGIN]["create"]
    assert {NHS_LOGIN: {}, PARTNER: {}} == known.calls("EMIS")


async def test_somebody_elses_event_costs_no_call(known: Story) -> None:
    """N18: foreign patients are dropped before PDS is asked, and so is whoever has an account and no details."""
    known.stage.world.move_patient("eve", "B99901")
    await known.stage.settled()
    asked = [one for one in known.stage.journal.list(after=known.seen) if one.receiver == "PDS" and "Patient" in one.operation]

    assert [] == asked


async def test_who_died_is_withheld_and_may_come_back(known: Story) -> None:
    """N22: a formal death withdraws; once it is undone the next login registers."""
    known.stage.world.die("ada")
    await known.stage.settled()
    assert State.WITHDRAWN is (await held(known)).state
    known.stage.world.undo_death("ada")
    await known.stage.settled()

    assert (await known.log_in("ada")).has("connected")


async def test_an_informal_death_changes_nothing(known: Story) -> None:
    """N22: only what the registrar says counts."""
    known.stage.world.die("ada", formal=False)
    await known.stage.settled()

    assert State.HELD is (await held(known)).state


async def test_a_restricted_record_is_kept(known: Story) -> None:
    """N22: PDS names no practice of it, which is no proof of having left."""
    known.stage.world.restrict_record("ada", "R")
    await known.stage.settled()

    assert (await known.log_in("ada")).has("connected")
    assert {"session": 1} == known.calls("EMIS")[PARTNER]


async def test_a_system_that_changed_is_seen_at_the_directorys_reload(known: Story) -> None:
    """N19: no event of PDS shows it; everybody there is withdrawn and registered anew, before anybody logs in."""
    known.stage.world.migrate_system("A99901", "tpp", accounts=True)
    await known.stage.settled()

    assert ("tpp", State.HELD) == ((await held(known)).supplier, (await held(known)).state)
    assert {NHS_LOGIN: {}, PARTNER: {}} == known.calls("EMIS")
    assert (await known.log_in("ada")).has("connected")


async def test_a_practice_divides(story: Story) -> None:
    """J22, N20: who goes to the new code is registered there; who stays is left alone."""
    assert (await story.log_in("ada")).has("connected")
    async with browser() as another:
        page = await log_in(another, story.stage.addresses.partner, story.stage.people["ben"])
    assert page.has("connected")
    story.stage.world_clock.move(timedelta(hours=1))
    story.look_away()
    story.stage.world.divide_practice("A99901", "A99955", ["ada"], accounts=True)
    await story.stage.settled()

    assert ["A99955", "A99901"] == [str((await held(story, slug)).practice) for slug in ("ada", "ben")]
    assert {"retrieve": 1, "link": 1, "session": 1} == story.calls("EMIS")[NHS_LOGIN]


async def test_what_was_held_elsewhere_is_written_down_as_withdrawn(known: Story) -> None:
    """N7, N18: with its reason."""
    known.stage.world.move_patient("ada", "B99901")
    await known.stage.settled()
    cabinets = known.stage.nhs_login.cabinets
    trail = await cabinets.holdings.trail((await held(known)).person)

    assert (AuditEvent.WITHDRAWN, "practice-changed") in [(one.event, one.why) for one in trail]
