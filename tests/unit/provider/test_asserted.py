"""An asserted identity is judged: every way to be wrong, and one use."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from gpic.jose.sign import Claim, seconds
from gpic.nhs.trust import ProofingLevel
from gpic.provider.authorize.asserted import IdentityNotAccepted
from gpic.provider.ports import Grant, JtiUse
from gpic.provider.stages import Interaction, Prompt
from tests.unit.provider.fakes import FakeTokens
from tests.unit.provider.handing_over import (
    OTHER_KEY,
    arrive,
    asserted,
    desk,
    log_in,
    set_up,
    somebody_elses_browser,
)
from tests.unit.provider.world import NOW, World

pytestmark = pytest.mark.anyio

P0, P5, P9 = ProofingLevel


@pytest.fixture
def world(world: World) -> World:
    """Alice logged in at the partner twenty minutes ago; partner and other may hand over to one another."""
    return set_up(world)


@dataclass(frozen=True)
class Broken:
    """What is wrong, and what the log says of it."""

    reason: str
    token: Callable[[World], str] = asserted
    change: Callable[[World], object] = lambda _: None
    session_id: str = ""


def claims(**changes: Claim | None) -> Callable[[World], str]:
    """An assertion with these changes."""
    return lambda world: asserted(world, None, **changes)


def client(**changes: object) -> Callable[[World], object]:
    """The asserting partner as an operator changed it."""
    return lambda world: world.change_client(**changes)


def end(world: World) -> None:
    """The first session."""
    del world.sessions.kept["first"]


def take_over(world: World) -> None:
    """The session's id leads to somebody else."""
    world.sessions.kept["first"] = replace(world.sessions.kept["first"], subject="bob")


NOW_S = seconds(NOW)
BROKEN = {
    "no JWT": Broken("TokenMalformed: the token is not a compact JWS", lambda _: "no-jwt-at-all"),
    "unsigned": Broken("TokenMalformed: the header is not", lambda world: ".".join(("", *asserted(world).split(".")[1:]))),
    "another key": Broken("SignatureWrong", lambda world: asserted(world, OTHER_KEY)),
    "issuer missing": Broken("ClaimsRefused: iss", claims(iss=None)),
    "issuer unknown": Broken("iss is unknown or disabled", claims(iss="nobody")),
    "issuer disabled": Broken("iss is unknown or disabled", change=client(disabled=True)),
    "issuer may not": Broken("partner may not hand over to other", change=client(hands_over_to=frozenset({"third"}))),
    "code missing": Broken("ClaimsRefused: code is missing", claims(code=None)),
    "code no text": Broken("ClaimsRefused: code", claims(code=7)),
    "code unknown": Broken("code names no ID token", claims(code="x")),
    "code of another client": Broken("code names no ID token", change=lambda world: log_in(world, client_id="other")),
    "login revoked": Broken("code names no ID token", change=lambda world: world.tokens.revoked.add("id-token")),
    "jti missing": Broken("ClaimsRefused: jti is missing", claims(jti=None)),
    "iat missing": Broken("ClaimsRefused: iat is missing", claims(iat=None)),
    "iat to come": Broken("ClaimsRefused: iat has not come", claims(iat=NOW_S + 31, exp=NOW_S + 61)),
    "exp missing": Broken("ClaimsRefused: exp is missing", claims(exp=None)),
    "exp over": Broken("TokenExpired", claims(iat=NOW_S - 60, exp=NOW_S - 30)),
    "exp far ahead": Broken("ClaimsRefused: exp lies too far ahead", claims(exp=NOW_S + 91)),
    "a life of 61 s": Broken("it lives longer than 60 seconds", claims(exp=NOW_S + 61)),
    "session over": Broken("the session of that login is over", change=end),
    "session expired": Broken(
        "the session of that login is over", change=lambda world: world.world.move(timedelta(minutes=40))
    ),
    "session another's": Broken("the session of that login is over", change=take_over),
    "account gone": Broken("the account is gone", change=lambda world: world.accounts.accounts.clear()),
    "another's browser": Broken("the browser is somebody else's", change=somebody_elses_browser, session_id="bobs"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_not_accepted_leads_to_a_sign_in(world: World, broken: Broken, caplog: pytest.LogCaptureFixture) -> None:
    """N23, attacks 11: whatever is wrong, the person signs in; the log says why, and nothing is spent."""
    token = broken.token(world)
    broken.change(world)

    with caplog.at_level(logging.WARNING, logger="gpic.provider"):
        asked = await arrive(world, token, broken.session_id)

    assert isinstance(asked, Interaction)
    assert (Prompt.SIGN_IN, True, None, "") == (asked.prompt, asked.assertion_failed, asked.inherited, asked.asserted_by)
    (record,) = caplog.records
    assert ("asserted identity not accepted", "other") == (record.message, vars(record)["client_id"])
    assert vars(record)["detail"].startswith(broken.reason)
    assert token not in str(vars(record))
    assert set() == world.tokens.asserted


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
async def test_with_prompt_none_it_is_sso_login_required(world: World, broken: Broken) -> None:
    """N23, §7: and only then; the partner is told nothing else, and nothing is left waiting."""
    token = broken.token(world)
    broken.change(world)

    answer = await arrive(world, token, broken.session_id, prompt="none")

    assert isinstance(answer, dict)
    assert ("sso_login_required", "a state") == (answer["error"], answer["state"])
    assert {} == world.interactions.kept


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
async def test_every_refusal_has_its_reason(world: World, broken: Broken) -> None:
    """Attacks 11: the judgement itself, beside the flow that carries it."""
    token = broken.token(world)
    broken.change(world)
    own = world.sessions.kept[broken.session_id].subject if broken.session_id else ""

    with pytest.raises(IdentityNotAccepted, match=f"^{broken.reason}"):
        await desk(world).accept(token, world.clients.by_id["other"], own)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW_S + 90, "iat": NOW_S + 30},
        {"exp": NOW_S - 29, "iat": NOW_S - 89},
        {"exp": NOW_S + 1},
        {"aud": "anybody"},
        {"sub": "whoever"},
    ],
    ids=str,
)
async def test_a_partners_clock_may_be_a_little_off(world: World, changes: dict[str, Claim]) -> None:
    """Half a minute either way; claims that the specification does not name are not looked at."""
    assert "code" in await arrive(world, asserted(world, None, **changes))  # type: ignore[operator]


@pytest.mark.parametrize("algorithm", ["RS512", "RS256"])
async def test_an_assertion_is_signed_as_its_client_is_registered(world: World, algorithm: str) -> None:
    """Attacks 15: one algorithm for each client, in everything that it signs."""
    world.change_client(algorithm=algorithm)

    answer = await arrive(world, asserted(world), prompt="none")

    assert isinstance(answer, dict)
    assert (algorithm == "RS512") == ("code" in answer)


async def test_how_far_a_clock_may_be_off_is_a_setting(world: World) -> None:
    """One second of skew forgives one second."""
    exact = replace(desk(world), skew=timedelta(seconds=1))

    await exact.accept(asserted(world, exp=NOW_S, iat=NOW_S - 60), world.clients.by_id["other"], "")
    with pytest.raises(IdentityNotAccepted, match="TokenExpired"):
        await exact.accept(asserted(world, jti="use-2", exp=NOW_S - 1, iat=NOW_S - 61), world.clients.by_id["other"], "")


async def test_an_identity_is_used_once(world: World) -> None:
    """N23: the second time the person signs in."""
    token = asserted(world)
    assert "code" in await arrive(world, token)  # type: ignore[operator]

    again = await arrive(world, token)

    assert isinstance(again, Interaction)
    assert again.assertion_failed
    with pytest.raises(IdentityNotAccepted, match=r"^it was used before$"):
        await desk(world).accept(token, world.clients.by_id["other"], "")


async def test_of_many_at_one_moment_one_gets_in(world: World) -> None:
    """N23: one use under concurrency."""
    token = asserted(world)

    answers = await asyncio.gather(*(arrive(world, token, prompt="none") for _ in range(10)))

    codes = [answer for answer in answers if isinstance(answer, dict) and "code" in answer]
    assert 1 == len(codes)
    assert 9 == sum(isinstance(answer, dict) and answer.get("error") == "sso_login_required" for answer in answers)


@dataclass
class Remembering:
    """Keeps what is claimed."""

    tokens: FakeTokens
    claimed: list[tuple[JtiUse, datetime]] = field(default_factory=list)

    async def login_of(self, client_id: str, id_token_jti: str) -> Grant | None:
        """As the fake knows it."""
        return await self.tokens.login_of(client_id, id_token_jti)

    async def claim(self, use: JtiUse, now: datetime) -> bool:
        """Always the first."""
        self.claimed.append((use, now))
        return True


async def test_a_use_is_remembered_as_long_as_the_assertion_could_be_accepted(world: World) -> None:
    """Until exp and the skew have passed."""
    remembering = Remembering(world.tokens)

    await replace(desk(world), identities=remembering).accept(asserted(world), world.clients.by_id["other"], "")

    assert [(JtiUse("partner", "use-1", NOW + timedelta(seconds=90)), NOW)] == remembering.claimed
