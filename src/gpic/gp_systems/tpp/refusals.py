"""What TPP refuses and what it means, call by call (`gp-systems.md` §3.5). Every error comes with HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from gpic.gp_systems.rows import Answer, Row
from gpic.nhs.answers import Reason, Refused, Rejected, Unreachable

#: "Try again": a transient failure while the account or its keys are made.
TRANSIENT: Final = 556

#: Says nothing about account or secret (N12), on whichever call.
NOT_NOW: Final[tuple[Row[Unreachable], ...]] = (
    Row(200, 0, "", Unreachable()),
    Row(200, 3, "", Unreachable()),  # "not authenticated": a session that we never held
    Row(200, TRANSIENT, "", Unreachable()),
)

#: The newer protocol's codes, the same on all three variants of LinkAccount.
LINKAGE: Final[tuple[Row[Refused], ...]] = (
    Row(200, 5, "", Refused(Reason.APPLICATION_REFUSED)),
    Row(200, 19, "", Refused(Reason.NOT_PDS_MATCHED)),
    Row(200, 509, "", Refused(Reason.LOCKED)),
    Row(200, 512, "", Refused(Reason.DEMOGRAPHICS_DIFFER)),
    Row(200, 513, "", Refused(Reason.DEMOGRAPHICS_DIFFER)),
    Row(200, 553, "", Refused(Reason.UNDER_AGE)),
    Row(200, 554, "", Refused(Reason.NOT_REGISTERED)),
    Row(200, 555, "", Refused(Reason.NOT_REGISTERED)),
)

#: LinkAccount with the passphrase: 6 and 8 are the passphrase's fault (N13).
LINK: Final[tuple[Row[Rejected | Refused | Unreachable], ...]] = (
    *NOT_NOW,
    *LINKAGE,
    Row(200, 6, "", Rejected(Reason.KEY_INVALID)),
    Row(200, 8, "", Rejected(Reason.KEY_INVALID)),
)

#: LinkAccount by NHS number, retrieving or creating: no secret was shown. 8 is "complete the registration at the practice".
BY_NUMBER: Final[tuple[Row[Refused | Unreachable], ...]] = (
    *NOT_NOW,
    *LINKAGE,
    Row(200, 6, "", Refused(Reason.ONLINE_SERVICES_OFF)),
    Row(200, 8, "", Refused(Reason.LOCKED)),
)

#: The same for a patient under 16: the older protocol has no code for age.
BY_NUMBER_UNDER_AGE: Final[tuple[Row[Refused | Unreachable], ...]] = (
    *(row for row in BY_NUMBER if row.code != 8),  # noqa: PLR2004
    Row(200, 8, "", Refused(Reason.UNDER_AGE)),
)

#: Authenticate. "Try again" is advised once, but each failure counts towards a lock: not again (N13).
AUTHENTICATE: Final[tuple[Row[Rejected | Refused | Unreachable], ...]] = (
    *NOT_NOW,
    Row(200, 5, "", Refused(Reason.APPLICATION_REFUSED)),
    Row(200, 6, "", Rejected(Reason.TOKEN_INVALID)),
    Row(200, 8, "", Rejected(Reason.TOKEN_INVALID)),
    Row(200, 9, "", Rejected(Reason.TOKEN_INVALID)),
    Row(200, 509, "", Rejected(Reason.LOCKED)),
)

#: Everything above by call; the reference is printed from it.
BY_CALL: Final[Mapping[str, Sequence[Row[Answer]]]] = MappingProxyType(
    {
        "`LinkAccount` with a passphrase (link)": LINK,
        "`LinkAccount` by NHS number (retrieve, create)": BY_NUMBER,
        "`LinkAccount` by NHS number, patient under 16": BY_NUMBER_UNDER_AGE,
        "`Authenticate`": AUTHENTICATE,
    }
)
