"""EMIS Web: what we send, what we make of each answer, and that no answer makes us raise."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.gp_systems.emis.replies import guid_of
from gpic.nhs.answers import (
    Accepted,
    Found,
    GpSession,
    Linked,
    Opened,
    Reason,
    Rejected,
    Restricted,
    SessionOpened,
    ShownPatient,
    Unexpected,
    Unreachable,
)
from gpic.nhs.credentials import Im1Token
from gpic.nhs.secret import Secret
from tests.unit.gp_systems.emis_web import (
    ACCESS,
    BEGUN,
    DECLARED,
    DETAILS,
    GUID,
    LINK,
    PATIENT,
    PROXY,
    SESSION,
    TOKEN,
    ask,
    emis,
    without,
)
from tests.unit.gp_systems.persons import ADA, APPLICANT, EMIS_DETAILS, NUMBER, PRACTICE, SECRETS
from tests.unit.line import JSON_TEXTS, RESPONSES, Answer, Json, Line, said

pytestmark = pytest.mark.anyio


async def test_retrieving_sends_number_practice_and_identity_token() -> None:
    """E1, E4 as in the worked example: nulls written, both application headers, the end-user session."""
    line = Line(BEGUN, said(201, DETAILS))

    assert Found(EMIS_DETAILS) == await emis(line).retrieve(APPLICANT)
    begin, verify = line.asked
    assert ["/emis/sessions/endusersession", "/emis/me/verifications"] == line.paths
    assert b"" == begin.content
    assert {
        "NationalPracticeCode": "A12345",
        "NhsNumber": NUMBER.digits,
        "Token": "<identity JWT>",
        "AdditionalComment": None,
    } == json.loads(verify.content)
    assert ["app-1", "app-1"] == [request.headers["X-API-ApplicationId"] for request in line.asked]
    assert ["1", "1"] == [request.headers["X-API-Version"] for request in line.asked]
    assert "EUS-8Qz41LmT0p" == verify.headers["X-API-EndUserSessionId"]
    assert "X-API-SessionId" not in verify.headers
    assert "application/json; charset=utf-8" == verify.headers["Content-Type"]


@pytest.mark.parametrize("status", [200, 201, 409])
async def test_a_repeated_verification_is_a_success_too(status: int) -> None:
    """E4: 409 is the normal "already recorded", and its body carries the details."""
    assert Found(EMIS_DETAILS) == await emis(Line(BEGUN, said(status, DETAILS))).retrieve(APPLICANT)


async def test_verifying_anew_is_a_fresh_verification() -> None:
    """N17: the identity token's new auth_time reaches EMIS again."""
    line = Line(BEGUN, said(409, DETAILS))

    assert Found(EMIS_DETAILS) == await emis(line).verify_anew(APPLICANT)
    assert ["/emis/sessions/endusersession", "/emis/me/verifications"] == line.paths


async def test_creating_yields_a_token_and_no_details() -> None:
    """E1, E5 as in the worked example: EMIS tells the linkage key only on a retrieve."""
    line = Line(BEGUN, said(201, ACCESS))

    assert Opened(TOKEN, None) == await emis(line).open_account(APPLICANT)
    assert ["/emis/sessions/endusersession", "/emis/users/nhs"] == line.paths
    assert {
        "NationalPracticeCode": "A12345",
        "NhsNumber": NUMBER.digits,
        "EmailAddress": "ada@example.test",
    } == json.loads(line.asked[1].content)


@pytest.mark.parametrize("status", [200, 201])
async def test_linking_exchanges_details_for_a_token(status: int) -> None:
    """E1, E3: surname, birth date as a date-time, and the three details."""
    line = Line(BEGUN, said(status, ACCESS))

    assert Linked(TOKEN) == await emis(line).link(ADA, EMIS_DETAILS)
    assert ["/emis/sessions/endusersession", "/emis/me/applications"] == line.paths
    assert {
        "Surname": "Okafor",
        "DateOfBirth": "1984-02-17T00:00:00",
        "LinkageDetails": {"AccountId": "2917340058", "LinkageKey": "kT4m9XqZ2bLp", "NationalPracticeCode": "A12345"},
    } == json.loads(line.asked[1].content)


async def test_a_check_opens_a_session_and_sees_whom_it_shows() -> None:
    """N2: E1, E2, E6 with the `Self` link's token; a proxy's link is never taken."""
    line = Line(BEGUN, said(200, SESSION), said(200, PATIENT))

    assert Accepted(ShownPatient(frozenset({NUMBER}), ADA)) == await emis(line).check(TOKEN, PRACTICE)
    assert ["/emis/sessions/endusersession", "/emis/sessions", "/emis/demographics"] == line.paths
    assert {"AccessIdentityGuid": GUID, "NationalPracticeCode": "A12345"} == json.loads(line.asked[1].content)
    assert "UPL-77aa" == line.asked[2].url.params["userPatientLinkToken"]
    assert "SID-51f0" == line.asked[2].headers["X-API-SessionId"]
    assert "EUS-8Qz41LmT0p" == line.asked[2].headers["X-API-EndUserSessionId"]


async def test_a_partner_gets_a_session_to_work_with() -> None:
    """R5: the same calls, and a handle with all three ids."""
    opened = await emis(Line(BEGUN, said(200, SESSION), said(200, PATIENT))).open_session(TOKEN, PRACTICE)

    assert isinstance(opened, SessionOpened)
    assert ShownPatient(frozenset({NUMBER}), ADA) == opened.shown
    assert "emis" == opened.session.supplier
    assert {
        "EndUserSessionId": "EUS-8Qz41LmT0p",
        "SessionId": "SID-51f0",
        "UserPatientLinkToken": "UPL-77aa",
    } == json.loads(opened.session.handle.reveal())


async def test_ending_a_session_calls_nobody() -> None:
    """EMIS has no such endpoint."""
    line = Line(said(500, b""))

    await emis(line).end_session(GpSession("emis", Secret("{}")))

    assert [] == line.asked


@pytest.mark.parametrize("timeouts", [(10.0, ["POST sessions", "GET demographics"]), (120.0, ["POST sessions/endusersession"])])
async def test_slow_calls_get_two_minutes(timeouts: tuple[float, list[str]]) -> None:
    """§2.8: 120 s for E1, E3, E4, E5; 10 s for the rest."""
    seconds, calls = timeouts
    line = Line(BEGUN, said(200, SESSION), said(200, PATIENT))
    await emis(line).check(TOKEN, PRACTICE)

    found = [
        f"{request.method} {request.url.path.removeprefix('/emis/')}"
        for request in line.asked
        if request.extensions["timeout"]["read"] == seconds
    ]
    assert calls == found


@pytest.mark.parametrize("call", ["link", "retrieve", "open_account"])
async def test_linkage_calls_get_two_minutes(call: str) -> None:
    """§2.8: E3, E4 and E5 are slow by nature."""
    line = Line(BEGUN, said(201, {}))
    await ask(call, emis(line))

    assert [120.0, 120.0] == [request.extensions["timeout"]["read"] for request in line.asked]


@pytest.mark.parametrize(
    "session",
    [
        SESSION | {"ApplicationLinkLevel": "Restricted"},
        without(SESSION, "ApplicationLinkLevel") | {"UserPatientLinks": [LINK | {"ApplicationLinkLevel": "Restricted"}]},
    ],
    ids=["session", "link"],
)
async def test_a_restricted_session_asks_for_a_sign_in(session: Json) -> None:
    """N17, R6: Restricted is neither accepted nor rejected, and the record is not read."""
    line = Line(BEGUN, said(200, session))

    assert Restricted() == await emis(line).check(TOKEN, PRACTICE)
    assert 2 == len(line.asked)


@pytest.mark.parametrize("level", ["Linked", "Unknown", None])
async def test_any_other_level_is_a_session(level: str | None) -> None:
    """Only `Restricted` restricts."""
    line = Line(BEGUN, said(200, SESSION | {"ApplicationLinkLevel": level}), said(200, PATIENT))

    assert isinstance(await emis(line).check(TOKEN, PRACTICE), Accepted)


INCOMPLETE: list[tuple[str, Answer, str]] = [
    ("link", said(201, {"AccessIdentityGuid": " "}), "emis-link-incomplete"),
    ("link", said(200, b"<html>"), "emis-link-incomplete"),
    ("open_account", said(201, {}), "emis-create-incomplete"),
    ("retrieve", said(201, without(DETAILS, "LinkageKey")), "emis-retrieve-incomplete"),
    ("retrieve", said(200, DETAILS | {"AccountId": ""}), "emis-retrieve-incomplete"),
    ("retrieve", said(409, DETAILS | {"LinkageKey": None}), "emis-retrieve-409"),
    ("check", said(200, without(SESSION, "SessionId")), "emis-session-id"),
    ("check", said(200, SESSION | {"SessionId": "a\nb"}), "emis-session-id"),
    ("check", said(200, SESSION | {"UserPatientLinks": None}), "emis-session-no-self"),
    ("check", said(200, SESSION | {"UserPatientLinks": [PROXY]}), "emis-session-no-self"),
    ("check", said(200, SESSION | {"UserPatientLinks": [LINK | {"UserPatientLinkToken": ""}]}), "emis-session-no-self"),
]


@pytest.mark.parametrize(("call", "answer", "code"), INCOMPLETE)
async def test_an_incomplete_success_throws_nothing_away(call: str, answer: httpx2.Response, code: str) -> None:
    """N12: a success that lacks what it is for is an answer that nobody has described."""
    assert Unexpected(code) == await ask(call, emis(Line(BEGUN, answer)))


@pytest.mark.parametrize(
    "answer", [said(200, {}), said(200, {"EndUserSessionId": ""}), said(200, {"EndUserSessionId": "é\r\n"}), said(200, b"")]
)
@pytest.mark.parametrize("call", ["link", "open_account", "retrieve", "check", "open_session", "verify_anew"])
async def test_nothing_is_asked_without_an_end_user_session(call: str, answer: httpx2.Response) -> None:
    """E1: an empty id, or one that no header can carry, ends the chain."""
    line = Line(answer)

    assert Unexpected("emis-begin-id") == await ask(call, emis(line))
    assert 1 == len(line.asked)


@pytest.mark.parametrize(
    ("patient", "check", "session"),
    [
        ({}, "emis-demographics-empty", "emis-demographics-empty"),
        (b"no", "emis-demographics-unreadable", "emis-demographics-unreadable"),
        (without(PATIENT, "PatientIdentifiers"), "emis-demographics-no-number", ShownPatient(frozenset(), ADA)),
        (
            PATIENT | {"PatientIdentifiers": [{"IdentifierType": "NhsNumber", "IdentifierValue": "9990001110"}]},
            "emis-demographics-no-number",
            ShownPatient(frozenset(), ADA),
        ),
        (without(PATIENT, "Surname"), ShownPatient(frozenset({NUMBER})), ShownPatient(frozenset({NUMBER}))),
    ],
    ids=["nothing", "noise", "no-number", "no-such-number", "no-name"],
)
async def test_a_session_that_shows_no_number_proves_nothing(
    patient: Json | bytes, check: str | ShownPatient, session: str | ShownPatient
) -> None:
    """N2, R5: the engine wants the number; a partner may go by surname and birth date."""
    line = Line(BEGUN, said(200, SESSION), said(200, patient), BEGUN, said(200, SESSION), said(200, patient))
    system = emis(line)

    checked, opened = await system.check(TOKEN, PRACTICE), await system.open_session(TOKEN, PRACTICE)

    assert check == (checked.shown if isinstance(checked, Accepted) else checked.code)  # type: ignore[union-attr]
    assert session == (opened.shown if isinstance(opened, SessionOpened) else opened.code)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text", ["", "no guid", "{}", '{"AccessIdentityGuid":null}', '{"AccessIdentityGuid":" "}', "[" * 9999, '"x"', "7"]
)
async def test_an_unreadable_token_is_not_presented(text: str) -> None:
    """§5: badly formed tokens are refused before any call."""
    line = Line(BEGUN)

    assert Rejected(Reason.TOKEN_INVALID) == await emis(line).check(Im1Token("emis", Secret(text)), PRACTICE)
    assert [] == line.asked


async def test_another_suppliers_token_is_not_presented() -> None:
    """A TPP passphrase never goes to EMIS."""
    line = Line(BEGUN)

    assert Rejected(Reason.TOKEN_INVALID) == await emis(line).open_session(Im1Token("tpp", TOKEN.text), PRACTICE)
    assert [] == line.asked


@pytest.mark.parametrize(
    "text", [GUID, f" {GUID} ", f'{{"Im1CacheKey":"k","AccessIdentityGuid":"{GUID}"}}', TOKEN.text.reveal()]
)
async def test_both_forms_of_a_token_are_read(text: str) -> None:
    """§5: the legacy bare GUID, and JSON with whatever beside it."""
    assert GUID == (guid_of(Im1Token("emis", Secret(text))) or "").strip()


@pytest.mark.parametrize(
    "trouble",
    [httpx2.ConnectTimeout(""), httpx2.ReadError(""), said(503, b'"down"'), said(500, b""), said(429, {}, Retry_After="30")],
)
@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("call", ["link", "open_account", "retrieve", "check", "open_session"])
async def test_no_answer_at_any_step_is_unreachable(call: str, step: int, trouble: Answer) -> None:
    """N12: never "invalid"; what 429 says about later is passed on."""
    good: list[Answer] = [BEGUN, said(200, SESSION), said(200, PATIENT)]
    chain = good if call in {"check", "open_session"} else good[:1]
    answer = await ask(call, emis(Line(*chain[:step], trouble)))

    assert isinstance(answer, Unreachable)
    if isinstance(trouble, httpx2.Response) and trouble.status_code == 429:
        assert timedelta(seconds=30) == answer.retry_after


@pytest.mark.parametrize(
    "lost",
    [
        said(401, b""),
        said(400, b"Missing or invalid EndUserSessionId"),
        said(403, "Missing or invalid EndUserSessionId"),
    ],
)
@pytest.mark.parametrize("call", ["link", "open_account", "retrieve", "check", "open_session"])
async def test_a_lost_end_user_session_is_no_ones_fault(call: str, lost: httpx2.Response) -> None:
    """§2.3: 401 or the literal body says nothing about token or key."""
    answer = await ask(call, emis(Line(BEGUN, lost)))

    assert isinstance(answer, Unreachable)
    assert answer.detail.endswith("session-lost")


async def test_an_unknown_application_is_not_called_a_lost_session() -> None:
    """E1 carries no session: its 401 is about us, and nothing is thrown away."""
    assert Unexpected("emis-begin-401") == await emis(Line(said(401, b""))).check(TOKEN, PRACTICE)


@pytest.mark.parametrize("call", DECLARED)
@given(responses=st.lists(RESPONSES, min_size=1, max_size=3), good=st.integers(0, 2))
async def test_no_reply_makes_it_raise(call: str, responses: list[httpx2.Response], good: int) -> None:
    """Random statuses, headers, bytes, JSON and XML at every step: always one of the declared answers."""
    line = Line(*[BEGUN, said(200, SESSION)][:good], *responses)

    assert isinstance(await ask(call, emis(line)), DECLARED[call])


@given(text=st.text(max_size=60) | JSON_TEXTS)
async def test_no_token_makes_it_raise(text: str) -> None:
    """Whatever was stored as a token is presented or refused."""
    line = Line(BEGUN, said(403, {}))

    assert isinstance(await emis(line).check(Im1Token("emis", Secret(text)), PRACTICE), Rejected | Unreachable)


@pytest.mark.parametrize("call", ["link", "open_account", "retrieve", "check", "open_session"])
async def test_nothing_secret_is_shown(call: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither logs at any level nor the answer's repr hold a secret, a number or a name."""
    caplog.set_level(logging.DEBUG)
    chains: dict[str, list[Answer]] = {
        "link": [BEGUN, said(201, ACCESS)],
        "open_account": [BEGUN, said(201, ACCESS)],
        "retrieve": [BEGUN, said(201, DETAILS)],
    }
    line = Line(*chains.get(call, [BEGUN, said(200, SESSION), said(200, PATIENT)]))
    answer = await ask(call, emis(line))

    assert isinstance(answer, Found | Opened | Linked | Accepted | SessionOpened)
    everything = f"{caplog.text} {answer!r}"
    assert [] == [secret for secret in (*SECRETS, GUID, "UPL-77aa", "SID-51f0") if secret in everything]


def in_camel(value: object) -> object:
    """The same with names that begin in lower case."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: in_camel(inner) for name, inner in value.items()}
    return [in_camel(inner) for inner in value] if isinstance(value, list) else value


async def test_names_are_read_whatever_their_first_letters_case() -> None:
    """§2.1: they are PascalCase; a stub of the public client's answers otherwise, and that client reads both."""
    bodies = [in_camel({"EndUserSessionId": "EUS-1"}), in_camel(SESSION), in_camel(PATIENT)]
    line = Line(*(said(200, body) for body in bodies if isinstance(body, dict)))
    opened = await emis(line).open_session(TOKEN, PRACTICE)
    refused = in_camel({"Message": "No", "InternalResponseCode": -1105, "Exceptions": []})
    assert isinstance(refused, dict)

    assert isinstance(opened, SessionOpened)
    assert frozenset({NUMBER}) == opened.shown.nhs_numbers
    assert Rejected(Reason.KEY_INVALID) == await emis(Line(BEGUN, said(400, refused))).link(ADA, EMIS_DETAILS)
