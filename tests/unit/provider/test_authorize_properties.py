"""Whatever is sent: repeats, tricks with addresses, vectors of trust, inherited logins."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gpic.jose.keys import KeyRing, SigningKey
from gpic.nhs.trust import DEFAULT_VECTORS, ProofingLevel, Vector
from gpic.provider.authorize.addressing import address
from gpic.provider.authorize.checks import check
from gpic.provider.authorize.prompts import SignedIn, Standing, next_prompt, vot_of
from gpic.provider.errors import InteractionRequired, InvalidRequest, SsoLoginRequired, Unaddressable
from gpic.provider.policy import ProviderPolicy
from gpic.provider.sessions import Session
from gpic.provider.stages import Approved, AskUser, AuthorizeRequest, Inherited, Interaction, Prompt, Redirect
from tests.unit.provider.world import ALICE, BROWSER, CALLBACK, GOOD, ISSUER, NOW, World, addressed, partner, query_of, raw

KEY, RING = SigningKey.generate(), KeyRing(SigningKey.generate())
CLIENT = partner(KEY)
STRICT = ProviderPolicy(ISSUER)
LEVELS = st.sampled_from(ProofingLevel)
CREDENTIALS = st.frozensets(st.sampled_from("pdkm"))
WANTED = st.lists(st.builds(Vector, st.none() | LEVELS, CREDENTIALS), min_size=1, max_size=4).map(tuple)
REACHED = st.builds(Vector, LEVELS, CREDENTIALS.filter(bool))


def ready() -> World:
    """Alice is signed in and shares everything."""
    world = World(KEY, RING)
    world.sign_alice_in()
    world.let_alice_share()
    return world


@given(st.sampled_from([*GOOD, "prompt", "vtr", "login_hint", "asserted_login_identity"]), st.integers(1, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_repeated_never_becomes_a_code(name: str, times: int, data: st.DataObject) -> None:
    """Attacks 3: with equal or other values, anywhere in the query; whom to answer decides how it is told."""
    value = GOOD.get(name, "x")
    pairs = [*raw(**({} if name in GOOD else {name: value}))]
    for _ in range(times):
        other = data.draw(st.sampled_from([value, "other", ""]))
        pairs.insert(data.draw(st.integers(0, len(pairs))), (name, other))
    world = ready()

    try:
        outcome = asyncio.run(world.authorize.begin(tuple(pairs), "session", BROWSER))
    except Unaddressable:
        assert name in {"client_id", "redirect_uri"}
        return
    assert name not in {"client_id", "redirect_uri"}
    answer = query_of(outcome)
    assert "invalid_request" == answer["error"]
    assert (name != "state") == ("state" in answer)
    assert {} == world.tokens.codes


ALPHABET = "abcdefgz0189./:@?#%\\&=;-_~*+ \t\n\0ABé。"
TRICKS = st.one_of(
    st.tuples(st.just("insert"), st.integers(0, len(CALLBACK)), st.text(ALPHABET, min_size=1, max_size=4)),
    st.tuples(st.just("cut"), st.integers(0, len(CALLBACK) - 1), st.just("")),
    st.tuples(st.just("swap"), st.integers(0, len(CALLBACK) - 1), st.text(ALPHABET, min_size=1, max_size=1)),
    st.tuples(st.just("upper"), st.integers(0, len(CALLBACK) - 1), st.just("")),
    st.tuples(st.just("encode"), st.integers(0, len(CALLBACK) - 1), st.just("")),
)


@given(st.lists(TRICKS, min_size=1, max_size=3))
def test_no_trick_with_the_address_is_answered(tricks: list[tuple[str, int, str]]) -> None:
    """Attacks 1: prefix, traversal, userinfo, port, fragment, case, encoding, query: one character is enough."""
    uri = CALLBACK
    for kind, place, text in tricks:
        head, here, tail = uri[:place], uri[place : place + 1], uri[place + 1 :]
        uri = {
            "insert": head + text + here + tail,
            "cut": head + tail,
            "swap": head + text + tail,
            "upper": head + here.upper() + tail,
            "encode": head + quote(here, safe="") + tail,
        }[kind]
    assume(uri != CALLBACK)
    world = World(KEY, RING)

    with pytest.raises(Unaddressable):
        asyncio.run(address(raw(redirect_uri=uri), world.clients, world.policy))


VECTOR_TEXTS = st.lists(
    st.sampled_from([*map(str, CLIENT.vectors), "P5.Cm", "P0.Cp", "Cm", "P9.Cp.Cd.Ck"]), min_size=1, max_size=4
)


@given(VECTOR_TEXTS, st.sampled_from(["pd", "pdm", "p", "pdkm"]))
def test_vectors_are_admitted_when_registered_and_reachable(texts: list[str], offered: str) -> None:
    """§2: every vector registered for the client, and at least one that can be reached by signing in here."""
    vectors = [Vector.parse(text) for text in texts]
    expected = set(vectors) <= set(CLIENT.vectors) and any(vector.credentials <= set(offered) for vector in vectors)
    policy = replace(STRICT, credentials_offered=frozenset(offered))

    try:
        read = check(addressed(CLIENT, vtr=json.dumps(texts)), policy)
    except InvalidRequest:
        assert not expected
        return
    assert expected
    assert tuple(vectors) == read.vectors


@given(st.frozensets(st.sampled_from(CLIENT.vectors), min_size=1))
def test_without_vtr_the_defaults_hold_as_far_as_they_are_registered(registered: frozenset[Vector]) -> None:
    """§2: and a client without any of them asks for what it has."""
    client = replace(CLIENT, vectors=tuple(registered))
    everything = replace(STRICT, credentials_offered=frozenset("pdkm"))

    read = set(check(addressed(client), everything).vectors)

    assert read == (set(DEFAULT_VECTORS) & registered or registered)


def standing(vot: Vector, then: ProofingLevel, now: ProofingLevel, wanted: tuple[Vector, ...], prompt: str) -> Standing:
    """Alice, handed over with this vector when her level was *then*; it is *now* now."""
    request = AuthorizeRequest(CLIENT, CALLBACK, "s", "n", frozenset({"openid"}), wanted, prompt, unverified_identity="a.b.c")
    inherited = Inherited(vot, then)
    interaction = Interaction(
        "i", "b", request, Prompt.SIGN_IN, NOW + timedelta(minutes=30), "first", inherited=inherited, asserted_by="partner"
    )
    session = Session("first", "alice", Vector.parse("P9.Cp.Cd.Ck.Cm"), NOW, NOW, NOW + timedelta(hours=1))
    return Standing(interaction, SignedIn(session, replace(ALICE, level=now), inherited))


@given(REACHED, LEVELS, LEVELS, WANTED, st.sampled_from(["", "none"]))
def test_a_hand_over_is_never_worth_more_than_its_login(
    vot: Vector, then: ProofingLevel, now: ProofingLevel, wanted: tuple[Vector, ...], prompt: str
) -> None:
    """N23, attacks 12: whatever the session could show, what RP1 was told is the most; a level may have risen here."""
    risen = now > then
    most = Vector(now if risen else min(now, vot.level or ProofingLevel.P0), vot.credentials)

    try:
        reached = next_prompt(standing(vot, then, now, wanted, prompt))
    except SsoLoginRequired:
        assert "none" == prompt
        assert None is vot_of(most, wanted)
        return
    except InteractionRequired:
        assert "none" == prompt
        return
    if isinstance(reached, AskUser):
        assert None is vot_of(most, wanted)
        return
    assert isinstance(reached, Approved)
    assert most.satisfies(reached.vot)
    assert any(reached.vot.satisfies(one) for one in wanted)
    assert reached.asserted_by_itself


@given(REACHED, LEVELS, WANTED)
def test_nobody_is_asked_to_prove_what_is_known(vot: Vector, level: ProofingLevel, wanted: tuple[Vector, ...]) -> None:
    """A step-up is asked for only where it can help: where the person's own level is too low."""
    reached = next_prompt(standing(vot, level, level, wanted, ""))

    if isinstance(reached, AskUser) and reached.interaction.prompt is Prompt.STEP_UP:
        assert None is vot_of(Vector(level, vot.credentials), wanted)
        assert None is not vot_of(Vector(ProofingLevel.P9, vot.credentials), wanted)


#: Everything that can be printed, in any script.
PRINTABLE = st.characters(categories=("L", "N", "P", "S", "Zs"))
READ = {*GOOD, "prompt", "display", "vtr", "allow_registration", "asserted_login_identity", "code_challenge",
        "code_challenge_method", "request", "request_uri", "registration"}  # fmt: skip
NAMES = st.text(PRINTABLE, min_size=1, max_size=64).filter(lambda name: name not in READ)


@given(st.dictionaries(NAMES, st.text(PRINTABLE, max_size=50), max_size=6))
@settings(max_examples=60, deadline=None)
def test_what_nobody_knows_is_ignored(unknown: dict[str, str]) -> None:
    """§2: any other parameter changes nothing."""
    outcome = asyncio.run(ready().authorize.begin((*raw(), *unknown.items()), "session", BROWSER))

    assert isinstance(outcome, Redirect)
    assert "code" in query_of(outcome)
