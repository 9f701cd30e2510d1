"""NHS login's identity tokens, as a GP system verifies them: with the keys that NHS login publishes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS: Final = ["RS512"]
LEEWAY: Final = 10  #: seconds

#: Fetches NHS login's key set, a JWKS document; may raise httpx2.HTTPError, OSError or ValueError.
JwksSource = Callable[[], Awaitable[Mapping[str, object]]]


class KeysOutOfReach(Exception):
    """NHS login's keys cannot be read: an outage, which says nothing about a token."""


class Unproved(Exception):
    """The token does not verify, has expired, or is another patient's."""


async def proved_claims(token: str, source: JwksSource, nhs_number: str, now: datetime) -> Mapping[str, object]:
    """The claims of a living token of that patient; *now* on the wire clock. Raises KeysOutOfReach, Unproved."""
    claims = _verified(token, await _keys(source))
    exp = claims.get("exp")
    is_current = isinstance(exp, int | float) and exp + LEEWAY > now.timestamp()
    if not is_current or claims.get("nhs_number", nhs_number) != nhs_number:
        raise Unproved
    return claims


async def _keys(source: JwksSource) -> KeySet:
    try:
        jwks = await source()
        return KeySet.import_key_set({"keys": jwks["keys"]})  # type: ignore[typeddict-item] # a stranger's document; joserfc checks it
    except (httpx2.HTTPError, JoseError, OSError, ValueError, KeyError, TypeError) as error:
        raise KeysOutOfReach from error


def _verified(token: str, keys: KeySet) -> Mapping[str, object]:
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Unproved from error
