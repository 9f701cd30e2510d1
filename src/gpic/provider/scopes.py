"""Which scope gives which claims at which proofing level (`nhs-login.md` §4)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gpic.nhs.trust import ProofingLevel

OPENID: Final = "openid"
PROFILE: Final = "profile"
BASIC_DEMOGRAPHICS: Final = "basic_demographics"
GP_REGISTRATION: Final = "gp_registration_details"
GP_CREDENTIALS: Final = "gp_integration_credentials"
CLIENT_METADATA: Final = "client_metadata"


@dataclass(frozen=True, slots=True)
class Scope:
    """One row: the claims of a scope, and the level from which they are given.

    *offered* False: known, so that an unregistered client is told so, but nothing is kept here that could be given.
    """

    name: str
    level: ProofingLevel
    claims: tuple[str, ...]
    offered: bool = True


P0, P5, P9 = ProofingLevel.P0, ProofingLevel.P5, ProofingLevel.P9

SCOPES: Final = MappingProxyType(
    {
        scope.name: scope
        for scope in (
            Scope(OPENID, P0, ("iss", "aud", "sub")),
            Scope(PROFILE, P5, ("nhs_number", "family_name", "birthdate", "identity_proofing_level")),
            Scope(BASIC_DEMOGRAPHICS, P5, ("family_name", "birthdate", "identity_proofing_level")),
            Scope("profile_extended", P5, ("given_name",)),
            Scope("email", P0, ("email", "email_verified")),
            Scope("phone", P0, ("phone_number", "phone_number_verified", "phone_number_pds_matched")),
            Scope("landline", P0, ("landline_number", "landline_number_verified")),
            Scope(GP_REGISTRATION, P5, (GP_REGISTRATION,)),
            Scope(GP_CREDENTIALS, P9, (GP_CREDENTIALS,)),
            Scope(CLIENT_METADATA, P0, ("client_user_metadata",)),
            Scope("nhs_app_credentials", P9, (), offered=False),
        )
    }
)


def known(scope: str) -> frozenset[str]:
    """The known values of a scope parameter; what is not understood is ignored (`nhs-login.md` §2)."""
    return frozenset(scope.split(" ")) & SCOPES.keys()


def needing_consent(scopes: frozenset[str]) -> frozenset[str]:
    """What a person is asked to share: everything but the login itself."""
    return scopes - {OPENID}


def still_shared(scopes: frozenset[str], agreed: frozenset[str], registered: frozenset[str]) -> frozenset[str]:
    """What remains of *scopes* under today's consent and what the client is registered for today (N6)."""
    return scopes & ((agreed & registered) | {OPENID})


def in_order(scopes: frozenset[str]) -> str:
    """Scopes as one parameter, in the table's order."""
    return " ".join(name for name in SCOPES if name in scopes)
