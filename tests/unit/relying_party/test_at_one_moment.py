"""Crashes, browsers that go away, and callbacks that arrive together."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gpic.nhs.answers import GpSession, LinkAnswer, SessionOpened, ShownPatient
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle, ReturnToLogin, TryLater
from gpic.relying_party.ports import Allowance
from gpic.storage.partner.sqlite import sqlite_cabinets
from gpic.storage.sealing import Sealer
from tests.unit.relying_party.world import PRACTICE, World, details, world

pytestmark = pytest.mark.anyio


async def test_two_callbacks_at_one_moment_make_one_registration() -> None:
    """R11: the second waits for the first, and both get in."""
    there = world()
    other = replace(there, browser="another browser")

    outcomes = await asyncio.gather(*(one.log_in() for one in [there, other] * 4))

    assert [Connected] * 8 == [type(outcome) for outcome in outcomes]
    assert 1 == there.surgery.calls.count("link")


class SlowSurgery:
    """A surgery whose registration waits until it may answer."""

    def __init__(self, there: World) -> None:
        self.there = there
        self.begun, self.may_answer = asyncio.Event(), asyncio.Event()
        self.fast_link = there.surgery.link
        there.surgery.link = self.link  # type: ignore[method-assign]

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """Answers when it may."""
        self.begun.set()
        await self.may_answer.wait()
        return await self.fast_link(demographics, details)


async def test_a_browser_that_goes_away_loses_no_token() -> None:
    """R2: a registration that was begun is carried to its end, so that the next login finds its token."""
    there = world()
    slow = SlowSurgery(there)
    leaving = asyncio.create_task(there.press_the_button())
    await slow.begun.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    slow.may_answer.set()

    assert isinstance(await there.log_in(), Connected)
    assert 1 == there.surgery.calls.count("link")


async def test_a_registration_that_takes_too_long_is_waited_for_elsewhere() -> None:
    """R11: the second callback gives up after a while, without registering."""
    there = world(longest_wait=timedelta(seconds=0.05))
    slow = SlowSurgery(there)
    first = asyncio.create_task(there.press_the_button())
    await slow.begun.wait()

    second = await replace(there, browser="another browser").press_the_button()

    assert TryLater(timedelta(seconds=150), PRACTICE) == second
    slow.may_answer.set()
    assert isinstance(await first, Connected)


async def test_the_intent_is_written_before_the_call() -> None:
    """R2: when the GP system is asked, the store already knows."""
    there = world()
    slow = SlowSurgery(there)
    running = asyncio.create_task(there.press_the_button())
    await slow.begun.wait()

    intent = await there.cabinets.linkages.find("mary", details().fingerprint)

    assert intent is not None
    assert (1, None) == (intent.version, intent.token)
    assert intent.reserved_until is not None
    slow.may_answer.set()
    await running


async def test_the_token_is_kept_before_the_first_session() -> None:
    """R2: details and token are stored when the session is asked for."""
    there = world()
    seen: list[Im1Token | None] = []

    class Looking:
        async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionOpened:
            """Looks into the store."""
            kept = await there.cabinets.linkages.find("mary", details().fingerprint)
            seen.append(kept.token if kept else None)
            return SessionOpened(GpSession("emis", Secret("s")), ShownPatient(frozenset({there.surgery.shows})))

    there.surgery.open_session = Looking().open_session  # type: ignore[method-assign]
    await there.log_in()

    assert [Im1Token("emis", Secret("token-1"))] == seen


async def test_a_crash_between_intent_and_answer_costs_one_more_registration() -> None:
    """R2, R3: the next login after the reservation registers again, and not before."""
    there = world(longest_wait=timedelta(0))
    await there.cabinets.linkages.reserve(
        details().fingerprint, 0, there.clock.now(), there.clock.now() + timedelta(seconds=150)
    )

    early = await there.log_in()
    there.clock.move(timedelta(seconds=150))
    late = await there.log_in()

    assert TryLater(timedelta(seconds=150), PRACTICE) == early
    assert isinstance(late, Connected)
    assert 1 == there.surgery.calls.count("link")


async def test_returns_agree_between_workers(tmp_path: Path) -> None:
    """R9: two processes on one file count together."""
    cabinets = [sqlite_cabinets(tmp_path / "partner.db", Sealer({"k1": bytes(32)}, "k1")) for _ in range(2)]
    workers = [world(one) for one in cabinets]
    for worker in workers:
        worker.surgery.linkage_key = "another"

    outcomes = [await worker.press_the_button() for worker in (*workers, *workers)]

    assert [ReturnToLogin, ReturnToLogin, CannotConnect, CannotConnect] == [type(outcome) for outcome in outcomes]


async def test_a_guard_that_others_filled_meanwhile_is_heeded() -> None:
    """R9: what was free when the login began may be taken when the return is to be made."""
    there = world()
    slow = SlowSurgery(there)
    there.surgery.linkage_key = "another"
    running = asyncio.create_task(there.press_the_button())
    await slow.begun.wait()
    allowance = Allowance(2, timedelta(minutes=15))
    for _ in range(2):
        assert await there.cabinets.returns.reserve("sub:mary", Obstacle.RESTRICTED, there.clock.now(), allowance)
    slow.may_answer.set()

    assert CannotConnect(Obstacle.DETAILS_REJECTED, PRACTICE, timedelta(minutes=15)) == await running


async def test_closing_waits_for_registrations_whose_browser_went_away() -> None:
    """R2: a process that stops in order keeps the token that it was about to get."""
    there = world()
    slow = SlowSurgery(there)
    leaving = asyncio.create_task(there.press_the_button())
    await slow.begun.wait()
    leaving.cancel()
    await asyncio.wait([leaving])
    asyncio.get_running_loop().call_later(0.05, slow.may_answer.set)

    await there.party.close()

    kept = await there.cabinets.linkages.find("mary", details().fingerprint)
    assert kept is not None
    assert Im1Token("emis", Secret("token-1")) == kept.token
