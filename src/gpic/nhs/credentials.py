"""What a practice's system gives a person, and what an application makes of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret


@dataclass(frozen=True, slots=True)
class GpCredentials:
    """Account ID, ODS code and linkage key of one registration; never mixed (N4)."""

    account_id: str
    ods_code: OdsCode
    linkage_key: Secret

    @property
    def fingerprint(self) -> str:
        """A hash that tells two registrations apart and reveals nothing (R11); 64 hex digits."""
        parts = (self.ods_code.code, self.account_id, self.linkage_key.reveal())
        # Lengths keep ("A1", "2") and ("A", "12") apart.
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hashlib.sha256(text.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"GpCredentials({self.ods_code}, {self.fingerprint[:8]})"


@dataclass(frozen=True, slots=True)
class Im1Token:
    """What one application got for its linkage key. *supplier* is lower case ("emis"); *text* is that supplier's own form."""

    supplier: str
    text: Secret

    @property
    def fingerprint(self) -> str:
        """A hash that tells two tokens apart and reveals nothing; 64 hex digits."""
        return hashlib.sha256(f"{self.supplier}:{self.text.reveal()}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Demographics:
    """Surname and birth date, which linking needs (N9, R1)."""

    family_name: str
    birth_date: str  #: `yyyy-mm-dd`

    def __repr__(self) -> str:
        return "Demographics(•••)"
