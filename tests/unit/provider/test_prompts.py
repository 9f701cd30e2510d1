"""What a person is asked, by standing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.authorize.prompts import PROMPTS, SignedIn, Standing, next_prompt, vot_of
from gpic.provider.errors import ConsentRequired, InteractionRequired, LoginRequired, SentBack
from gpic.provider.sessions import Session
from gpic.provider.stages import Approved, AskUser, AuthorizeRequest, Interaction, Prompt
from tests.unit.provider.world import ALICE, ALL_SCOPES, CALLBACK, NOW, VECTORS, World

P0, P5, P9 = ProofingLevel


def vectors(*texts: str) -> tuple[Vector, ...]:
    """Vectors from their texts."""
    return tuple(map(Vector.parse, texts))


def standing(
    world: World,
    level: ProofingLevel | None = P9,
    credentials: str = "pd",
    wanted: tuple[Vector, ...] = VECTORS[:3],
    agreed: frozenset[str] = ALL_SCOPES,
    **changes: object,
) -> Standing:
    """Alice at *level*, or nobody for None, before a request."""
    request = AuthorizeRequest(
        world.clients.by_id["partner"],
        CALLBACK,
        "s",
        "n",
        frozenset({"openid", "profile"}),
        wanted,
        str(changes.pop("prompt", "")),
    )
    interaction = Interaction("i", "b", request, Prompt.SIGN_IN, NOW + timedelta(minutes=30), **changes)  # type: ignore[arg-type]
    if level is None:
        return Standing(interaction, None)
    vector = Vector(P0, frozenset(credentials))
    session = Session("session", "alice", vector, NOW, NOW, NOW + timedelta(hours=1))
    return Standing(interaction, SignedIn(session, replace(ALICE, level=level)), agreed)


def asked(outcome: AskUser | Approved) -> Prompt | None:
    """The prompt, or None for an approval."""
    return outcome.interaction.prompt if isinstance(outcome, AskUser) else None


PASSKEY = {"credentials": "m"}
TABLE: list[tuple[dict[str, object], Prompt | None]] = [
    ({}, None),
    ({"level": None}, Prompt.SIGN_IN),
    ({"prompt": "login"}, Prompt.SIGN_IN),
    ({"prompt": "login", "signed_in_here": True}, None),
    ({"credentials": "p"}, Prompt.SIGN_IN),
    ({"credentials": "p", "level": P0}, Prompt.SIGN_IN),
    ({"credentials": "m"}, None),
    ({"credentials": "p", "wanted": vectors("P9.Cp")}, None),
    ({"level": P5}, Prompt.STEP_UP),
    ({"level": P0}, Prompt.STEP_UP),
    ({"level": P0, "wanted": vectors("P0.Cp.Cd")}, None),
    ({"level": P0, "wanted": vectors("P9.Cp.Cd", "P0.Cp.Cd")}, None),
    ({"level": P5, "wanted": vectors("P0.Cp.Cd")}, None),
    ({"level": P5, "wanted": vectors("Cp.Cd")}, None),
    ({"level": P0, "wanted": vectors("P9.Cp.Cd", "P0.Cm")}, Prompt.STEP_UP),
    ({"agreed": frozenset()}, Prompt.CONSENT),
    ({"agreed": frozenset({"openid"})}, Prompt.CONSENT),
    ({"agreed": frozenset({"profile"})}, None),
    ({"agreed": frozenset({"email"})}, Prompt.CONSENT),
    ({"agreed": frozenset(), "level": P5}, Prompt.STEP_UP),
]


@pytest.mark.parametrize(("changes", "prompt"), TABLE)
def test_a_person_is_asked_for_what_is_missing_and_no_more(
    world: World, changes: dict[str, object], prompt: Prompt | None
) -> None:
    """§2, §7, §8: sign in, then step up by vtr, then consent."""
    assert prompt == asked(next_prompt(standing(world, **changes)))  # type: ignore[arg-type]


REFUSALS: list[tuple[dict[str, object], type[SentBack], str]] = [
    ({"level": None}, LoginRequired, "login_required"),
    ({"credentials": "p"}, LoginRequired, "login_required"),
    ({"level": P5}, InteractionRequired, "interaction_required"),
    ({"agreed": frozenset()}, ConsentRequired, "consent_required"),
]


@pytest.mark.parametrize(("changes", "refusal", "code"), REFUSALS)
def test_prompt_none_asks_nobody(world: World, changes: dict[str, object], refusal: type[SentBack], code: str) -> None:
    """§2: each prompt has the code that the partner hears instead."""
    with pytest.raises(refusal) as told:
        next_prompt(standing(world, prompt="none", **changes))  # type: ignore[arg-type]

    assert code == told.value.code


def test_prompt_none_with_everything_in_place_is_approved(world: World) -> None:
    """Single sign-on without a page."""
    assert None is asked(next_prompt(standing(world, prompt="none")))


def test_an_approval_says_what_the_login_was(world: World) -> None:
    """The vot is one of the vectors asked for; the session is the one that was found."""
    approved = next_prompt(standing(world, signed_in_here=True))

    assert isinstance(approved, Approved)
    assert ("P9.Cp.Cd", "session", "alice", True) == (
        str(approved.vot),
        approved.session.id,
        approved.account.subject,
        approved.signed_in_here,
    )


VOTS: list[tuple[str, tuple[str, ...], str | None]] = [
    ("P9.Cp.Cd", ("P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"), "P9.Cp.Cd"),
    ("P9.Cm", ("P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"), "P9.Cm"),
    ("P5.Cp.Cd", ("P9.Cp.Cd",), None),
    ("P9.Cp.Cd", ("P0.Cp.Cd",), "P0.Cp.Cd"),
    ("P9.Cp.Cd", ("P0.Cp.Cd", "P9.Cp.Cd"), "P9.Cp.Cd"),
    ("P9.Cp.Cd", ("P9.Cp", "P9.Cp.Cd"), "P9.Cp.Cd"),
    ("P9.Cp.Cd", ("P9.Cp",), "P9.Cp"),
    ("P9.Cp.Cd", ("P9",), "P9.Cp.Cd"),
    ("P5.Cp.Cd", ("Cp.Cd",), "P5.Cp.Cd"),
    ("P9.Cp.Cd", ("P9.Cm",), None),
    ("P9.Cp.Cd", (), None),
]


@pytest.mark.parametrize(("reached", "wanted", "vot"), VOTS)
def test_the_vot_is_the_strongest_vector_that_was_asked_for(reached: str, wanted: tuple[str, ...], vot: str | None) -> None:
    """Attacks 12: nobody is credited with more than was asked for, and nothing is left open."""
    found = vot_of(Vector.parse(reached), vectors(*wanted))

    assert vot == (str(found) if found is not None else None)


LEVELS = st.none() | st.sampled_from(ProofingLevel)
CREDENTIALS = st.frozensets(st.sampled_from("pdkm"))
REACHED = st.builds(Vector, st.sampled_from(ProofingLevel), CREDENTIALS.filter(bool))
WANTED = st.lists(st.builds(Vector, LEVELS, CREDENTIALS), max_size=5).map(tuple)


@given(REACHED, WANTED)
def test_a_vot_satisfies_one_of_the_vectors_and_was_really_reached(reached: Vector, wanted: tuple[Vector, ...]) -> None:
    """§7, R13: whatever is asked and reached; None exactly when nothing is satisfied."""
    vot = vot_of(reached, wanted)

    assert any(reached.satisfies(vector) for vector in wanted) == (vot is not None)
    if vot is not None:
        assert any(vot.satisfies(vector) for vector in wanted)
        assert reached.satisfies(vot)
        assert None is not vot.level
        assert vot.credentials


def test_the_prompts_stand_in_their_order() -> None:
    """Nobody is asked to share before it is clear who it is."""
    assert [Prompt.SIGN_IN, Prompt.STEP_UP, Prompt.CONSENT] == [rule.prompt for rule in PROMPTS]
