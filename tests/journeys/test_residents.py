"""Residents of the sandbox who are odd from the start, so that nobody needs to script anything to meet them."""

from __future__ import annotations

import pytest

from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import State
from gpic.nhs.answers import Reason
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from tests.journeys.conftest import Story

pytestmark = pytest.mark.anyio


async def held(story: Story, slug: str) -> Holding:
    """What NHS login holds."""
    cabinets = story.stage.nhs_login.cabinets
    person = await cabinets.accounts.person_of(story.stage.world.patient(slug).number)
    assert person is not None
    return await cabinets.holdings.load(person)


@pytest.mark.parametrize(
    ("slug", "lane", "why"),
    [
        ("fay", "EMIS", Reason.UNDER_AGE),
        ("mia", "EMIS", Reason.ARCHIVED),
        ("ned", "EMIS", Reason.SEVERAL_RECORDS),
        ("ola", "EMIS", Reason.UNDER_AGE),
        ("una", "TPP", Reason.NOT_PDS_MATCHED),
    ],
)
async def test_who_cannot_have_details_is_told_so(story: Story, slug: str, lane: str, why: Reason) -> None:
    """J14, N11: under 16, archived, several records, not competent, not matched: no claim, and an explanation."""
    page = await story.log_in(slug)

    assert page.has("cannot-connect")
    assert {} == story.calls(lane)[PARTNER]
    holding = await held(story, slug)
    assert (State.REFUSED, why, None) == (holding.state, holding.refusal, holding.details)


async def test_a_child_whose_practice_issued_details_is_connected(story: Story) -> None:
    """N11: from 13 to 15 details that exist are retrieved and linked; none is ever created."""
    page = await story.log_in("pip")

    assert page.has("connected")
    calls = story.calls("TPP")
    assert (1, 1, 0) == tuple(calls[NHS_LOGIN].get(kind, 0) for kind in ("retrieve", "link", "create"))
    assert {"link": 1, "session": 1} == calls[PARTNER]


async def test_a_resident_raises_the_alarm_of_the_wrong_patient(story: Story) -> None:
    """J23, N2: TPP shows somebody else in Rex's sessions: nothing is released, nothing usable kept, an alarm raised."""
    page = await story.log_in("rex")
    cabinets = story.stage.nhs_login.cabinets
    rex = await cabinets.accounts.person_of(story.stage.world.patient("rex").number)

    assert page.has("cannot-connect")
    assert "Nakamura" not in page.text
    assert [rex] == story.stage.nhs_login.alarms.raised
    assert {} == story.calls("TPP")[PARTNER]
    holding = await held(story, "rex")
    assert (State.REFUSED, None, None) == (holding.state, holding.details, holding.token)
