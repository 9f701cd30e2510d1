"""EMIS Web: what a session must hold, when it is restricted, and whom it shows."""

from __future__ import annotations

import pytest

from gpic.nhs.answers import Accepted, Restricted, ShownPatient, Unexpected
from gpic.nhs.numbers import NhsNumber
from tests.unit.gp_systems.emis_web import BEGUN, LINK, PATIENT, PROXY, SESSION, ask, emis, without
from tests.unit.gp_systems.persons import ADA, NUMBER
from tests.unit.line import Json, Line, said

pytestmark = pytest.mark.anyio

OTHER = NhsNumber("9990001138")
RESTRICTED = {"ApplicationLinkLevel": "Restricted"}


def told(*numbers: NhsNumber) -> dict[str, object]:
    """Identifiers as EMIS tells them."""
    return {"PatientIdentifiers": [{"IdentifierType": "NhsNumber", "IdentifierValue": one.digits} for one in numbers]}


@pytest.mark.parametrize(
    "session",
    [
        SESSION | RESTRICTED,
        without(SESSION, "ApplicationLinkLevel") | {"UserPatientLinks": [LINK | RESTRICTED]},
        SESSION | {"UserPatientLinks": [LINK | RESTRICTED]},
        # A restricted session may well be without what an open one has.
        without(SESSION, "UserPatientLinks") | RESTRICTED,
        without(SESSION, "SessionId") | RESTRICTED,
        RESTRICTED,
    ],
)
@pytest.mark.parametrize("call", ["check", "open_session"])
async def test_a_restricted_session_is_told_as_such(call: str, session: Json) -> None:
    """N17, R6: on the session or on the patient's own link, whatever else is missing; nothing more is asked."""
    line = Line(BEGUN, said(200, session))

    assert Restricted() == await ask(call, emis(line))
    assert 2 == len(line.asked)


@pytest.mark.parametrize(
    "session",
    [
        SESSION | {"ApplicationLinkLevel": "Unknown"},
        SESSION | {"ApplicationLinkLevel": None},
        SESSION | {"UserPatientLinks": [PROXY | RESTRICTED, LINK]},
    ],
)
async def test_no_other_level_and_no_other_persons_level_restricts(session: Json) -> None:
    """§2.6: `Unknown` and `Linked` are open; a proxy's link is somebody else's."""
    answer = await ask("check", emis(Line(BEGUN, said(200, session), said(200, PATIENT))))

    assert Accepted(ShownPatient(frozenset({NUMBER}), ADA)) == answer


@pytest.mark.parametrize(
    ("link", "patient", "shown"),
    [
        (told(NUMBER), told(NUMBER), {NUMBER}),
        (told(NUMBER), {"Surname": "Okafor", "DateOfBirth": "1984-02-17T00:00:00"}, {NUMBER}),
        ({}, told(NUMBER), {NUMBER}),
        (told(NUMBER, OTHER), told(NUMBER), {NUMBER}),
        ({}, told(NUMBER, OTHER), {NUMBER, OTHER}),
    ],
)
async def test_link_and_demographics_show_the_patient_together(
    link: dict[str, object], patient: dict[str, object], shown: set[NhsNumber]
) -> None:
    """N2: the `Self` link and the demographics; a number counts where both tell it, or where one tells none."""
    session = SESSION | {"UserPatientLinks": [PROXY | told(OTHER), LINK | link]}
    answer = await ask("check", emis(Line(BEGUN, said(200, session), said(200, patient))))

    assert isinstance(answer, Accepted)
    assert frozenset(shown) == answer.shown.nhs_numbers


@pytest.mark.parametrize("call", ["check", "open_session"])
async def test_a_session_that_shows_two_patients_proves_nobody(call: str) -> None:
    """N2: neither of them is released to anybody on its strength."""
    session = SESSION | {"UserPatientLinks": [LINK | told(OTHER)]}

    assert Unexpected("emis-two-patients") == await ask(call, emis(Line(BEGUN, said(200, session), said(200, told(NUMBER)))))


@pytest.mark.parametrize(
    ("session", "code"),
    [
        ([], "emis-session-unreadable"),
        ("text", "emis-session-unreadable"),
        (SESSION | {"SessionId": ""}, "emis-session-id"),
        (SESSION | {"SessionId": "a\r\nb"}, "emis-session-id"),
        (SESSION | {"UserPatientLinks": None}, "emis-session-no-self"),
        (SESSION | {"UserPatientLinks": [PROXY]}, "emis-session-no-self"),
        (SESSION | {"UserPatientLinks": [LINK | {"UserPatientLinkToken": ""}]}, "emis-session-no-self"),
    ],
)
async def test_a_session_without_what_it_needs_is_none(session: Json, code: str) -> None:
    """§2.2 E2: the token is not blamed."""
    assert Unexpected(code) == await ask("open_session", emis(Line(BEGUN, said(200, session))))
