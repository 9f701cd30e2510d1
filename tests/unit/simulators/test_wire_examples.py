"""The worked examples of the facts on the wire, letter by letter (`gp-systems.md` §3.7), and what the public client reads.

Requests are sent as they stand there. Replies are compared after canonicalisation: ids are made at the time, so they are
put in the examples' place; names, their case, their nesting and which of them there are must be the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

import httpx2
import pytest
from lxml import etree

from gpic.nhs.organisations import OdsCode
from gpic.simulators.accounts import Account
from gpic.simulators.people import Patient
from tests.unit.simulators.town import EMIS_PRACTICE, NUMBERS, TPP_PRACTICE, Emis, Town, Tpp

pytestmark = pytest.mark.anyio

APPLICATION: Final = {"X-API-ApplicationId": "nhs-login-emis", "X-API-Version": "1"}
CALLER: Final = '<Application name="Demo" version="1.0" providerId="nhs-login-tpp" deviceType="Web"/>'
UUID: Final = "11111111-2222-4333-8444-555555555555"
EXAMPLE: Final = f'apiVersion="1" uuid="{UUID}" organisationCode="{TPP_PRACTICE}" lastName="Okafor"'


def ada(town: Town, practice: str, *, account: bool = True) -> Patient:
    """The patient of the examples, with the account of the examples."""
    patient = town.world.add_patient(
        Patient("ada", NUMBERS[0], OdsCode(practice), "Ada", "Okafor", "1984-02-17", title="Ms", sex="female"),
        account=account,
    )
    if account:
        held(town).identity_id = "ID-4410"
    return patient


def held(town: Town) -> Account:
    """Ada's account."""
    account = town.world.account_of("ada")
    assert account is not None
    return account


def shape(value: object) -> object:
    """Names and nesting without values; of a list, the shape of its first member."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


def canonical(document: bytes | str, **put: str) -> bytes:
    """The document in canonical XML, with these attributes at the root as given."""
    root = etree.fromstring(document)
    for name, value in put.items():
        assert name in root.attrib
        root.set(name, value)
    return etree.tostring(root, method="c14n")


async def post(emis: Emis, path: str, body: str, **headers: str) -> httpx2.Response:
    """A request as it stands in an example."""
    given = {**emis.headers, "Content-Type": "application/json; charset=utf-8", **headers}
    return await emis.client.post(path, headers=given, content=body.encode())


async def test_emis_verifies_as_in_the_worked_example(town: Town, emis: Emis) -> None:
    """E4: 201, then 409, with the very same body of three fields."""
    number = ada(town, EMIS_PRACTICE).number.digits
    await emis.begin()
    asked = (
        f'{{"NationalPracticeCode":"{EMIS_PRACTICE}","NhsNumber":"{number}","Token":"<identity JWT>","AdditionalComment":null}}'
    )
    first, second = await post(emis, "/me/verifications", asked), await post(emis, "/me/verifications", asked)

    expected = {"IdentityId": "ID-4410", "AccountId": held(town).account_id, "LinkageKey": held(town).linkage_key}
    assert [(201, expected), (409, expected)] == [(one.status_code, one.json()) for one in (first, second)]


async def test_emis_creates_as_in_the_worked_example(town: Town, emis: Emis) -> None:
    """E5: 201 and the GUID alone."""
    number = ada(town, EMIS_PRACTICE, account=False).number.digits
    await emis.begin()
    asked = f'{{"NationalPracticeCode":"{EMIS_PRACTICE}","NhsNumber":"{number}","EmailAddress":"ada@example.test"}}'
    answer = await post(emis, "/users/nhs", asked)

    assert (201, {"AccessIdentityGuid": held(town).links["nhs-login-emis"].token}) == (answer.status_code, answer.json())


async def test_emis_links_and_opens_a_session_as_in_the_worked_examples(town: Town, emis: Emis) -> None:
    """E3, E2: the fields of §2.2 in PascalCase, the session's in the classic shape."""
    ada(town, EMIS_PRACTICE)
    await emis.begin()
    details = {
        "AccountId": held(town).account_id,
        "LinkageKey": held(town).linkage_key,
        "NationalPracticeCode": EMIS_PRACTICE,
    }
    linking = {"Surname": "Okafor", "DateOfBirth": "1984-02-17T00:00:00", "LinkageDetails": details}
    linked = await post(emis, "/me/applications", json.dumps(linking))
    guid = linked.json()["AccessIdentityGuid"]
    opening = f'{{"AccessIdentityGuid":"{guid}","NationalPracticeCode":"{EMIS_PRACTICE}"}}'
    session = (await post(emis, "/sessions", opening)).json()

    assert (201, ["AccessIdentityGuid"]) == (linked.status_code, list(linked.json()))
    assert {
        "SessionId": session["SessionId"],
        "ApplicationLinkLevel": "Linked",
        "Title": "Ms",
        "FirstName": "Ada",
        "Surname": "Okafor",
        "LastAccessTime": "2026-03-01T12:00:00Z",
        "UserPatientLinks": [
            {
                "UserPatientLinkToken": session["UserPatientLinks"][0]["UserPatientLinkToken"],
                "AssociationType": "Self",
                "NationalPracticeCode": EMIS_PRACTICE,
                "Title": "Ms",
                "FirstName": "Ada",
                "Surname": "Okafor",
            }
        ],
    } == session


async def test_an_emis_error_satisfies_every_generation_of_clients(town: Town, emis: Emis) -> None:
    """The last EMIS example: message at the top and in the first exception, a negative code, a GUID to refer to."""
    ada(town, EMIS_PRACTICE)
    await emis.begin()
    answer = await emis.link({"AccountId": held(town).account_id, "LinkageKey": "wrong"})
    body = answer.json()
    (cause,) = body["Exceptions"]

    assert (400, "Invalid linkage details", -1105) == (answer.status_code, body["Message"], body["InternalResponseCode"])
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["ErrorReference"])
    nothing = "00000000-0000-0000-0000-000000000000"
    assert {"Message": "Invalid linkage details", "ExceptionId": nothing, "InnerExceptionId": nothing}.items() <= cause.items()
    assert cause["IsRootException"] is True


#: What the public client's models of replies name, and of which kind it is.
READ_BY_THE_CLIENT: Final[Mapping[str, object]] = {
    "/demographics": {
        "Title": "str",
        "FirstName": "str",
        "Surname": "str",
        "DateOfBirth": "str",
        "Sex": "str",
        "ContactDetails": {"TelephoneNumber": "NoneType", "MobileNumber": "str"},
        "Address": dict.fromkeys(("HouseNameFlatNumber", "NumberStreet", "Village", "Town", "County", "Postcode"), "NoneType"),
        "PatientIdentifiers": [{"IdentifierType": "str", "IdentifierValue": "str"}],
    },
    "/me/settings": {
        "ApplicationLinkLevel": "str",
        "AccountRegistrationStatus": "str",
        "AssignedServices": dict.fromkeys(("AppointmentsEnabled", "PrescribingEnabled", "MedicalRecordEnabled"), "bool"),
        "EffectiveServices": dict.fromkeys(("AppointmentsEnabled", "PrescribingEnabled", "MedicalRecordEnabled"), "bool"),
    },
    f"/practices/{EMIS_PRACTICE}/settings": {
        "Messages": {"AppointmentsMessage": "NoneType"},
        "InputRequirements": {"AppointmentBookingReason": "str", "PrescribingComment": "str"},
        "Services": dict.fromkeys(
            (
                "AppointmentsSupported",
                "PrescribingSupported",
                "EpsSupported",
                "DemographicsUpdateSupported",
                "PracticePatientCommunicationSupported",
                "OnlineRegistrationSupported",
                "PreRegistrationSupported",
                "OnlineTriageSupported",
                "MedicalRecordSupported",
                "RecordSharingSupported",
            ),
            "bool",
        ),
    },
}


def covers(shown: object, wanted: object) -> bool:
    """Whether everything that is wanted is there, and of its kind."""
    if isinstance(wanted, dict):
        return isinstance(shown, dict) and all(name in shown and covers(shown[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list):
        return isinstance(shown, list) and covers(shown[0], wanted[0])
    return shown == wanted


@pytest.mark.parametrize("path", READ_BY_THE_CLIENT)
async def test_emis_tells_what_the_public_client_reads(town: Town, emis: Emis, path: str) -> None:
    """E6 to E8: every field of its models, under its name."""
    patient = ada(town, EMIS_PRACTICE)
    patient.phone = "07700900101"
    session = (await emis.session(await emis.token(patient))).json()
    query = {"userPatientLinkToken": session["UserPatientLinks"][0]["UserPatientLinkToken"]}
    answer = await emis.client.get(path, headers=emis.headers, params=query)

    assert covers(shape(answer.json()), READ_BY_THE_CLIENT[path])


async def test_tpp_retrieves_as_in_the_worked_example(town: Town, tpp: Tpp) -> None:
    """§3.7: account id and passphrase to link, and nothing else."""
    number = ada(town, TPP_PRACTICE).number.digits
    attributes = f'dateOfBirth="1984-02-17T00:00:00" nhsNumber="{number}" retrieveOnly="y"'
    held(town).linkage_key = "q7f2!w/9dk4"
    asked = f"<LinkAccount {EXAMPLE}\n  {attributes}>{CALLER}</LinkAccount>"
    answer = await tpp.send_text("LinkAccount", asked.encode())

    example = f'<LinkAccountReply uuid="{UUID}" accountId="501772913" passphraseToLink="q7f2!w/9dk4"/>'
    assert canonical(example) == canonical(answer.content, accountId="501772913")


async def test_tpp_creates_as_in_the_worked_example(town: Town, tpp: Tpp) -> None:
    """§3.7: a passphrase of the caller's own besides."""
    number = ada(town, TPP_PRACTICE, account=False).number.digits
    contact = 'emailAddress="ada@example.test" mobileNo="07000000000"'
    asked = f'<LinkAccount {EXAMPLE} dateOfBirth="1984-02-17T00:00:00" nhsNumber="{number}" {contact}>{CALLER}</LinkAccount>'
    answer = await tpp.send_text("LinkAccount", asked.encode())

    example = f'<LinkAccountReply uuid="{UUID}" accountId="501772913" passphrase="Zt5" passphraseToLink="q7f2!w/9dk4"/>'
    put = {"accountId": "501772913", "passphrase": "Zt5", "passphraseToLink": "q7f2!w/9dk4"}
    assert canonical(example) == canonical(answer.content, **put)


async def test_tpp_links_and_authenticates_as_in_the_worked_examples(town: Town, tpp: Tpp) -> None:
    """§3.7, and the public client's models: attributes here, elements there; `suid` is a header."""
    patient = ada(town, TPP_PRACTICE)
    asked = etree.fromstring(f"<LinkAccount {EXAMPLE}>{CALLER}</LinkAccount>")
    asked.set("dateOfBirth", "1984-02-17T00:00:00")
    asked.set("accountId", held(town).account_id)
    asked.set("passphrase", held(town).linkage_key)
    linked = await tpp.send_text("LinkAccount", etree.tostring(asked))
    assert canonical(f'<LinkAccountReply uuid="{UUID}" passphrase="Zt5"/>') == canonical(linked.content, passphrase="Zt5")
    passphrase = etree.fromstring(linked.content).get("passphrase")
    entering = etree.fromstring(f'<Authenticate apiVersion="1" uuid="{UUID}" unitId="{TPP_PRACTICE}">{CALLER}</Authenticate>')
    entering.set("accountId", held(town).account_id)
    entering.set("passphrase", str(passphrase))
    entering.set("providerId", "nhs-login-tpp")
    answer = await tpp.send_text("Authenticate", etree.tostring(entering))
    own = b"ada".hex()
    person = (
        f'<Person patientId="{own}" dateOfBirth="1984-02-17T00:00:00.0Z" gender="Female">'
        f'<NationalId type="NHS">{patient.number.digits}</NationalId><PersonName name="Ms Ada Okafor"/></Person>'
    )
    site = f'<SiteDetails unitName="Practice {TPP_PRACTICE}"><Address address=""/></SiteDetails>'
    example = (
        f'<AuthenticateReply uuid="{UUID}" onlineUserId="{own}" patientId="{own}"><User>{person}</User>{person}'
        f'<Registration><PatientAccess patientId="{own}">{site}</PatientAccess></Registration></AuthenticateReply>'
    )
    assert canonical(example) == canonical(answer.content)
    assert answer.headers["suid"]


async def test_a_tpp_error_is_the_example_with_http_200(town: Town, tpp: Tpp) -> None:
    """§3.7: four attributes and no more."""
    answer = await tpp.retrieve(ada(town, TPP_PRACTICE), lastName="Other")
    root = etree.fromstring(answer.content)

    assert (200, "Error") == (answer.status_code, root.tag)
    assert ["errorCode", "technicalMessage", "userFriendlyMessage", "uuid"] == sorted(map(str, root.attrib))
    assert "512" == root.get("errorCode")


async def test_tpp_in_a_session_is_what_the_public_client_reads(town: Town, tpp: Tpp) -> None:
    """§3.4: its requests name unit, patient and user; a person in the reply, or services as attributes."""
    ada(town, TPP_PRACTICE)
    account = held(town)
    await tpp.authenticate(account.account_id, town.world.link(account, "nhs-login-tpp").token)
    own = b"ada".hex()
    selected = await tpp.send("PatientSelected", unitId=TPP_PRACTICE, patientId=own, onlineUserId=own)
    services = await tpp.send("ListServiceAccesses", unitId=TPP_PRACTICE, patientId=own, onlineUserId=own)
    person, first = etree.fromstring(selected.content)[0], etree.fromstring(services.content)[0]

    assert ("Person", own) == (person.tag, person.get("patientId"))
    assert ["NationalId", "PersonName"] == [part.tag for part in person]
    assert "ServiceAccess" == first.tag
    assert ["description", "serviceIdentifier", "status", "statusDesc"] == sorted(map(str, first.attrib))


@pytest.mark.parametrize("path", ["/", "/tpp", "/tpp/"])
@pytest.mark.parametrize("start", ["", "\ufeff", '<?xml version="1.0" encoding="utf-16"?>\n', "<?xml version='1.0'?>"])
async def test_tpp_reads_what_any_client_writes(town: Town, tpp: Tpp, path: str, start: str) -> None:
    """.NET calls utf-16 what it then sends in UTF-8, and names namespaces that nothing is in."""
    number = ada(town, TPP_PRACTICE).number.digits
    spaces = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    asked = f'{start}<LinkAccount {spaces} {EXAMPLE} dateOfBirth="1984-02-17T00:00:00" nhsNumber="{number}" retrieveOnly="y"'
    headers = {"type": "LinkAccount", "Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml"}
    answer = await tpp.client.post(path, headers=headers, content=f"{asked}>{CALLER}</LinkAccount>".encode())

    assert "LinkAccountReply" == etree.fromstring(answer.content).tag
