"""Codes and refresh tokens become tokens."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    TokenScopeInvalid,
)
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Grant
from gpic.provider.token.redeem import code_verifier_fits
from tests.unit.provider.world import ISSUER, NOW, NUMBER, World

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
    with pytest.raises(ClientInvalid, match=r"^invalid_client: the assertion was used before$"):
        await sharing.token.grant(sharing.form(client_assertion=assertion, code="another"))
    with pytest.raises(ClientInvalid, match=r"^invalid_client: the assertion was used before$"):
        await sharing.token.grant(refresh_form(sharing, reply.refresh_token, client_assertion=assertion))
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
    ({"grant_type": "password", "client_assertion": None}, ClientInvalid, "invalid_client"),
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

    assert (await sharing.token.grant(refresh_form(sharing, reply.refresh_token, state="x"))).access_token


def refresh_form(world: World, refresh_token: str, **fields: str) -> tuple[tuple[str, str], ...]:
    """A refresh."""
    return world.form(grant_type="refresh_token", code=None, refresh_token=refresh_token, **fields)


async def test_a_refresh_rotates_and_gives_no_id_token(sharing: World) -> None:
    """§3: the latest refresh token, and id_token only for a code."""
    first = await sharing.redeemed()

    second = await sharing.token.grant(refresh_form(sharing, first.refresh_token))

    assert "id_token" not in second.fields()
    assert first.refresh_token != second.refresh_token
    assert (await sharing.token.grant(refresh_form(sharing, second.refresh_token))).access_token


async def test_an_older_refresh_token_ends_the_family(sharing: World) -> None:
    """Attacks 22."""
    first = await sharing.redeemed()
    second = await sharing.token.grant(refresh_form(sharing, first.refresh_token))

    with pytest.raises(GrantInvalid, match=r"^invalid_grant: an older refresh token came back; its family is revoked$"):
        await sharing.token.grant(refresh_form(sharing, first.refresh_token))

    assert {"family"} == sharing.tokens.revoked
    with pytest.raises(GrantInvalid, match=r"^invalid_grant: the refresh token is unknown, expired or somebody else's$"):
        await sharing.token.grant(refresh_form(sharing, second.refresh_token))


async def test_a_refresh_drops_the_gp_scope(sharing: World) -> None:
    """N3: by default, and the reply says so; what the login was is inherited."""
    reply = await sharing.redeemed(auth_time=NOW - timedelta(hours=5))

    refreshed = await sharing.token.grant(refresh_form(sharing, reply.refresh_token))

    assert "openid profile" == refreshed.scope == read(sharing, refreshed.access_token)["scope"]
    assert seconds(NOW) - 5 * 3600 == read(sharing, refreshed.access_token)["auth_time"]


async def test_a_refresh_keeps_the_gp_scope_where_the_policy_says_so(sharing: World) -> None:
    """N3: a setting keeps it."""
    sharing.policy = ProviderPolicy(ISSUER, refresh_keeps_gp_scope=True)
    reply = await sharing.redeemed()

    assert reply.scope == (await sharing.token.grant(refresh_form(sharing, reply.refresh_token))).scope


async def test_asking_for_the_gp_scope_does_not_bring_it_back(sharing: World) -> None:
    """N3: it was granted, and still a refresh does not carry it."""
    reply = await sharing.redeemed()
    form = refresh_form(sharing, reply.refresh_token, scope="openid gp_integration_credentials")

    assert "openid" == (await sharing.token.grant(form)).scope


@pytest.mark.parametrize(
    ("asked", "given"),
    [("openid", "openid"), ("profile openid", "openid profile"), ("", "openid profile"), ("profile", "profile")],
)
async def test_a_refresh_may_narrow(sharing: World, asked: str, given: str) -> None:
    """§3: a subset."""
    reply = await sharing.redeemed(scopes=frozenset({"openid", "profile"}))

    assert given == (await sharing.token.grant(refresh_form(sharing, reply.refresh_token, scope=asked))).scope


@pytest.mark.parametrize("asked", ["openid email", "unheard_of", "openid gp_integration_credentials"])
async def test_a_refresh_may_not_widen(sharing: World, asked: str) -> None:
    """Attacks 22: invalid_scope."""
    reply = await sharing.redeemed(scopes=frozenset({"openid", "profile"}))

    with pytest.raises(TokenScopeInvalid):
        await sharing.token.grant(refresh_form(sharing, reply.refresh_token, scope=asked))


async def test_what_is_no_longer_shared_is_no_longer_issued(sharing: World) -> None:
    """N6: consent counts on the day of the token."""
    reply = await sharing.redeemed()
    await sharing.consents.withdraw("alice", "partner", NOW)

    refreshed = await sharing.token.grant(refresh_form(sharing, reply.refresh_token))

    assert "openid" == refreshed.scope
    assert "nhs_number" not in read(sharing, refreshed.access_token)


async def test_tokens_for_an_account_that_is_gone_are_not_issued(sharing: World) -> None:
    """invalid_grant, by code and by refresh."""
    reply = await sharing.redeemed()
    sharing.accounts.accounts.clear()

    with pytest.raises(GrantInvalid, match=r"^invalid_grant: the account is gone$"):
        await sharing.token.grant(refresh_form(sharing, reply.refresh_token))
    with pytest.raises(GrantInvalid):
        await sharing.redeemed()


async def test_a_reply_does_not_print(sharing: World) -> None:
    """Tokens stay out of reprs."""
    reply = await sharing.redeemed()

    assert reply.access_token not in repr(reply)
    assert b"eyJ" in msgspec.json.encode(reply.fields())
