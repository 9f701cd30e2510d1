"""Patients who cannot be connected, and what they are told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from tests.journeys.conftest import Begin, Story

pytestmark = pytest.mark.anyio


async def test_a_lasting_refusal_lets_the_login_go_on_without_the_claim(story: Story) -> None:
    """J14: not registered at the practice that PDS names: NHS login gives no claim, the partner returns once and explains."""
    page = await story.log_in("eve")

    assert page.has("cannot-connect")
    assert {NHS_LOGIN: {"retrieve": 1, "create": 1}, PARTNER: {}} == story.calls("EMIS")
    # The first login and one automatic return (R8).
    assert 2 == len(story.stage.journal.calls("NHS login", operation="POST /token", ok=True))


async def test_a_refused_patient_is_tried_again_only_after_the_pause(story: Story) -> None:
    """J14, N11: within 15 minutes nobody asks the practice again; afterwards one try is made."""
    await story.log_in("eve")
    story.look_away()
    story.stage.world_clock.move(timedelta(minutes=14))
    await story.log_in("eve")
    within = story.calls("EMIS")
    story.stage.world_clock.move(timedelta(minutes=2))
    story.look_away()
    await story.log_in("eve")

    assert {NHS_LOGIN: {}, PARTNER: {}} == within
    assert {NHS_LOGIN: {"retrieve": 1, "create": 1}, PARTNER: {}} == story.calls("EMIS")


async def test_a_child_is_not_registered(story: Story) -> None:
    """J14: under 16 EMIS creates no account."""
    page = await story.log_in("fay")

    assert page.has("cannot-connect")
    assert {} == story.calls("EMIS")[PARTNER]


async def test_another_patients_record_is_never_shown(story: Story) -> None:
    """J23: the GP system shows another NHS number: nothing usable is kept, the claim is withheld, an alarm is raised."""
    story.stage.world.answer_for_wrong_patient("gus", "ada")

    page = await story.log_in("gus")

    cabinets = story.stage.nhs_login.cabinets
    gus = await cabinets.accounts.person_of(story.stage.world.patient("gus").number)
    assert gus is not None
    holding = await cabinets.holdings.load(gus)
    trail = await cabinets.holdings.trail(gus)
    assert page.has("cannot-connect")
    assert (State.REFUSED, None, None) == (holding.state, holding.details, holding.token)
    assert AuditEvent.WRONG_PATIENT in [record.event for record in trail]
    assert AuditEvent.RELEASED not in [record.event for record in trail]
    assert [gus] == story.stage.nhs_login.alarms.raised
    assert {} == story.calls("EMIS")[PARTNER]


async def test_a_partner_notices_another_patients_record_itself(story: Story) -> None:
    """J23, R5: what was right at NHS login's check and is wrong at the partner's session is not shown either."""
    await story.log_in("gus")
    await story.leave()
    story.stage.world.answer_for_wrong_patient("gus", "ada")

    page = await story.log_in("gus")

    assert page.has("cannot-connect")
    assert "Ada" not in page.text


async def test_a_partner_that_is_not_im1_enabled_is_refused(begin: Begin, keys: SandboxKeys) -> None:
    """J20, N5: with require_im1 the scope is refused before anybody signs in, and the partner explains."""
    story = await begin(Script(keys=keys, im1_enabled=False, environment={"GPIC_PROVIDER__REQUIRE_IM1": "true"}))

    page = await story.log_in("ada")

    assert page.has("cannot-connect")
    assert [] == [message.operation for message in story.stage.journal.list() if "/interaction" in message.operation]
    assert {NHS_LOGIN: {}, PARTNER: {}} == story.calls("EMIS")


async def test_an_im1_enabled_partner_is_served_where_it_must_be(begin: Begin, keys: SandboxKeys) -> None:
    """J20, N5: with require_im1 the mark is enough."""
    story = await begin(Script(keys=keys, environment={"GPIC_PROVIDER__REQUIRE_IM1": "true"}))

    page = await story.log_in("ada")

    assert page.has("connected")
