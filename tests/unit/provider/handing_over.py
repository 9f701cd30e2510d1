"""A partner that hands somebody over to another, for the tests of asserted identities."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gpic.jose.keys import SigningKey
from gpic.jose.sign import Claim, seconds, sign
from gpic.nhs.trust import Vector
from gpic.provider.authorize.asserted import AssertionDesk
from gpic.provider.ports import Binding, Grant
from gpic.provider.sessions import Session
from gpic.provider.stages import AskUser, Interaction
from tests.unit.provider.world import ALICE, ALL_SCOPES, BROWSER, CALLBACK, NOW, World, partner, query_of, raw

THERE = "https://other.example/callback"
OTHER_KEY = SigningKey.generate()
AGO = timedelta(minutes=20)


def set_up(world: World) -> World:
    """Alice logged in at the partner twenty minutes ago; partner and other may hand over to one another."""
    world.sessions.kept["first"] = Session(
        "first", "alice", Vector.parse("P9.Cp.Cd"), NOW - AGO, NOW - AGO, NOW + timedelta(minutes=40)
    )
    world.change_client(hands_over_to=frozenset({"other"}))
    other = replace(partner(OTHER_KEY), client_id="other", redirect_uris=frozenset({THERE}))
    world.clients.by_id["other"] = replace(other, hands_over_to=frozenset({"partner"}))
    for client in ("partner", "other"):
        world.consents.given["alice", client] = ALL_SCOPES
    log_in(world)
    return world


def log_in(world: World, **changes: object) -> Grant:
    """A login whose ID token is `id-token`."""
    login: dict[str, object] = {"family": "id-token", "session_id": "first", "auth_time": NOW - AGO}
    grant = world.grant(**(login | changes))
    world.tokens.codes[f"code of {grant.family}", Binding(grant.client_id, CALLBACK)] = (grant, NOW)
    return grant


def asserted(world: World, key: SigningKey | None = None, **changes: Claim | None) -> str:
    """A good assertion of the partner with changes; None takes a claim out."""
    good: dict[str, Claim | None] = {
        "iss": "partner",
        "code": "id-token",
        "jti": "use-1",
        "iat": seconds(world.wire.now()),
        "exp": seconds(world.wire.now()) + 60,
    }
    return sign({name: value for name, value in (good | changes).items() if value is not None}, key or world.key)


def desk(world: World) -> AssertionDesk:
    """What judges it."""
    return AssertionDesk(world.clients, world.accounts, world.sessions, world.identities, world.clocks, world.policy.clock_skew)


async def arrive(world: World, assertion: str, session_id: str = "", **changes: str | None) -> dict[str, str] | Interaction:
    """What the other partner's request with this assertion leads to."""
    request = raw(client_id="other", redirect_uri=THERE, asserted_login_identity=assertion, **changes)
    outcome = await world.authorize.begin(request, session_id, BROWSER)
    return outcome.interaction if isinstance(outcome, AskUser) else query_of(outcome)


def grant_of(world: World, answer: dict[str, str] | Interaction) -> Grant:
    """What a code stands for."""
    assert isinstance(answer, dict)
    return world.tokens.codes[answer["code"], Binding("other", THERE)][0]


def somebody_elses_browser(world: World) -> None:
    """Bob is signed in here."""
    world.accounts.accounts["bob"] = replace(ALICE, subject="bob", email="bob@mail.example")
    world.sessions.kept["bobs"] = replace(world.sessions.kept["first"], id="bobs", subject="bob")
