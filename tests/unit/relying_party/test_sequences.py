"""Whatever happens to a patient's account, in whatever order: the counts hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpic.nhs.answers import Reason, Refused, Rejected
from gpic.relying_party.outcomes import CannotConnect, Connected, TryLater
from tests.unit.relying_party.world import World, details, world

LOG_IN = "log in"
RESTRICTED, REFUSED = Rejected(Reason.WRONG_LINK_LEVEL), Refused(Reason.NOT_REGISTERED)


class Story:
    """One patient's account through time; every login is checked."""

    def __init__(self) -> None:
        self.there: World = world()
        self.keys = 1

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

        outcome = await there.log_in()

        assert len(there.returns) <= 2
        assert isinstance(outcome, Connected | CannotConnect | TryLater)
        if works:
            assert isinstance(outcome, Connected)
            assert ["session"] == there.surgery.calls
        assert set() == there.surgery.presented_again
        assert all(count <= 2 for count in there.surgery.linked.values())

    async def has_a_working_token(self) -> bool:
        """Whether the token that is kept for what NHS login gives would open a session now."""
        there = self.there
        given, surgery = there.nhs_login.details, there.surgery
        if given is None or surgery.down or surgery.restricted or surgery.says_to_session:
            return False
        kept = await there.cabinets.linkages.find("mary", given.fingerprint)
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
}


async def tell(events: list[str]) -> None:
    """The story from its first login."""
    story = Story()
    for event in [LOG_IN, *events, LOG_IN]:
        if event == LOG_IN:
            await story.logs_in()
        else:
            EVENTS[event](story)


@given(st.lists(st.sampled_from([LOG_IN, *EVENTS]) | st.just(LOG_IN), max_size=12))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_in_any_order_of_events_the_counts_hold(events: list[str]) -> None:
    """R3, R7, R9: two registrations per key, two returns per login; a working token is used, a refused secret is not."""
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
