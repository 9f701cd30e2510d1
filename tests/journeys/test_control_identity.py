"""Identity checks, and what NHS login writes to people, over the control API."""

from __future__ import annotations

import pytest

from gpic.sandbox.browser import browser
from gpic.sandbox.residents import CODE
from gpic.sandbox.walk import log_in
from tests.journeys.conftest import Controlled

pytestmark = pytest.mark.anyio


async def test_identity_checks_can_be_scripted(controlled: Controlled) -> None:
    """J19: no click is needed, and what stands is told."""
    before = await controlled.get("/identity-checks")
    now = await controlled.put("/identity-checks", {"manner": "pass"})

    assert ({"manner": "ask"}, {"manner": "pass"}) == (before, now)
    assert now == await controlled.get("/identity-checks")
    assert (await controlled.log_in("ivy")).has("connected")
    await controlled.ask("PUT", "/identity-checks", 400, json={"manner": "perhaps"})


async def test_what_nhs_login_writes_can_be_read(controlled: Controlled) -> None:
    """The code went to the phone of whoever signed in on the page."""
    addresses = controlled.stage.addresses
    async with browser(controlled.stage.ways) as person:
        await log_in(person, addresses.partner, controlled.stage.people["ada"])

    [note] = await controlled.get("/notes")

    assert ("phone", controlled.stage.world.patient("ada").phone) == (note["channel"], note["to"])
    assert CODE in note["text"]
