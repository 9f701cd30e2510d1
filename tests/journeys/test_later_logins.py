"""A patient whom everybody knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.jose.keys import SigningKey
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.sandbox.walk import answer_pages
from tests.journeys.conftest import Story
from tests.journeys.second_partner import hillside

pytestmark = pytest.mark.anyio

KEY = SigningKey.generate()


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


async def test_another_partners_login_within_a_minute_is_not_checked(story: Story) -> None:
    """N14: a good check younger than 60 s is not repeated; the registration's own proof counts as one."""
    await story.log_in("ada")
    story.look_away()
    async with hillside(story.stage, KEY) as second:
        page = await answer_pages(story.person, await story.person.open(f"{second.address}/login"), story.stage.people["ada"])
        await story.stage.settled()

    assert page.has("connected")
    assert {} == story.calls("EMIS")[NHS_LOGIN]


async def test_a_partner_that_is_back_within_minutes_gets_confirmed_details(story: Story) -> None:
    """N16: a check before the code, which finds everything as it was: given again, and nothing is registered."""
    await story.log_in("ada")
    await story.leave()
    story.stage.world_clock.move(timedelta(minutes=2))
    story.look_away()
    page = await story.log_in("ada")

    assert page.has("connected")
    assert {NHS_LOGIN: {"session": 1, "retrieve": 1}, PARTNER: {"session": 1}} == story.calls("EMIS")
