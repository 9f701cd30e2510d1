"""An operator pauses a supplier beside the running provider: nobody calls it, nobody loses anything (N12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.sandbox.browser import Page, browser
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from tests.journeys.conftest import Story
from tests.journeys.test_operator import Operator

pytestmark = pytest.mark.anyio


async def test_a_paused_supplier_is_called_by_nobody_and_its_patients_lose_nothing(story: Story) -> None:
    """N12, N14: known: the claim at once, 0 calls; new: no claim, registered once it goes on; the other supplier as ever."""
    operator = Operator(story.stage, {})
    assert (await story.log_in("ada")).has("connected")
    await story.leave()
    story.stage.world_clock.move(timedelta(hours=1))
    story.look_away()

    await operator.admin("suppliers", "pause", "emis")
    known = await story.log_in("ada")
    await story.leave()
    ben = await as_somebody_else(story, "ben")
    cleo = await as_somebody_else(story, "cleo")

    assert (True, True, True) == (known.has("connected"), ben.has("cannot-connect"), cleo.has("connected"))
    assert {} == story.calls("EMIS")[NHS_LOGIN]
    assert {"session": 1} == story.calls("EMIS")[PARTNER]
    assert {"retrieve": 1, "link": 1, "session": 1} == story.calls("TPP")[NHS_LOGIN]

    await operator.admin("suppliers", "resume", "emis")
    story.stage.world_clock.move(timedelta(minutes=20))
    await story.stage.settled()
    seen = story.calls("EMIS")[NHS_LOGIN]
    story.look_away()

    assert (1, 1) == (seen["create"], seen["session"] - 1)  # Ben's registration, and Ada's check that had waited
    assert (await as_somebody_else(story, "ben")).has("connected")


async def as_somebody_else(story: Story, slug: str) -> Page:
    """Their login, in a browser of their own."""
    async with browser() as person:
        return await Story(story.stage, person).log_in(slug)
