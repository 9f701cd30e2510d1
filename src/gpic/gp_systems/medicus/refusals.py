"""What Medicus refuses and what it means, resource by resource (docs/reference/medicus-contract.md, provisional)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from gpic.gp_systems.rows import Answer, Row
from gpic.nhs.answers import AlreadyLinked, NoAccount, Reason, Refused, Rejected

#: The practice's fault, on whichever call (N11).
PRACTICE: Final[tuple[Row[Refused], ...]] = (
    Row(404, 101, "", Refused(Reason.PRACTICE_UNKNOWN)),
    Row(403, 102, "", Refused(Reason.PRACTICE_NOT_LIVE)),
    Row(403, 103, "", Refused(Reason.ONLINE_SERVICES_OFF)),
    Row(403, 104, "", Refused(Reason.APPLICATION_REFUSED)),
)

#: The record does not allow it (N11).
PERSON: Final[tuple[Row[Refused], ...]] = (
    Row(404, 201, "", Refused(Reason.NOT_REGISTERED)),
    Row(403, 203, "", Refused(Reason.ARCHIVED)),
    Row(403, 205, "", Refused(Reason.STATUS_NOT_VALID)),
    Row(403, 207, "", Refused(Reason.DEMOGRAPHICS_DIFFER)),
    Row(400, 901, "", Refused(Reason.MALFORMED)),
)

#: A person asked for by number, whose record may be several or unmatched.
BY_NUMBER: Final[tuple[Row[Refused], ...]] = (
    *PRACTICE,
    *PERSON,
    Row(409, 204, "", Refused(Reason.SEVERAL_RECORDS)),
    Row(403, 206, "", Refused(Reason.NOT_PDS_MATCHED)),
)

#: POST linkage/find.
FIND: Final[tuple[Row[NoAccount | Refused], ...]] = (
    *BY_NUMBER,
    Row(404, 301, "", NoAccount()),
    Row(403, 306, "", Refused(Reason.LOCKED)),
)

#: POST linkage.
MAKE: Final[tuple[Row[Refused], ...]] = (
    *BY_NUMBER,
    Row(403, 202, "", Refused(Reason.UNDER_AGE)),
    Row(409, 302, "", Refused(Reason.ACCOUNT_EXISTS)),
)

#: POST token. Unknown account and wrong key are the secret's fault: never presented again (N13).
TOKEN: Final[tuple[Row[AlreadyLinked | Rejected | Refused], ...]] = (
    *PRACTICE,
    *PERSON,
    Row(403, 202, "", Refused(Reason.UNDER_AGE)),
    Row(404, 303, "", Rejected(Reason.ACCOUNT_UNKNOWN)),
    Row(403, 304, "", Rejected(Reason.KEY_INVALID)),
    Row(409, 305, "", AlreadyLinked()),
    Row(403, 306, "", Refused(Reason.LOCKED)),
    Row(400, 901, "accountId", Rejected(Reason.MALFORMED)),
    Row(400, 901, "linkageKey", Rejected(Reason.MALFORMED)),
)

#: POST session.
SESSION: Final[tuple[Row[Rejected | Refused], ...]] = (
    *PRACTICE,
    Row(403, 203, "", Refused(Reason.ARCHIVED)),
    Row(403, 306, "", Rejected(Reason.LOCKED)),
    Row(403, 307, "", Rejected(Reason.TOKEN_INVALID)),
    Row(400, 901, "", Rejected(Reason.TOKEN_INVALID)),
)

#: Everything above by call; the reference is printed from it.
BY_CALL: Final[Mapping[str, Sequence[Row[Answer]]]] = MappingProxyType(
    {
        "`POST {tenant}/linkage/find`": FIND,
        "`POST {tenant}/linkage`": MAKE,
        "`POST {tenant}/token`": TOKEN,
        "`POST {tenant}/session`": SESSION,
    }
)
