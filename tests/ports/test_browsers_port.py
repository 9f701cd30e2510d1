"""Sessions and interactions, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.nhs.trust import DEFAULT_VECTORS, Vector
from gpic.provider.clients import AudiencePolicy, Client
from gpic.provider.sessions import Session
from gpic.provider.stages import AuthorizeRequest, Interaction, Prompt
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SESSION = Session("session-1", "subject-1", Vector.parse("P9.Cp.Cd"), NOW - TICK, NOW, NOW + timedelta(hours=1))
CLIENT = Client(
    client_id="partner",
    name="Ä partner",
    redirect_uris=frozenset({"https://partner.example/callback"}),
    scopes=frozenset({"openid", "profile"}),
    keys=("-----BEGIN PUBLIC KEY-----\n…\n",),
    im1_enabled=True,
    audience_policy=AudiencePolicy.STRICT,
)
REQUEST = AuthorizeRequest(
    client=CLIENT,
    redirect_uri="https://partner.example/callback",
    state="state",
    nonce="nonce",
    scopes=frozenset({"openid"}),
    vectors=DEFAULT_VECTORS,
    ignored=(("login_hint", "alice"), ("login_hint", "bob")),
)
INTERACTION = Interaction("interaction-1", "browser", REQUEST, Prompt.SIGN_IN, NOW + timedelta(minutes=30))


async def test_a_session_is_kept_whole(cabinets: Cabinets) -> None:
    """What was saved is what comes back, to the microsecond."""
    await cabinets.sessions.save(SESSION)

    assert SESSION == await cabinets.sessions.get("session-1", NOW)


async def test_a_session_ends_when_it_expires(cabinets: Cabinets) -> None:
    """At that very moment (world clock)."""
    await cabinets.sessions.save(SESSION)

    assert SESSION == await cabinets.sessions.get("session-1", SESSION.expires - TICK)
    assert None is await cabinets.sessions.get("session-1", SESSION.expires)


async def test_a_session_saved_again_is_replaced(cabinets: Cabinets) -> None:
    """A later sign-in in the same browser counts."""
    stronger = replace(SESSION, auth_time=NOW, expires=NOW + timedelta(hours=2))
    await cabinets.sessions.save(SESSION)
    await cabinets.sessions.save(stronger)

    assert stronger == await cabinets.sessions.get("session-1", NOW)


async def test_an_ended_session_is_forgotten(cabinets: Cabinets) -> None:
    """And to end it again does nothing."""
    await cabinets.sessions.save(SESSION)
    await cabinets.sessions.end("session-1")
    await cabinets.sessions.end("session-1")

    assert None is await cabinets.sessions.get("session-1", NOW)


async def test_an_unknown_session_is_none(cabinets: Cabinets) -> None:
    """Nobody signed in."""
    assert None is await cabinets.sessions.get("nobody", NOW)


async def test_an_interaction_is_kept_whole(cabinets: Cabinets) -> None:
    """With its client, its vectors in order and its repeated parameters."""
    await cabinets.interactions.save(INTERACTION)

    assert INTERACTION == await cabinets.interactions.get("interaction-1", NOW)


async def test_an_interaction_saved_again_is_replaced(cabinets: Cabinets) -> None:
    """It goes from prompt to prompt."""
    further = replace(INTERACTION, prompt=Prompt.CONSENT, session_id="session-1", signed_in_here=True, attempts=2)
    await cabinets.interactions.save(INTERACTION)
    await cabinets.interactions.save(further)

    assert further == await cabinets.interactions.get("interaction-1", NOW)


async def test_an_interaction_ends_when_it_expires(cabinets: Cabinets) -> None:
    """At that very moment (wire clock)."""
    await cabinets.interactions.save(INTERACTION)

    assert INTERACTION == await cabinets.interactions.get("interaction-1", INTERACTION.expires - TICK)
    assert None is await cabinets.interactions.get("interaction-1", INTERACTION.expires)


async def test_exactly_one_caller_finishes_an_interaction(cabinets: Cabinets) -> None:
    """Ten at once: one True; afterwards it is gone."""
    await cabinets.interactions.save(INTERACTION)
    answers = await asyncio.gather(*(cabinets.interactions.finish("interaction-1") for _ in range(10)))

    assert [False] * 9 + [True] == sorted(answers)
    assert None is await cabinets.interactions.get("interaction-1", NOW)


async def test_a_finished_interaction_does_not_come_back(cabinets: Cabinets) -> None:
    """A slow request that saves its older state changes nothing."""
    await cabinets.interactions.save(INTERACTION)
    await cabinets.interactions.finish("interaction-1")
    await cabinets.interactions.save(INTERACTION)

    assert None is await cabinets.interactions.get("interaction-1", NOW)
    assert not await cabinets.interactions.finish("interaction-1")


async def test_what_never_began_cannot_be_finished(cabinets: Cabinets) -> None:
    """An invented id."""
    assert not await cabinets.interactions.finish("nobody")
