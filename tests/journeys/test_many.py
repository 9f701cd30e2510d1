"""Many at once: a merger of two practices, and one person with two accounts."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials.holding import PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import Task, TaskKind
from gpic.jobs.lease_table import LeaseTable
from gpic.nhs.organisations import OdsCode
from gpic.provider.accounts import SignInSecrets
from gpic.sandbox.browser import browser
from gpic.sandbox.residents import CODE, PASSWORD, account_of
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.sandbox.walk import Traveller, log_in
from gpic.simulators.ids import synthetic_numbers
from gpic.simulators.people import Patient
from tests.journeys.conftest import Story

pytestmark = pytest.mark.anyio

CROWD = 500


async def crowd(story: Story, practice: str) -> list[PersonId]:
    """Patients of one practice whom NHS login has registered there, all invented."""
    world, role = story.stage.world, story.stage.nhs_login
    known = {patient.number for patient in world.patients.values()}
    numbers = (number for number in synthetic_numbers() if number not in known)
    people = []
    for position, number in zip(range(CROWD), numbers, strict=False):
        slug = f"crowd-{position}"
        email = f"{slug}@example.test"
        patient = Patient(
            slug, number, OdsCode(practice), "Ada", f"Name{position}", "1984-02-17", email=email, phone="07700900101"
        )
        world.add_patient(patient, account=True)
        person = PersonId(secrets.token_urlsafe(12))
        await role.cabinets.accounts.put(account_of(patient, person), SignInSecrets("no sign-in"))
        await LeaseTable(role.database).enqueue(Task(TaskKind.REGISTER, person), story.stage.world_clock.now())
        people.append(person)
    await story.stage.settled()
    for person in people:  # lately used, so that they are registered in the background (N18)
        assert await role.cabinets.holdings.release(person, "riverside-health", story.stage.world_clock.now(), None)
    return people


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_two_practices_merge(story: Story) -> None:
    """J9, N20: 500 patients, paced by what may wait; each ends registered at the surviving practice."""
    people = await crowd(story, "A99901")
    story.look_away()
    story.stage.switches.mns.drop_chance = 1.0  # nobody is told by an event: the operator's round finds them
    story.stage.world.merge_practices("A99901", "A99902", accounts=True)
    walker, most = story.stage.nhs_login.walker, 0
    await walker.begin("merge-A99901-A99902", frozenset({OdsCode("A99901")}), why="merged")
    settling = asyncio.create_task(story.stage.settled())
    while not settling.done():
        most = max(most, await walker.backlog.waiting(TaskKind.FOLLOW))
        await asyncio.sleep(0.05)
    await settling

    holdings = [await story.stage.nhs_login.cabinets.holdings.load(person) for person in people]
    assert Counter({(State.HELD, "A99902"): CROWD}) == Counter((one.state, str(one.practice)) for one in holdings)
    assert 0 < most <= walker.policy.most_waiting + walker.policy.page
    assert {"retrieve": CROWD, "link": CROWD, "session": CROWD} == story.calls("EMIS")[NHS_LOGIN]


async def test_one_person_with_two_accounts_is_registered_once(story: Story) -> None:
    """J24, N1: both accounts get the same details; the partner has one registration and one token."""
    accounts = story.stage.nhs_login.cabinets.accounts
    found = await accounts.by_email(story.stage.people["ada"].email)
    assert found is not None
    account, known = found
    await accounts.put(replace(account, subject="another-subject", email="ada.too@example.test"), known)
    assert (await story.log_in("ada")).has("connected")
    story.stage.world_clock.move(timedelta(minutes=30))
    async with browser() as another:
        page = await log_in(another, story.stage.addresses.partner, Traveller("ada", "ada.too@example.test", PASSWORD, CODE))
    await story.stage.settled()

    assert page.has("connected")
    seen = story.calls("EMIS")
    assert (1, 1) == (seen[NHS_LOGIN]["link"], seen[PARTNER]["link"])
