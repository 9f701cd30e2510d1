"""A patient whom nobody knows yet."""

from __future__ import annotations

import pytest

from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from tests.journeys.conftest import Story

pytestmark = pytest.mark.anyio


async def test_a_patient_with_an_emis_account_gets_in(story: Story) -> None:
    """J1: one retrieve and one link by NHS login, one registration and one session by the partner."""
    page = await story.log_in("ada")

    assert "You are connected to Meadowbank Surgery (EMIS)" == page.heading
    # The session of NHS login's own is the one that proves the right patient (N2).
    assert {NHS_LOGIN: {"retrieve": 1, "link": 1, "session": 1}, PARTNER: {"link": 1, "session": 1}} == story.calls("EMIS")
    assert {NHS_LOGIN: {}, PARTNER: {}} == story.calls("TPP")


async def test_a_patient_without_an_emis_account_gets_one(story: Story) -> None:
    """J2 at EMIS: retrieve finds none, create, retrieve; creating already yields the own token, so nothing is linked."""
    page = await story.log_in("ben")

    assert "You are connected to Meadowbank Surgery (EMIS)" == page.heading
    assert {NHS_LOGIN: {"retrieve": 2, "create": 1, "session": 1}, PARTNER: {"link": 1, "session": 1}} == story.calls("EMIS")


async def test_a_patient_with_a_tpp_account_gets_in(story: Story) -> None:
    """J3, as J1: at TPP."""
    page = await story.log_in("cleo")

    assert "You are connected to Old Mill Medical Centre (TPP)" == page.heading
    assert {NHS_LOGIN: {"retrieve": 1, "link": 1, "session": 1}, PARTNER: {"link": 1, "session": 1}} == story.calls("TPP")
    assert {NHS_LOGIN: {}, PARTNER: {}} == story.calls("EMIS")


async def test_a_patient_without_a_tpp_account_gets_one(story: Story) -> None:
    """J3, as J2: at TPP the reply of creating holds the details, so one retrieve is enough."""
    page = await story.log_in("dan")

    assert "You are connected to Old Mill Medical Centre (TPP)" == page.heading
    assert {NHS_LOGIN: {"retrieve": 1, "create": 1, "session": 1}, PARTNER: {"link": 1, "session": 1}} == story.calls("TPP")


async def test_one_email_is_sent_to_the_patient_for_each_application(story: Story) -> None:
    """G2, R3: linking NHS login's application and the partner's are two e-mails, and a later login sends none."""
    await story.log_in("ada")
    await story.leave()
    await story.log_in("ada")

    assert [("ada", "ada@example.test")] * 2 == [(email.person, email.to) for email in story.stage.world.outbox]
