"""Another way to sign in than our pages: a port that a sandbox supplies, and the flow that asks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import httpx2
import pytest
from starlette.applications import Starlette

from gpic.credentials.offer import SignInFirst
from gpic.provider.authorize.pages_only import OnlyByPages
from gpic.provider.cookies import Cookies
from gpic.provider.endpoints import routes
from gpic.provider.ports import Binding, SignInProof, SignInWithoutPages
from gpic.provider.stages import AskUser, AuthorizeRequest, Interaction, Prompt, Redirect
from tests.unit.provider.world import ALICE, BROWSER, CALLBACK, NOW, World, query_of, raw

pytestmark = pytest.mark.anyio


@dataclass
class Hinted:
    """Whoever is called alice in login_hint is Alice."""

    credentials: str = "pd"
    asked: list[AuthorizeRequest] = field(default_factory=list)

    async def attempt(self, request: AuthorizeRequest) -> SignInProof | None:
        """Reads what the provider ignores."""
        self.asked.append(request)
        return SignInProof(ALICE, frozenset(self.credentials)) if ("login_hint", "alice") in request.ignored else None


@pytest.fixture
def hinted(world: World) -> Hinted:
    """The world's provider asks it."""
    world.without_pages = port = Hinted()
    world.let_alice_share()
    return port


async def test_somebody_signs_in_without_a_page(world: World, hinted: Hinted) -> None:
    """The login is a real sign-in: a new session, stamped and noted, and its code; nothing is left waiting."""
    outcome = await world.authorize.begin(raw(login_hint="alice"), "", BROWSER)

    assert isinstance(outcome, Redirect)
    session = world.sessions.kept[outcome.new_session]
    assert ("alice", NOW, "P9.Cp.Cd") == (session.subject, session.auth_time, str(session.vector))
    assert {"alice": NOW} == world.accounts.sign_ins
    grant, _ = world.tokens.codes[query_of(outcome)["code"], Binding("partner", CALLBACK)]
    assert outcome.new_session == grant.session_id
    assert {} == world.interactions.kept
    assert [(True, False)] == [(one.signed_in_now, one.prompt_login) for one in world.offer.asked]


async def test_everything_that_is_ignored_is_handed_on(world: World, hinted: Hinted) -> None:
    """Issue: untouched, whatever it is."""
    await world.authorize.begin(raw(login_hint=" Bob ", claims='{"a":\n1}', unheard_of="x"), "", BROWSER)

    assert [(("login_hint", " Bob "), ("claims", '{"a":\n1}'), ("unheard_of", "x"))] == [
        request.ignored for request in hinted.asked
    ]


async def test_anybody_else_is_shown_the_page(world: World, hinted: Hinted) -> None:
    """None is no refusal."""
    outcome = await world.authorize.begin(raw(login_hint="bob"), "", BROWSER)

    assert isinstance(outcome, AskUser)
    assert Prompt.SIGN_IN is outcome.interaction.prompt
    assert outcome.interaction == await world.authorize.waiting(outcome.interaction.id, BROWSER)


async def test_nobody_is_asked_where_a_session_does(world: World, hinted: Hinted) -> None:
    """Single sign-on comes first."""
    world.sign_alice_in()

    assert "code" in query_of(await world.authorize.begin(raw(login_hint="alice"), "session", BROWSER))
    assert [] == hinted.asked


async def test_prompt_none_asks_nobody(world: World, hinted: Hinted) -> None:
    """§2: SSO or an error."""
    answer = query_of(await world.authorize.begin(raw(login_hint="alice", prompt="none"), "", BROWSER))

    assert "login_required" == answer["error"]
    assert [] == hinted.asked


async def test_prompt_login_is_satisfied_by_it_and_ends_the_old_session(world: World, hinted: Hinted) -> None:
    """It is a sign-in, and nobody keeps two sessions."""
    world.sign_alice_in()
    world.wire.move(timedelta(seconds=5))

    outcome = await world.authorize.begin(raw(login_hint="alice", prompt="login"), "session", BROWSER)

    assert "code" in query_of(outcome)
    assert isinstance(outcome, Redirect)
    assert {outcome.new_session} == world.sessions.kept.keys()


async def test_the_session_of_an_asserted_login_is_left_alone(world: World, hinted: Hinted) -> None:
    """It is another browser's (N23)."""
    from tests.unit.provider.handing_over import asserted, log_in, set_up

    set_up(world)
    log_in(world)
    world.offer.now = SignInFirst()

    await world.authorize.begin(raw(login_hint="alice", asserted_login_identity=asserted(world)), "", BROWSER)

    assert "first" in world.sessions.kept
    assert 2 == len(world.sessions.kept)


async def test_what_is_too_weak_leads_to_the_page_and_is_tried_once(world: World, hinted: Hinted) -> None:
    """No loop: the page asks for what is missing."""
    hinted.credentials = "p"

    outcome = await world.authorize.begin(raw(login_hint="alice"), "", BROWSER)

    assert isinstance(outcome, AskUser)
    assert Prompt.SIGN_IN is outcome.interaction.prompt
    await world.authorize.resume(outcome.interaction)
    assert 1 == len(hinted.asked)


async def test_what_is_still_missing_is_asked_on_pages(world: World, hinted: Hinted) -> None:
    """Consent is another question, and the browser has its session by then."""
    world.consents.given.clear()

    outcome = await world.authorize.begin(raw(login_hint="alice"), "", BROWSER)

    assert isinstance(outcome, AskUser)
    assert (Prompt.CONSENT, True) == (outcome.interaction.prompt, outcome.interaction.signed_in_here)
    assert "code" in query_of(await world.authorize.agreed(outcome.interaction))


async def test_a_kept_form_signs_in_when_its_browser_comes(world: World, hinted: Hinted) -> None:
    """As a query does."""
    kept = await world.authorize.keep(raw(login_hint="alice"))
    assert isinstance(kept, Interaction)
    assert [] == hinted.asked

    assert "code" in query_of(await world.authorize.take_up(kept.id, "", BROWSER))


@pytest.mark.parametrize("agrees", [True, False])
async def test_the_browser_gets_the_sessions_cookie(world: World, hinted: Hinted, *, agrees: bool) -> None:
    """Attacks 6: with every attribute, on the way back and on the way to a page alike; the next login needs no hint."""
    if not agrees:
        world.consents.given.clear()
    name = Cookies.of(world.policy).session
    transport = httpx2.ASGITransport(Starlette(routes=list(routes(world.provider))))
    async with httpx2.AsyncClient(transport=transport, base_url=world.policy.issuer) as client:
        answer = await client.get("/authorize", params=dict(raw(login_hint="alice")))
        world.let_alice_share()
        again = await client.get("/authorize", params=dict(raw()))

    (cookie,) = [text for text in answer.headers.get_list("set-cookie") if text.startswith(f"{name}=")]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} == set(cookie.split("; ")[1:])
    assert again.headers["location"].startswith(f"{CALLBACK}?code=")
    assert name not in again.headers.get("set-cookie", "")


async def test_a_provider_for_people_knows_pages_alone(world: World) -> None:
    """§2: login_hint and its like are ignored without error."""
    outcome = await world.authorize.begin(raw(login_hint="alice"), "", BROWSER)

    assert isinstance(outcome, AskUser)
    pages: SignInWithoutPages = OnlyByPages()
    assert None is await pages.attempt(outcome.interaction.request)
