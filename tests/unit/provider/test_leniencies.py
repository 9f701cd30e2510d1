"""What partners rely on here and cannot rely on at the real NHS login is said, structured, and counted."""

from __future__ import annotations

import logging

import pytest

from gpic.provider.authorize.leniencies import CountedLeniencies
from gpic.provider.policy import Profile, ProviderPolicy
from gpic.provider.stages import AskUser, Interaction, Leniency
from tests.unit.provider.world import BROWSER, ISSUER, World, query_of, raw

pytestmark = pytest.mark.anyio

LENIENT = ProviderPolicy(ISSUER, profile=Profile.LENIENT)
COMPAT = ProviderPolicy(ISSUER, profile=Profile.COMPAT)
LOOPBACK = "http://localhost:8000/callback"


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str, int, int]]:
    """Message, client, leniency, times and level of each record."""
    records = [record for record in caplog.records if record.name == "gpic.provider.leniencies"]
    return [
        (record.message, vars(record)["client_id"], vars(record)["leniency"], vars(record)["times"], record.levelno)
        for record in records
    ]


async def test_each_use_is_logged_and_counted(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Facts, profiles: "the real NHS login would refuse this", with client, what, and how often."""
    world.policy = LENIENT
    with caplog.at_level(logging.INFO, logger="gpic.provider.leniencies"):
        await world.authorize.begin(raw(state=None), "", BROWSER)
        await world.authorize.begin(raw(state=None, nonce=None), "", BROWSER)

    said, level = "the real NHS login would refuse this", logging.WARNING
    assert [
        (said, "partner", "state-missing", 1, level),
        (said, "partner", "state-missing", 2, level),
        (said, "partner", "nonce-missing", 1, level),
    ] == told(caplog)
    assert {("partner", Leniency.STATE_MISSING): 2, ("partner", Leniency.NONCE_MISSING): 1} == world.leniencies.counts


async def test_a_loopback_redirect_is_counted_quietly(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Every login of a sandbox without TLS has one: information, no warning."""
    world.policy = COMPAT
    world.change_client(redirect_uris=frozenset({LOOPBACK}))
    with caplog.at_level(logging.INFO, logger="gpic.provider.leniencies"):
        outcome = await world.authorize.begin(raw(redirect_uri=LOOPBACK), "", BROWSER)

    assert isinstance(outcome, AskUser)
    assert [("loopback-redirect-uri", logging.INFO)] == [(line[2], line[4]) for line in told(caplog)]


async def test_a_form_counts_once(world: World) -> None:
    """When it comes, not when its browser does."""
    world.policy = LENIENT
    kept = await world.authorize.keep(raw(state=None))
    assert isinstance(kept, Interaction)
    await world.authorize.take_up(kept.id, "", BROWSER)

    assert {("partner", Leniency.STATE_MISSING): 1} == world.leniencies.counts


@pytest.mark.parametrize("policy", [COMPAT, ProviderPolicy(ISSUER)], ids=["compat", "strict"])
async def test_what_is_refused_is_no_leniency(world: World, policy: ProviderPolicy) -> None:
    """The real NHS login would refuse it, and so do we."""
    world.policy = policy

    assert "invalid_request" == query_of(await world.authorize.begin(raw(state=None), "", BROWSER))["error"]
    assert {} == world.leniencies.counts


async def test_a_lenient_login_ends_without_a_state(world: World) -> None:
    """Nothing is made up for the partner."""
    world.policy = LENIENT
    world.sign_alice_in()
    world.let_alice_share()

    assert {"code"} == query_of(await world.authorize.begin(raw(state=None), "session", BROWSER)).keys()


def test_counts_are_a_copy() -> None:
    """Whoever looks sees a moment, and changes nothing."""
    leniencies = CountedLeniencies()
    before = leniencies.counts
    leniencies.note("partner", Leniency.STATE_MISSING)

    assert {} == before
    assert {("partner", Leniency.STATE_MISSING): 1} == leniencies.counts
