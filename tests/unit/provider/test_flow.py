"""An authorization request on its way, from the query to the redirect."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.jose.keys import KeyRing, SigningKey
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.errors import InteractionGone, Unaddressable
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Binding
from gpic.provider.stages import AskUser, Interaction, Prompt, Redirect
from tests.unit.provider.world import ALICE, BROWSER, CALLBACK, GOOD, ISSUER, NOW, World, query_of, raw

pytestmark = pytest.mark.anyio


async def asked(world: World, session_id: str = "", **changes: str | None) -> Interaction:
    """The interaction that a request leads to."""
    outcome = await world.authorize.begin(raw(**changes), session_id, BROWSER)
    assert isinstance(outcome, AskUser)
    return outcome.interaction


async def signed_in(world: World, interaction: Interaction) -> Interaction:
    """The same once alice has signed in with password and code."""
    _, interaction = await world.authorize.signed_in(interaction, world.accounts.accounts["alice"], frozenset("pd"), "")
    return interaction


async def test_somebody_signed_in_goes_straight_back_with_a_code(world: World) -> None:
    """§2: single sign-on; code and unchanged state, and nothing is left waiting."""
    world.sign_alice_in()
    world.let_alice_share()

    answer = await world.authorize.begin(raw(state="s&x=1 é"), "session", BROWSER)

    assert {"code": "text-2", "state": "s&x=1 é"} == query_of(answer)
    assert isinstance(answer, Redirect)
    assert answer.location.startswith(f"{CALLBACK}?")
    assert {} == world.interactions.kept


async def test_a_code_carries_what_the_login_was(world: World) -> None:
    """The grant is bound to client and redirect URI, lives ten minutes, and inherits the sign-in's auth_time."""
    world.sign_alice_in()
    world.let_alice_share()

    code = query_of(await world.authorize.begin(raw(), "session", BROWSER))["code"]

    grant, expires = world.tokens.codes[code, Binding("partner", CALLBACK)]
    assert NOW + timedelta(minutes=10) == expires
    assert world.grant(family=grant.family, auth_time=NOW - timedelta(minutes=1)) == grant
    assert code != grant.family


async def test_a_stranger_is_asked_to_sign_in(world: World) -> None:
    """The request waits under a random id for the browser that brought it."""
    interaction = await asked(world)

    assert Prompt.SIGN_IN is interaction.prompt
    assert interaction == await world.authorize.waiting(interaction.id, BROWSER)
    assert BROWSER not in repr(interaction)


async def test_a_whole_login_ends_with_a_code(world: World) -> None:
    """Sign in, agree, and back."""
    interaction = await signed_in(world, await asked(world))

    consent = await world.authorize.resume(interaction)
    assert isinstance(consent, AskUser)
    assert Prompt.CONSENT is consent.interaction.prompt
    answer = await world.authorize.agreed(consent.interaction)

    assert {"code", "state"} == query_of(answer).keys()
    assert frozenset(GOOD["scope"].split()) == world.consents.given["alice", "partner"]


@pytest.mark.parametrize("browser", ["", "another browser", BROWSER.upper()])
async def test_an_interaction_belongs_to_its_browser(world: World, browser: str) -> None:
    """Attacks 2, 6: the id alone opens nothing."""
    interaction = await asked(world)

    with pytest.raises(InteractionGone):
        await world.authorize.waiting(interaction.id, browser)


async def test_an_interaction_expires(world: World) -> None:
    """After half an hour the page is over."""
    interaction = await asked(world)
    world.wire.move(timedelta(minutes=30))

    with pytest.raises(InteractionGone):
        await world.authorize.waiting(interaction.id, BROWSER)


async def test_an_interaction_is_answered_once(world: World) -> None:
    """Somebody who clicks twice gets one code."""
    world.let_alice_share()
    interaction = await signed_in(world, await asked(world))
    await world.authorize.resume(interaction)

    with pytest.raises(InteractionGone):
        await world.authorize.resume(interaction)
    with pytest.raises(InteractionGone):
        await world.authorize.waiting(interaction.id, BROWSER)
    assert 1 == len(world.tokens.codes)


async def test_a_sign_in_gets_a_new_session_and_ends_the_old(world: World) -> None:
    """Attacks 6: no session fixation; both clocks are stamped and the sign-in is noted (N9)."""
    world.sign_alice_in()
    world.world.move(timedelta(days=3))

    session, interaction = await world.authorize.signed_in(await asked(world), ALICE, frozenset("pd"), "session")

    assert {session.id: session} == world.sessions.kept
    assert session.id not in {"session", interaction.id}
    assert (NOW, NOW + timedelta(days=3)) == (session.auth_time, session.signed_in_at)
    assert session.signed_in_at + timedelta(hours=1) == session.expires
    assert Vector.parse("P9.Cp.Cd") == session.vector
    assert {"alice": NOW} == world.accounts.sign_ins
    assert (session.id, True, "") == (interaction.session_id, interaction.signed_in_here, interaction.half_signed_in)
    assert interaction == await world.authorize.waiting(interaction.id, BROWSER)


async def test_prompt_login_wants_a_sign_in_in_this_very_request(world: World) -> None:
    """§2: a session of a minute ago does not do; afterwards auth_time is later."""
    world.sign_alice_in()
    world.let_alice_share()
    interaction = await asked(world, "session", prompt="login")
    assert isinstance(await world.authorize.resume(interaction), AskUser)

    code = query_of(await world.authorize.resume(await signed_in(world, interaction)))["code"]

    assert NOW == world.tokens.codes[code, Binding("partner", CALLBACK)][0].auth_time


@pytest.mark.parametrize(
    ("session", "level", "shares", "error"),
    [
        ("", ProofingLevel.P9, True, "login_required"),
        ("unknown", ProofingLevel.P9, True, "login_required"),
        ("session", ProofingLevel.P5, True, "interaction_required"),
        ("session", ProofingLevel.P9, False, "consent_required"),
    ],
)
async def test_prompt_none_ends_in_an_answer(
    world: World, session: str, level: ProofingLevel, error: str, *, shares: bool
) -> None:
    """§2: SSO or an error, never a page, and nothing is left waiting."""
    world.sign_alice_in()
    world.change_alice(level=level)
    if shares:
        world.let_alice_share()

    answer = query_of(await world.authorize.begin(raw(prompt="none"), session, BROWSER))

    assert (error, "a state") == (answer["error"], answer["state"])
    assert {} == world.interactions.kept


async def test_an_expired_session_is_none(world: World) -> None:
    """Sessions age by the world clock."""
    world.sign_alice_in()
    world.world.move(timedelta(hours=1))

    assert Prompt.SIGN_IN is (await asked(world, "session")).prompt


async def test_a_session_of_an_account_that_is_gone_is_none(world: World) -> None:
    """Nobody is signed in as nobody."""
    world.sign_alice_in()
    world.accounts.accounts.clear()

    assert Prompt.SIGN_IN is (await asked(world, "session")).prompt


async def test_a_person_below_the_level_is_asked_to_step_up_and_goes_on_afterwards(world: World) -> None:
    """§7, J19: the level that counts is today's."""
    world.sign_alice_in()
    world.let_alice_share()
    world.change_alice(level=ProofingLevel.P5)
    interaction = await asked(world, "session")
    assert Prompt.STEP_UP is interaction.prompt

    world.change_alice(level=ProofingLevel.P9)

    assert "code" in query_of(await world.authorize.resume(interaction))


async def test_who_declines_goes_back_with_access_denied(world: World) -> None:
    """§8: the partner must explain; consent is not given and the request is over."""
    world.sign_alice_in()
    interaction = await asked(world, "session")

    answer = query_of(await world.authorize.declined(interaction))

    assert {"error": "access_denied", "error_description": "ConsentNotGiven", "state": "a state"} == answer
    assert {} == world.consents.given
    with pytest.raises(InteractionGone):
        await world.authorize.agreed(interaction)
    assert {} == world.tokens.codes


async def test_consent_counts_only_where_it_was_asked_for(world: World) -> None:
    """An answer to the consent page before that page was reached agrees to nothing."""
    world.sign_alice_in()
    interaction = await asked(world, "session", prompt="login")

    outcome = await world.authorize.agreed(interaction)

    assert isinstance(outcome, AskUser)
    assert Prompt.SIGN_IN is outcome.interaction.prompt
    assert {} == world.consents.given


async def test_a_refusal_goes_back_with_state_and_a_sentence_of_ours(world: World) -> None:
    """Attacks 10: no echo of what was sent."""
    answer = query_of(await world.authorize.begin(raw(scope="<script>"), "", BROWSER))

    assert {"error": "invalid_scope", "error_description": "The scope must contain openid", "state": "a state"} == answer


async def test_a_repeated_state_is_not_sent_back(world: World) -> None:
    """Nobody knows which one the partner means."""
    answer = query_of(await world.authorize.begin((*raw(), ("state", "other")), "", BROWSER))

    assert {"error", "error_description"} == answer.keys()


async def test_the_issuer_is_named_where_the_policy_says_so(world: World) -> None:
    """Attacks 9: RFC 9207 on success and on refusal."""
    world.policy = ProviderPolicy(ISSUER, sends_issuer=True)
    world.sign_alice_in()
    world.let_alice_share()

    assert ISSUER == query_of(await world.authorize.begin(raw(), "session", BROWSER))["iss"]
    assert ISSUER == query_of(await world.authorize.begin(raw(prompt="x"), "session", BROWSER))["iss"]


async def test_a_request_that_cannot_be_addressed_never_redirects(world: World) -> None:
    """Attacks 1: by query and by form alike."""
    with pytest.raises(Unaddressable):
        await world.authorize.begin(raw(redirect_uri="https://evil.example"), "", BROWSER)
    with pytest.raises(Unaddressable):
        await world.authorize.keep(raw(client_id="nobody"))


async def test_a_form_of_another_site_is_kept_until_its_browser_returns(world: World) -> None:
    """Attacks 6: single sign-on is decided with the cookies that the redirect brings."""
    world.sign_alice_in()
    world.let_alice_share()
    kept = await world.authorize.keep(raw())
    assert isinstance(kept, Interaction)

    answer = await world.authorize.take_up(kept.id, "session", BROWSER)

    assert {"code", "state"} == query_of(answer).keys()
    with pytest.raises(InteractionGone):
        await world.authorize.take_up(kept.id, "session", BROWSER)


async def test_what_was_kept_belongs_to_the_browser_that_took_it_up(world: World) -> None:
    """A second browser with the same link finds nothing."""
    kept = await world.authorize.keep(raw())
    assert isinstance(kept, Interaction)
    await world.authorize.take_up(kept.id, "", BROWSER)

    with pytest.raises(InteractionGone):
        await world.authorize.take_up(kept.id, "", "another browser")
    assert Prompt.SIGN_IN is (await world.authorize.waiting(kept.id, BROWSER)).prompt


async def test_a_refused_form_goes_back_at_once(world: World) -> None:
    """Nothing is kept of it."""
    assert "invalid_request" == query_of(redirected(await world.authorize.keep(raw(prompt="x"))))["error"]
    assert {} == world.interactions.kept


def redirected(outcome: Redirect | Interaction) -> Redirect:
    """The outcome, which must be a redirect."""
    assert isinstance(outcome, Redirect)
    return outcome


async def test_what_changed_on_a_page_is_kept(world: World) -> None:
    """Web counts attempts in the interaction."""
    interaction = replace(await asked(world), attempts=2)
    await world.authorize.save(interaction)

    assert 2 == (await world.authorize.waiting(interaction.id, BROWSER)).attempts


NAMES = st.sampled_from([*GOOD, "prompt", "vtr", "request", "x"])
VALUES = st.text(max_size=20) | st.sampled_from([*GOOD.values(), "none", "login", '["P9.Cp.Cd"]'])
KEY, RING = SigningKey.generate(), KeyRing(SigningKey.generate())


@given(st.lists(st.tuples(NAMES, VALUES), max_size=10), st.booleans(), st.sampled_from(["", "session"]))
async def test_every_request_is_a_page_a_redirect_or_a_question(
    pairs: list[tuple[str, str]], on_top: object, session: str
) -> None:
    """Never anything else, and never a redirect to where the partner is not registered."""
    world = World(KEY, RING)
    world.sign_alice_in()
    names = {name for name, _ in pairs}
    rest = tuple(pair for pair in raw() if pair[0] not in names) if on_top else ()
    try:
        outcome = await world.authorize.begin((*pairs, *rest), session, BROWSER)
    except Unaddressable:
        return
    assert isinstance(outcome, AskUser) or outcome.location.startswith(f"{CALLBACK}?")
