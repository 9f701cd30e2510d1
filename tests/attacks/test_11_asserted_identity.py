"""Attack 11: a partner, or whoever pretends to be one, says who somebody is.

Without this in `src/gpic/provider/authorize/asserted.py`:
    - if not asserter.may_hand_over_to(to.client_id):
    + if False:
Without this in `src/gpic/provider/authorize/asserted.py`:
    - if not await self.identities.claim(use, self.clocks.wire.now()):
    + if False:
Without this in `src/gpic/provider/authorize/asserted.py`:
    - if claims.expires - claims.moment("iat") > LONGEST_LIFE:
    + if False:
nor this in `src/gpic/provider/authorize/asserted.py`:
    - longest_life=LONGEST_LIFE,
    + longest_life=None,
Without this in `src/gpic/provider/authorize/asserted.py`:
    - if own_subject not in {"", grant.subject}:
    + if False:
Without this in `src/gpic/provider/authorize/asserted.py`:
    - if session is None or session.subject != grant.subject:
    + if session is None:
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gpic.jose.sign import seconds
from gpic.provider.stages import Interaction, Prompt
from tests.unit.provider.handing_over import OTHER_KEY, arrive, asserted, log_in, set_up, somebody_elses_browser
from tests.unit.provider.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def world(world: World) -> World:
    """Alice logged in at the partner twenty minutes ago; partner and other may hand over to one another."""
    return set_up(world)


def not_allowed(world: World) -> str:
    """The partner may hand over to nobody."""
    world.change_client(hands_over_to=frozenset())
    return asserted(world)


def of_the_other_partners_login(world: World) -> str:
    """An ID token that somebody else was given."""
    log_in(world, family="theirs", client_id="other")
    return asserted(world, code="theirs")


def of_a_session_that_is_over(world: World) -> str:
    """Alice has logged out."""
    del world.sessions.kept["first"]
    return asserted(world)


def of_anothers_session(world: World) -> str:
    """The session of the login belongs to Bob."""
    somebody_elses_browser(world)
    log_in(world, family="mixed", session_id="bobs")
    return asserted(world, code="mixed")


FORGERIES: dict[str, Callable[[World], str]] = {
    "another-key": lambda world: asserted(world, OTHER_KEY),
    "unknown-issuer": lambda world: asserted(world, iss="nobody"),
    "no-jti": lambda world: asserted(world, jti=None),
    "no-code": lambda world: asserted(world, code=None),
    "invented-code": lambda world: asserted(world, code="invented"),
    "lives-61-seconds": lambda world: asserted(world, exp=seconds(world.wire.now()) + 61),
    "long-made-ago": lambda world: asserted(world, iat=seconds(world.wire.now()) - 100),
    "expired": lambda world: asserted(world, iat=seconds(world.wire.now()) - 90, exp=seconds(world.wire.now()) - 31),
    "not-allowed": not_allowed,
    "others-login": of_the_other_partners_login,
    "session-over": of_a_session_that_is_over,
    "anothers-session": of_anothers_session,
    "no-token-at-all": lambda _: "x",
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_identity_signs_nobody_in(world: World, forgery: str, caplog: pytest.LogCaptureFixture) -> None:
    """N23: with prompt=none sso_login_required, otherwise the sign-in page; a line in the log, no code, nothing spent."""
    text = FORGERIES[forgery](world)
    told = await arrive(world, text, prompt="none")
    asked = await arrive(world, text)

    assert isinstance(told, dict)
    assert "sso_login_required" == told["error"]
    assert isinstance(asked, Interaction)
    assert (Prompt.SIGN_IN, None) == (asked.prompt, asked.inherited)
    assert "asserted identity not accepted" in {record.getMessage() for record in caplog.records}
    assert (set(), []) == (world.tokens.asserted, world.offer.released)


async def test_it_is_good_once(world: World) -> None:
    """The jti is claimed last and atomically."""
    text = asserted(world)
    first, second = await arrive(world, text, prompt="none"), await arrive(world, text, prompt="none")

    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert ("code" in first, "sso_login_required") == (True, second.get("error"))


async def test_nobody_is_switched_to_another_person_silently(world: World) -> None:
    """In Bob's browser Alice's identity leads to the sign-in page."""
    somebody_elses_browser(world)
    asked = await arrive(world, asserted(world), session_id="bobs")

    assert isinstance(asked, Interaction)
    assert (Prompt.SIGN_IN, None) == (asked.prompt, asked.inherited)
