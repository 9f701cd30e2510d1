"""EMIS as it looks on the wire: `gp-systems.md` §2.2, §3.7."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.simulators.emis import AlreadyLinked
from tests.unit.simulators.town import APPLICATIONS, EMIS_PRACTICE, Emis, Town, is_guid

pytestmark = pytest.mark.anyio


async def test_an_end_user_session_is_an_opaque_string(emis: Emis) -> None:
    """E1: 200, one field, empty request body."""
    response = await emis.begin()

    assert 200 == response.status_code
    assert ["EndUserSessionId"] == list(response.json())
    assert response.json()["EndUserSessionId"]


async def test_a_verification_is_recorded_once_and_then_conflicts_with_the_same_body(town: Town, emis: Emis) -> None:
    """E4: 201 the first time, 409 with the details afterwards."""
    ada = town.settle("ada")
    await emis.begin()

    first, second = await emis.verify(ada), await emis.verify(ada)

    assert (201, 409) == (first.status_code, second.status_code)
    assert first.json() == second.json()
    assert ["AccountId", "IdentityId", "LinkageKey"] == sorted(first.json())


async def test_each_application_has_its_own_first_verification(town: Town, emis: Emis) -> None:
    """E4: 201 for each application."""
    ada = town.settle("ada")
    partner = Emis(emis.client, "partner-emis")
    await emis.begin()
    await partner.begin()

    statuses = [(await one.verify(ada)).status_code for one in (emis, partner)]

    assert [201, 201] == statuses


async def test_a_created_account_tells_its_key_only_on_a_retrieve(town: Town, emis: Emis) -> None:
    """E5: 201 with a GUID alone; the GUID opens sessions without me/applications."""
    ben = town.settle("ben", account=False)
    await emis.begin()

    created = await emis.create(ben)
    verified = await emis.verify(ben)
    session = await emis.session(created.json()["AccessIdentityGuid"])

    assert (201, ["AccessIdentityGuid"]) == (created.status_code, list(created.json()))
    assert is_guid(created.json()["AccessIdentityGuid"])
    assert 201 == verified.status_code
    assert 200 == session.status_code


async def test_linking_buys_a_guid_and_sends_an_email(town: Town, emis: Emis) -> None:
    """G2: every success puts one e-mail into the outbox."""
    ada = town.settle("ada")
    guid = await emis.token(ada)

    assert is_guid(guid)
    assert [("ada@example.test", "ada", "NHS login")] == [
        (mail.to, mail.person, mail.application) for mail in town.world.outbox
    ]


async def test_a_session_shows_level_name_and_the_patients_own_link(town: Town, emis: Emis) -> None:
    """E2 as in §3.7."""
    ada = town.settle("ada")
    session = (await emis.session(await emis.token(ada))).json()

    assert "Linked" == session["ApplicationLinkLevel"]
    assert ("Ms", "Ada", "Okafor") == (session["Title"], session["FirstName"], session["Surname"])
    assert [("Self", EMIS_PRACTICE)] == [
        (link["AssociationType"], link["NationalPracticeCode"]) for link in session["UserPatientLinks"]
    ]


async def test_demographics_show_the_nhs_number_of_the_session(town: Town, emis: Emis) -> None:
    """E6."""
    ada = town.settle("ada")
    session = (await emis.session(await emis.token(ada))).json()
    token = session["UserPatientLinks"][0]["UserPatientLinkToken"]

    response = await emis.client.get("/demographics", params={"userPatientLinkToken": token}, headers=emis.headers)

    assert [{"IdentifierType": "NhsNumber", "IdentifierValue": ada.number.digits}] == response.json()["PatientIdentifiers"]
    assert ("Okafor", "1984-02-17T00:00:00") == (response.json()["Surname"], response.json()["DateOfBirth"])


async def test_settings_of_patient_and_practice_are_told(town: Town, emis: Emis) -> None:
    """E7 and E8."""
    ada = town.settle("ada")
    session = (await emis.session(await emis.token(ada))).json()
    token = session["UserPatientLinks"][0]["UserPatientLinkToken"]

    mine = await emis.client.get("/me/settings", params={"userPatientLinkToken": token}, headers=emis.headers)
    theirs = await emis.client.get(f"/practices/{EMIS_PRACTICE}/settings", headers=emis.headers)

    assert ("Linked", "Active") == (mine.json()["ApplicationLinkLevel"], mine.json()["AccountRegistrationStatus"])
    assert f"Practice {EMIS_PRACTICE}" == theirs.json()["PracticeName"]


async def test_another_link_token_is_a_services_access_violation(town: Town, emis: Emis) -> None:
    """E6: 403."""
    ada = town.settle("ada")
    await emis.session(await emis.token(ada))

    response = await emis.client.get("/demographics", params={"userPatientLinkToken": "UPL-no"}, headers=emis.headers)

    assert (403, "Services Access violation") == (response.status_code, response.json()["Message"])


@pytest.mark.parametrize("lost", ["never", "wrong", "another application's", "too old"])
async def test_a_lost_end_user_session_is_told_in_the_literal_words(town: Town, emis: Emis, lost: str) -> None:
    """§2.3: the body is exactly that text; the status is a switch."""
    ada = town.settle("ada")
    if lost != "never":
        await emis.begin()
    if lost == "wrong":
        emis.headers["X-API-EndUserSessionId"] = "EUS-no"
    if lost == "another application's":
        emis.headers["X-API-ApplicationId"] = "partner-emis"
    if lost == "too old":
        town.future.move(timedelta(minutes=20))

    response = await emis.verify(ada)

    assert (401, "Missing or invalid EndUserSessionId") == (response.status_code, response.text)


async def test_a_session_in_use_does_not_grow_old(town: Town, emis: Emis) -> None:
    """The lifetime counts from the last use."""
    ada = town.settle("ada")
    await emis.begin()

    statuses = []
    for _ in range(3):
        town.future.move(timedelta(minutes=15))
        statuses.append((await emis.verify(ada)).status_code)

    assert [201, 409, 409] == statuses


async def test_a_call_in_session_wants_both_sessions(town: Town, emis: Emis) -> None:
    """E6 without X-API-SessionId."""
    ada = town.settle("ada")
    await emis.token(ada)

    response = await emis.client.get("/demographics", headers=emis.headers)

    assert 401 == response.status_code


async def test_a_session_serves_only_the_application_that_opened_it(town: Town, emis: Emis) -> None:
    """E6 with somebody else's X-API-SessionId."""
    session = (await emis.session(await emis.token(town.settle("ada")))).json()
    partner = Emis(emis.client, "partner-emis")
    await partner.begin()
    partner.headers["X-API-SessionId"] = session["SessionId"]
    query = {"userPatientLinkToken": session["UserPatientLinks"][0]["UserPatientLinkToken"]}

    response = await emis.client.get("/demographics", params=query, headers=partner.headers)

    assert 401 == response.status_code


async def test_a_session_grows_old_though_others_are_in_use(town: Town, emis: Emis) -> None:
    """Each has its own lifetime."""
    ada = town.settle("ada")
    idle = Emis(emis.client)
    await emis.begin()
    await idle.begin()
    town.future.move(timedelta(minutes=15))
    await emis.verify(ada)
    town.future.move(timedelta(minutes=10))

    assert [409, 401] == [(await one.verify(ada)).status_code for one in (emis, idle)]


@pytest.mark.parametrize("header", ["X-API-ApplicationId", "X-API-Version"])
async def test_both_application_headers_are_required(emis: Emis, header: str) -> None:
    """§2.1."""
    del emis.headers[header]

    response = await emis.client.post("/sessions/endusersession", headers=emis.headers)

    assert (400, -1014, [header]) == (
        response.status_code,
        response.json()["InternalResponseCode"],
        list(response.json()["ModelState"]),
    )


async def test_an_application_that_nobody_registered_is_refused(town: Town, emis: Emis) -> None:
    """403, and the journal names no one."""
    emis.headers["X-API-ApplicationId"] = "stranger"

    response = await emis.client.post("/sessions/endusersession", headers=emis.headers)

    assert (403, -1030) == (response.status_code, response.json()["InternalResponseCode"])
    assert ["unknown application"] == [message.sender for message in town.journal.list()]


@pytest.mark.parametrize(
    ("switch", "status", "code"),
    [(AlreadyLinked.BAD_REQUEST, 400, -1108), (AlreadyLinked.SERVER_ERROR, 500, -1002), (AlreadyLinked.CONFLICT, 409, -1108)],
)
async def test_a_second_link_is_refused_as_the_switch_says(
    town: Town, emis: Emis, switch: AlreadyLinked, status: int, code: int
) -> None:
    """§2.5, §7: already linked, in three forms; no e-mail for a refusal (G2)."""
    town.emis.already_linked = switch
    ada = town.settle("ada")
    await emis.token(ada)

    again = await emis.link((await emis.verify(ada)).json())

    assert (status, code) == (again.status_code, again.json()["InternalResponseCode"])
    assert "Registered online user is already linked" == again.json()["Exceptions"][0]["Message"]
    assert 1 == len(town.world.outbox)


async def test_a_second_link_may_silently_succeed_with_another_email(town: Town, emis: Emis) -> None:
    """§7, the fourth way: the same GUID, one more e-mail (G2)."""
    ada = town.settle("ada")
    guid = await emis.token(ada)

    again = await emis.link((await emis.verify(ada)).json())

    assert (201, guid) == (again.status_code, again.json()["AccessIdentityGuid"])
    assert 2 == len(town.world.outbox)


async def test_each_application_gets_its_own_guid(town: Town, emis: Emis) -> None:
    """Per user and per application; one's GUID opens nothing for another."""
    ada = town.settle("ada")
    partner = Emis(emis.client, "partner-emis")

    own, theirs = await emis.token(ada), await partner.token(ada)

    assert own != theirs
    assert 403 == (await partner.session(own)).status_code


async def test_the_journal_tells_who_called_what_about_whom(town: Town, emis: Emis) -> None:
    """Operations are templated; persons are slugs; no number and no key appears."""
    ada = town.settle("ada")
    await emis.session(await emis.token(ada))

    lines = [(message.sender, message.operation, message.outcome, message.person) for message in town.journal.list()]

    assert [
        ("NHS login", "POST sessions/endusersession", "200", ""),
        ("NHS login", "POST me/verifications", "201", "ada"),
        ("NHS login", "POST me/applications", "201", "ada"),
        ("NHS login", "POST sessions", "200", "ada"),
    ] == lines
    assert ada.number.digits not in repr(town.journal.list())
    assert set(APPLICATIONS.values()) >= {message.sender for message in town.journal.list()}


async def test_a_409_of_a_verification_is_a_success_in_the_journal(town: Town, emis: Emis) -> None:
    """E4's 409 is the normal case; a 409 of users/nhs is not."""
    ada = town.settle("ada")
    await emis.begin()
    await emis.verify(ada)
    await emis.verify(ada)
    await emis.create(ada)

    assert [("201", True), ("409", True), ("409", False)] == [
        (message.outcome, message.ok) for message in town.journal.list()[1:]
    ]
