"""What suppliers, PDS, MNS and ODS send, and who reads it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import httpx2

from gpic.demographics.mns import reading as mns
from gpic.demographics.ods.client import Organization
from gpic.demographics.pds import reading as pds
from gpic.gp_systems.emis import replies as emis
from gpic.gp_systems.mapping import MappingInvalid, read
from gpic.gp_systems.medicus import replies as medicus
from gpic.gp_systems.tpp import refusals as tpp_refusals
from gpic.gp_systems.tpp import replies as tpp
from gpic.nhs.organisations import OdsCode
from gpic.outbound import Reply
from tests.fuzz.bending import Json, any_of, texts_like
from tests.fuzz.target import Target

PRACTICE: Final = OdsCode("A99901")
TODAY: Final = date(2031, 4, 2)
IDENTIFIERS: Final = [{"IdentifierType": "NhsNumber", "IdentifierValue": "9990001111"}]
LINK: Final = {
    "UserPatientLinkToken": "link-1",
    "AssociationType": "Self",
    "ApplicationLinkLevel": "Linked",
    "PatientIdentifiers": IDENTIFIERS,
}
EMIS: Final[Sequence[Json]] = (
    {"EndUserSessionId": "session-1"},
    {"SessionId": "session-1", "ApplicationLinkLevel": "Linked", "UserPatientLinks": [LINK]},
    {"AccessIdentityGuid": "3b0a8b6c-7d1e-4f2a-9c3d-5e6f7a8b9c0d"},
    {"AccountId": "2917340058", "LinkageKey": "kT4m9XqZ2bLp"},
    {"Surname": "Okafor", "DateOfBirth": "1984-02-17T00:00:00", "PatientIdentifiers": IDENTIFIERS},
    {
        "Message": "No online account",
        "InternalResponseCode": -1551,
        "Exceptions": [{"Message": "x"}],
        "ModelState": {"a": ["b"]},
    },
)
MEDICUS: Final[Sequence[Json]] = (
    {"accountId": "1", "linkageKey": "k", "token": "t"},
    {"sessionId": "s", "patient": {"nhsNumber": "9990001111", "familyName": "Okafor", "birthDate": "1984-02-17"}},
    {"code": "already-linked", "title": "x"},
)
TPP: Final = (
    b'<LinkAccountReply uuid="u" accountId="501772913" passphraseToLink="q7f2!w/9dk4" passphrase="p"/>',
    b'<Error errorCode="8" userFriendlyMessage="x" uuid="u"/>',
    (
        b'<?xml version="1.0" encoding="UTF-16"?><AuthenticateReply patientId="p" onlineUserId="o" uuid="u"><User>'
        b'<Person patientId="p" dateOfBirth="1984-02-17T00:00:00.0Z" gender="Female">'
        b'<NationalId type="NHS">9990001111</NationalId>'
        b'<PersonName name="Ada Okafor"/></Person></User></AuthenticateReply>'
    ),
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><LinkAccountReply passphrase="&b;"/>',
    b"<a>" * 3_000,
)
PATIENT: Final[Json] = {
    "resourceType": "Patient",
    "id": "9990001111",
    "meta": {"versionId": "2"},
    "name": [{"use": "usual", "family": "Okafor", "given": ["Ada"]}],
    "birthDate": "1984-02-17",
    "generalPractitioner": [{"identifier": {"value": "A99901", "period": {"start": "2020-01-01", "end": "2031-12-31"}}}],
    "extension": [
        {
            "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeathNotificationStatus",
            "extension": [{"url": "deathNotificationStatus", "valueCodeableConcept": {"coding": [{"code": "2"}]}}],
        }
    ],
}
OUTCOME: Final[Json] = {
    "resourceType": "OperationOutcome",
    "issue": [{"details": {"coding": [{"code": "RESOURCE_NOT_FOUND"}]}}],
}
EVENTS: Final[Sequence[Json]] = (
    {"specversion": "1.0", "id": "1", "type": "pds-change-of-gp-2", "time": "2031-04-02T12:30:15Z", "subject": "9990001111"},
    {
        "id": "1",
        "type": "pds-change-of-gp-1",
        "time": "2031-04-02T12:30:15Z",
        "subject": {"nhsNumber": "9990001111"},
        "data": {},
    },
    {
        "resourceType": "Bundle",
        "id": "1",
        "timestamp": "2031-04-02T12:30:15Z",
        "entry": [
            {"resource": {"parameter": [{"name": "notification-event", "part": [{"name": "subject", "valueReference": {}}]}]}}
        ],
    },
)
ODS: Final[Json] = {
    "id": "A99901",
    "active": True,
    "name": "Riverside",
    "extension": [{"url": "x", "extension": [{"url": "role", "valueCoding": {"code": "76"}}]}],
}
MAPPING: Final = (
    b"PRACTICE_CODE,SUPPLIER_NAME,FROM,UNTIL,ADDRESS\nA99901,EMIS,2020-01-01,,\nA99902,TPP,,2031-01-01,https://tpp.example\n"
)


def at_each_status(readers: Sequence[Callable[[Reply], object]], statuses: Sequence[int]) -> Callable[[bytes], None]:
    """Every reader reads the body as every status could bring it."""

    def tried(body: bytes) -> None:
        for status in statuses:
            for reader in readers:
                reader(Reply(status, httpx2.Headers(), body))

    return tried


OF_EMIS: Final = (
    emis.begun,
    functools.partial(emis.retrieved, practice=PRACTICE),
    emis.opened,
    emis.linked,
    functools.partial(emis.entered, end_user_session_id="s"),
    emis.shown,
)
OF_MEDICUS: Final = (
    functools.partial(medicus.found, practice=PRACTICE),
    functools.partial(medicus.made, practice=PRACTICE),
    medicus.linked,
    functools.partial(medicus.entered, tenant="t"),
)
OF_TPP: Final = (
    lambda reply: tpp.retrieved(tpp_refusals.BY_NUMBER, reply, PRACTICE),
    lambda reply: tpp.opened(tpp_refusals.BY_NUMBER, reply, PRACTICE, "p"),
    lambda reply: tpp.linked(reply, "a", "p"),
    tpp.entered,
    tpp.is_transient,
)

TARGETS: Final = (
    Target("emis-json", any_of(*EMIS), at_each_status(OF_EMIS, (200, 201, 400, 403, 409, 500))),
    Target("medicus-json", any_of(*MEDICUS), at_each_status(OF_MEDICUS, (200, 201, 400, 401, 404, 409, 500))),
    Target("tpp-xml", texts_like(*TPP), at_each_status(OF_TPP, (200, 400, 500))),
    Target(
        "pds-fhir", any_of(PATIENT, OUTCOME), at_each_status([functools.partial(pds.found, today=TODAY)], (200, 400, 404, 429))
    ),
    Target("ods-fhir", any_of(ODS), at_each_status([lambda reply: reply.read(Organization)], (200,))),
    Target("mns-event", any_of(*EVENTS), mns.read),
    Target(
        "practice-mapping",
        texts_like(MAPPING),
        lambda data: list(read(data.decode("utf-8", "replace"))),
        (MappingInvalid,),
    ),
)
