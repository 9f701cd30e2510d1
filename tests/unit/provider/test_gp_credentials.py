"""GP credentials are looked after between approval and answer."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from itertools import islice

import pytest

from gpic.credentials.offer import Ready, SignInFirst, Underway, Withheld
from gpic.credentials.ports import Circumstances
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.authorize.gp_credentials import pauses
from gpic.provider.entitlement import may_have_gp_credentials
from gpic.provider.policy import ProviderPolicy
from gpic.provider.stages import AskUser, Interaction, Prompt
from tests.unit.provider.world import ALICE, ALL_SCOPES, BROWSER, ISSUER, World, partner, query_of, raw

P0, P5, P9 = ProofingLevel


@pytest.fixture
def ready(world: World) -> World:
    """Alice is signed in and shares everything."""
    world.sign_alice_in()
    world.let_alice_share()
    return world


@pytest.mark.anyio
async def test_the_engine_hears_how_the_person_came(ready: World) -> None:
    """N14, N16, N17: person, partner, sign-in and prompt."""
    await ready.authorize.begin(raw(), "session", BROWSER)

    assert [Circumstances(ALICE.person, "partner", signed_in_now=False, prompt_login=False)] == ready.offer.asked


@pytest.mark.anyio
async def test_the_engine_hears_of_a_sign_in_and_of_prompt_login(ready: World) -> None:
    """N16b, N17."""
    outcome = await ready.authorize.begin(raw(prompt="login"), "session", BROWSER)
    assert isinstance(outcome, AskUser)
    _, interaction = await ready.authorize.signed_in(outcome.interaction, ALICE, frozenset("pd"), "session")

    await ready.authorize.resume(interaction)

    assert [(True, True)] == [(one.signed_in_now, one.prompt_login) for one in ready.offer.asked]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "change",
    [
        {"scope": "openid profile"},
        {"vtr": '["P0.Cp.Cd"]'},
        {"vtr": '["P9.Cp"]'},
        {"vtr": '["P5.Cp.Cd"]'},
    ],
    ids=str,
)
async def test_the_engine_is_not_asked_for_what_may_not_be_given(ready: World, change: dict[str, str]) -> None:
    """N5: decided before any GP call; the login goes on without the claim."""
    assert "code" in query_of(await ready.authorize.begin(raw(**change), "session", BROWSER))
    assert [] == ready.offer.asked


@pytest.mark.anyio
@pytest.mark.parametrize("offered", [Ready(), Withheld("not-registered")], ids=str)
async def test_a_result_is_not_waited_for_when_it_is_there(ready: World, offered: Ready | Withheld) -> None:
    """N11, N14: known or refused, the code is issued at once."""
    ready.offer.now = offered

    assert "code" in query_of(await ready.authorize.begin(raw(), "session", BROWSER))
    assert [] == ready.offer.looks


@pytest.mark.anyio
async def test_a_registration_under_way_is_waited_for(ready: World) -> None:
    """N8: the code comes after the result."""
    ready.offer.now = Underway()
    ready.offer.later = [Underway(), Underway(), Ready()]
    ready.policy = ProviderPolicy(ISSUER, first_pause=timedelta(milliseconds=1))

    assert "code" in query_of(await ready.authorize.begin(raw(), "session", BROWSER))
    assert [ALICE.person] * 3 == ready.offer.looks


@pytest.mark.anyio
async def test_a_code_is_issued_without_the_claim_when_time_is_up(ready: World) -> None:
    """N8: the login waits no longer than the policy says; the task is not touched."""
    ready.offer.now = Underway()
    ready.policy = ProviderPolicy(ISSUER, longest_wait=timedelta(milliseconds=100))

    assert "code" in query_of(await ready.authorize.begin(raw(), "session", BROWSER))
    # Looks at 20 and 60 ms at best; after the next pause of 80 ms it would be too late.
    assert 2 >= len(ready.offer.looks)


@pytest.mark.anyio
@pytest.mark.parametrize("later", [[], [SignInFirst()]], ids=["at once", "after a look"])
async def test_a_restriction_asks_for_a_sign_in(ready: World, later: list[SignInFirst]) -> None:
    """N17: single sign-on is not enough, and a page is shown until somebody signs in."""
    ready.offer.now, ready.offer.later = (Underway() if later else SignInFirst()), list(later)

    outcome = await ready.authorize.begin(raw(), "session", BROWSER)

    assert isinstance(outcome, AskUser)
    assert Prompt.SIGN_IN is outcome.interaction.prompt
    assert outcome.interaction == await ready.authorize.waiting(outcome.interaction.id, BROWSER)


@pytest.mark.anyio
async def test_a_restriction_with_prompt_none_is_login_required(ready: World) -> None:
    """N17."""
    ready.offer.now = SignInFirst()

    assert "login_required" == query_of(await ready.authorize.begin(raw(prompt="none"), "session", BROWSER))["error"]


@pytest.mark.anyio
async def test_nobody_is_asked_to_sign_in_twice(ready: World) -> None:
    """If a sign-in did not lift it, the login goes on without the claim."""
    ready.offer.now = SignInFirst()
    outcome = await ready.authorize.begin(raw(), "session", BROWSER)
    assert isinstance(outcome, AskUser)
    assert isinstance(await ready.authorize.resume(outcome.interaction), AskUser)

    _, interaction = await ready.authorize.signed_in(outcome.interaction, ALICE, frozenset("pd"), "session")

    assert "code" in query_of(await ready.authorize.resume(interaction))


@pytest.mark.anyio
async def test_what_came_of_it_is_logged_without_a_name(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    """N7, attacks 29: partner and outcome; what goes well is for whoever looks closer."""
    with caplog.at_level(logging.DEBUG, logger="gpic.provider"):
        await ready.authorize.begin(raw(), "session", BROWSER)

    records = [(record.message, vars(record)["client_id"], vars(record)["offered"]) for record in caplog.records]
    assert [("GP credentials looked after", "partner", "Ready")] == records
    assert [logging.DEBUG] == [record.levelno for record in caplog.records]


@pytest.mark.anyio
async def test_a_login_without_the_details_is_told_to_every_operator(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    """N11: at the level that every process writes."""
    ready.offer.now = Withheld("no-answer")
    with caplog.at_level(logging.INFO, logger="gpic.provider"):
        await ready.authorize.begin(raw(), "session", BROWSER)

    assert ["Withheld"] == [vars(record)["offered"] for record in caplog.records]


@pytest.mark.anyio
async def test_a_client_that_lost_its_im1_mark_on_the_way_starts_nothing(ready: World) -> None:
    """N5: decided by the policy of this moment, before any GP call."""
    ready.change_client(im1_enabled=False)
    kept = await ready.authorize.keep(raw())
    assert isinstance(kept, Interaction)
    ready.policy = ProviderPolicy(ISSUER, require_im1=True)

    assert "code" in query_of(await ready.authorize.take_up(kept.id, "session", BROWSER))
    assert [] == ready.offer.asked


def test_pauses_grow_from_20_to_250_milliseconds() -> None:
    """Short for a result that is nearly there, then gentle on the store."""
    assert [0.02, 0.04, 0.08, 0.16, 0.25, 0.25] == list(islice(pauses(ProviderPolicy(ISSUER)), 6))


WHO: list[tuple[str, ProofingLevel, str, bool, bool, bool]] = [
    # scopes, level, vot, IM1-enabled, require_im1, may
    ("all", P9, "P9.Cp.Cd", True, True, True),
    ("all", P9, "P9.Cp.Ck", True, True, True),
    ("all", P9, "P9.Cm", True, True, True),
    ("all", P9, "P9.Cp.Cd.Ck", True, True, True),
    ("all", P9, "P9.Cp.Cd", False, False, True),
    ("all", P9, "P9.Cp.Cd", False, True, False),
    ("all", P9, "P9.Cp", True, True, False),
    ("all", P9, "P9.Cd", True, True, False),
    ("all", P9, "P9.Ck.Cd", True, True, False),
    ("all", P9, "P5.Cp.Cd", True, True, False),
    ("all", P9, "P0.Cp.Cd", True, True, False),
    ("all", P5, "P9.Cp.Cd", True, True, False),
    ("all", P0, "P0.Cp.Cd", True, True, False),
    ("openid profile", P9, "P9.Cp.Cd", True, True, False),
]


@pytest.mark.parametrize(("scopes", "level", "vot", "im1", "required", "may"), WHO)
def test_who_may_have_gp_credentials(
    world: World, scopes: str, level: ProofingLevel, vot: str, *, im1: bool, required: bool, may: bool
) -> None:
    """N5: the scope, an admitted client, P9 and two factors; all of them."""
    client = replace(partner(world.key), im1_enabled=im1)
    policy = ProviderPolicy(ISSUER, require_im1=required)
    asked = ALL_SCOPES if scopes == "all" else frozenset(scopes.split())

    assert may == may_have_gp_credentials(asked, client, replace(ALICE, level=level), Vector.parse(vot), policy)


def test_a_client_that_lost_the_scope_has_lost_the_claim(world: World) -> None:
    """N6: what is registered today counts."""
    client = replace(partner(world.key), scopes=frozenset({"openid"}))

    assert not may_have_gp_credentials(ALL_SCOPES, client, ALICE, Vector.parse("P9.Cp.Cd"), world.policy)
