"""What EMIS refuses and what it means, call by call (`gp-systems.md` §2.4 to §2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from gpic.gp_systems.rows import Answer, Row
from gpic.nhs.answers import AlreadyLinked, NoAccount, Reason, Refused, Rejected

#: The practice's fault, on whichever call: nothing is wrong with the person or the secret (N11).
PRACTICE: Final[tuple[Row[Refused], ...]] = (
    Row(403, -1030, "Patient Facing Services API v2 is not enabled at this practice", Refused(Reason.ONLINE_SERVICES_OFF)),
    Row(403, -1030, "Patient Facing Services are not enabled by this practice", Refused(Reason.ONLINE_SERVICES_OFF)),
    Row(400, -1001, "", Refused(Reason.PRACTICE_UNKNOWN)),
    Row(400, -1401, "", Refused(Reason.PRACTICE_NOT_LIVE)),
    # The same words in the older envelope, where code and status say little.
    Row(None, None, "Patient Facing Services API v2 is not enabled", Refused(Reason.ONLINE_SERVICES_OFF)),
    Row(None, None, "Patient Facing Services are not enabled", Refused(Reason.ONLINE_SERVICES_OFF)),
    Row(None, None, "Services Access violation", Refused(Reason.ONLINE_SERVICES_OFF)),
)

#: The record does not allow an online user (N11).
PERSON: Final[tuple[Row[Refused], ...]] = (
    Row(400, -1107, "", Refused(Reason.ARCHIVED)),
    Row(400, -1552, "", Refused(Reason.ARCHIVED)),
    Row(400, -1553, "", Refused(Reason.UNDER_AGE)),
    Row(400, -1554, "", Refused(Reason.STATUS_NOT_VALID)),
    Row(400, -1555, "", Refused(Reason.SEVERAL_RECORDS)),
)

#: A field that EMIS does not like, on any call that names a person.
FIELDS: Final[tuple[Row[Refused], ...]] = (
    Row(400, -1014, "", Refused(Reason.MALFORMED)),
    Row(400, -1017, "", Refused(Reason.MALFORMED)),
    Row(400, None, "length outside of valid range", Refused(Reason.MALFORMED)),
)

#: E3 me/applications. Unknown account and wrong key are the secret's fault: never presented again (N13).
LINK: Final[tuple[Row[AlreadyLinked | Rejected | Refused], ...]] = (
    Row(400, -1017, "AccountId length outside of valid range", Rejected(Reason.MALFORMED)),
    Row(400, -1017, "LinkageKey length outside of valid range", Rejected(Reason.MALFORMED)),
    Row(400, None, "AccountId length outside of valid range", Rejected(Reason.MALFORMED)),
    Row(400, None, "LinkageKey length outside of valid range", Rejected(Reason.MALFORMED)),
    *FIELDS,
    *PRACTICE,
    *PERSON,
    Row(404, -1104, "", Rejected(Reason.ACCOUNT_UNKNOWN)),
    Row(400, -1105, "", Rejected(Reason.KEY_INVALID)),
    Row(400, -1106, "", Refused(Reason.DEMOGRAPHICS_DIFFER)),
    Row(400, -1108, "", AlreadyLinked()),
    Row(404, -1551, "", Refused(Reason.NOT_REGISTERED)),
    Row(None, None, "No registered online user found for given linkage details", Rejected(Reason.ACCOUNT_UNKNOWN)),
    Row(None, None, "Registered online user is already linked", AlreadyLinked()),
    Row(None, None, "No match found for given demographics", Refused(Reason.DEMOGRAPHICS_DIFFER)),
    Row(None, None, "Invalid linkage details", Rejected(Reason.KEY_INVALID)),
    Row(None, None, "The request is invalid", Rejected(Reason.KEY_INVALID)),
    # A reset account (§2.6): the key may be good again after a real sign-in, so it is not burnt (N17).
    Row(None, None, "access level is 'Restricted'", Refused(Reason.WRONG_LINK_LEVEL)),
    Row(None, None, "Invalid UserApplication link level", Refused(Reason.WRONG_LINK_LEVEL)),
    Row(None, None, "account status is 'NotRegistered'", Refused(Reason.STATUS_NOT_VALID)),
    Row(409, None, "", AlreadyLinked()),
)

#: E4 me/verifications. "Not registered" here still goes on to create, which then says so (§2.5, N11).
RETRIEVE: Final[tuple[Row[NoAccount | Refused], ...]] = (
    Row(404, -1104, "", NoAccount()),
    Row(404, -1551, "", NoAccount()),
    Row(400, -1109, "", Refused(Reason.ACCOUNT_NOT_PATIENTS)),
    *PRACTICE,
    *PERSON,
    *FIELDS,
    Row(None, None, "No registered online user found", NoAccount()),
    Row(404, None, "", NoAccount()),
)

#: E5 users/nhs.
CREATE: Final[tuple[Row[Refused], ...]] = (
    Row(409, -1110, "", Refused(Reason.ACCOUNT_EXISTS)),
    Row(409, 0, "", Refused(Reason.ACCOUNT_EXISTS)),
    Row(404, -1551, "", Refused(Reason.NOT_REGISTERED)),
    Row(404, -1104, "", Refused(Reason.NOT_REGISTERED)),
    *PRACTICE,
    *PERSON,
    *FIELDS,
    Row(409, None, "", Refused(Reason.ACCOUNT_EXISTS)),
)

#: E1 sessions/endusersession: no person and no secret is named yet.
BEGIN: Final[tuple[Row[Refused], ...]] = PRACTICE

#: E2 sessions. A bare 400 or 403 is the invalid-token family (§2.6).
SESSION: Final[tuple[Row[Rejected | Refused], ...]] = (
    *PRACTICE,
    # Unconfirmed (§11.3); if it is ever said, no sign-in mends it, but another link does.
    Row(None, None, "access level is 'NotLinked'", Rejected(Reason.TOKEN_INVALID)),
    Row(None, None, "access level is 'Restricted'", Rejected(Reason.WRONG_LINK_LEVEL)),
    Row(None, None, "actual 'Restricted'", Rejected(Reason.WRONG_LINK_LEVEL)),
    Row(None, None, "requested access level 'Linked'", Rejected(Reason.WRONG_LINK_LEVEL)),
    Row(None, None, "Invalid UserApplication link level", Rejected(Reason.WRONG_LINK_LEVEL)),
    Row(None, None, "account status is 'NotRegistered'", Rejected(Reason.TOKEN_INVALID)),
    Row(404, -1104, "", Rejected(Reason.TOKEN_INVALID)),
    Row(400, None, "", Rejected(Reason.TOKEN_INVALID)),
    Row(403, None, "", Rejected(Reason.TOKEN_INVALID)),
)

#: E6 demographics: the token did open a session, so a plain 403 is a service that is off for this patient (§2.6).
DEMOGRAPHICS: Final[tuple[Row[Rejected | Refused], ...]] = (
    *(row for row in SESSION if row.words or row.code is not None),
    Row(403, None, "", Refused(Reason.ONLINE_SERVICES_OFF)),
)

#: Everything above by call, in the order of `gp-systems.md` §2.2; the reference is printed from it.
BY_CALL: Final[Mapping[str, Sequence[Row[Answer]]]] = MappingProxyType(
    {
        "E1 `POST sessions/endusersession`": BEGIN,
        "E2 `POST sessions`": SESSION,
        "E3 `POST me/applications`": LINK,
        "E4 `POST me/verifications`": RETRIEVE,
        "E5 `POST users/nhs`": CREATE,
        "E6 `GET demographics`": DEMOGRAPHICS,
    }
)
