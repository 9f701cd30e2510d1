from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta

import joserfc.jwk
import joserfc.jwt
import pytest

from gpic.jose.keys import KeySet, PublicKey, SigningKey, base64url
from gpic.jose.sign import seconds
from gpic.nhs.secret import Secret
from gpic.nhs.trust import Vector
from gpic.relying_party.id_token import VerifiedIdToken, verify_id_token
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle
from gpic.relying_party.token_endpoint import Tokens
from tests.unit.relying_party.world import NOW, NUMBER, key, settings, world

pytestmark = pytest.mark.anyio

REFUSED = CannotConnect(Obstacle.LOGIN_FAILED, code="id_token_invalid")


def header_of(token: str, **changes: object) -> str:
    """The token with another header and its old signature."""
    head, rest = token.split(".", 1)
    changed = json.loads(base64.urlsafe_b64decode(head + "==")) | changes
    return f"{base64url(json.dumps(changed).encode())}.{rest}"


def unsigned(token: str) -> str:
    """Alg none, and no signature."""
    return header_of(token, alg="none").rpartition(".")[0] + "."


def signed_with_the_public_key(token: str) -> str:
    """HS512, with the provider's public key as shared secret."""
    signed = header_of(token, alg="HS512").rpartition(".")[0]
    return f"{signed}.{base64url(hmac.digest(key('provider').public_pem.encode(), signed.encode(), 'sha512'))}"


def signed_with_another_algorithm(token: str) -> str:
    """RS256 with the right key."""
    ours = joserfc.jwk.RSAKey.import_key(key("provider").private_pem)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return joserfc.jwt.encode({"alg": "RS256", "kid": key("provider").kid}, claims, ours)


def broken_signature(token: str) -> str:
    """One letter of the signature changed."""
    head, _, signature = token.rpartition(".")
    return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def other_claims(token: str) -> str:
    """Claims that nobody signed."""
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"sub": "somebody-else"}
    return f"{head}.{base64url(json.dumps(claims).encode())}.{signature}"


@pytest.mark.parametrize(
    "bend",
    [
        unsigned,
        signed_with_the_public_key,
        signed_with_another_algorithm,
        broken_signature,
        other_claims,
        lambda token: header_of(token, kid="unknown"),
        lambda token: header_of(token, jwk=key("forged").public.published(), kid=""),
        lambda token: header_of(token, crit=["exp"]),
        lambda _: "",
        lambda _: "one.two",
        lambda _: "ä.ö.ü",
        lambda token: token + "x" * 20_000,
    ],
)
async def test_a_token_that_the_provider_did_not_sign_is_refused(bend: Callable[[str], str]) -> None:
    """R13: signature and algorithm are pinned; nothing in a header adds a key."""
    there = world()
    there.nhs_login.bend = bend

    assert REFUSED == await there.log_in()
    assert ([], 0) == (there.surgery.calls, there.nhs_login.calls["/userinfo"])


LATER = seconds(NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("claims", "detail"),
    [
        ({"iss": "https://evil.example"}, "iss is somebody else"),
        ({"iss": None}, "iss is missing or not a text"),
        ({"aud": "somebody-else"}, "aud does not fit"),
        ({"aud": ["riverside", "somebody-else"]}, "aud does not fit"),
        ({"aud": []}, "aud is missing or not a text or list of texts"),
        ({"aud": None}, "aud is missing or not a text or list of texts"),
        ({"azp": "somebody-else"}, "azp is somebody else"),
        ({"azp": 7}, "azp is somebody else"),
        ({"exp": seconds(NOW - timedelta(seconds=31))}, "exp has passed"),
        ({"exp": None}, "exp is missing"),
        ({"exp": "tomorrow"}, "exp is not a NumericDate"),
        ({"iat": None}, "iat is missing"),
        ({"iat": LATER}, "iat has not come"),
        ({"nbf": LATER}, "nbf has not come"),
        ({"nonce": "another"}, "nonce is not the attempt's"),
        ({"nonce": None}, "nonce is not the attempt's"),
        ({"nonce": ["another"]}, "nonce is not the attempt's"),
        ({"sub": None}, "sub is missing"),
        ({"sub": ""}, "sub is missing"),
        ({"sub": "x" * 256}, "sub is malformed"),
        ({"sub": "müller"}, "sub is malformed"),
        ({"sub": "a\nb"}, "sub is malformed"),
        ({"vot": None}, "vot satisfies none of the vectors asked for"),
        ({"vot": "P5.Cp.Cd"}, "vot satisfies none of the vectors asked for"),
        ({"vot": "P9.Cp"}, "vot satisfies none of the vectors asked for"),
        ({"vot": "nonsense"}, "vot satisfies none of the vectors asked for"),
        ({"vtm": None}, "vtm is not the issuer's"),
        ({"vtm": "https://evil.example/trustmark"}, "vtm is not the issuer's"),
        ({"auth_time": "noon"}, "auth_time is not a time"),
        ({"nhs_number": "123"}, "nhs_number is none"),
        ({"nhs_number": 9990001111}, "nhs_number is none"),
        ({"at_hash": "wrong"}, "at_hash is another access token's"),
        ({"at_hash": 1}, "at_hash is another access token's"),
    ],
)
async def test_a_token_that_does_not_answer_us_is_refused(
    claims: dict[str, object], detail: str, caplog: pytest.LogCaptureFixture
) -> None:
    """R13: iss, aud, azp, exp, iat, nonce, sub, vot, vtm and at_hash are checked, each for itself; the log says which."""
    caplog.set_level("INFO", "gpic.relying_party")
    there = world()
    there.nhs_login.claims = claims

    assert REFUSED == await there.log_in()
    assert ([], 0) == (there.surgery.calls, there.nhs_login.calls["/userinfo"])
    assert [f"login refused: id_token_invalid: {detail}"] == [record.getMessage() for record in caplog.records]


HASH = hashlib.sha512(b"at").digest()


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["riverside"]},
        {"azp": "riverside"},
        {"exp": seconds(NOW - timedelta(seconds=29))},
        {"iat": seconds(NOW + timedelta(seconds=30))},
        {"vot": "P9.Cp.Ck"},
        {"vot": "P9.Cm"},
        {"vot": "P9.Cp.Cd.Cm"},
        {"auth_time": None},
        {"jti": None},
        {"at_hash": base64url(HASH[:32])},
        {"sub": "x" * 255},
    ],
)
async def test_a_token_that_answers_us_is_accepted(claims: dict[str, object]) -> None:
    """R13: what may vary, may."""
    there = world()
    there.nhs_login.claims = claims
    there.nhs_login.sub = str(claims.get("sub", "mary"))

    assert isinstance(await there.log_in(), Connected)


async def test_an_omitted_component_of_a_vector_means_any() -> None:
    """R13: who asks for two factors at any level takes every level."""
    there = world(vectors=(Vector.parse("Cp.Cd"),))
    there.nhs_login.claims = {"vot": "P5.Cp.Cd"}

    assert isinstance(await there.log_in(), Connected)


async def test_a_provider_without_vectors_serves_conformance_suites() -> None:
    """Only with the switch off may vot and vtm be missing."""
    there = world(checks_vectors=False)
    there.nhs_login.claims = {"vot": None, "vtm": None}

    assert isinstance(await there.log_in(), Connected)


async def test_another_algorithm_is_a_setting() -> None:
    """Conformance suites sign with RS256; at_hash follows the token's algorithm."""
    there = world(algorithms=("RS256",))
    there.nhs_login.bend = signed_with_another_algorithm
    there.nhs_login.claims = {"at_hash": base64url(hashlib.sha256(b"at").digest()[:16])}

    assert isinstance(await there.log_in(), Connected)


async def test_how_far_clocks_may_differ_is_a_setting() -> None:
    """R13: with no skew allowed, a second is too much."""
    there = world(clock_skew=timedelta())
    there.nhs_login.claims = {"iat": seconds(NOW + timedelta(seconds=1))}

    assert REFUSED == await there.log_in()


def test_a_verified_token_says_who_when_and_how() -> None:
    """The type carries what was proved, and nothing else of the token."""
    there = world()
    there.nhs_login.claims = {"nhs_number": "9990001111", "sub": "m"}
    tokens = Tokens(Secret("at"), Secret(there.nhs_login.id_token("a-nonce")))

    verified = verify_id_token(tokens, KeySet((key("provider").public,)), settings(), nonce="a-nonce", now=NOW)

    assert VerifiedIdToken("m", "jti-0", Vector.parse("P9.Cp.Cd"), NOW - timedelta(hours=1), NUMBER) == verified


@pytest.mark.parametrize("kid", ["", "x", "xx", "xxx"])
def test_at_hash_is_read_under_headers_of_any_length(kid: str) -> None:
    """at_hash follows the algorithm of the header, however long that header is."""
    there = world()
    signing = SigningKey(key("provider").rsa)
    object.__setattr__(signing, "public", PublicKey(signing.public.rsa, kid))
    there.nhs_login.signing = signing
    there.nhs_login.claims = {"at_hash": base64url(HASH[:32])}
    tokens = Tokens(Secret("at"), Secret(there.nhs_login.id_token("n")))

    assert "mary" == verify_id_token(tokens, KeySet((signing.public,)), settings(), nonce="n", now=NOW).sub
