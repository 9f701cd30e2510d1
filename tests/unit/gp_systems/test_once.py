"""A question is asked once: what is repeated is what the supplier itself asks for again, and never a rejected secret."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from gpic.gp_systems.emis import refusals as emis_refusals
from gpic.gp_systems.rows import Answer as Meaning
from gpic.gp_systems.rows import Row
from gpic.gp_systems.tpp import refusals as tpp_refusals
from gpic.gp_systems.tpp.client import ATTEMPTS
from gpic.nhs.answers import Linked, Opened, Reason, Refused, Rejected, Unexpected, Unreachable
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.secret import Secret
from tests.unit.gp_systems import emis_web, systmone
from tests.unit.gp_systems.emis_web import BEGUN, emis
from tests.unit.gp_systems.persons import ADA, APPLICANT, PRACTICE
from tests.unit.gp_systems.systmone import CREATED, LINKED, error, tpp
from tests.unit.line import Answer, Line, said

pytestmark = pytest.mark.anyio

EMIS_TABLES = {
    "link": (emis_refusals.LINK, "me/applications", [BEGUN]),
    "retrieve": (emis_refusals.RETRIEVE, "me/verifications", [BEGUN]),
    "open_account": (emis_refusals.CREATE, "users/nhs", [BEGUN]),
    "check": (emis_refusals.SESSION, "sessions", [BEGUN]),
    "open_session": (emis_refusals.SESSION, "sessions", [BEGUN]),
}
TPP_TABLES = {
    "link": tpp_refusals.LINK,
    "retrieve": tpp_refusals.BY_NUMBER,
    "open_account": tpp_refusals.BY_NUMBER,
    "check": tpp_refusals.AUTHENTICATE,
    "open_session": tpp_refusals.AUTHENTICATE,
}


def spoken(row: Row[Meaning]) -> httpx2.Response:
    """What EMIS says for this line of a table."""
    code = {} if row.code is None else {"InternalResponseCode": row.code}
    return said(row.status or 400, code | {"Message": row.words})


@pytest.mark.parametrize(("call", "row"), [(call, row) for call, (rows, _, _) in EMIS_TABLES.items() for row in rows])
async def test_no_refusal_of_emis_is_asked_for_twice(call: str, row: Row[Meaning]) -> None:
    """N13: every line of every table is told after one question, those of rejected secrets above all."""
    _, path, before = EMIS_TABLES[call]
    line = Line(*before, spoken(row))

    assert row.answer == await emis_web.ask(call, emis(line))
    assert 1 == sum(asked.endswith(f"/{path}") for asked in line.paths)


@pytest.mark.parametrize(("call", "row"), [(call, row) for call, rows in TPP_TABLES.items() for row in rows])
async def test_no_refusal_of_tpp_is_asked_for_twice_but_556(call: str, row: Row[Meaning]) -> None:
    """N13: §3.5 advises to resend for 556, which rejects nothing; 6 and 9 may "try again", but that is how accounts lock."""
    line = Line(error(row.code or 0))
    resends = row.code == tpp_refusals.TRANSIENT and call not in {"check", "open_session"}

    assert row.answer == await systmone.ask(call, tpp(line))
    assert (ATTEMPTS if resends else 1) == len(line.asked)


@pytest.mark.parametrize("call", ["link", "open_account"])
async def test_a_transient_failure_is_asked_for_again_and_then_believed(call: str) -> None:
    """§3.5: the same document but for its number; what comes then counts."""
    answers = {"link": said(200, LINKED), "open_account": said(200, CREATED)}
    line = Line(error(556), error(556), answers[call])

    assert isinstance(await systmone.ask(call, tpp(line)), Linked | Opened)
    assert 3 == len(line.asked)
    assert 3 == len({request.content for request in line.asked})


async def test_a_rejection_after_a_transient_failure_ends_it() -> None:
    """N13: from the moment that TPP says no to the passphrase, it is not presented again."""
    line = Line(error(556), error(8), said(200, LINKED))

    assert Rejected(Reason.KEY_INVALID) == await systmone.ask("link", tpp(line))
    assert 2 == len(line.asked)


@pytest.mark.parametrize(
    "trouble", [httpx2.ReadTimeout(""), httpx2.ConnectError(""), said(429, b""), said(500, b""), said(503, b"")]
)
@pytest.mark.parametrize("call", list(EMIS_TABLES))
async def test_what_was_not_answered_is_left_to_the_engine(call: str, trouble: Answer) -> None:
    """N12: a link that timed out may have succeeded, and another would send the patient another e-mail."""
    emis_line, tpp_line = Line(BEGUN, trouble), Line(trouble)

    assert isinstance(await emis_web.ask(call, emis(emis_line)), Unreachable)
    assert isinstance(await systmone.ask(call, tpp(tpp_line)), Unreachable)
    assert (2, 1) == (len(emis_line.asked), len(tpp_line.asked))


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, b""), (403, b"Missing or invalid EndUserSessionId"), (400, b'"Missing or invalid EndUserSessionId"')],
)
async def test_a_lost_end_user_session_rejects_no_secret_and_is_not_begun_anew(status: int, body: bytes) -> None:
    """§2.3, N12: EMIS forgot our session; the token was not judged, and nobody knows how far the call got."""
    line = Line(BEGUN, said(status, body))
    answer = await emis_web.ask("check", emis(line))

    assert Unreachable() == answer
    assert "emis-session-session-lost" == getattr(answer, "detail", "")
    assert 2 == len(line.asked)


@pytest.mark.parametrize(
    ("call", "timeouts"),
    [
        ("retrieve", [120, 120]),
        ("open_account", [120, 120]),
        ("link", [120, 120]),
        ("check", [120, 10, 10]),
        ("open_session", [120, 10, 10]),
    ],
)
async def test_each_call_of_emis_has_its_time(call: str, timeouts: list[int]) -> None:
    """§2.2, §2.8: 120 s for E1, E3, E4 and E5, 10 s for E2 and E6; a place in the bulkhead is waited for 5 s at most."""
    line = Line(BEGUN, said(200, emis_web.SESSION), said(200, emis_web.PATIENT))
    await emis_web.ask(call, emis(line))

    assert timeouts == [request.extensions["timeout"]["read"] for request in line.asked]
    assert {5} == {request.extensions["timeout"]["pool"] for request in line.asked}


@pytest.mark.parametrize("call", list(TPP_TABLES))
async def test_each_call_of_tpp_has_ten_seconds(call: str) -> None:
    """§11.8: the default, as nobody outside knows another."""
    line = Line(error(5))
    await systmone.ask(call, tpp(line))

    assert [10] == [request.extensions["timeout"]["read"] for request in line.asked]


async def test_emis_is_not_asked_for_what_it_would_refuse_unread() -> None:
    """N9, §2.2: a verification wants an identity token, an account an e-mail; the person's secrets are not blamed."""
    line = Line(BEGUN)
    without_token = replace(APPLICANT, identity_token=Secret(" "))
    without_email = replace(APPLICANT, email=" ")

    assert Refused(Reason.MALFORMED) == await emis(line).retrieve(without_token)
    assert Refused(Reason.MALFORMED) == await emis(line).verify_anew(without_token)
    assert Refused(Reason.MALFORMED) == await emis(line).open_account(without_email)
    assert [] == line.asked


async def test_a_secret_that_xml_cannot_carry_is_not_changed_into_another() -> None:
    """N13: a passphrase without its control character is another passphrase, and a wrong one counts as a failed login."""
    line = Line(said(200, LINKED))
    details = GpCredentials("501772913", PRACTICE, Secret("q7\x00f2"))
    token = Im1Token("tpp", Secret('{"AccountId":"1","Passphrase":"a\\u0000b","ProviderId":"p"}'))

    assert Rejected(Reason.MALFORMED) == await tpp(line).link(ADA, details)
    assert Rejected(Reason.TOKEN_INVALID) == await tpp(line).check(token, PRACTICE)
    assert [] == line.asked


@pytest.mark.parametrize("token", ['{"AccessIdentityGuid":"no guid"}', "no guid", '{"AccessIdentityGuid":null}'])
async def test_a_badly_formed_token_of_emis_is_not_presented(token: str) -> None:
    """§5: a GUID, bare or in JSON."""
    line = Line(BEGUN)

    assert Rejected(Reason.TOKEN_INVALID) == await emis(line).check(Im1Token("emis", Secret(token)), PRACTICE)
    assert [] == line.asked


@pytest.mark.parametrize("guid", ["", " ", "no guid"])
async def test_a_reply_without_a_guid_is_no_token(guid: str) -> None:
    """§2.2: what could not be presented is not stored."""
    reply = said(201, {"AccessIdentityGuid": guid})

    assert Unexpected("emis-link-incomplete") == await emis_web.ask("link", emis(Line(BEGUN, reply)))
    assert Unexpected("emis-create-incomplete") == await emis_web.ask("open_account", emis(Line(BEGUN, reply)))
