"""Every rule of CHECKS, kept and broken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.jose.keys import SigningKey
from gpic.nhs.trust import DEFAULT_VECTORS, Vector, VectorInvalid, parse_vtr
from gpic.provider.authorize.checks import CHECKS, check, nothing_is_repeated
from gpic.provider.clients import Client
from gpic.provider.errors import (
    InvalidRequest,
    InvalidScope,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    SentBack,
    UnsupportedResponseType,
)
from gpic.provider.policy import Environment, Profile, ProviderPolicy
from gpic.provider.stages import AddressedRequest, AuthorizeRequest, Leniency
from tests.unit.provider.world import CALLBACK, ISSUER, World, addressed, partner, raw

STRICT = ProviderPolicy(ISSUER)
LENIENT = ProviderPolicy(ISSUER, profile=Profile.LENIENT)
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture
def client(world: World) -> Client:
    """A partner that may do everything."""
    return world.clients.by_id["partner"]


def test_a_good_request_is_read_whole(client: Client) -> None:
    """Every field lands where it belongs."""
    read = check(addressed(client, prompt="login", display="touch", allow_registration="false", login_hint="alice"), STRICT)

    expected = AuthorizeRequest(
        client=client,
        redirect_uri=CALLBACK,
        state="a state",
        nonce="a nonce",
        scopes=frozenset({"openid", "profile", "gp_integration_credentials"}),
        vectors=DEFAULT_VECTORS,
        prompt="login",
        display="touch",
        allow_registration=False,
        unverified_identity="",
        ignored=(("login_hint", "alice"),),
    )
    assert expected == read


Change = dict[str, str | None]

BROKEN: list[tuple[Change, type[SentBack], str]] = [
    ({"request": "x.y.z"}, RequestNotSupported, "request_not_supported"),
    ({"request_uri": "https://evil.example/r"}, RequestUriNotSupported, "request_uri_not_supported"),
    ({"registration": "{}"}, RegistrationNotSupported, "registration_not_supported"),
    ({"response_type": "token"}, UnsupportedResponseType, "unsupported_response_type"),
    ({"response_type": "code id_token"}, UnsupportedResponseType, "unsupported_response_type"),
    ({"response_type": None}, InvalidRequest, "invalid_request"),
    ({"scope": None}, InvalidScope, "invalid_scope"),
    ({"scope": "profile"}, InvalidScope, "invalid_scope"),
    ({"scope": "openidprofile"}, InvalidScope, "invalid_scope"),
    ({"scope": "openid profile basic_demographics"}, InvalidScope, "invalid_scope"),
    ({"scope": "openid nhs_app_credentials"}, InvalidScope, "invalid_scope"),
    ({"state": None}, InvalidRequest, "invalid_request"),
    ({"state": ""}, InvalidRequest, "invalid_request"),
    ({"nonce": None}, InvalidRequest, "invalid_request"),
    ({"prompt": "consent"}, InvalidRequest, "invalid_request"),
    ({"prompt": "none login"}, InvalidRequest, "invalid_request"),
    ({"vtr": "P9.Cp.Cd"}, InvalidRequest, "invalid_request"),
    ({"vtr": '["P8.Cp"]'}, InvalidRequest, "invalid_request"),
    ({"vtr": "[]"}, InvalidRequest, "invalid_request"),
    ({"vtr": '["P5.Cm"]'}, InvalidRequest, "invalid_request"),
    ({"vtr": '["P9.Cp.Cd", "P5.Cm"]'}, InvalidRequest, "invalid_request"),
    ({"vtr": '["P9.Cp.Ck"]'}, InvalidRequest, "invalid_request"),
    ({"code_challenge": CHALLENGE}, InvalidRequest, "invalid_request"),
    ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, InvalidRequest, "invalid_request"),
    ({"code_challenge": CHALLENGE[1:], "code_challenge_method": "S256"}, InvalidRequest, "invalid_request"),
    ({"code_challenge": CHALLENGE + "=", "code_challenge_method": "S256"}, InvalidRequest, "invalid_request"),
    ({"code_challenge_method": "S256"}, InvalidRequest, "invalid_request"),
    ({"state": "x" * 2049}, InvalidRequest, "invalid_request"),
    ({"nonce": "x" * 513}, InvalidRequest, "invalid_request"),
    ({"prompt": "LOGIN"}, InvalidRequest, "invalid_request"),
    ({"display": "x" * 2049}, InvalidRequest, "invalid_request"),
    ({"scope": "openid " + "x" * 1018}, InvalidRequest, "invalid_request"),
    ({"vtr": '["P9.Cp.Cd"]' + " " * 1013}, InvalidRequest, "invalid_request"),
    ({"asserted_login_identity": "x" * 8193}, InvalidRequest, "invalid_request"),
    ({"anything": "x" * 16_385}, InvalidRequest, "invalid_request"),
    ({"an\nything": ""}, InvalidRequest, "invalid_request"),
    ({"claims": "\x00"}, InvalidRequest, "invalid_request"),
    ({"claims": "\x7f"}, InvalidRequest, "invalid_request"),
    ({"x" * 65: ""}, InvalidRequest, "invalid_request"),
    ({"state": "a\r\nSet-Cookie: b"}, InvalidRequest, "invalid_request"),
    ({"nonce": "\x00"}, InvalidRequest, "invalid_request"),
    ({"login_hint": "\ud800"}, InvalidRequest, "invalid_request"),
    ({f"p{number}": "" for number in range(59)}, InvalidRequest, "invalid_request"),
]


@pytest.mark.parametrize(("change", "refusal", "code"), BROKEN, ids=lambda value: ascii(value)[:60])
def test_a_broken_rule_is_told_to_the_partner(client: Client, change: Change, refusal: type[SentBack], code: str) -> None:
    """§2: each refusal goes back with its code and a sentence of ours."""
    with pytest.raises(refusal) as told:
        check(addressed(client, **change), STRICT)

    assert code == told.value.code
    assert told.value.sentence


KEPT: list[Change] = [
    {"display": "popup"},
    {"response_mode": "form_post"},
    {"max_age": "1"},
    {"ui_locales": "cy"},
    {"id_token_hint": "x"},
    {"acr_values": "x"},
    {"claims": '{\r\n\t"id_token": null\r\n}'},
    {"id_token_hint": "x" * 16_384},
    {"claims_locales": "cy"},
    {"x" * 64: ""},
    {f"p{number}": "" for number in range(58)},
    {"registration": ""},
    {"asserted_login_identity": "x" * 8192},
    {"unheard_of": "x"},
    {"request": ""},
    {"fido_auth_response": "x" * 16_384},
    {"prompt": "none"},
    {"prompt": ""},
    {"vtr": ""},
    {"vtr": '["Cd.Cp.P9"]'},
    {"vtr": '["P9.Cp.Cd", "P9.Cm"]'},
    {"state": "x" * 2048, "nonce": "x" * 512},
    {"state": "é&=+ %"},
    {"scope": "openid"},
    {"scope": "openid email unheard_of"},
    {"scope": "  openid  openid profile "},
    {"code_challenge": CHALLENGE, "code_challenge_method": "S256"},
]


@pytest.mark.parametrize("change", KEPT, ids=lambda value: ascii(value)[:60])
def test_what_clients_really_send_is_tolerated(client: Client, change: Change) -> None:
    """§2: unknown and unsupported parameters and scopes are ignored without error."""
    assert CALLBACK == check(addressed(client, **change), STRICT).redirect_uri


def test_a_repeated_parameter_is_refused(client: Client) -> None:
    """Attacks 3: repeats are refused, not merged."""
    with pytest.raises(InvalidRequest):
        check(AddressedRequest(client, CALLBACK, (*raw(), ("state", "other"))), STRICT)


def test_an_unknown_scope_is_left_out(client: Client) -> None:
    """§2: values that are not understood are ignored."""
    assert frozenset({"openid", "email"}) == check(addressed(client, scope="openid email unheard_of"), STRICT).scopes


@pytest.mark.parametrize("environment", Environment)
def test_a_scope_that_is_not_registered_is_refused_in_every_environment(client: Client, environment: Environment) -> None:
    """N5: a scope that the client is not registered for is invalid_scope."""
    mere = Client("partner", "A partner", client.redirect_uris, frozenset({"openid", "profile"}), client.keys, im1_enabled=True)

    with pytest.raises(InvalidScope):
        check(addressed(mere), ProviderPolicy(ISSUER, environment))


@pytest.mark.parametrize(
    ("environment", "require_im1", "is_refused"),
    [
        (Environment.SANDPIT, False, False),
        (Environment.SANDPIT, True, True),
        (Environment.INTEGRATION, False, False),
        (Environment.INTEGRATION, True, True),
        (Environment.PRODUCTION, False, True),
        (Environment.PRODUCTION, True, True),
    ],
)
def test_only_im1_clients_ask_for_gp_credentials_where_that_is_required(
    world: World, environment: Environment, *, require_im1: bool, is_refused: bool
) -> None:
    """N5: forced on in production, a setting elsewhere."""
    policy = ProviderPolicy(ISSUER, environment, require_im1)
    world.change_client(im1_enabled=False)
    client = world.clients.by_id["partner"]

    check(addressed(client, scope="openid profile"), policy)
    if is_refused:
        with pytest.raises(InvalidScope):
            check(addressed(client), policy)
    else:
        check(addressed(client), policy)


@pytest.mark.parametrize(
    ("missing", "leniencies"),
    [
        ({"state": None}, (Leniency.STATE_MISSING,)),
        ({"nonce": ""}, (Leniency.NONCE_MISSING,)),
        ({"state": None, "nonce": None}, (Leniency.STATE_MISSING, Leniency.NONCE_MISSING)),
        ({}, ()),
    ],
)
def test_profile_lenient_says_what_it_let_pass(client: Client, missing: Change, leniencies: tuple[Leniency, ...]) -> None:
    """Old clients get through, and it is known that the real NHS login would refuse them."""
    assert leniencies == check(addressed(client, **missing), LENIENT).tolerated


@pytest.mark.parametrize("profile", [Profile.STRICT, Profile.COMPAT])
@pytest.mark.parametrize("missing", ["state", "nonce"])
def test_only_profile_lenient_lets_state_and_nonce_be_missing(client: Client, profile: Profile, missing: str) -> None:
    """Compat is strict in everything but the redirect URI."""
    with pytest.raises(InvalidRequest):
        check(addressed(client, **{missing: None}), ProviderPolicy(ISSUER, profile=profile))


def test_a_loopback_redirect_is_a_leniency(client: Client) -> None:
    """Profile compat admits it; no registration at the real NHS login may hold it."""
    request = AddressedRequest(client, "http://localhost:8000/callback", raw())

    assert (Leniency.LOOPBACK_REDIRECT,) == check(request, ProviderPolicy(ISSUER, profile=Profile.COMPAT)).tolerated


def test_what_is_not_read_is_handed_on_untouched(client: Client) -> None:
    """In its order, whatever it is; what is read is not among it."""
    ignored = {"login_hint": "ada", "acr_values": " ", "max_age": "x", "claims": "{}", "response_mode": "form_post", "y": ""}
    request = addressed(client, vtr='["P9.Cp.Cd"]', asserted_login_identity="a.b.c", display="touch", **ignored)

    read = check(request, STRICT)

    assert tuple(ignored.items()) == read.ignored
    assert "a.b.c" == read.unverified_identity
    assert "a.b.c" not in repr(read)


def test_an_absent_vtr_means_the_defaults_that_are_registered(world: World) -> None:
    """§2: the default vectors, narrowed to what this client may ask for."""
    world.change_client(vectors=(Vector.parse("P9.Cp.Cd"), Vector.parse("P5.Cp.Cd")))
    assert (Vector.parse("P9.Cp.Cd"),) == check(addressed(world.clients.by_id["partner"]), STRICT).vectors

    world.change_client(vectors=(Vector.parse("P0.Cp.Cd"),))
    assert (Vector.parse("P0.Cp.Cd"),) == check(addressed(world.clients.by_id["partner"]), STRICT).vectors


def test_a_passkey_may_be_asked_for_where_it_is_offered(client: Client) -> None:
    """A request that nobody could ever fulfil is refused at the door; the others are not."""
    offering = ProviderPolicy(ISSUER, credentials_offered=frozenset("pdm"))

    assert (Vector.parse("P9.Cm"),) == check(addressed(client, vtr='["P9.Cm"]'), offering).vectors


def test_the_first_rule_is_the_one_that_the_others_rely_on() -> None:
    """Every later rule reads one value, so nothing may be repeated."""
    assert nothing_is_repeated is CHECKS[0]


COMPONENTS = ["P0", "P5", "P9", "Cp", "Cd", "Ck", "Cm"]


@given(st.lists(st.lists(st.sampled_from(COMPONENTS), min_size=1, max_size=4).map(".".join), max_size=5).map(json.dumps))
def test_a_vtr_is_read_or_refused(text: str) -> None:
    """What is read prints as components of what was written."""
    try:
        vectors = parse_vtr(text)
    except VectorInvalid:
        return
    assert [frozenset(item.split(".")) for item in json.loads(text)] == [
        frozenset(str(vector).split(".")) for vector in vectors
    ]


NAMES = st.sampled_from([
    "scope", "response_type", "state", "nonce", "prompt", "vtr", "code_challenge", "code_challenge_method", "request",
    "display", "x",
])  # fmt: skip
VALUES = st.text(max_size=30) | st.sampled_from(["code", "openid", "openid profile", "none", "login", '["P9.Cp.Cd"]', "S256"])


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.sampled_from([STRICT, LENIENT]))
def test_no_request_breaks_the_checks(pairs: list[tuple[str, str]], policy: ProviderPolicy) -> None:
    """Every query is an AuthorizeRequest that keeps the rules, or SentBack; never anything else."""
    request = AddressedRequest(_CLIENT, CALLBACK, tuple(pairs))
    try:
        read = check(request, policy)
    except SentBack:
        return
    assert "openid" in read.scopes
    assert read.prompt in {"", "none", "login"}
    assert set(read.vectors) <= set(_CLIENT.vectors)
    assert (read.state and read.nonce) or policy is LENIENT


_CLIENT = partner(SigningKey.generate())
