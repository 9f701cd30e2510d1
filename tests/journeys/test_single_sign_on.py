"""From one partner to another, and back to oneself, without signing in again: over HTTP, with the kit's own assertions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gpic.jose.keys import SigningKey
from gpic.sandbox.browser import Browser, Page, browser
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER, SECOND_PARTNER
from gpic.sandbox.tally import tally
from gpic.sandbox.walk import answer_pages
from tests.journeys.conftest import Begin, Story
from tests.journeys.second_partner import Hillside, forbid_hand_over, hillside

pytestmark = pytest.mark.anyio

KEY = SigningKey.generate()


@pytest.fixture
async def second(story: Story) -> AsyncIterator[Hillside]:
    """Hillside, where Ada has just logged in."""
    async with hillside(story.stage, KEY) as running:
        page = await answer_pages(story.person, await story.person.open(f"{running.address}/login"), story.stage.people["ada"])
        assert page.has("connected")
        await story.stage.settled()
        yield running


@pytest.fixture
async def elsewhere(anyio_backend: str) -> AsyncIterator[Browser]:
    """A browser that has never been at NHS login, such as that of an app."""
    async with browser() as another:
        yield another


def asked_to_sign_in(story: Story, since: int) -> bool:
    """Whether NHS login showed a page that took a password."""
    return any(message.operation == "POST /interaction/…" for message in story.stage.journal.list(after=since))


async def to_riverside(story: Story, person: Browser, assertion: str) -> Page:
    """The hand-over: Hillside sends the person to Riverside's login, which passes the assertion on."""
    return await person.open(f"{story.stage.addresses.partner}/login?asserted_login_identity={assertion}")


def counted(story: Story) -> dict[str, dict[str, int]]:
    """What EMIS saw of each application."""
    messages = story.stage.journal.list()
    return {role: tally(messages, role, "EMIS") for role in (NHS_LOGIN, PARTNER, SECOND_PARTNER)}


async def test_two_partners_one_patient(story: Story, second: Hillside, elsewhere: Browser) -> None:
    """J16: from Hillside to Riverside without a sign-in: one registration by NHS login, and each partner its own token."""
    consent = await to_riverside(story, elsewhere, second.vouch())
    assert not consent.has("password")
    page = await elsewhere.fill_in(consent, action="agree")
    await story.stage.settled()

    assert page.has("connected")
    seen = counted(story)
    assert {"retrieve": 1, "link": 1} == {kind: seen[NHS_LOGIN][kind] for kind in ("retrieve", "link")}
    assert [1, 1] == [seen[role]["link"] for role in (PARTNER, SECOND_PARTNER)]


async def test_an_assertion_takes_somebody_over_once(story: Story, second: Hillside, elsewhere: Browser) -> None:
    """N23: of two browsers at one moment with the same assertion one goes on, the other signs in."""
    assertion = second.vouch()
    async with browser() as third:
        pages = await asyncio.gather(to_riverside(story, elsewhere, assertion), to_riverside(story, third, assertion))

    assert [False, True] == sorted(page.has("password") for page in pages)


async def test_who_may_not_hand_over_leads_to_a_sign_in(story: Story, second: Hillside, elsewhere: Browser) -> None:
    """N23: who may assert to whom is configuration, read at every login."""
    await forbid_hand_over(story.stage)

    assert (await to_riverside(story, elsewhere, second.vouch())).has("password")


async def test_an_assertion_does_not_outlive_the_session(story: Story, second: Hillside, elsewhere: Browser) -> None:
    """N23: an hour later the login that it continues is over."""
    story.stage.world_clock.move(timedelta(hours=1))

    assert (await to_riverside(story, elsewhere, second.vouch())).has("password")


async def test_nobody_is_switched_silently(story: Story, second: Hillside, elsewhere: Browser) -> None:
    """N23: in a browser where Cleo is signed in, Ada's assertion leads to a sign-in."""
    page = await answer_pages(
        elsewhere,
        await elsewhere.follow(await elsewhere.open(story.stage.addresses.partner), "nhs-login"),
        story.stage.people["cleo"],
    )
    assert page.has("connected")

    assert (await to_riverside(story, elsewhere, second.vouch())).has("password")


async def test_a_partner_that_restarts_brings_the_person_back_by_itself(
    story: Story, second: Hillside, elsewhere: Browser
) -> None:
    """J15, N23, N16(b): the partner asserts to itself; no page is shown and auth_time is that of the first login."""
    since = max(message.number for message in story.stage.journal.list())

    page = await elsewhere.open(f"{second.address}/login?asserted_login_identity={second.vouch()}")

    assert page.has("connected")
    assert not asked_to_sign_in(story, since)
    first, again = second.ends.connections
    assert first.signed_in_at == again.signed_in_at
    assert first.id_token_jti != again.id_token_jti


async def test_an_assertion_made_of_the_second_login_serves_as_well(story: Story, second: Hillside, elsewhere: Browser) -> None:
    """N23: the chain goes on as long as the session lasts, and always leads to the same sign-in."""
    for _ in range(3):
        page = await elsewhere.open(f"{second.address}/login?asserted_login_identity={second.vouch()}")
        assert page.has("connected")

    assert 1 == len({connected.signed_in_at for connected in second.ends.connections})


async def test_login_hint_signs_in_where_a_sandbox_lets_it(begin: Begin, keys: SandboxKeys) -> None:
    """Scripted sign-in: no page at all, a session of its own for single sign-on, and nothing of it where it is not wanted."""
    story = await begin(Script(keys=keys, scripted_sign_in=True))
    async with hillside(story.stage, KEY) as running:
        started = await running.party.start("a-browser")
        hinted = await story.person.open(f"{started.url}&login_hint=ada")
        unknown = await running.party.start("a-browser")
        async with browser() as another:
            page = await another.open(f"{unknown.url}&login_hint=nobody")
        silent = await running.party.start("a-browser", prompt="none")
        again = await story.person.open(silent.url)

    assert "code=" in hinted.url
    assert page.has("password")
    assert "code=" in again.url


async def test_login_hint_is_ignored_elsewhere(story: Story) -> None:
    """§2: not supported, and ignored without error."""
    async with hillside(story.stage, KEY) as running:
        started = await running.party.start("a-browser")
        page = await story.person.open(f"{started.url}&login_hint=ada")

    assert page.has("password")


async def test_what_the_real_nhs_login_would_refuse_is_counted(story: Story) -> None:
    """A sandbox on plain http lets loopback redirect URIs pass, and can show how often."""
    await story.log_in("ada")

    counts = {(client, leniency.value): times for (client, leniency), times in story.stage.nhs_login.leniencies.counts.items()}
    assert {("riverside-health", "loopback-redirect-uri"): 1} == counts
