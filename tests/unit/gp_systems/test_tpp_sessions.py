"""TPP SystmOne: sessions, whom they show, and the tokens that open them."""

from __future__ import annotations

import json
import logging

import httpx2
import pytest
from lxml import etree

from gpic.gp_systems.plugs import Line as Plugged
from gpic.gp_systems.tpp import wire
from gpic.gp_systems.tpp.plug import tpp_systmone
from gpic.gp_systems.tpp.replies import parts_of, token_of
from gpic.nhs.answers import (
    Accepted,
    GpSession,
    Reason,
    Rejected,
    SessionOpened,
    ShownPatient,
    Unexpected,
)
from gpic.nhs.credentials import Demographics, Im1Token
from gpic.nhs.secret import Secret
from tests.unit.gp_systems.persons import ADA, APPLICANT, NUMBER, PRACTICE, SECRETS
from tests.unit.gp_systems.systmone import (
    LOGGED_OFF,
    PERSON,
    RETRIEVED,
    TOKEN,
    URL,
    ask,
    canonical,
    error,
    session,
    tpp,
)
from tests.unit.line import Answer, Line, said

pytestmark = pytest.mark.anyio

HANDLE = '{{"suid": "{}", "onlineUserId": "82ab00", "patientId": "82ab00"}}'


async def test_a_check_sees_whom_the_session_shows_and_logs_off() -> None:
    """N2: `User/Person`, never the people they may act for; the session does not stay open."""
    line = Line(session(), said(200, LOGGED_OFF))

    assert Accepted(ShownPatient(frozenset({NUMBER}), ADA)) == await tpp(line).check(TOKEN, PRACTICE)
    authenticate, log_off = line.asked
    assert ("Authenticate", "Logoff", "c3VpZA==") == (
        authenticate.headers["type"],
        log_off.headers["type"],
        log_off.headers["suid"],
    )
    assert canonical('<Logoff apiVersion="1" uuid="uuid-2"/>') == canonical(log_off.content)


@pytest.mark.parametrize("trouble", [httpx2.ConnectError(""), said(500, b""), error(5), said(200, b"")])
async def test_a_logoff_that_fails_changes_nothing(trouble: Answer) -> None:
    """Best effort: the check has its answer."""
    assert isinstance(await tpp(Line(session(), trouble)).check(TOKEN, PRACTICE), Accepted)


async def test_a_check_does_without_a_session_id() -> None:
    """§3.3: the body is enough for a check, and there is nothing to log off."""
    line = Line(session(other="x"))

    assert isinstance(await tpp(line).check(TOKEN, PRACTICE), Accepted)
    assert 1 == len(line.asked)


async def test_a_partner_gets_a_session_to_work_with_and_ends_it() -> None:
    """R5: the handle is the `suid`; Logoff takes it back."""
    line = Line(session(), said(200, LOGGED_OFF))
    system = tpp(line)

    opened = await system.open_session(TOKEN, PRACTICE)

    assert isinstance(opened, SessionOpened)
    assert ShownPatient(frozenset({NUMBER}), ADA) == opened.shown
    assert {"suid": "c3VpZA=="} == system.carrying(opened.session)
    await system.end_session(opened.session)
    assert ["Authenticate", "Logoff"] == [request.headers["type"] for request in line.asked]


@pytest.mark.parametrize("suid", ["", "c3\tVp", "é"])
async def test_a_session_without_a_usable_id_is_none(suid: str) -> None:
    """§3.3: without `suid` nobody can go on; the token is not blamed."""
    reply = session(**{"suid": suid} if suid.isascii() else {"other": "x"})

    assert Unexpected("tpp-authenticate-no-suid") == await tpp(Line(reply)).open_session(TOKEN, PRACTICE)


@pytest.mark.parametrize(
    "handle",
    [
        GpSession("emis", Secret(HANDLE.format("c3VpZA=="))),
        GpSession("tpp", Secret(HANDLE.format("a\\r\\nb"))),
        GpSession("tpp", Secret("c3VpZA==")),
    ],
)
async def test_only_sessions_of_ours_are_ended(handle: GpSession) -> None:
    """Another supplier's handle, or one that no header can carry, goes nowhere."""
    line = Line(said(200, LOGGED_OFF))
    await tpp(line).end_session(handle)

    assert [] == line.asked


@pytest.mark.parametrize(
    "person",
    [
        PERSON.format(NUMBER.digits),
        PERSON.format(NUMBER.spoken),
        f'<Person><NationalId type="NHS">{NUMBER.digits}</NationalId></Person>',
        f"<Person><NationalId><Type>NHS</Type><Value>{NUMBER.digits}</Value></NationalId></Person>",
        f'<Person NationalId="{NUMBER.digits}"/>',
        f'<x:Person xmlns:x="urn:x"><x:nationalid VALUE=" {NUMBER.digits} "/></x:Person>',
        f'<Person><Identifiers><NationalId value="{NUMBER.digits}"/></Identifiers></Person>',
    ],
)
async def test_the_nhs_number_is_read_in_any_form(person: str) -> None:
    """§11.5: attribute, text or parts of an element; nobody outside has seen which."""
    answer = await tpp(Line(session(person), said(200, LOGGED_OFF))).check(TOKEN, PRACTICE)

    assert isinstance(answer, Accepted)
    assert frozenset({NUMBER}) == answer.shown.nhs_numbers


@pytest.mark.parametrize(
    ("person", "demographics"),
    [
        ('dateOfBirth="1984-02-17"><PersonName name="Ada Okafor"/>', ADA),
        ('dateOfBirth="1984-02-17"><PersonName>Mrs. Ada Okafor</PersonName>', ADA),
        ("><DateOfBirth>1984-02-17T00:00:00</DateOfBirth><PersonName><Surname>Okafor</Surname></PersonName>", ADA),
        ('dateOfBirth="1984-02-17" lastName="Okafor">', ADA),
        ('dateOfBirth="1984-02-17"><PersonName name="Ada van Okafor"/>', None),
        ('dateOfBirth="1984-02-17"><PersonName name="Okafor"/>', None),
        ('dateOfBirth="1984-02-17">', None),
        ('><PersonName name="Ada Okafor"/>', None),
    ],
)
async def test_a_surname_is_told_or_plain_but_never_guessed(person: str, demographics: Demographics | None) -> None:
    """R5: of a full name of three words nobody knows where the surname begins."""
    whole = f'<Person {person}<NationalId value="{NUMBER.digits}"/></Person>'
    answer = await tpp(Line(session(whole), said(200, LOGGED_OFF))).check(TOKEN, PRACTICE)

    assert isinstance(answer, Accepted)
    assert demographics == answer.shown.demographics


@pytest.mark.parametrize(
    ("person", "check"),
    [
        ("", "tpp-authenticate-nobody"),
        ("<Person/>", "tpp-authenticate-nobody"),
        ('<Person><NationalId value="9990001112"/></Person>', "tpp-authenticate-nobody"),
        ('<Person dateOfBirth="1984-02-17" lastName="Okafor"/>', "tpp-authenticate-no-number"),
    ],
)
async def test_a_session_that_shows_no_number_proves_nothing(person: str, check: str) -> None:
    """N2: the token is neither accepted nor blamed."""
    assert Unexpected(check) == await tpp(Line(session(person), said(200, LOGGED_OFF))).check(TOKEN, PRACTICE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{}",
        "[" * 9999,
        '{"AccountId":"1","Passphrase":"","ProviderId":"p"}',
        '{"AccountId":1,"Passphrase":"x","ProviderId":"p"}',
    ],
)
async def test_an_unreadable_token_is_not_presented(text: str) -> None:
    """§5: badly formed tokens are refused before any call."""
    line = Line(session())

    assert Rejected(Reason.TOKEN_INVALID) == await tpp(line).check(Im1Token("tpp", Secret(text)), PRACTICE)
    assert Rejected(Reason.TOKEN_INVALID) == await tpp(line).open_session(Im1Token("emis", TOKEN.text), PRACTICE)
    assert [] == line.asked


async def test_a_session_names_the_provider_that_the_token_was_made_for() -> None:
    """§3.3: the stored token's provider id, not the configured one, in both places."""
    line = Line(error(0))
    await tpp(line).check(token_of(wire.Token("1", "x", "prov-old")), PRACTICE)

    document = etree.fromstring(line.asked[0].content)
    assert ("prov-old", "prov-old") == (document.get("providerId"), document[0].get("providerId"))


async def test_a_token_keeps_the_three_parts() -> None:
    """§5: AccountId, Passphrase, ProviderId; what stands beside them is unread."""
    assert {"AccountId": "501772913", "Passphrase": "Zt5-app-passphrase", "ProviderId": "prov-1"} == json.loads(
        TOKEN.text.reveal()
    )
    wider = TOKEN.text.reveal().replace("{", '{"Im1CacheKey":"k",')
    assert parts_of(TOKEN) == parts_of(Im1Token("tpp", Secret(wider)))


@pytest.mark.parametrize("call", ["check", "open_session"])
async def test_nothing_secret_is_shown_in_a_session(call: str, caplog: pytest.LogCaptureFixture) -> None:
    """The same for sessions, the session id included."""
    caplog.set_level(logging.DEBUG)
    answer = await ask(call, tpp(Line(session(), said(200, LOGGED_OFF))))

    assert isinstance(answer, Accepted | SessionOpened)
    assert [] == [secret for secret in (*SECRETS, "c3VpZA==") if secret in f"{caplog.text} {answer!r}"]


@pytest.mark.parametrize(
    ("user", "patient"), [("", 'patientId="p"'), ('onlineUserId=" "', 'patientId="p"'), ('onlineUserId="o"', "")]
)
async def test_a_session_that_names_no_user_or_patient_is_enough_for_a_check_only(user: str, patient: str) -> None:
    """§3.3: a client cannot make a session of it, and does not leave it open; a verification needs the NHS number alone."""
    person = f'<Person {patient}><NationalId value="{NUMBER.digits}"/></Person>'
    reply = said(200, f"<AuthenticateReply {user}><User>{person}</User></AuthenticateReply>".encode(), suid="c3VpZA==")
    line = Line(reply, said(200, LOGGED_OFF))

    assert Unexpected("tpp-authenticate-no-user") == await tpp(line).open_session(TOKEN, PRACTICE)
    assert ["Authenticate", "Logoff"] == [request.headers["type"] for request in line.asked]
    assert isinstance(await tpp(Line(reply, said(200, LOGGED_OFF))).check(TOKEN, PRACTICE), Accepted)


@pytest.mark.parametrize(
    "start", ["\ufeff", '<?xml version="1.0" encoding="utf-16"?>\n', "<?xml version='1.0' encoding='UTF-8'?>"]
)
async def test_what_a_stub_writes_into_a_string_is_read(start: str) -> None:
    """.NET calls utf-16 what it then sends in UTF-8; empty namespaces and NHS numbers in groups harm nobody."""
    person = (
        '<Person patientId="p" dateOfBirth="1984-02-17T00:00:00.0Z" gender="Female">'
        f'<NationalId type="NHS">{NUMBER.spoken}</NationalId><PersonName name="Ms Ada Okafor"/></Person>'
    )
    site = '<SiteDetails unitName="Practice X"><Address address="1 High Road"/></SiteDetails>'
    access = f'<PatientAccess patientId="p">{site}</PatientAccess>'
    spaces = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    body = (
        f'{start}<AuthenticateReply {spaces} patientId="p" onlineUserId="p" uuid="u">'
        f"<User>{person}</User>{person}<Registration>{access}</Registration></AuthenticateReply>"
    )
    answer = await tpp(Line(said(200, body.encode(), Suid="c3VpZA=="))).open_session(TOKEN, PRACTICE)

    assert isinstance(answer, SessionOpened)
    assert (frozenset({NUMBER}), ADA) == (answer.shown.nhs_numbers, answer.shown.demographics)


@pytest.mark.parametrize(("options", "seconds"), [({}, 10.0), ({"timeout": "2.5"}, 2.5)])
async def test_tpp_may_take_as_long_as_is_configured(options: dict[str, str], seconds: float) -> None:
    """§2.8, §11.8: ten seconds unless it is said otherwise."""
    line = Line(said(200, RETRIEVED))
    named = {"application_name": "Demo", "application_version": "1.0", "provider_id": "prov-1"}
    await tpp_systmone(Plugged("tpp", line.client(URL), URL, named | options)).retrieve(APPLICANT)

    assert [seconds] == [request.extensions["timeout"]["read"] for request in line.asked]
