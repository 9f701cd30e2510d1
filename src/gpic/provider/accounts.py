"""NHS login accounts: who signs in, and how well we know them."""

from __future__ import annotations

from dataclasses import dataclass

from gpic.credentials.holding import PersonId
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel


@dataclass(frozen=True, slots=True)
class Account:
    """One NHS login account. *subject* is random and never reused; two accounts may belong to one person (N1).

    What is known of the person (number, names, birth date, practice) is None or "" below P5.
    """

    subject: str
    person: PersonId
    email: str  #: lower case; what one signs in with
    phone: str
    level: ProofingLevel
    nhs_number: NhsNumber | None = None
    family_name: str = ""
    given_name: str = ""
    birth_date: str = ""  #: `yyyy-mm-dd`
    practice: OdsCode | None = None
    email_verified: bool = True
    phone_verified: bool = True
    phone_pds_matched: bool = False
    landline: str = ""

    def __repr__(self) -> str:
        return f"Account({self.subject})"


@dataclass(frozen=True, slots=True)
class SignInSecrets:
    """What proves an account's owner: an argon2id hash in PHC form."""

    password_hash: str


class EmailTaken(Exception):
    """Another account signs in with this e-mail address."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)
