"""What an asserted identity brings: the login that it continues, and never more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.credentials.offer import Ready, SignInFirst
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.errors import InteractionGone
from gpic.provider.ports import Binding
from gpic.provider.stages import AskUser, Inherited, Interaction, Prompt
from tests.unit.provider.handing_over import (
    AGO,
    OTHER_KEY,
    THERE,
    arrive,
    asserted,
    grant_of,
    log_in,
    set_up,
    somebody_elses_browser,
)
from tests.unit.provider.world import ALICE, BROWSER, CALLBACK, NOW, VECTORS, World, query_of, raw

pytestmark = pytest.mark.anyio

P0, P5, P9 = ProofingLevel


@pytest.fixture
def world(world: World) -> World:
    """Alice logged in at the partner twenty minutes ago; partner and other may hand over to one another."""
    return set_up(world)


async def test_a_partner_hands_somebody_over(world: World) -> None:
    """N23: no sign-in; auth_time, vot and session are those of the original login."""
    answer = await arrive(world, asserted(world))

    grant = grant_of(world, answer)
    assert ("other", "alice", NOW - AGO, "first") == (grant.client_id, grant.subject, grant.auth_time, grant.session_id)
    assert Vector.parse("P9.Cp.Cd") == grant.vot
    assert {("partner", "use-1")} == world.tokens.asserted
    assert {} == world.accounts.sign_ins


async def test_what_was_inherited_can_be_handed_on(world: World) -> None:
    """N23: from partner to other and back, always the first login's auth_time."""
    first = grant_of(world, await arrive(world, asserted(world)))
    back = asserted(world, OTHER_KEY, iss="other", code=first.family)

    outcome = await world.authorize.begin(raw(asserted_login_identity=back), "", BROWSER)

    grant = world.tokens.codes[query_of(outcome)["code"], Binding("partner", CALLBACK)][0]
    assert (NOW - AGO, "first", "P9.Cp.Cd") == (grant.auth_time, grant.session_id, str(grant.vot))


async def test_prompt_none_is_answered_with_a_code(world: World) -> None:
    """N23: an accepted identity is single sign-on."""
    assert {"code", "state"} == (await arrive(world, asserted(world), prompt="none")).keys()  # type: ignore[union-attr]


async def test_a_client_believes_itself(world: World) -> None:
    """§7, N16(b): RP1 and RP2 may be the same; the engine hears that it vouched for the person itself."""
    world.change_client(hands_over_to=frozenset())

    outcome = await world.authorize.begin(raw(asserted_login_identity=asserted(world)), "", BROWSER)

    assert "code" in query_of(outcome)
    assert [True] == [circumstances.asserted_by_itself for circumstances in world.offer.asked]


async def test_prompt_login_beats_it(world: World) -> None:
    """N23: a sign-in is wanted, so the identity is neither looked at nor spent."""
    asked = await arrive(world, asserted(world), prompt="login")

    assert isinstance(asked, Interaction)
    assert (Prompt.SIGN_IN, False, None) == (asked.prompt, asked.assertion_failed, asked.inherited)
    assert set() == world.tokens.asserted


async def test_a_failed_identity_is_not_mended_by_the_browsers_own_session(world: World) -> None:
    """N23: "invalid otherwise → sign-in": nobody knows whether it spoke of whoever is signed in here."""
    asked = await arrive(world, asserted(world, code="x"), "first")

    assert isinstance(asked, Interaction)
    assert Prompt.SIGN_IN is asked.prompt


async def test_after_the_sign_in_that_follows_the_login_goes_on(world: World) -> None:
    """The sign-in's own auth_time and vector; what was asserted has no part in it."""
    asked = await arrive(world, "x")
    assert isinstance(asked, Interaction)

    _, interaction = await world.authorize.signed_in(asked, ALICE, frozenset("pd"), "")
    outcome = await world.authorize.resume(interaction)

    assert NOW == grant_of(world, query_of(outcome)).auth_time


async def test_in_the_same_persons_browser_the_asserted_login_counts(world: World) -> None:
    """N23: auth_time is inherited even beside a younger session of the same person."""
    world.sign_alice_in()

    assert NOW - AGO == grant_of(world, await arrive(world, asserted(world), "session")).auth_time


async def test_an_own_session_serves_where_the_asserted_login_does_not(world: World) -> None:
    """A partner that asserts is not worse off than one that does not; that it asserted is still known."""
    world.sign_alice_in()
    log_in(world, vot=Vector.parse("P9.Cp"))

    grant = grant_of(world, await arrive(world, asserted(world), "session", vtr='["P9.Cp.Cd"]'))

    assert ("session", NOW - timedelta(minutes=1)) == (grant.session_id, grant.auth_time)


async def test_in_an_own_session_it_is_still_known_who_vouched(world: World) -> None:
    """N16(b): what the partner says by asserting does not depend on which session serves."""
    world.sign_alice_in()
    log_in(world, vot=Vector.parse("P9.Cp"))

    outcome = await world.authorize.begin(raw(asserted_login_identity=asserted(world), vtr='["P9.Cp.Cd"]'), "session", BROWSER)

    assert "code" in query_of(outcome)
    assert [True] == [circumstances.asserted_by_itself for circumstances in world.offer.asked]


async def test_an_own_session_that_does_not_serve_either_changes_nothing(world: World) -> None:
    """Both are too weak: sign in."""
    world.sign_alice_in("p")
    log_in(world, vot=Vector.parse("P9.Cp"))

    asked = await arrive(world, asserted(world), "session", vtr='["P9.Cp.Cd"]')

    assert isinstance(asked, Interaction)
    assert (Prompt.SIGN_IN, "first") == (asked.prompt, asked.session_id)


INHERITED: list[tuple[str, ProofingLevel, str, str | Prompt]] = [
    ("P9.Cp.Cd", P9, '["P9.Cp.Cd"]', "P9.Cp.Cd"),
    ("P9.Cp.Cd", P9, '["P0.Cp.Cd"]', "P0.Cp.Cd"),
    ("P9.Cp", P9, '["P9.Cp.Cd"]', Prompt.SIGN_IN),
    ("P9.Cp", P9, '["P9"]', "P9.Cp"),
    ("P5.Cp.Cd", P5, '["P9.Cp.Cd"]', Prompt.STEP_UP),
    ("P0.Cp.Cd", P5, '["P9.Cp.Cd"]', Prompt.STEP_UP),
    ("P0.Cp.Cd", P9, '["P9.Cp.Cd"]', Prompt.SIGN_IN),
    ("P0.Cp.Cd", P9, '["P0.Cp.Cd", "P9.Cp.Cd"]', "P0.Cp.Cd"),
    ("P5.Cp.Cd", P9, '["Cp.Cd"]', "P5.Cp.Cd"),
    ("P9.Cp.Cd", P5, '["P9.Cp.Cd"]', Prompt.STEP_UP),
    ("P9.Cp.Cd", P5, '["P9.Cp.Cd", "P5.Cp.Cd"]', "P5.Cp.Cd"),
]


@pytest.mark.parametrize(("vot", "level", "vtr", "expected"), INHERITED, ids=str)
async def test_nobody_is_worth_more_after_a_hand_over(
    world: World, vot: str, level: ProofingLevel, vtr: str, expected: str | Prompt
) -> None:
    """N23, attacks 12: vot is inherited: what the login did not show is proved anew, and a level may have fallen."""
    log_in(world, vot=Vector.parse(vot))
    world.change_alice(level=level)

    outcome = await arrive(world, asserted(world), vtr=vtr)

    if isinstance(expected, Prompt):
        assert isinstance(outcome, Interaction)
        assert expected is outcome.prompt
    else:
        assert expected == str(grant_of(world, outcome).vot)


async def test_who_steps_up_after_a_hand_over_goes_on(world: World) -> None:
    """§7: P5 → P9 in this very request counts, without a sign-in."""
    log_in(world, vot=Vector.parse("P5.Cp.Cd"))
    world.change_alice(level=P5)
    asked = await arrive(world, asserted(world))
    assert isinstance(asked, Interaction)
    assert Inherited(Vector.parse("P5.Cp.Cd"), P5) == asked.inherited

    world.change_alice(level=P9)
    grant = grant_of(world, query_of(await world.authorize.resume(asked)))

    assert ("P9.Cp.Cd", NOW - AGO) == (str(grant.vot), grant.auth_time)


@pytest.mark.parametrize(
    ("vot", "level", "agreed", "error"),
    [
        ("P9.Cp", P9, True, "sso_login_required"),
        ("P5.Cp.Cd", P5, True, "interaction_required"),
        ("P9.Cp.Cd", P9, False, "consent_required"),
    ],
)
async def test_with_prompt_none_what_is_missing_is_told(
    world: World, vot: str, level: ProofingLevel, error: str, *, agreed: bool
) -> None:
    """§2: sso_login_required where single sign-on does not do; otherwise what the person would be asked."""
    log_in(world, vot=Vector.parse(vot))
    world.change_alice(level=level)
    if not agreed:
        world.consents.given.clear()

    answer = await arrive(world, asserted(world), prompt="none", vtr='["P9.Cp.Cd"]')

    assert isinstance(answer, dict)
    assert error == answer["error"]


async def test_the_engine_hears_nothing_of_a_partner_that_vouches_for_another(world: World) -> None:
    """N16(b): only a partner that comes back by itself says that its details do not work."""
    await arrive(world, asserted(world))

    assert [False] == [circumstances.asserted_by_itself for circumstances in world.offer.asked]


async def test_a_restricted_account_signs_in_all_the_same(world: World) -> None:
    """N17, N23: single sign-on is not enough; afterwards it is still known who vouched."""
    world.offer.now = SignInFirst()
    asked = await arrive(world, asserted(world))
    assert isinstance(asked, Interaction)
    assert Prompt.SIGN_IN is asked.prompt

    _, interaction = await world.authorize.signed_in(asked, ALICE, frozenset("pd"), "")

    assert (None, "partner") == (interaction.inherited, interaction.asserted_by)
    world.offer.now = Ready()
    assert NOW == grant_of(world, query_of(await world.authorize.resume(interaction))).auth_time


async def test_a_form_of_another_site_may_assert(world: World) -> None:
    """Attacks 6: judged when its browser has come, cookies and all, and once."""
    somebody_elses_browser(world)
    request = raw(client_id="other", redirect_uri=THERE, asserted_login_identity=asserted(world))
    kept = await world.authorize.keep(request)
    assert isinstance(kept, Interaction)
    assert set() == world.tokens.asserted

    asked = await world.authorize.take_up(kept.id, "bobs", BROWSER)

    assert isinstance(asked, AskUser)
    assert asked.interaction.assertion_failed
    with pytest.raises(InteractionGone):
        await world.authorize.take_up(kept.id, "", BROWSER)


def test_every_vector_of_the_table_is_registered() -> None:
    """Otherwise the rows above would be refused before anything is inherited."""
    assert {Vector.parse(text) for text in ("P9.Cp.Cd", "P0.Cp.Cd", "P9", "P5.Cp.Cd", "Cp.Cd")} <= set(VECTORS)
