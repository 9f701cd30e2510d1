"""EMIS Web at the other end of a line, in the words of the worked examples (`gp-systems.md` §3.7)."""

from __future__ import annotations

from collections.abc import Mapping

from gpic.gp_systems.emis.client import EmisWeb
from gpic.gp_systems.emis.replies import token_of
from gpic.nhs.answers import (
    AccountOpened,
    CheckAnswer,
    LinkAnswer,
    Retrieved,
    SessionAnswer,
)
from tests.unit.gp_systems.persons import ADA, APPLICANT, EMIS_DETAILS, NUMBER, PRACTICE
from tests.unit.line import Line, said

GUID = "6b1f2c3e-0d77-4a51-9e8c-2f3b7a90d114"
TOKEN = token_of(GUID)
BEGUN = said(200, {"EndUserSessionId": "EUS-8Qz41LmT0p"})
LINK = {"UserPatientLinkToken": "UPL-77aa", "AssociationType": "Self", "NationalPracticeCode": "A12345"}
PROXY = {"UserPatientLinkToken": "UPL-other", "AssociationType": "Proxy"}
SESSION = {
    "SessionId": "SID-51f0",
    "ApplicationLinkLevel": "Linked",
    "Title": "Ms",
    "FirstName": "Ada",
    "Surname": "Okafor",
    "LastAccessTime": "2031-04-02T09:12:00Z",
    "UserPatientLinks": [PROXY, LINK],
}
PATIENT = {
    "Surname": "Okafor",
    "DateOfBirth": "1984-02-17T00:00:00",
    "PatientIdentifiers": [
        {"IdentifierType": "Other", "IdentifierValue": "9990001138"},
        {"IdentifierType": "NhsNumber", "IdentifierValue": NUMBER.spoken},
    ],
}
DETAILS = {"IdentityId": "ID-4410", "AccountId": "2917340058", "LinkageKey": "kT4m9XqZ2bLp"}
ACCESS = {"AccessIdentityGuid": GUID}


def emis(line: Line) -> EmisWeb:
    """EMIS at the other end of this line."""
    return EmisWeb(line.client("https://gp.test/emis"), "app-1", "1")


def without(whole: Mapping[str, object], name: str) -> dict[str, object]:
    """The same without one field."""
    return {key: value for key, value in whole.items() if key != name}


DECLARED = {
    "link": LinkAnswer,
    "open_account": AccountOpened,
    "retrieve": Retrieved,
    "verify_anew": Retrieved,
    "check": CheckAnswer,
    "open_session": SessionAnswer,
}


async def ask(call: str, system: EmisWeb) -> object:
    """One of the methods, with the worked example's arguments."""
    if call == "link":
        return await system.link(ADA, EMIS_DETAILS)
    if call in {"check", "open_session"}:
        return await (system.check if call == "check" else system.open_session)(TOKEN, PRACTICE)
    methods = {"retrieve": system.retrieve, "verify_anew": system.verify_anew, "open_account": system.open_account}
    return await methods[call](APPLICANT)
