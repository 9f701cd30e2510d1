"""What an account says about its person, claim by claim (`nhs-login.md` §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from gpic.jose.sign import Claim
from gpic.provider.accounts import Account
from gpic.provider.scopes import GP_REGISTRATION, SCOPES

Reading = Callable[[Account], Claim | None]


def _nhs_number(account: Account) -> str | None:
    return account.nhs_number.digits if account.nhs_number is not None else None


def _practice(account: Account) -> dict[str, str] | None:
    return {"gp_ods_code": account.practice.code} if account.practice is not None else None


#: How each claim is read. None and "" mean that there is nothing to give.
CLAIMS: Final[Mapping[str, Reading]] = MappingProxyType(
    {
        "nhs_number": _nhs_number,
        "family_name": lambda account: account.family_name,
        "given_name": lambda account: account.given_name,
        "birthdate": lambda account: account.birth_date,
        "identity_proofing_level": lambda account: account.level.name,
        "email": lambda account: account.email,
        "email_verified": lambda account: account.email_verified if account.email else None,
        "phone_number": lambda account: account.phone,
        "phone_number_verified": lambda account: account.phone_verified if account.phone else None,
        "phone_number_pds_matched": lambda account: account.phone_pds_matched if account.phone else None,
        "landline_number": lambda account: account.landline,
        # Nobody here ever rings a landline.
        "landline_number_verified": lambda account: False if account.landline else None,
        GP_REGISTRATION: _practice,
    }
)


def given(scopes: Iterable[str], account: Account) -> dict[str, Claim]:
    """The claims of *scopes* at the account's level; what is not given is left out, never null or empty (§5)."""
    rows = (scope for scope in SCOPES.values() if scope.name in scopes and account.level >= scope.level)
    names = {name: CLAIMS[name] for row in rows for name in row.claims if name in CLAIMS}
    return present({name: reading(account) for name, reading in names.items()})


def present(claims: Mapping[str, Claim | None]) -> dict[str, Claim]:
    """*claims* without those that say nothing."""
    return {name: value for name, value in claims.items() if value is not None and value != ""}
