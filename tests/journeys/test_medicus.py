"""A third supplier through the whole story, by a provisional contract of ours (G7)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.simulators.faults import Fault, Kind
from tests.journeys.conftest import Story

pytestmark = pytest.mark.anyio

NEW_DETAILS_TAKE_A_WHILE = Fault(Kind.DELAY, "MEDICUS", "POST linkage/find", NHS_LOGIN, seconds=1.0)
THE_CHECK_TAKES_A_WHILE = Fault(Kind.DELAY, "MEDICUS", sender=NHS_LOGIN, seconds=1.0, only=1)


async def test_a_patient_of_a_medicus_practice_is_connected_at_first_login(story: Story) -> None:
    """J3: J1 at Medicus; J4: later logins with the same details register nothing."""
    first = await story.log_in("kit")
    seen = story.calls("MEDICUS")
    story.look_away()
    await story.leave()
    second = await story.log_in("kit")

    assert [f"{story.stage.addresses.partner}/connected"] * 2 == [first.url, second.url]
    assert {"retrieve": 1, "link": 1} == {kind: count for kind, count in seen[NHS_LOGIN].items() if kind != "session"}
    assert {"link": 1, "session": 1} == seen[PARTNER]
    assert {"session": 1} == story.calls("MEDICUS")[PARTNER]


async def test_a_patient_without_an_account_gets_one_at_medicus(story: Story) -> None:
    """J2 at Medicus: one retrieve that finds none, one creation, and no link, since creation yields the token (N8, N10)."""
    page = await story.log_in("lou")
    seen = story.calls("MEDICUS")

    assert f"{story.stage.addresses.partner}/connected" == page.url
    assert {"retrieve": 1, "create": 1} == {kind: count for kind, count in seen[NHS_LOGIN].items() if kind != "session"}
    assert {"link": 1, "session": 1} == seen[PARTNER]


async def test_who_moves_to_a_medicus_practice_is_registered_there_by_itself(story: Story) -> None:
    """J3, J6, N18: MNS signals it; an account is created at Medicus before anybody logs in; EMIS is never called again."""
    assert (await story.log_in("ada")).has("connected")
    await story.leave()
    story.stage.world_clock.move(timedelta(hours=1))
    story.look_away()
    story.stage.world.move_patient("ada", "C99901")
    await story.stage.settled()
    by_itself = story.calls("MEDICUS")[NHS_LOGIN]

    page = await story.log_in("ada")

    assert page.has("connected")
    assert {"retrieve": 1, "create": 1} == {kind: count for kind, count in by_itself.items() if kind != "session"}
    assert {NHS_LOGIN: {}, PARTNER: {}} == story.calls("EMIS")
    assert {"link": 1, "session": 1} == story.calls("MEDICUS")[PARTNER]
    assert 1 == story.logins()


@pytest.mark.parametrize(("practice", "lane"), [("A99901", "EMIS"), ("B99901", "TPP")])
async def test_who_leaves_a_medicus_practice_is_registered_at_the_next_by_itself(
    story: Story, practice: str, lane: str
) -> None:
    """J3, J6, N18: Medicus is never called again."""
    assert (await story.log_in("kit")).has("connected")
    await story.leave()
    story.stage.world_clock.move(timedelta(hours=1))
    story.look_away()
    story.stage.world.move_patient("kit", practice)
    await story.stage.settled()
    assert 1 == story.calls(lane)[NHS_LOGIN]["create"]

    page = await story.log_in("kit")

    assert page.has("connected")
    assert {NHS_LOGIN: {}, PARTNER: {}} == story.calls("MEDICUS")
    assert {"link": 1, "session": 1} == story.calls(lane)[PARTNER]
    assert 1 == story.logins()


async def test_a_practice_that_changes_to_medicus_takes_its_patients_along(story: Story) -> None:
    """J8, N19: the code stays, no event of PDS shows it; the directory's reload does."""
    assert (await story.log_in("ada")).has("connected")
    await story.leave()
    story.stage.world_clock.move(timedelta(hours=1))
    story.look_away()
    story.stage.world.migrate_system("A99901", "MEDICUS")
    await story.stage.settled()

    page = await story.log_in("ada")

    assert page.has("connected")
    assert {NHS_LOGIN: {}, PARTNER: {}} == story.calls("EMIS")
    assert {"link": 1, "session": 1} == story.calls("MEDICUS")[PARTNER]


@pytest.mark.parametrize("slow", [False, True])
async def test_a_key_that_is_rotated_at_medicus_costs_one_return(story: Story, slow: bool) -> None:  # noqa: FBT001 - a column
    """J5 at Medicus: dead details are withheld, or refused once (R7, N16) where the check is slow; nothing is shown twice."""
    assert (await story.log_in("kit")).has("connected")
    await story.leave()
    story.stage.world_clock.move(timedelta(hours=1))
    story.look_away()
    story.stage.faults.set(THE_CHECK_TAKES_A_WHILE if slow else NEW_DETAILS_TAKE_A_WHILE)
    story.stage.world.rotate_linkage_key("kit")

    page = await story.log_in("kit", once=None if slow else partial(story.withheld, "kit"))

    assert page.has("connected")
    assert ({"link": 1, "session": 1} if slow else {}) == story.refused("MEDICUS")[PARTNER]
    assert dict.fromkeys(("link", "session"), 2 if slow else 1) == story.calls("MEDICUS")[PARTNER]
    assert 2 == story.logins()


async def test_wrong_patients_alarm_at_medicus(story: Story) -> None:
    """J23 at Medicus, N2: it answers with another NHS number: the claim is withheld and nothing usable is kept."""
    story.stage.world.answer_for_wrong_patient("kit", "lou")
    page = await story.log_in("kit")

    assert not page.has("connected")
    assert {} == story.calls("MEDICUS")[PARTNER]
