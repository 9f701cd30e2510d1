"""A patient whom everybody knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from tests.journeys.conftest import Story

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("slug", "lane"), [("ada", "EMIS"), ("cleo", "TPP")])
async def test_nothing_is_registered_again_while_nothing_changes(story: Story, slug: str, lane: str) -> None:
    """J4: from the second to the tenth login one check each in the background, no registration, one session each."""
    await story.log_in(slug)

    for _ in range(9):
        await story.leave()
        story.stage.world_clock.move(timedelta(hours=1))
        story.look_away()
        page = await story.log_in(slug)

        assert page.has("connected")
        assert {NHS_LOGIN: {"session": 1}, PARTNER: {"session": 1}} == story.calls(lane)


async def test_a_login_of_a_known_patient_waits_for_no_gp_system(story: Story) -> None:
    """N14: from NHS login's pages to the claim nothing at EMIS or PDS is on the way; the check comes afterwards."""
    await story.log_in("ada")
    await story.leave()
    story.stage.world_clock.move(timedelta(hours=1))
    story.look_away()
    await story.log_in("ada")

    assert () == tuple(message for message in story.stage.journal.list(after=story._seen) if message.receiver == "PDS")


async def test_two_logins_within_a_minute_are_checked_once(story: Story) -> None:
    """N14: a good check younger than 60 s is not repeated; the registration's own proof counts as one."""
    await story.log_in("ada")
    await story.leave()
    story.look_away()
    await story.log_in("ada")

    assert {NHS_LOGIN: {}, PARTNER: {"session": 1}} == story.calls("EMIS")
