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

from gpic.jose.keys import base64url
from gpic.jose.sign import seconds
from gpic.nhs.trust import Vector
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle
from tests.unit.relying_party.world import NOW, key, world

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
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "somebody-else"},
        {"aud": ["riverside", "somebody-else"]},
        {"aud": []},
        {"aud": None},
        {"azp": "somebody-else"},
        {"azp": 7},
        {"exp": seconds(NOW - timedelta(seconds=31))},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": None},
        {"iat": LATER},
        {"nbf": LATER},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["another"]},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "müller"},
        {"sub": "a\nb"},
        {"vot": None},
        {"vot": "P5.Cp.Cd"},
        {"vot": "P9.Cp"},
        {"vot": "nonsense"},
        {"vtm": None},
        {"vtm": "https://evil.example/trustmark"},
        {"auth_time": "noon"},
        {"nhs_number": "123"},
        {"nhs_number": 9990001111},
        {"at_hash": "wrong"},
        {"at_hash": 1},
    ],
)
async def test_a_token_that_does_not_answer_us_is_refused(claims: dict[str, object]) -> None:
    """R13: iss, aud, azp, exp, iat, nonce, sub, vot, vtm and at_hash are checked, each for itself."""
    there = world()
    there.nhs_login.claims = claims

    assert REFUSED == await there.log_in()
    assert ([], 0) == (there.surgery.calls, there.nhs_login.calls["/userinfo"])


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
