"""NHS login's published test scenarios, and what GP systems' XML demands (attack 40)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gpic.examiner.between import USERINFO, Change
from gpic.examiner.case import Case, fields_of
from gpic.examiner.checks import Check
from gpic.examiner.forgery import Words, in_json
from gpic.examiner.verdicts import Failed, NotSeen
from gpic.sandbox.browser import NotWhatWasExpected
from gpic.sandbox.walk import answers_to

CONSENT: Final = "agree"
TPP_PRACTICE: Final = "B99901"
UNREGISTERED: Final = "nhs_app_credentials"
MOST_PAGES: Final = 8
MOST_LOGINS: Final = 3  #: R9: the person's own, and two returns
AWKWARD: Final = "O'Hare & <Daughters>"
TRAP: Final = "/examined.dtd"


def explains_a_refused_consent(case: Case) -> None:
    """Consent refused shows a suitable message."""
    patient, person = case.somebody(), case.stranger()
    who = case.server.theatre.stage.people[patient.slug]

    async def declined() -> tuple[int, str]:
        page = await person.open(case.looks.start)
        page = await person.follow(page, case.looks.button) if case.looks.button else page
        for _ in range(MOST_PAGES):
            answers = answers_to(page, who)
            if not answers:
                raise NotSeen("NHS login did not ask for consent")
            if answers.get("action") == CONSENT:
                page = await person.fill_in(page, action="decline")
                return page.status, page.text
            page = await person.fill_in(page, **answers)
        raise NotSeen("NHS login did not ask for consent")

    try:
        status, text = case.server.run(declined())
    except NotWhatWasExpected as lost:
        raise Failed("a page that explains", str(lost)) from lost
    if status >= 500 or not text.strip() or case.looks.connected in text:  # noqa: PLR2004 - HTTP
        raise Failed("a page that explains why sharing is needed", f"status {status}")


def explains_an_invalid_scope(case: Case) -> None:
    """Scopes that are not registered give invalid_scope."""
    patient = case.somebody()

    def with_one_more(query: str) -> str:
        return query.replace("scope=openid", f"scope=openid+{UNREGISTERED}", 1)

    with case.among.provider.changing(Change(query=with_one_more)):
        page = case.log_in(patient)
    answers = [fields_of(url.partition("?")[2]).get("error") for url in page.way]
    if "invalid_scope" not in answers:
        raise NotSeen("NHS login's invalid_scope did not reach the service: ask for scopes by GET, openid first")
    if case.is_connected(page):
        raise Failed("nobody to be connected", "the page of somebody who is connected")
    if len(case.authorizations) > MOST_LOGINS:
        raise Failed("an explanation: asking again is answered again so", f"{len(case.authorizations) - 1} returns")
    if not page.text.strip():
        raise Failed("a page that explains", "an empty one")


def lifts_to_p9(level: str) -> Callable[[Case], None]:
    """A P0 or P5 user is uplifted to P9 and then linked."""

    def run(case: Case) -> None:
        case.connect(case.somebody(level=level))
        if not case.good_links():
            raise Failed("somebody who was uplifted to be linked", "no registration at the GP system")

    return run


def admits_nobody_by_invalid_details(case: Case) -> None:
    """A user with invalid IM1 details cannot reach GP online services."""
    patient = case.somebody()

    def invalid(fields: Words) -> None:
        claim = fields.get("gp_integration_credentials")
        if isinstance(claim, dict):
            claim["gp_linkage_key"] = "invalid-key-of-an-examination"

    with case.changing({USERINFO: in_json(invalid)}) as standing:
        page = case.log_in(patient)
        struck = standing.struck
    if not struck:
        raise NotSeen("the service did not ask for userinfo")
    if case.is_connected(page):
        raise Failed("nobody to be connected by invalid details", "the page of somebody who is connected")


def speaks_xml(case: Case) -> None:
    """Attack 40: a name with everything that XML must escape."""
    patient = case.somebody(practice=TPP_PRACTICE, family_name=AWKWARD)
    page = case.log_in(patient)
    if not case.asked_a_surgery():
        raise NotSeen("the service asked nothing of TPP")
    if not case.is_connected(page):
        raise Failed(f"somebody called {AWKWARD} to be connected at TPP", f"the page {page.heading!r}")


def fetches_nothing_for_xml(case: Case) -> None:
    """Attack 40: an answer of TPP's that refers to something outside of it."""
    address = f"{case.server.issuer}{TRAP}"
    patient = case.somebody(practice=TPP_PRACTICE)
    patient.log_in(case.server.addresses["partner"])  # so that NHS login has its details and TPP's answers are the service's
    case.settle()

    def referring(body: bytes) -> bytes:
        start = body.find(b"<", body.find(b"?>") + 1)
        name = body[start + 1 :].split(maxsplit=1)[0].strip(b"/>").decode("utf-8", "replace")
        entity = f'<!DOCTYPE {name} SYSTEM "{address}" [<!ENTITY outside SYSTEM "{address}">]>'
        return body[:start] + entity.encode() + body[start:]

    tpp = Change(dict.fromkeys(("/", "/tpp", "/tpp/"), referring))
    with case.changing({TRAP: bytes}) as provider, case.among.tpp.changing(tpp):
        case.log_in(patient)
        fetched, struck = TRAP in provider.paths, case.among.tpp.struck
    if not struck:
        raise NotSeen("the service asked nothing of TPP")
    if fetched:
        raise Failed("nothing to be fetched that an answer in XML refers to", "a request for it")


PUBLISHED: Final = "NHS login: test scenarios, "
SCENARIOS: Final = (
    Check(
        "consent",
        "Explains a refused consent",
        f"{PUBLISHED}consent refused",
        "Treat error=access_denied at the callback as an answer, with a page of its own.",
        explains_a_refused_consent,
    ),
    Check(
        "invalid scope",
        "Explains a scope that it is not registered for",
        f"{PUBLISHED}scopes not registered",
        "Treat error=invalid_scope at the callback as a mistake of your own: explain, and do not ask again.",
        explains_an_invalid_scope,
    ),
    *(
        Check(
            f"uplift {level}",
            f"Connects somebody at {level} who proves more of who they are",
            f"{PUBLISHED}P0 and P5 users are uplifted to P9 and then linked",
            "Ask for the vectors that you need, and read the vot that comes back.",
            lifts_to_p9(level),
        )
        for level in ("P0", "P5")
    ),
    Check(
        "invalid details",
        "Admits nobody by invalid details",
        f"{PUBLISHED}a user with invalid IM1 details cannot reach GP online services",
        "Let nobody in before a session at the GP system shows who it is.",
        admits_nobody_by_invalid_details,
    ),
)
XML: Final = (
    Check(
        "attack 40 escaping",
        "Escapes what it writes in XML",
        "TPP: requests are XML documents",
        "Build documents with an XML library; never put texts together.",
        speaks_xml,
    ),
    Check(
        "attack 40 entities",
        "Fetches nothing that XML refers to",
        "OWASP: XML external entities",
        "Switch external entities, DTDs and network access off in your XML parser.",
        fetches_nothing_for_xml,
    ),
)
