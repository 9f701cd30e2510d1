"""How to provoke the errors of the authorization endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx2

from gpic.credentials.offer import SignInFirst
from gpic.nhs.trust import ProofingLevel
from gpic.provider.cookies import Cookies
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import CabinetSilent
from gpic.provider.sessions import Session
from gpic.provider.stages import AskUser
from tests.unit.provider.fakes import FakeSessions
from tests.unit.provider.world import BROWSER, ISSUER, World, raw

Arrange = Callable[[World], None]
Answer = tuple[int, str]  #: a status, and a Location or a page
Provoke = Callable[[World, httpx2.AsyncClient], Awaitable[Answer]]
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def nothing_special(_: World) -> None:
    """Nobody is signed in."""


def ready(world: World) -> None:
    """Alice is signed in and shares everything."""
    world.sign_alice_in()
    world.let_alice_share()


async def sent(response: httpx2.Response) -> Answer:
    """What an answer over HTTP comes to."""
    return response.status_code, response.headers.get("location", response.text)


def query(*more: tuple[str, str], **changes: str | None) -> Provoke:
    """GET /authorize with a good request, changed; *more* comes after it."""

    async def provoke(_: World, client: httpx2.AsyncClient) -> Answer:
        return await sent(await client.get("/authorize", params=[*raw(**changes), *more]))

    return provoke


def path(target: str) -> Provoke:
    """GET this."""

    async def provoke(_: World, client: httpx2.AsyncClient) -> Answer:
        return await sent(await client.get(target))

    return provoke


def declining(**changes: str | None) -> Provoke:
    """A request, and No on the page that it leads to."""

    async def provoke(world: World, _: httpx2.AsyncClient) -> Answer:
        asked = await world.authorize.begin(raw(**changes), "session", BROWSER)
        assert isinstance(asked, AskUser)
        return 303, (await world.authorize.declined(asked.interaction)).location

    return provoke


async def twice_taken_up(_: World, client: httpx2.AsyncClient) -> Answer:
    """Another site's form, whose way onward is used by two browsers."""
    posted = await client.post("/authorize", data=dict(raw()))
    await client.get(posted.headers["location"])
    return await sent(await client.get(posted.headers["location"]))


@dataclass
class SilentSessions(FakeSessions):
    """A store that does not answer."""

    async def get(self, session_id: str, now: datetime) -> Session | None:
        """Never."""
        raise CabinetSilent


@dataclass
class BrokenSessions(FakeSessions):
    """A bug."""

    async def get(self, session_id: str, now: datetime) -> Session | None:
        """Always."""
        raise ZeroDivisionError


def silent(world: World) -> None:
    """The sessions' store does not answer."""
    world.sessions = SilentSessions()


def broken(world: World) -> None:
    """The sessions' store has a bug."""
    world.sessions = BrokenSessions()


def disabled(world: World) -> None:
    """The partner was switched off."""
    world.change_client(disabled=True)


def narrow(world: World) -> None:
    """The partner is registered for openid alone, and not IM1-enabled."""
    world.change_client(scopes=frozenset({"openid"}))


def without_im1(world: World) -> None:
    """The partner is not IM1-enabled where that is required."""
    world.policy = replace(world.policy, require_im1=True)
    world.change_client(im1_enabled=False)


def loopback(world: World) -> None:
    """The partner's address is http, left from another profile."""
    world.change_client(redirect_uris=frozenset({"http://localhost:8000/callback"}))


def small(world: World) -> None:
    """Little is read."""
    world.policy = ProviderPolicy(ISSUER, largest_form=100)


def lower(world: World) -> None:
    """Alice is at P5."""
    ready(world)
    world.change_alice(level=ProofingLevel.P5)


def unwilling(world: World) -> None:
    """Alice is signed in and shares nothing."""
    world.sign_alice_in()


def with_password_only(world: World) -> None:
    """Alice signed in with a password alone."""
    world.let_alice_share()
    world.sign_alice_in("p")


def restricted(world: World) -> None:
    """Alice's GP system wants a real sign-in."""
    ready(world)
    world.offer.now = SignInFirst()


def later(world: World) -> None:
    """Half an hour passes between form and page."""
    world.policy = replace(world.policy, interaction_lifetime=timedelta(0))


def cookies(world: World) -> dict[str, str]:
    """What the browser of a case carries."""
    return {Cookies.of(world.policy).session: "session", Cookies.of(world.policy).browser: "the-browser"}
