"""The identity token of a verification: who it is, and when they last signed in at NHS login (G3)."""

from __future__ import annotations

from dataclasses import dataclass

from gpic.nhs.clock import Clock
from gpic.simulators.emis.refusals import FIELD_MISSING, IDENTITY_UNPROVED, KEYS_OUT_OF_REACH, Refused
from gpic.simulators.identity_tokens import JwksSource, KeysOutOfReach, Unproved, proved_claims


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
        try:
            claims = await proved_claims(token or "", self.source, nhs_number, self.clock.now())
        except KeysOutOfReach as error:
            raise Refused(KEYS_OUT_OF_REACH) from error
        except Unproved as error:
            raise Refused(IDENTITY_UNPROVED) from error
        auth_time = claims.get("auth_time")
        return Proved(auth_time if isinstance(auth_time, int) and not isinstance(auth_time, bool) else None)
