"""Keys that die, accounts that are reset or locked, systems that are replaced or down: whoever logs in gets in, or is told why.

Where the check that a login leaves behind meets the change before the details are given, the way back to the partner waits for
it. Where that check is *slow* the partner gets dead details, and its return forces a check before the code (N16).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.simulators.faults import Fault, Kind
from tests.journeys.conftest import Story

pytestmark = pytest.mark.anyio

NEW_DETAILS_TAKE_A_WHILE = Fault(Kind.DELAY, "EMIS", "POST me/verifications", NHS_LOGIN, seconds=1.0)
SLOW = Fault(Kind.DELAY, "EMIS", sender=NHS_LOGIN, seconds=1.0, only=1)
DOWN = Fault(Kind.STATUS, "EMIS", status=503)


@pytest.fixture
async def known(story: Story) -> Story:
    """Ada was connected an hour ago, and has left."""
    assert (await story.log_in("ada")).has("connected")
    await story.leave()
    story.stage.world_clock.move(timedelta(hours=1))
    story.look_away()
    return story


@pytest.mark.parametrize("event", ["rotate_linkage_key", "expire_linkage_key"])
async def test_a_dead_key_that_the_check_meets_is_never_given(known: Story, event: str) -> None:
    """J5, N15, R8: withheld, one return, new details, one registration; the partner never shows the old key or token."""
    known.stage.faults.set(NEW_DETAILS_TAKE_A_WHILE)
    getattr(known.stage.world, event)("ada")

    page = await known.log_in("ada", once=partial(known.withheld, "ada"))

    assert page.has("connected")
    assert {"link": 1, "session": 1} == known.calls("EMIS")[PARTNER]
    assert {NHS_LOGIN: {"session": 1}, PARTNER: {}} == known.refused("EMIS")
    assert (2, 2) == (known.logins(), known.sign_ins())


async def test_a_dead_key_that_was_given_is_replaced_without_another_sign_in(known: Story) -> None:
    """J5, J15, R7, N16: one refused registration, a return with an asserted identity, and the new key works."""
    known.stage.faults.set(SLOW)
    known.stage.world.rotate_linkage_key("ada")

    page = await known.log_in("ada")

    assert page.has("connected")
    assert {"link": 2, "session": 2} == known.calls("EMIS")[PARTNER]
    assert {"link": 1, "session": 1} == known.refused("EMIS")[PARTNER]
    assert 1 == known.calls("EMIS")[NHS_LOGIN]["link"]
    assert (2, 2) == (known.logins(), known.sign_ins())  # password and one-time code, once each


async def test_a_reset_that_the_check_meets_asks_for_a_sign_in(known: Story) -> None:
    """J11's variant: the partner returns without prompt=login; the sign-in page is shown all the same, then it is lifted."""
    known.stage.world.reset_account("ada")

    page = await known.log_in("ada", once=known.stage.settled)

    assert page.has("connected")
    assert {"session": 1} == known.calls("EMIS")[PARTNER]
    assert (2, 4) == (known.logins(), known.sign_ins())


async def test_a_reset_that_the_partner_meets_is_lifted_by_its_return(known: Story) -> None:
    """J11, R6: Restricted, back with prompt=login, sign-in, a fresh verification; the old token works again."""
    known.stage.faults.set(SLOW)
    known.stage.world.reset_account("ada")

    page = await known.log_in("ada")

    assert page.has("connected")
    assert {"session": 2} == known.calls("EMIS")[PARTNER]
    assert (2, 4) == (known.logins(), known.sign_ins())


@pytest.mark.parametrize("slow", [False, True])
async def test_a_reset_that_rotates_the_key_brings_a_new_one(known: Story, slow: bool) -> None:  # noqa: FBT001 - a column
    """J11: what the verification returns replaces what was held, here and at the partner (R4)."""
    if slow:
        known.stage.faults.set(SLOW)
    known.stage.world.reset_account("ada", rotates_key=True)

    page = await known.log_in("ada")

    assert page.has("connected")
    assert 1 == known.calls("EMIS")[PARTNER]["link"] - known.refused("EMIS")[PARTNER].get("link", 0)
    assert 1 == known.calls("EMIS")[NHS_LOGIN]["link"]
    assert 4 == known.sign_ins()


async def test_a_reset_that_drops_the_links_is_linked_anew(known: Story) -> None:
    """G3's other switch: the tokens are gone, the key is not: each application links once."""
    known.stage.world.reset_account("ada", drops_links=True)

    page = await known.log_in("ada", once=known.stage.settled)

    assert page.has("connected")
    assert (1, 1) == tuple(known.calls("EMIS")[role]["link"] for role in (NHS_LOGIN, PARTNER))
    assert 2 == known.sign_ins()


def locked(story: Story, *, again: bool) -> None:
    """After failed logins."""
    story.stage.world.lock_account("ada", may_register_again=again)


def revoked(story: Story, *, again: bool) -> None:
    """By the practice."""
    story.stage.world.revoke_access("ada", may_register_again=again)


@pytest.mark.parametrize("change", [locked, revoked])
async def test_who_may_register_again_is(known: Story, change: Callable[..., None]) -> None:
    """J10, N21: found by the check, a new account, and one registration by each application."""
    change(known, again=True)

    page = await known.log_in("ada", once=known.stage.settled)

    assert page.has("connected")
    assert 1 == known.calls("EMIS")[NHS_LOGIN]["create"]
    assert {"link": 1, "session": 1} == known.calls("EMIS")[PARTNER]


@pytest.mark.parametrize("change", [locked, revoked])
async def test_who_may_not_is_told_after_one_return(known: Story, change: Callable[..., None]) -> None:
    """J10, N11, R8: withheld; the partner returns once and explains, and asks the practice nothing."""
    change(known, again=False)

    page = await known.log_in("ada", once=known.stage.settled)

    assert page.has("cannot-connect")
    assert {} == known.calls("EMIS")[PARTNER]
    assert 2 == known.logins()
    assert {"session": 1, "retrieve": 1} == known.calls("EMIS")[NHS_LOGIN]


@pytest.mark.parametrize("change", [locked, revoked])
async def test_a_partner_that_met_it_first_does_not_loop(known: Story, change: Callable[..., None]) -> None:
    """J10, R7, R9: dead details were given; at most two automatic returns, then an explanation."""
    known.stage.faults.set(SLOW)
    change(known, again=False)

    page = await known.log_in("ada")

    assert page.has("cannot-connect")
    assert 3 >= known.logins()
    assert 1 >= known.calls("EMIS")[PARTNER].get("link", 0)


async def test_another_system_at_the_same_practice(known: Story) -> None:
    """J8, N19: seen by a local look before anything is given; EMIS is never called again."""
    known.stage.world.migrate_system("A99901", "tpp", accounts=True)

    page = await known.log_in("ada")

    assert page.has("connected")
    assert {NHS_LOGIN: {}, PARTNER: {}} == known.calls("EMIS")
    assert {NHS_LOGIN: {"retrieve": 1, "link": 1, "session": 1}, PARTNER: {"link": 1, "session": 1}} == known.calls("TPP")
    assert 1 == known.logins()


async def test_another_system_under_a_new_code(known: Story) -> None:
    """J8's variant, N18: PDS names another practice; at most one extra login, and one registration by the partner."""
    known.stage.world.migrate_system("A99901", "tpp", new_code="A99977")

    page = await known.log_in("ada")

    assert page.has("connected")
    assert {} == known.calls("EMIS")[PARTNER]
    assert {"link": 1, "session": 1} == known.calls("TPP")[PARTNER]
    assert 2 >= known.logins()


async def test_a_system_that_is_down_for_a_known_patient(known: Story) -> None:
    """J13, R10: the claim is given; the partner says try later, registers nothing, and does not return."""
    number = known.stage.faults.set(DOWN)
    page = await known.log_in("ada")
    assert page.has("try-later")
    assert (1, 0) == (known.logins(), known.calls("EMIS")[PARTNER].get("link", 0))

    known.stage.faults.clear(number)
    known.stage.world_clock.move(timedelta(minutes=20))
    known.look_away()

    assert (await known.log_in("ada")).has("connected")
    assert {"session": 1} == known.calls("EMIS")[PARTNER]


async def test_a_system_that_is_down_for_a_new_patient(story: Story) -> None:
    """J12, N12, R8: no claim, one return, an explanation; up again, the task registers, and the next login works at once."""
    number = story.stage.faults.set(DOWN)
    page = await story.log_in("ada")
    assert page.has("cannot-connect")
    assert {} == story.calls("EMIS")[PARTNER]

    story.stage.faults.clear(number)
    story.stage.world_clock.move(timedelta(minutes=20))
    await story.stage.settled()
    assert {"retrieve": 1, "link": 1, "session": 1} == story.calls("EMIS")[NHS_LOGIN]
    story.look_away()

    assert (await story.log_in("ada")).has("connected")
    assert (1, {"link": 1, "session": 1}) == (story.logins(), story.calls("EMIS")[PARTNER])
