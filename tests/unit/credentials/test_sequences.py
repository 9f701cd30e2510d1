"""Random lives: whatever systems answer, whenever time passes and wherever the process dies."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpic.credentials.lifecycle import State
from gpic.credentials.offer import Underway, Withheld
from gpic.credentials.ports import AuditEvent, Circumstances, TryAgainAt
from gpic.nhs.answers import NoAccount, Reason, Refused, Rejected, Restricted
from tests.unit.credentials.surgery import DOWN, OTHER, PERSON, REGISTER, Bench, Killed, Practice

STEPS = st.sampled_from(
    [
        "log in",
        "come back",
        "come back signed in",
        "rotate",
        "kill token",
        "reset",
        "an hour",
        "a day",
        "wrong patient",
        "right patient",
        "down",
        "refuse",
        "reject",
        "die",
    ]
)


class Life:
    """One person's life, and what must always hold in it."""

    def __init__(self, style: str, *, has_account: bool) -> None:
        self.bench = Bench(practice=Practice(style, has_account=has_account), supplier=style)
        self.rejected: set[str] = set()
        self.signed_in = False  #: since the account was restricted
        self._watch()

    def _watch(self) -> None:
        practice = self.bench.practice
        link, check, verify_anew = practice.link, practice.check, practice.verify_anew

        async def watched_link(demographics, details):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - the port's
            assert details.fingerprint not in self.rejected, "a rejected key was presented again"
            answer = await link(demographics, details)
            if isinstance(answer, Rejected):
                self.rejected.add(details.fingerprint)
            return answer

        async def watched_check(token, where):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - the port's
            assert token.fingerprint not in self.rejected, "a rejected token was presented again"
            answer = await check(token, where)
            if isinstance(answer, Rejected):
                self.rejected.add(token.fingerprint)
            return answer

        async def watched_verification(applicant):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - the port's
            assert self.signed_in, "lifted, and nobody had signed in since the reset"
            return await verify_anew(applicant)

        practice.link, practice.check = watched_link, watched_check  # type: ignore[method-assign]
        practice.verify_anew = watched_verification  # type: ignore[method-assign]

    async def step(self, what: str) -> None:  # noqa: C901, PLR0912 - one line for each thing that can happen
        """Let something happen."""
        bench, practice = self.bench, self.bench.practice
        match what:
            case "log in":
                await self.log_in()
            case "come back":
                await self.come_back(Circumstances(PERSON, "partner"))
            case "come back signed in":
                await self.come_back(Circumstances(PERSON, "partner", signed_in_now=True, prompt_login=True))
            case "rotate":
                practice.key += practice.has_account
            case "kill token":
                practice.dead_tokens |= set(practice.tokens)
            case "reset":
                self.signed_in &= practice.restricted
                practice.restricted = practice.has_account
            case "an hour":
                bench.later(hours=1)
            case "a day":
                bench.later(days=1)
            case "wrong patient":
                practice.number_shown = OTHER
            case "right patient":
                practice.number_shown = self.bench.register.person.nhs_number if self.bench.register.person else OTHER
            case "down":
                practice.answers = {"retrieve": [DOWN], "session": [DOWN], "link": [DOWN]}
            case "refuse":
                practice.answers = {"retrieve": [Refused(Reason.PRACTICE_NOT_LIVE)], "create": [Refused(Reason.UNDER_AGE)]}
            case "reject":
                practice.answers = {"link": [Rejected(Reason.KEY_INVALID)]}
            case _:
                await self.die_at_the_next_call()

    async def log_in(self) -> None:
        """Ask, and run whatever is due, as a worker does."""
        self.signed_in = True
        await self.bench.offer.prepare(Circumstances(PERSON, "partner", signed_in_now=True))
        await self.work()

    async def come_back(self, how: Circumstances) -> None:
        """The partner says that the details do not work (N16): whatever it does, it never waits longer than it may."""
        self.bench.later(minutes=1)
        self.signed_in |= how.signed_in_now
        offered = await self.bench.offer.prepare(how)
        await self.work()
        assert not isinstance(offered, Underway) or offered.within in {None, self.bench.policy.forced_wait}

    async def work(self) -> None:
        """Run what waits; a task that wants to come back waits again."""
        bench = self.bench
        for task in [task for task, due in bench.queue.waiting.items() if due <= bench.clock.now()]:
            del bench.queue.waiting[task]
            run = {"register": bench.registered, "recheck": bench.rechecked, "confirm": bench.confirmed}[task.kind]
            outcome = await run()
            if isinstance(outcome, TryAgainAt):
                await bench.queue.enqueue(task, outcome.when)

    async def die_at_the_next_call(self) -> None:
        """The process is killed; the lease ends and the task is run anew."""

        def kill(_: str) -> None:
            raise Killed

        self.bench.practice.on_call = kill
        self.signed_in = True
        await self.bench.offer.prepare(Circumstances(PERSON, "partner", signed_in_now=True))
        with contextlib.suppress(Killed):
            await self.bench.registered()
        self.bench.practice.on_call = lambda _: None

    async def holds(self) -> None:
        """What must hold at every moment."""
        bench, holding = self.bench, await self.bench.holding()
        released = await bench.released()
        assert (released is not None) == (holding.state is State.HELD)
        assert released in {None, holding.details}
        assert released is None or released.fingerprint not in self.rejected
        assert holding.token is None or holding.token.fingerprint not in self.rejected
        assert bench.practice.accounts_opened <= 1
        if holding.state in {State.REGISTERING, State.UNPROVED, State.EMPTY, State.WITHDRAWN}:
            offered = await bench.offer.prepare(Circumstances(PERSON, "partner"))
            is_put_off = holding.next_try_at is not None and holding.next_try_at - bench.clock.now() > bench.policy.longest_wait
            assert offered == (Withheld("no-answer") if is_put_off else Underway())
            assert REGISTER in bench.queue.waiting
        if holding.state is State.REFUSED:
            assert holding.next_try_at is not None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["emis", "tpp"]), st.booleans(), st.lists(STEPS, max_size=14))
def test_whatever_happens_the_promises_hold(style: str, has_account: bool, steps: list[str]) -> None:  # noqa: FBT001 - drawn by hypothesis
    """N2, N4, N11, N13: no mixed or stale claim, no rejected secret shown or released, one account, always a next step."""

    async def live() -> None:
        life = Life(style, has_account=has_account)
        for what in steps:
            await life.step(what)
            await life.holds()

    asyncio.run(live())


@pytest.mark.parametrize("has_account", [True, False])
@pytest.mark.parametrize("style", ["emis", "tpp"])
def test_dying_at_any_call_costs_nothing_but_time(style: str, has_account: bool) -> None:  # noqa: FBT001 - a column of the table
    """N8, N10: killed before or after every single call and run again: one account, details stored, one REGISTERED record."""

    async def die_at(place: int) -> bool:
        bench, count = Bench(practice=Practice(style, has_account=has_account), supplier=style), 0

        def tick(_: str) -> None:
            nonlocal count
            count += 1
            if count == place:
                raise Killed

        bench.practice.on_call = bench.holdings.on_call = tick
        try:
            await bench.registered()
        except Killed:
            pass
        else:
            return False
        await bench.registered()

        assert bench.practice.accounts_opened == (0 if has_account else 1)
        assert bench.practice.details == await bench.released()
        assert 1 == (await bench.events()).count(AuditEvent.REGISTERED)
        return True

    async def everywhere() -> int:
        place = 1
        while await die_at(place):
            place += 1
        return place

    assert asyncio.run(everywhere()) > 10


def test_a_restriction_is_lifted_by_nothing_but_a_sign_in() -> None:
    """N17: background work leaves a restricted account alone."""

    async def live() -> None:
        bench = Bench()
        await bench.registered()
        bench.practice.answers = {"session": [Restricted()], "retrieve": [NoAccount()]}
        bench.later(hours=1)
        await bench.rechecked()
        await bench.rechecked()
        assert State.RESTRICTED is (await bench.holding()).state
        assert 0 == bench.practice.calls["verify_anew"]

    asyncio.run(live())
