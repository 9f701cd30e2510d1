"""Codes and refresh tokens become tokens."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpic.jose.assertions import ASSERTION_TYPE
from gpic.jose.keys import base64url
from gpic.jose.sign import seconds
from gpic.jose.verify import ClaimsPolicy, only, verify
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.errors import (
    ClientInvalid,
    GrantInvalid,
    GrantTypeUnsupported,
    TokenRefused,
    TokenRequestInvalid,
)
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Grant
from gpic.provider.stages import RawRequest
from gpic.provider.token.redeem import code_verifier_fits
from tests.unit.provider.world import CALLBACK, ISSUER, NOW, NUMBER, World

pytestmark = pytest.mark.anyio

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture
def sharing(world: World) -> World:
    """Alice shares everything with the partner."""
    world.let_alice_share()
    return world


def read(world: World, token: str) -> dict[str, object]:
    """The claims of a token of ours, as a partner verifies it."""
    return dict(verify(token, world.ring.key_set, ClaimsPolicy(ISSUER, only("partner"), world.wire.now())).claims)


async def test_a_code_becomes_tokens(sharing: World) -> None:
    """§3: the reply's members."""
    await sharing.keep_code()

    reply = await sharing.token.grant(sharing.form())

    assert ["access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"] == list(reply.fields())
    assert ("bearer", 300, "openid profile gp_integration_credentials") == (
        reply.fields()["token_type"],
        reply.expires_in,
        reply.scope,
    )


async def test_an_id_token_says_what_the_specification_lists(sharing: World) -> None:
    """§6, claim by claim; 60 minutes."""
    id_token = read(sharing, (await sharing.redeemed()).id_token)
    jti = id_token.pop("jti")

    expected = {
        "iss": ISSUER,
        "sub": "alice",
        "aud": "partner",
        "iat": seconds(NOW),
        "exp": seconds(NOW) + 3600,
        "auth_time": seconds(NOW),
        "nonce": "a nonce",
        "vot": "P9.Cp.Cd",
        "vtm": f"{ISSUER}/trustmark/auth.example",
        "nhs_number": NUMBER.digits,
        "family_name": "Example",
        "birthdate": "1990-02-03",
        "identity_proofing_level": "P9",
    }
    assert expected == id_token
    assert jti


async def test_an_access_token_says_what_the_specification_lists(sharing: World) -> None:
    """§6, and `family`, which is ours; 5 minutes; no key and no names."""
    access = read(sharing, (await sharing.redeemed()).access_token)
    del access["jti"]

    expected = {
        "iss": ISSUER,
        "sub": "alice",
        "aud": "partner",
        "iat": seconds(NOW),
        "exp": seconds(NOW) + 300,
        "auth_time": seconds(NOW),
        "scope": "openid profile gp_integration_credentials",
        "vot": "P9.Cp.Cd",
        "vtm": f"{ISSUER}/trustmark/auth.example",
        "nhs_number": NUMBER.digits,
        "family": "family",
    }
    assert expected == access


@pytest.mark.parametrize(
    ("scopes", "level", "names"),
    [
        ("openid profile", ProofingLevel.P9, {"nhs_number", "family_name", "birthdate", "identity_proofing_level"}),
        ("openid profile", ProofingLevel.P5, {"nhs_number", "family_name", "birthdate", "identity_proofing_level"}),
        ("openid profile", ProofingLevel.P0, set()),
        ("openid basic_demographics", ProofingLevel.P9, set()),
        ("openid", ProofingLevel.P9, set()),
    ],
)
async def test_only_scope_profile_puts_the_person_into_tokens(
    sharing: World, scopes: str, level: ProofingLevel, names: set[str]
) -> None:
    """§6 with the levels of §4."""
    sharing.change_alice(level=level)
    reply = await sharing.redeemed(scopes=frozenset(scopes.split()))

    personal = {"nhs_number", "family_name", "given_name", "birthdate", "identity_proofing_level", "email"}
    assert names == personal & read(sharing, reply.id_token).keys()
    assert names & {"nhs_number"} == personal & read(sharing, reply.access_token).keys()


async def test_tokens_have_ids_of_their_own(sharing: World) -> None:
    """No two share a jti."""
    reply = await sharing.redeemed()

    assert read(sharing, reply.id_token)["jti"] != read(sharing, reply.access_token)["jti"]


async def test_a_login_without_nonce_has_none_in_its_id_token(sharing: World) -> None:
    """Profile lenient: left out, never empty."""
    assert "nonce" not in read(sharing, (await sharing.redeemed(nonce="")).id_token)


async def test_a_code_works_once_and_its_second_use_ends_the_family(sharing: World) -> None:
    """Attacks 13: invalid_grant, and the tokens of the first use stop working."""
    await sharing.keep_code()
    await sharing.token.grant(sharing.form())

    with pytest.raises(GrantInvalid, match=r"^invalid_grant: the code was used before; its tokens are revoked$"):
        await sharing.token.grant(sharing.form())

    assert {"family"} == sharing.tokens.revoked


@pytest.mark.parametrize("fields", [{"code": "unknown"}, {"redirect_uri": "https://partner.example/other"}], ids=str)
async def test_a_code_that_is_not_this_clients_neither_works_nor_is_spent(sharing: World, fields: dict[str, str]) -> None:
    """Attacks 13, 14: bound to client and redirect URI."""
    await sharing.keep_code()

    with pytest.raises(GrantInvalid, match=r"^invalid_grant: the code is unknown, expired or somebody else's$"):
        await sharing.token.grant(sharing.form(**fields))

    assert (await sharing.token.grant(sharing.form())).access_token
    assert set() == sharing.tokens.revoked


async def test_a_code_expires(sharing: World) -> None:
    """§2: ten minutes."""
    await sharing.keep_code()
    sharing.wire.move(timedelta(minutes=10))

    with pytest.raises(GrantInvalid):
        await sharing.token.grant(sharing.form())


async def test_an_assertion_is_used_once(sharing: World) -> None:
    """Attacks 20: the jti is claimed with the redemption, whichever grant it came for."""
    await sharing.keep_code()
    assertion = sharing.assertion()
    reply = await sharing.token.grant(sharing.form(client_assertion=assertion))

    await sharing.keep_code("another")
    with pytest.raises(ClientInvalid, match=r"^invalid_client: the assertion was used before \(client partner\)$"):
        await sharing.token.grant(sharing.form(client_assertion=assertion, code="another"))
    with pytest.raises(ClientInvalid, match=r"^invalid_client: the assertion was used before \(client partner\)$"):
        await sharing.token.grant(sharing.refresh_form(reply.refresh_token, client_assertion=assertion))
    assert (await sharing.token.grant(sharing.form(code="another"))).access_token


@pytest.mark.parametrize(
    ("challenge", "verifier", "fits"),
    [
        ("", "", True),
        (CHALLENGE, VERIFIER, True),
        (CHALLENGE, "", False),
        ("", VERIFIER, False),
        (CHALLENGE, CHALLENGE, False),
        (CHALLENGE, VERIFIER[1:], False),
        (CHALLENGE, "é", False),
    ],
)
async def test_a_code_verifier_must_fit(sharing: World, challenge: str, verifier: str, *, fits: bool) -> None:
    """Attacks 14: both or neither; a code that came without its verifier is stolen, and its family ends."""
    await sharing.keep_code(code_challenge=challenge)

    if fits:
        assert (await sharing.token.grant(sharing.form(code_verifier=verifier))).access_token
    else:
        with pytest.raises(GrantInvalid, match=r"^invalid_grant: code_verifier does not fit$"):
            await sharing.token.grant(sharing.form(code_verifier=verifier))
        assert {"family"} == sharing.tokens.revoked


@given(st.text(min_size=1, max_size=50), st.text(min_size=1, max_size=50))
async def test_nothing_but_the_verifier_fits(verifier: str, other: str) -> None:
    """RFC 7636 §4.6, by its own arithmetic."""
    challenge = base64url(hashlib.sha256(verifier.encode()).digest())
    grant = Grant("f", "partner", "alice", frozenset(), "", Vector.parse("P9"), NOW, "s", challenge)

    assert code_verifier_fits(verifier, grant)
    assert (verifier == other) == code_verifier_fits(other, grant)


FORMS: list[tuple[dict[str, str | None], type[TokenRefused], str]] = [
    ({"grant_type": None}, TokenRequestInvalid, "invalid_request"),
    ({"grant_type": "password"}, GrantTypeUnsupported, "unsupported_grant_type"),
    ({"grant_type": "client_credentials"}, GrantTypeUnsupported, "unsupported_grant_type"),
    ({"code": None}, TokenRequestInvalid, "invalid_request"),
    ({"redirect_uri": None}, TokenRequestInvalid, "invalid_request"),
    ({"code": "unknown"}, GrantInvalid, "invalid_grant"),
    ({"client_assertion": None}, ClientInvalid, "invalid_client"),
    ({"grant_type": "password", "client_assertion": None}, GrantTypeUnsupported, "unsupported_grant_type"),
    ({"grant_type": "refresh_token"}, TokenRequestInvalid, "invalid_request"),
    ({"grant_type": "refresh_token", "refresh_token": "unknown"}, GrantInvalid, "invalid_grant"),
]


@pytest.mark.parametrize(("fields", "refusal", "code"), FORMS, ids=str)
async def test_a_refusal_has_the_code_of_the_specification(
    sharing: World, fields: dict[str, str | None], refusal: type[TokenRefused], code: str
) -> None:
    """§3: HTTP 400 with an OAuth code."""
    with pytest.raises(refusal) as told:
        await sharing.token.grant(sharing.form(**fields))

    assert (code, 400) == (told.value.code, told.value.status)


async def test_extra_fields_are_tolerated(sharing: World) -> None:
    """Clients in the field send state, and redirect_uri on refresh."""
    reply = await sharing.redeemed()

    assert (await sharing.token.grant(sharing.refresh_form(reply.refresh_token, state="x"))).access_token


REFUSED_AFTERWARDS: list[dict[str, str | None]] = [
    {"code": "unknown"},
    {"redirect_uri": "https://partner.example/other"},
    {"code_verifier": VERIFIER},
    {"grant_type": "refresh_token", "refresh_token": "unknown"},
]


@pytest.mark.parametrize("fields", REFUSED_AFTERWARDS, ids=str)
async def test_an_assertion_is_spent_by_every_refusal(sharing: World, fields: dict[str, str | None]) -> None:
    """Attacks 20: whatever an authenticated client is told, its jti stays claimed."""
    await sharing.keep_code()
    assertion = sharing.assertion()
    with pytest.raises(GrantInvalid):
        await sharing.token.grant(sharing.form(client_assertion=assertion, **fields))

    with pytest.raises(ClientInvalid, match=r"^invalid_client: the assertion was used before \(client partner\)$"):
        await sharing.token.grant(sharing.form(client_assertion=assertion))


@pytest.mark.parametrize(
    ("fields", "refusal"), [({"code": None}, TokenRequestInvalid), ({"grant_type": "x"}, GrantTypeUnsupported)]
)
async def test_a_form_that_asks_for_nothing_spends_nothing(
    sharing: World, fields: dict[str, str | None], refusal: type[TokenRefused]
) -> None:
    """What the form lacks is told before anybody is authenticated, so the assertion may come again."""
    await sharing.keep_code()
    assertion = sharing.assertion()
    with pytest.raises(refusal):
        await sharing.token.grant(sharing.form(client_assertion=assertion, **fields))

    assert (await sharing.token.grant(sharing.form(client_assertion=assertion))).access_token


async def test_an_id_token_is_signed_as_its_client_is_registered(sharing: World) -> None:
    """RS512; RS256 for a client of a test suite, where a setting allows it. Access tokens are ours to read, and stay RS512."""
    sharing.policy = ProviderPolicy(ISSUER, rs256_allowed=True)
    ordinary = await sharing.redeemed()
    await sharing.keep_code()
    sharing.change_client(algorithm="RS256")
    suite = await sharing.token.grant(sharing.form(client_assertion=sharing.assertion(algorithm="RS256")))

    assert ["RS512", "RS512"] == [algorithm_of(token) for token in (ordinary.id_token, ordinary.access_token)]
    assert ["RS256", "RS512"] == [algorithm_of(token) for token in (suite.id_token, suite.access_token)]


def algorithm_of(token: str) -> object:
    """What its header says."""
    header = token.partition(".")[0]
    return msgspec.json.decode(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["alg"]


FIELDS = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from(
                ["grant_type", "code", "redirect_uri", "client_assertion", "scope", "refresh_token", "code_verifier"]
            ),
            st.text(max_size=8),
        ),
        st.one_of(
            st.sampled_from(["authorization_code", "refresh_token", CALLBACK, "code", ASSERTION_TYPE]), st.text(max_size=20)
        ),
    ),
    max_size=10,
).map(tuple)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(fields=FIELDS)
async def test_no_form_breaks_the_endpoint(sharing: World, fields: RawRequest) -> None:
    """Anything is refused in the words of the specification; nothing without an assertion is more."""
    with pytest.raises(TokenRefused) as told:
        await sharing.token.grant(fields)

    assert told.value.code in {"invalid_request", "unsupported_grant_type", "invalid_client", "invalid_scope"}


async def test_tokens_for_an_account_that_is_gone_are_not_issued(sharing: World) -> None:
    """invalid_grant, by code and by refresh."""
    reply = await sharing.redeemed()
    sharing.accounts.accounts.clear()

    with pytest.raises(GrantInvalid, match=r"^invalid_grant: the account is gone$"):
        await sharing.token.grant(sharing.refresh_form(reply.refresh_token))
    with pytest.raises(GrantInvalid):
        await sharing.redeemed()


async def test_a_reply_does_not_print(sharing: World) -> None:
    """Tokens stay out of reprs."""
    reply = await sharing.redeemed()

    assert reply.access_token not in repr(reply)
    assert b"eyJ" in msgspec.json.encode(reply.fields())
