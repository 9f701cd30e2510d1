"""ODS: is this practice open? (`demographics.md` §3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest
import stamina
from hypothesis import given

from gpic.demographics.ods.client import NotInOds, OdsClient, Practice
from gpic.nhs.answers import Unexpected, Unreachable
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from tests.unit.line import RESPONSES, Answer, Line, said

pytestmark = pytest.mark.anyio

BASE = "https://ods.test/organisation-data-terminology-api/fhir"
CODE = OdsCode("G81086")


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    """Attempts are counted, pauses are not waited for."""
    with stamina.set_testing(True, attempts=9, cap=True):
        yield


def role(code: str = "RO76", *, active: bool = True, coding: bool = True) -> dict[str, object]:
    """An organisation's role, its code as a Coding or bare."""
    value: dict[str, object] = {"valueCoding": {"code": code}} if coding else {"valueCode": code}
    inner = [{"url": "instanceID", "valueInteger": 1}, {"url": "roleCode"} | value, {"url": "active", "valueBoolean": active}]
    return {"url": "https://digital.nhs.uk/StructureDefinition/Extension-ODT-OrganisationRole", "extension": inner}


def organisation(*roles: dict[str, object], **fields: object) -> dict[str, object]:
    """An Organization with these roles."""
    known: dict[str, object] = {"resourceType": "Organization", "id": "G81086", "active": True, "name": "HIGH STREET SURGERY"}
    return known | {"extension": list(roles or (role("RO177"), role()))} | fields


async def look_up(*answers: Answer) -> tuple[object, Line]:
    """What comes of asking."""
    line = Line(*answers)
    return await OdsClient(line.client(BASE), Secret("synthetic-key")).look_up(CODE), line


async def test_a_practice_is_asked_for_by_code() -> None:
    """With the key in its header."""
    found, line = await look_up(said(200, organisation()))

    assert Practice(CODE, "HIGH STREET SURGERY", is_open=True, is_gp_practice=True) == found
    assert (f"{BASE}/Organization/G81086", "synthetic-key") == (str(line.asked[0].url), line.asked[0].headers["apikey"])


@pytest.mark.parametrize(
    ("body", "is_open", "is_practice"),
    [
        (organisation(active=False), False, True),
        (organisation(role("RO177")), True, False),
        (organisation(role("RO177"), role(active=False)), True, False),
        (organisation(role(coding=False)), True, True),
        (organisation({"url": "https://x/OrganisationRole", "extension": []}), True, False),
        (organisation({"url": "https://x/TypedDateTime", "extension": role()["extension"]}), True, False),
        ({"resourceType": "Organization", "id": "G81086"}, False, False),
    ],
)
async def test_open_and_practice_are_two_questions(body: dict[str, object], *, is_open: bool, is_practice: bool) -> None:
    """§3.4: `active` follows the operational dates; an active RO76 makes a GP practice, RO177 alone does not."""
    found, _ = await look_up(said(200, body))

    assert isinstance(found, Practice)
    assert (is_open, is_practice) == (found.is_open, found.is_gp_practice)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said(404, {"resourceType": "OperationOutcome", "issue": [{"code": "processing"}]}), NotInOds()),
        (said(404, b"<html>nothing here"), Unreachable()),
        (said(200, organisation(id="A12345")), Unexpected("status-200")),
        (said(200, {"resourceType": "Bundle"}), Unexpected("status-200")),
        (said(401, {}), Unexpected("status-401")),
        (said(500, {}), Unreachable()),
        (httpx2.ConnectError("no"), Unreachable()),
    ],
)
async def test_each_answer_has_its_meaning(answer: Answer, expected: object) -> None:
    """N12: a gateway's 404 says nothing of the practice, and another's record is nobody's."""
    found, _ = await look_up(answer)

    assert expected == found


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_a_busy_ods_is_asked_again(status: int) -> None:
    """Three times at most."""
    found, line = await look_up(said(status, b""), said(status, b""), said(200, organisation()))
    never, often = await look_up(said(status, b""))

    assert isinstance(found, Practice)
    assert (Unreachable(), 3, 3) == (never, len(line.asked), len(often.asked))


async def test_a_long_pause_is_handed_on() -> None:
    """Whoever asked decides whether to wait."""
    found, line = await look_up(said(429, b"", Retry_After="60"))

    assert Unreachable(timedelta(seconds=60)) == found
    assert 1 == len(line.asked)


@given(RESPONSES)
async def test_no_reply_makes_it_raise(response: httpx2.Response) -> None:
    """Whatever comes."""
    await look_up(response)
