"""Online accounts at a practice, and which application holds what for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gpic.nhs.organisations import OdsCode
from gpic.simulators.people import Supplier


class AccountStatus(StrEnum):
    """EMIS's words for an account's state."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    ARCHIVED = "Archived"
    NOT_REGISTERED = "NotRegistered"


@dataclass(slots=True)
class Link:
    """What one application got for a linkage key: EMIS's AccessIdentityGuid, or TPP's passphrase for one providerId."""

    account: Account
    application: str
    token: str
    made_from: str  #: the linkage key of that moment
    dropped: bool = False

    def __repr__(self) -> str:
        return f"Link({self.account!r}, {self.application})"

    @property
    def works(self) -> bool:
        """Whether the token is alive: its key is still the account's, and both are in use (G1)."""
        account = self.account
        return not self.dropped and account.is_open and account.key_is_good and self.made_from == account.linkage_key


@dataclass(slots=True)
class Account:
    """One patient's online account at one practice of one supplier."""

    person: str  #: slug
    practice: OdsCode
    supplier: Supplier
    account_id: str
    linkage_key: str
    identity_id: str
    status: AccountStatus = AccountStatus.ACTIVE
    belongs_to_patient: bool = True  #: False: self-associated, but not linked with the patient (EMIS -1109)
    key_is_good: bool = True  #: False: expired or revoked
    opened_at: datetime | None = None  #: world clock
    services_on: bool = True  #: False: the practice gives this patient no service at all
    email: str = ""  #: as whoever created the account gave it; empty: the patient's
    locked: bool = False
    failed_logins: int = 0
    restricted_since: datetime | None = None  #: wire clock; None: not restricted
    verified_by: set[str] = field(default_factory=set)  #: applications
    links: dict[str, Link] = field(default_factory=dict)  #: by application

    def __repr__(self) -> str:
        return f"Account({self.person} at {self.practice})"

    @property
    def is_open(self) -> bool:
        """Whether anybody may use it."""
        return not self.locked and self.status in (AccountStatus.ACTIVE, AccountStatus.INACTIVE)

    @property
    def is_gone(self) -> bool:
        """Whether the system no longer counts it as the patient's account, so that another may be created."""
        return self.status is AccountStatus.NOT_REGISTERED

    @property
    def status_shown(self) -> AccountStatus:
        """EMIS has no word for a locked account; it shows as archived."""
        return AccountStatus.ARCHIVED if self.locked and not self.is_gone else self.status

    def rotate(self, new_key: str) -> None:
        """Give the account another linkage key; every token made from the old one dies (G1)."""
        self.linkage_key = new_key
        self.key_is_good = True

    def lift(self) -> None:
        """End the restriction for every application (G3)."""
        self.restricted_since = None
