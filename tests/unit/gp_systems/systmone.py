"""SystmOnline at the other end of a line, in the words of the worked examples (`gp-systems.md` §3.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import httpx2
from lxml import etree

from gpic.credentials.ports import Applicant
from gpic.gp_systems.tpp import wire
from gpic.gp_systems.tpp.client import Application, TppSystmOne
from gpic.gp_systems.tpp.replies import token_of
from gpic.nhs.answers import (
    AccountOpened,
    CheckAnswer,
    LinkAnswer,
    Retrieved,
    SessionAnswer,
)
from gpic.nhs.clock import MovableClock
from gpic.nhs.credentials import Demographics
from gpic.nhs.secret import Secret
from tests.unit.gp_systems.persons import ADA, APPLICANT, NUMBER, PRACTICE, TPP_DETAILS
from tests.unit.line import Line, said

URL = "https://gp.test/tpp/"
APPLICATION = Application("Demo", "1.0", "prov-1", "Web")
TOKEN = token_of(wire.Token("501772913", "Zt5-app-passphrase", "prov-1"))
NOW = datetime(2031, 4, 2, tzinfo=UTC)
CLOCK = MovableClock(NOW)
UNDER_16 = Applicant(NUMBER, PRACTICE, Demographics("Okafor", "2015-04-03"), Secret("x"))
JUST_16 = Applicant(NUMBER, PRACTICE, Demographics("Okafor", "2015-04-02"), Secret("x"))

CREATED = b'<LinkAccountReply uuid="u" accountId="501772913" passphrase="Zt5-app-passphrase" passphraseToLink="q7f2!w/9dk4"/>'
RETRIEVED = b'<LinkAccountReply uuid="u" accountId="501772913" passphraseToLink="q7f2!w/9dk4"/>'
LINKED = b'<LinkAccountReply uuid="u" passphrase="Zt5-app-passphrase"/>'
LOGGED_OFF = b'<LogoffReply uuid="u"/>'
PERSON = (
    '<Person patientId="p" dateOfBirth="1984-02-17T00:00:00">'
    '<NationalId type="NHS" value="{0}"/><PersonName name="Ms Ada Okafor"/></Person>'
)
#: Somebody whom the patient may act for: never whom the session shows.
PROXY = '<Person patientId="other"><NationalId value="9990001138"/></Person>'


def tpp(line: Line) -> TppSystmOne:
    """TPP at the other end of this line; its requests are numbered."""
    numbers = count(1)
    return TppSystmOne(
        line.client("https://gp.test"), APPLICATION, url=URL, clock=CLOCK, new_uuid=lambda: f"uuid-{next(numbers)}"
    )


def session(person: str = PERSON.format(NUMBER.digits), **headers: str) -> httpx2.Response:
    """An Authenticate reply that shows this person."""
    body = f'<AuthenticateReply uuid="u" onlineUserId="82ab00"><User>{person}</User>{PROXY}<Registration/></AuthenticateReply>'
    return said(200, body.encode(), **(headers or {"suid": "c3VpZA=="}))


def error(code: int | str) -> httpx2.Response:
    """An error as TPP says it: with HTTP 200."""
    return said(200, f'<Error errorCode="{code}" userFriendlyMessage="m" technicalMessage="t" uuid="u"/>'.encode())


def canonical(document: bytes | str) -> bytes:
    """The document in canonical XML, so that order and spelling do not matter."""
    return etree.tostring(etree.fromstring(document), method="c14n")


async def ask(call: str, system: TppSystmOne) -> object:
    """One of the methods, with the worked example's arguments."""
    if call == "link":
        return await system.link(ADA, TPP_DETAILS)
    if call in {"check", "open_session"}:
        return await (system.check if call == "check" else system.open_session)(TOKEN, PRACTICE)
    methods = {"retrieve": system.retrieve, "verify_anew": system.verify_anew, "open_account": system.open_account}
    return await methods[call](APPLICANT)


COMMON = 'apiVersion="1" uuid="uuid-1" organisationCode="A12345" lastName="Okafor" dateOfBirth="1984-02-17T00:00:00"'
CALLER = '<Application name="Demo" version="1.0" providerId="prov-1" deviceType="Web"/>'
DECLARED = {
    "link": LinkAnswer,
    "open_account": AccountOpened,
    "retrieve": Retrieved,
    "verify_anew": Retrieved,
    "check": CheckAnswer,
    "open_session": SessionAnswer,
}
