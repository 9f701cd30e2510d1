"""TPP SystmOne: what we send, what we make of each answer, and that no answer makes us raise."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx2
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gpic.credentials.ports import Applicant
from gpic.gp_systems.tpp import wire
from gpic.nhs.answers import (
    Found,
    Linked,
    NoAccount,
    Opened,
    Reason,
    Refused,
    Rejected,
    Unexpected,
    Unreachable,
)
from gpic.nhs.credentials import Demographics, Im1Token
from gpic.nhs.secret import Secret
from tests.unit.gp_systems.persons import ADA, APPLICANT, NUMBER, PRACTICE, SECRETS, TPP_DETAILS
from tests.unit.gp_systems.systmone import (
    CALLER,
    COMMON,
    CREATED,
    DECLARED,
    JUST_16,
    LINKED,
    RETRIEVED,
    TOKEN,
    UNDER_16,
    URL,
    ask,
    canonical,
    error,
    tpp,
)
from tests.unit.line import JSON_TEXTS, RESPONSES, Answer, Line, said

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    """Attempts are counted, pauses are not waited for."""
    with stamina.set_testing(True, attempts=9, cap=True):
        yield


BY_NUMBER = f'<LinkAccount {COMMON} nhsNumber="{NUMBER.digits}"'
CONTACT = 'emailAddress="ada@example.test" mobileNo="07000000000"'
LINKAGE = 'accountId="501772913" passphrase="q7f2!w/9dk4"'
PASSPHRASE = 'accountId="501772913" passphrase="Zt5-app-passphrase" providerId="prov-1"'
EXAMPLES = {
    "retrieve": f'{BY_NUMBER} retrieveOnly="y">{CALLER}</LinkAccount>',
    "verify_anew": f'{BY_NUMBER} retrieveOnly="y">{CALLER}</LinkAccount>',
    "open_account": f"{BY_NUMBER} {CONTACT}>{CALLER}</LinkAccount>",
    "link": f"<LinkAccount {COMMON} {LINKAGE}>{CALLER}</LinkAccount>",
    "check": f'<Authenticate apiVersion="1" uuid="uuid-1" unitId="A12345" {PASSPHRASE}>{CALLER}</Authenticate>',
}


@pytest.mark.parametrize("call", EXAMPLES)
async def test_requests_are_those_of_the_worked_examples(call: str) -> None:
    """§3.7: the same documents, to the configured address itself, with `type` equal to the root element."""
    line = Line(error(0))
    await ask(call, tpp(line))

    (request,) = line.asked
    assert canonical(EXAMPLES[call]) == canonical(request.content)
    assert URL == str(request.url)
    assert ("POST", "text/xml", "text/xml; charset=utf-8") == (
        request.method,
        request.headers["accept"],
        request.headers["content-type"],
    )
    assert etree.fromstring(request.content).tag == request.headers["type"]
    assert "suid" not in request.headers


@pytest.mark.parametrize(
    ("call", "body", "answer"),
    [
        ("retrieve", RETRIEVED, Found(TPP_DETAILS)),
        ("verify_anew", RETRIEVED, Found(TPP_DETAILS)),
        ("open_account", CREATED, Opened(TOKEN, TPP_DETAILS)),
        ("open_account", CREATED.replace(b"q7f2!w/9dk4", b""), Opened(TOKEN, None)),
        ("link", LINKED, Linked(TOKEN)),
        ("link", CREATED, Linked(TOKEN)),
    ],
)
async def test_replies_are_those_of_the_worked_examples(call: str, body: bytes, answer: object) -> None:
    """§3.7: what each variant gives."""
    assert answer == await ask(call, tpp(Line(said(200, body))))


@pytest.mark.parametrize(
    "reply",
    [
        said(200, b'<LinkAccountReply uuid="u" accountId="" passphraseToLink=""/>'),
        said(200, b'<LinkAccountReply uuid="u" accountId="501772913" passphraseToLink=" "/>'),
        said(200, b'<LinkAccountReply uuid="u" passphraseToLink="x"/>'),
        said(404, b""),
        said(404, b"<LinkAccountReply/>"),
    ],
)
async def test_blank_details_are_a_patient_without_an_account(reply: httpx2.Response) -> None:
    """N8: §3.2, go on to create."""
    assert NoAccount() == await tpp(Line(reply)).retrieve(APPLICANT)


async def test_a_404_of_something_else_is_no_patient_without_an_account() -> None:
    """N12: a page of some gateway must not lead to a new account."""
    page = said(404, b"<html><p>Not found<br></html>")

    assert Unexpected("tpp-retrieve-404-unreadable") == await tpp(Line(page)).retrieve(APPLICANT)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("a&amp;amp;b", "a&b"),
        ("&amp;lt;x&amp;#39;", "<x'"),
        ("&amp;#x41;", "A"),
        ("a&amp;b", "a&b"),
        ("a&amp;lt5", "a&lt5"),
        ("&amp;copyright", "&copyright"),
        ("plain", "plain"),
    ],
)
async def test_a_linkage_key_is_html_decoded(sent: str, meant: str) -> None:
    """§3.2: entities inside the value are decoded once more; something that only begins like one is the key's own."""
    body = f'<LinkAccountReply accountId="1" passphraseToLink="{sent}"/>'.encode()
    answer = await tpp(Line(said(200, body))).retrieve(APPLICANT)

    assert isinstance(answer, Found)
    assert meant == answer.credentials.linkage_key.reveal()


async def test_values_are_escaped_and_what_xml_cannot_carry_is_left_out() -> None:
    """A passphrase is punctuation at will; it never becomes markup."""
    awkward = Demographics('O\'Neill & "Søn" <b>\x00\ud800', "1984-02-17")
    line = Line(error(0))
    await tpp(line).link(awkward, TPP_DETAILS)

    assert 'O\'Neill & "Søn" <b>' == etree.fromstring(line.asked[0].content).get("lastName")


async def test_contacts_that_nobody_knows_are_not_sent() -> None:
    """N9: e-mail and phone are the account's, if it has them."""
    line = Line(error(0))
    await tpp(line).open_account(UNDER_16)

    assert {"emailAddress", "mobileNo"}.isdisjoint(etree.fromstring(line.asked[0].content).attrib)


REFUSALS: dict[str, dict[int, object]] = {
    "link": {
        0: Unreachable(),
        3: Unreachable(),
        5: Refused(Reason.APPLICATION_REFUSED),
        6: Rejected(Reason.KEY_INVALID),
        8: Rejected(Reason.KEY_INVALID),
        9: Unexpected("tpp-link-200-9"),
        19: Refused(Reason.NOT_PDS_MATCHED),
        509: Refused(Reason.LOCKED),
        512: Refused(Reason.DEMOGRAPHICS_DIFFER),
        513: Refused(Reason.DEMOGRAPHICS_DIFFER),
        553: Refused(Reason.UNDER_AGE),
        554: Refused(Reason.NOT_REGISTERED),
        555: Refused(Reason.NOT_REGISTERED),
        556: Unreachable(),
    },
    "check": {
        0: Unreachable(),
        3: Unreachable(),
        5: Refused(Reason.APPLICATION_REFUSED),
        6: Rejected(Reason.TOKEN_INVALID),
        8: Rejected(Reason.TOKEN_INVALID),
        9: Rejected(Reason.TOKEN_INVALID),
        19: Unexpected("tpp-authenticate-200-19"),
        509: Rejected(Reason.LOCKED),
    },
}
REFUSALS["retrieve"] = REFUSALS["link"] | {
    6: Refused(Reason.ONLINE_SERVICES_OFF),
    8: Refused(Reason.LOCKED),
    9: Unexpected("tpp-retrieve-200-9"),
}
REFUSALS["open_session"] = REFUSALS["check"]
REFUSALS["open_account"] = REFUSALS["retrieve"] | {9: Unexpected("tpp-create-200-9")}


@pytest.mark.parametrize(
    ("call", "code", "answer"), [(call, code, answer) for call, rows in REFUSALS.items() for code, answer in rows.items()]
)
async def test_calls_are_refused_in_these_ways(call: str, code: int, answer: object) -> None:
    """§3.5: the secret's fault is Rejected and never presented again (N13); the rest is N11 or N12."""
    assert answer == await ask(call, tpp(Line(error(code))))


@pytest.mark.parametrize(("applicant", "reason"), [(UNDER_16, Reason.UNDER_AGE), (JUST_16, Reason.LOCKED)])
async def test_a_problem_with_a_child_is_their_age(applicant: Applicant, reason: Reason) -> None:
    """§3.5: the older protocol has no code for age, so code 8 under 16 means that."""
    system = tpp(Line(error(8)))

    assert Refused(reason) == await system.retrieve(applicant)
    assert Refused(reason) == await system.open_account(applicant)


async def test_an_unreadable_birth_date_is_no_childs() -> None:
    """No age is made up."""
    applicant = Applicant(NUMBER, PRACTICE, Demographics("Okafor", "2020"), Secret("x"))

    assert Refused(Reason.LOCKED) == await tpp(Line(error(8))).retrieve(applicant)


async def test_a_transient_failure_is_tried_again() -> None:
    """§3.5: 556 asks for the same once more, with a fresh uuid each time."""
    line = Line(error(556), error(556), said(200, CREATED))

    assert Opened(TOKEN, TPP_DETAILS) == await tpp(line).open_account(APPLICANT)
    assert ["uuid-1", "uuid-2", "uuid-3"] == [etree.fromstring(request.content).get("uuid") for request in line.asked]


@pytest.mark.parametrize(("call", "attempts"), [("retrieve", 3), ("open_account", 3), ("link", 3), ("check", 1)])
async def test_a_transient_failure_that_stays_is_no_answer(call: str, attempts: int) -> None:
    """N12: bounded, then Unreachable; a session is not tried twice."""
    line = Line(error(556))

    assert Unreachable() == await ask(call, tpp(line))
    assert attempts == len(line.asked)


@pytest.mark.parametrize(("call", "code"), [("link", 8), ("link", 6), ("check", 9), ("check", 6), ("open_session", 9)])
async def test_a_rejected_secret_is_presented_once(call: str, code: int) -> None:
    """N13: failures are counted over there, and lock the account."""
    line = Line(error(code))

    assert isinstance(await ask(call, tpp(line)), Rejected)
    assert 1 == len(line.asked)


@pytest.mark.parametrize(
    "body",
    [
        b'<LinkAccountReply accountId="1" passphraseToLink="x" passphrase="y" errorCode="8"/>',
        b'<LinkAccountReply accountId="1" passphraseToLink="x"><Fault errorCode="8"/></LinkAccountReply>',
        b'<t:Error xmlns:t="urn:t" ErrorCode=" 8 "/>',
    ],
)
async def test_an_error_is_known_by_its_code_wherever_it_stands(body: bytes) -> None:
    """§3.5: the text `errorCode=` makes an error of any reply."""
    assert Rejected(Reason.KEY_INVALID) == await tpp(Line(said(200, body))).link(ADA, TPP_DETAILS)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (said(200, b""), "tpp-link-200-unreadable"),
        (said(200, b"<LinkAccountReply"), "tpp-link-200-unreadable"),
        (said(200, b"{}"), "tpp-link-200-unreadable"),
        (said(403, b"<html><body>no</body></html>"), "tpp-link-403"),
        (said(403, b'<Error errorCode="8"/>'), "tpp-link-403-8"),
        (said(302, b""), "tpp-link-302-unreadable"),
        (said(200, b"<Error/>"), "tpp-link-200"),
        (said(200, b'<Error errorCode="eight"/>'), "tpp-link-200"),
        (said(200, b"<LinkAccountReply/>"), "tpp-link-incomplete"),
        (said(200, b'<OtherReply passphrase="x"/>'), "tpp-link-incomplete"),
        (said(200, b'<!DOCTYPE r [<!ENTITY e "x">]><LinkAccountReply passphrase="&e;"/>'), "tpp-link-200-unreadable"),
        (said(200, b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><LinkAccountReply passphrase="x"/>'), "tpp-link-200-unreadable"),
    ],
)
async def test_anything_else_throws_nothing_away(reply: httpx2.Response, code: str) -> None:
    """N12: an answer that nobody has described, a document type among them."""
    assert Unexpected(code) == await tpp(Line(reply)).link(ADA, TPP_DETAILS)


async def test_an_incomplete_account_is_not_taken() -> None:
    """A create without account id or passphrase is no account of ours; the next retrieve finds what is there."""
    assert Unexpected("tpp-create-incomplete") == await tpp(Line(said(200, RETRIEVED))).open_account(APPLICANT)
    assert Unexpected("tpp-create-incomplete") == await tpp(Line(said(200, LINKED))).open_account(APPLICANT)


@pytest.mark.parametrize("trouble", [httpx2.ConnectTimeout(""), httpx2.ReadError(""), said(503, b""), said(429, b"")])
@pytest.mark.parametrize("call", ["link", "open_account", "retrieve", "check", "open_session"])
async def test_no_answer_is_unreachable(call: str, trouble: Answer) -> None:
    """N12: never "invalid", and asked once."""
    line = Line(trouble)

    assert isinstance(await ask(call, tpp(line)), Unreachable)
    assert 1 == len(line.asked)


@pytest.mark.parametrize("call", DECLARED)
@given(responses=st.lists(RESPONSES, min_size=1, max_size=3))
async def test_no_reply_makes_it_raise(call: str, responses: list[httpx2.Response]) -> None:
    """Random statuses, headers, bytes, JSON and XML: always one of the declared answers."""
    assert isinstance(await ask(call, tpp(Line(*responses))), DECLARED[call])


@given(text=st.text(max_size=60) | JSON_TEXTS)
async def test_no_token_makes_it_raise(text: str) -> None:
    """Whatever was stored as a token is presented or refused."""
    assert isinstance(await tpp(Line(error(9))).check(Im1Token("tpp", Secret(text)), PRACTICE), Rejected)


@given(values=st.dictionaries(st.sampled_from(["a", "b", "passphrase"]), st.text(st.characters()), max_size=3))
async def test_whatever_is_written_reads_back(values: dict[str, str]) -> None:
    """Every text that XML can carry survives; the rest is left out."""
    root = etree.fromstring(wire.written("Root", values, None))

    # A reader of XML turns tabs and line ends inside attributes into spaces only when they are not escaped.
    assert {name: wire.UNSPEAKABLE.sub("", value) for name, value in values.items()} == {
        str(name): str(value) for name, value in root.attrib.items()
    }


@pytest.mark.parametrize(
    ("call", "replies"),
    [("link", [LINKED]), ("open_account", [CREATED]), ("retrieve", [RETRIEVED])],
)
async def test_nothing_secret_is_shown_when_linking(
    call: str, replies: list[bytes], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither logs at any level, retries included, nor the answer's repr hold a secret, a number or a name."""
    caplog.set_level(logging.DEBUG)
    line = Line(error(556), *(said(200, reply) for reply in replies))
    answer = await ask(call, tpp(line))

    assert isinstance(answer, Found | Opened | Linked)
    assert 2 == len(line.asked)
    everything = f"{caplog.text} {capfd.readouterr()} {answer!r}"
    assert [] == [secret for secret in SECRETS if secret in everything]
