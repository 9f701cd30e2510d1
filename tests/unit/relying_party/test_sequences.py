"""Whatever happens to a patient's account, in whatever order: the counts hold."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpic.nhs.answers import AlreadyLinked, Reason, Refused, Rejected, Unexpected
from gpic.nhs.clock import Clocks
from gpic.nhs.organisations import OdsCode
from gpic.outbound import open_client
from gpic.relying_party.outcomes import CannotConnect, Connected, TryLater
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.ports import Cabinets, GpSystem
from gpic.storage.partner.memory import memory_cabinets
from tests.unit.relying_party.world import ISSUER, World, details, world
from tests.unit.relying_party.world import settings as partner_settings

LOG_IN = "log in"
RESTRICTED, REFUSED = Rejected(Reason.WRONG_LINK_LEVEL), Refused(Reason.NOT_REGISTERED)


class Killed(BaseException):
    """The process died here."""


@dataclass
class Wire:
    """Trips once, at the call that it is set to: each call counts before it is made and after it was answered."""

    left: int = 0
    tripped: int = 0

    def tick(self) -> None:
        """One moment."""
        self.left -= 1
        if self.left == 0:
            self.tripped += 1
            raise Killed

    def around(self, port: object) -> Any:  # noqa: ANN401 - whatever port it is
        """The port with the wire before and after each of its calls."""

        class Wired:
            def __getattr__(_, name: str) -> Callable[..., Awaitable[object]]:  # noqa: N805 - *self* is the wire
                async def call(*given: object, **named: object) -> object:
                    self.tick()
                    answer = await getattr(port, name)(*given, **named)
                    self.tick()
                    return answer

                return call

        return Wired()


class Story:
    """One patient's account through time; every login is checked. Whatever dies is started anew over what it kept."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.kept = memory_cabinets()
        self.there: World = world()
        self.keys = 1
        self.restart()

    def restart(self) -> None:
        """A new process over the same cabinets, beside the same NHS login and the same surgery."""
        kept, there, wire = self.kept, self.there, self.wire
        there.cabinets = Cabinets(wire.around(kept.attempts), wire.around(kept.linkages), wire.around(kept.returns))
        there.party = RelyingParty(
            partner_settings(),
            client=open_client(ISSUER, transport=httpx2.MockTransport(there.nhs_login.answer)),
            gp_systems=self,
            cabinets=there.cabinets,
            clocks=Clocks(there.clock, there.clock),
        )

    def system_of(self, practice: OdsCode) -> tuple[str, GpSystem] | None:
        """The surgery, at the other end of the wire."""
        found = self.there.surgery.system_of(practice)
        return (found[0], self.wire.around(found[1])) if found else None

    def die_at(self, call: int) -> None:
        """The process will die so many moments from now."""
        self.wire.left = call

    def rotate(self) -> None:
        """The practice gives a new key."""
        self.keys += 1
        self.there.surgery.linkage_key = f"key-{self.keys}"

    def kill_tokens(self) -> None:
        """Every token dies; later ones have other names."""
        tokens = self.there.surgery.tokens
        tokens.update(dict.fromkeys(tokens, ""))

    def learn(self) -> None:
        """NHS login gets the key that the practice has now."""
        self.there.nhs_login.details = details(self.there.surgery.linkage_key)

    def lift(self) -> None:
        """A real sign-in lifts a reset."""
        self.there.surgery.restricted = False

    async def logs_in(self) -> None:
        """One login with its automatic returns."""
        there = self.there
        works = await self.has_a_working_token()
        there.surgery.calls.clear()

        tripped = self.wire.tripped
        try:
            outcome = await there.log_in()
        except Killed:
            self.restart()
            outcome = None

        assert len(there.returns) <= 2
        # Who dies between hearing "no" and writing it down cannot know that it was said.
        assert len(there.surgery.presented_again) <= self.wire.tripped
        assert all(count <= 2 + self.wire.tripped for count in there.surgery.linked.values())
        if outcome is None:
            assert self.wire.tripped == tripped + 1
            return
        assert isinstance(outcome, Connected | CannotConnect | TryLater)
        if works:
            assert isinstance(outcome, Connected)
            assert ["session"] == there.surgery.calls

    async def has_a_working_token(self) -> bool:
        """Whether the token that is kept for what NHS login gives would open a session now."""
        there = self.there
        given, surgery = there.nhs_login.details, there.surgery
        if given is None or surgery.down or surgery.restricted or surgery.says_to_session or there.nhs_login.error:
            return False
        kept = await self.kept.linkages.find("mary", given.fingerprint)
        token = kept.token.text.reveal() if kept is not None and kept.token is not None else ""
        unmarked = kept is not None and kept.token_mark == "sound"
        return unmarked and surgery.tokens.get(token) == surgery.linkage_key


Event = Callable[[Story], object]

EVENTS: dict[str, Event] = {
    "an hour passes": lambda story: story.there.clock.move(timedelta(hours=1)),
    "the practice rotates the key": Story.rotate,
    "nhs login learns the key": Story.learn,
    "nhs login learns it on a return": lambda story: setattr(story.there.nhs_login, "on_return", story.learn),
    "nhs login has no claim": lambda story: setattr(story.there.nhs_login, "details", None),
    "the tokens die": Story.kill_tokens,
    "the account is reset": lambda story: setattr(story.there.surgery, "restricted", True),
    "a sign-in lifts resets": lambda story: setattr(story.there.nhs_login, "on_forced_login", story.lift),
    "the system goes down": lambda story: setattr(story.there.surgery, "down", True),
    "the system comes up": lambda story: setattr(story.there.surgery, "down", False),
    "the next session is 403-restricted": lambda story: story.there.surgery.says_to_session.append(RESTRICTED),
    "the next registration is refused": lambda story: story.there.surgery.says_to_link.append(REFUSED),
    "the next registration is one too many": lambda story: story.there.surgery.says_to_link.append(AlreadyLinked()),
    "the next registration is not understood": lambda story: story.there.surgery.says_to_link.append(Unexpected("teapot")),
    "the next session is not understood": lambda story: story.there.surgery.says_to_session.append(Unexpected("teapot")),
    "the next session is refused for good": lambda story: story.there.surgery.says_to_session.append(REFUSED),
    "nhs login is busy": lambda story: setattr(story.there.nhs_login, "error", "temporarily_unavailable"),
    "nhs login wants a sign-in": lambda story: setattr(story.there.nhs_login, "error", "login_required"),
    "the person shares nothing": lambda story: setattr(story.there.nhs_login, "error", "access_denied"),
}


#: From the first look at what is kept to what follows the registration: a login makes fewer calls than that.
MOMENTS = 40
DEATHS: dict[str, Event] = {
    f"it dies at moment {moment}": functools.partial(Story.die_at, call=moment) for moment in range(1, MOMENTS)
}


async def tell(events: list[str]) -> None:
    """The story from its first login."""
    story = Story()
    for event in [LOG_IN, *events, LOG_IN]:
        if event == LOG_IN:
            await story.logs_in()
        else:
            (EVENTS | DEATHS)[event](story)


@given(st.lists(st.just(LOG_IN) | st.sampled_from(list(EVENTS)) | st.sampled_from(list(DEATHS)), max_size=12))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_in_any_order_of_events_the_counts_hold(events: list[str]) -> None:
    """R3, R7, R9: two registrations per key and one more for each crash, two returns per login; a working token is used.

    No refused secret is presented again, but by a process that died before it could write the refusal down.
    """
    asyncio.run(tell(events))


@given(st.lists(st.integers(0, 400), max_size=12))
@settings(max_examples=40, deadline=None)
def test_no_window_of_fifteen_minutes_holds_three_returns(pauses: list[int]) -> None:
    """R9: however the button presses are spaced, automatic returns stay within the sliding window."""

    async def story() -> list[float]:
        there = world()
        there.surgery.linkage_key = "another"
        moments = []
        for pause in pauses:
            there.clock.move(timedelta(seconds=pause))
            await there.log_in()
            moments += [there.clock.now().timestamp()] * len(there.returns)
        return moments

    moments = asyncio.run(story())

    assert all(later - first >= 900 for first, later in zip(moments, moments[2:], strict=False))


def test_dying_at_any_moment_of_a_login_costs_one_registration_at_most() -> None:
    """R3, J18: killed before or after every single call; the next logins get in, with at most one more registration."""

    async def die_at(moment: int) -> bool:
        story = Story()
        story.die_at(moment)
        await story.logs_in()
        died = story.wire.tripped == 1
        story.there.clock.move(timedelta(minutes=20))
        await story.logs_in()
        await story.logs_in()
        assert sum(story.there.surgery.linked.values()) <= 1 + died
        assert await story.has_a_working_token()
        return died

    async def everywhere() -> int:
        moment = 1
        while await die_at(moment):
            moment += 1
        return moment

    assert 10 < asyncio.run(everywhere()) < MOMENTS
