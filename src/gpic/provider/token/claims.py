"""What ID tokens and access tokens say, claim by claim (`nhs-login.md` §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from gpic.jose.sign import Claim, seconds
from gpic.provider.accounts import Account
from gpic.provider.claims import given, present
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Grant
from gpic.provider.scopes import PROFILE, in_order


@dataclass(frozen=True, slots=True)
class Issue:
    """One token in the making. *scopes* are those that hold now; *now* is of the wire clock."""

    grant: Grant
    account: Account
    scopes: frozenset[str]
    policy: ProviderPolicy
    now: datetime
    jti: str


Statement = Callable[[Issue], Claim | None]


def _from_profile(name: str) -> Statement:
    """A claim that scope profile puts into a token, at the level at which it is given."""
    return lambda issue: given(issue.scopes & {PROFILE}, issue.account).get(name)


def _ends_after(life: Callable[[ProviderPolicy], timedelta]) -> Statement:
    return lambda issue: seconds(issue.now + life(issue.policy))


#: What both kinds say.
LOGIN: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        "iss": lambda issue: issue.policy.issuer,
        "sub": lambda issue: issue.grant.subject,
        "aud": lambda issue: issue.grant.client_id,
        "iat": lambda issue: seconds(issue.now),
        "jti": lambda issue: issue.jti,
        "auth_time": lambda issue: seconds(issue.grant.auth_time),
        "vot": lambda issue: str(issue.grant.vot),
        "vtm": lambda issue: issue.policy.trustmark,
        "nhs_number": _from_profile("nhs_number"),
    }
)

ID_TOKEN: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        **LOGIN,
        "exp": _ends_after(lambda policy: policy.id_token_lifetime),
        "nonce": lambda issue: issue.grant.nonce,
        "family_name": _from_profile("family_name"),
        "birthdate": _from_profile("birthdate"),
        "identity_proofing_level": _from_profile("identity_proofing_level"),
    }
)

#: `family` is our own: it leads /userinfo to the tokens' common fate. It also tells an access token from an ID token.
ACCESS_TOKEN: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        **LOGIN,
        "exp": _ends_after(lambda policy: policy.access_token_lifetime),
        "scope": lambda issue: in_order(issue.scopes),
        "family": lambda issue: issue.grant.family,
    }
)


def stated(table: Mapping[str, Statement], issue: Issue) -> dict[str, Claim]:
    """The claims of one token; what says nothing is left out."""
    return present({name: statement(issue) for name, statement in table.items()})
