"""The client assertion, checked in the order of the token server's own script (`demographics.md` §1.3)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

ALGORITHM: Final = "RS512"
LONGEST_LIFE: Final = timedelta(seconds=310)
SKEW: Final = timedelta(seconds=10)
JTI_MEMORY: Final = timedelta(days=30)
PARTS: Final = 3
FARTHEST: Final = 10**12  #: seconds from 1970

#: A client's public keys by kid: PEM text, or a JWK.
Keys = Mapping[str, str | Mapping[str, str]]


class Refused(Exception):
    """No token. *description* names the clause; nothing of the assertion is in it."""

    def __init__(self, status: int, description: str, error: str = "invalid_request") -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.error = error


@dataclass(frozen=True, slots=True)
class Assertion:
    """An unverified assertion in its parts."""

    text: str
    header: Mapping[str, object]
    claims: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Desk:
    """What an assertion is checked against."""

    clients: Mapping[str, Keys]
    token_url: str
    now: datetime  #: wire clock
    used: Mapping[tuple[str, str], datetime]  #: client and jti, and until when it is remembered

    @property
    def seconds(self) -> float:
        """Now, since 1970."""
        return self.now.timestamp()


def parse(text: str) -> Assertion:
    """Take a compact JWT apart without believing it; raises Refused."""
    parts = text.split(".")
    try:
        header, claims = (json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (ValueError, RecursionError) as error:
        raise Refused(400, "Malformed JWT in client_assertion") from error
    if len(parts) != PARTS or not isinstance(header, dict) or not isinstance(claims, dict):
        raise Refused(400, "Malformed JWT in client_assertion")
    return Assertion(text, header, claims)


def algorithm_is_rs512(assertion: Assertion, _: Desk) -> None:
    """`alg`."""
    if assertion.header.get("alg") != ALGORITHM:
        raise Refused(400, "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'")


def has_not_expired(assertion: Assertion, desk: Desk) -> None:
    """`exp` is not past; an `exp` that is no number is the business of a later check."""
    exp = assertion.claims.get("exp")
    if is_number(exp) and as_seconds(exp) + SKEW.total_seconds() <= desk.seconds:
        raise Refused(400, "Invalid 'exp' claim in client_assertion JWT - JWT has expired")


def names_a_key(assertion: Assertion, _: Desk) -> None:
    """`kid` is there."""
    if not assertion.header.get("kid"):
        raise Refused(400, "Missing 'kid' header in client_assertion JWT")


def type_is_jwt(assertion: Assertion, _: Desk) -> None:
    """`typ`."""
    if str(assertion.header.get("typ", "")).upper() != "JWT":
        raise Refused(400, "Invalid 'typ' header in client_assertion JWT - must be 'JWT'")


def has_an_end(assertion: Assertion, _: Desk) -> None:
    """`exp` is there."""
    if "exp" not in assertion.claims:
        raise Refused(400, "Missing 'exp' claim in client_assertion JWT")


def end_is_an_integer(assertion: Assertion, _: Desk) -> None:
    """`exp` is an integer."""
    exp = assertion.claims["exp"]
    if not isinstance(exp, int) or isinstance(exp, bool):
        raise Refused(400, "Invalid 'exp' claim in client_assertion JWT - must be an integer")


def speaks_for_itself(assertion: Assertion, _: Desk) -> None:
    """`iss` and `sub` are there and the same."""
    issuer, subject = assertion.claims.get("iss"), assertion.claims.get("sub")
    if not isinstance(issuer, str) or not issuer or issuer != subject:
        raise Refused(400, "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT")


def has_an_id(assertion: Assertion, _: Desk) -> None:
    """`jti` is there."""
    if not assertion.claims.get("jti"):
        raise Refused(400, "Missing 'jti' claim in client_assertion JWT")


def id_is_text(assertion: Assertion, _: Desk) -> None:
    """`jti` is a string."""
    if not isinstance(assertion.claims["jti"], str):
        raise Refused(400, "Invalid 'jti' claim in client_assertion JWT - must be a unique string value")


def id_is_new(assertion: Assertion, desk: Desk) -> None:
    """`jti` has not been used by this client in the last 30 days."""
    until = desk.used.get((client_of(assertion), str(assertion.claims["jti"])))
    if until is not None and until > desk.now:
        raise Refused(400, "Non-unique 'jti' claim in client_assertion JWT")


def lives_briefly(assertion: Assertion, desk: Desk) -> None:
    """`exp` is at most five minutes away."""
    if as_seconds(assertion.claims["exp"]) - desk.seconds > LONGEST_LIFE.total_seconds():
        raise Refused(400, "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future")


def is_of_an_application(assertion: Assertion, desk: Desk) -> None:
    """`iss` is an application's API key."""
    if client_of(assertion) not in desk.clients:
        raise Refused(401, "Invalid 'iss'/'sub' claims in client_assertion JWT")


def key_is_published(assertion: Assertion, desk: Desk) -> None:
    """`kid` is one of the application's keys."""
    if str(assertion.header["kid"]) not in desk.clients[client_of(assertion)]:
        raise Refused(401, "Invalid 'kid' header in client_assertion JWT - no matching public key")


def signature_verifies(assertion: Assertion, desk: Desk) -> None:
    """The application's key made the signature."""
    given = desk.clients[client_of(assertion)][str(assertion.header["kid"])]
    key = RSAKey.import_key(given if isinstance(given, str) else dict(given))
    try:
        jws.deserialize_compact(assertion.text, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError) as error:
        raise Refused(401, "JWT signature verification failed", "public_key error") from error


def is_meant_for_us(assertion: Assertion, desk: Desk) -> None:
    """`aud` is this token URL."""
    if assertion.claims.get("aud") not in (desk.token_url, [desk.token_url]):
        raise Refused(401, "Missing or invalid 'aud' claim in client_assertion JWT")


#: The script's order first, then what the gateway looks up and verifies.
CHECKS: Final[tuple[Callable[[Assertion, Desk], None], ...]] = (
    algorithm_is_rs512,
    has_not_expired,
    names_a_key,
    type_is_jwt,
    has_an_end,
    end_is_an_integer,
    speaks_for_itself,
    has_an_id,
    id_is_text,
    id_is_new,
    lives_briefly,
    is_of_an_application,
    key_is_published,
    signature_verifies,
    is_meant_for_us,
)


def client_of(assertion: Assertion) -> str:
    """The API key that the assertion names."""
    return str(assertion.claims.get("iss", ""))


def is_number(value: object) -> bool:
    """A JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_seconds(value: object) -> float:
    """A JSON number, brought into what a clock can tell; 0 for anything else."""
    return float(max(-FARTHEST, min(FARTHEST, value))) if isinstance(value, int | float) else 0.0
