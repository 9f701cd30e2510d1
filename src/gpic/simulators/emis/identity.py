"""The identity token of a verification: who it is, and when they last signed in at NHS login (G3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gpic.nhs.clock import Clock
from gpic.simulators.emis.refusals import FIELD_MISSING, IDENTITY_UNPROVED, KEYS_OUT_OF_REACH, Refused

ALGORITHMS: Final = ["RS512"]
LEEWAY: Final = 10  #: seconds

#: Fetches NHS login's key set, a JWKS document; may raise httpx2.HTTPError, OSError or ValueError.
JwksSource = Callable[[], Awaitable[Mapping[str, object]]]


@dataclass(frozen=True, slots=True)
class Proved:
    """A token that verifies. *auth_time* is in whole seconds since 1970, None where the token does not tell."""

    auth_time: int | None


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """Verifies identity tokens, where there is a source of keys; otherwise any token will do and none lifts anything."""

    source: JwksSource | None
    clock: Clock  #: the wire's

    async def check(self, token: str | None, nhs_number: str) -> Proved:
        """What the token proves of the patient of that number; raises Refused."""
        if not (token or "").strip():
            raise Refused(FIELD_MISSING, "Token")
        if self.source is None:
            return Proved(None)
        claims = claims_of(token or "", await keys_from(self.source))
        if not self._is_current(claims) or claims.get("nhs_number", nhs_number) != nhs_number:
            raise Refused(IDENTITY_UNPROVED)
        auth_time = claims.get("auth_time")
        return Proved(auth_time if isinstance(auth_time, int) and not isinstance(auth_time, bool) else None)

    def _is_current(self, claims: Mapping[str, object]) -> bool:
        exp = claims.get("exp")
        return isinstance(exp, int | float) and exp + LEEWAY > self.clock.now().timestamp()


async def keys_from(source: JwksSource) -> KeySet:
    """NHS login's keys; raises Refused. That they cannot be read is an outage, and says nothing about a token."""
    try:
        jwks = await source()
        return KeySet.import_key_set({"keys": jwks["keys"]})  # type: ignore[typeddict-item] # a stranger's document; joserfc checks it
    except (httpx2.HTTPError, JoseError, OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(KEYS_OUT_OF_REACH) from error


def claims_of(token: str, keys: KeySet) -> Mapping[str, object]:
    """The claims of a token whose RS512 signature one of these keys made; raises Refused."""
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Refused(IDENTITY_UNPROVED) from error
