"""Attacks on a service by its addresses: what a browser can be made to bring there (R13, attacks 31, 38 and open redirects)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import httpx2

from gpic.examiner.case import NHS_LOGIN, PERSON, Case, must_be_readable, with_query
from gpic.examiner.checks import Check
from gpic.examiner.forgery import ELSEWHERE
from gpic.examiner.verdicts import Failed, NotSeen
from gpic.sandbox.browser import Browser, LedAway, NotWhatWasExpected, Page
from gpic.sandbox.walk import answer_pages

MARKUP: Final = "<script>alert(1)</script>"
INJECTED: Final = "injected"
#: What services call the address to which a login leads afterwards.
ONWARDS: Final = (
    "next", "url", "target", "dest", "destination", "redirect", "redirect_to", "redirect_url", "redirect_uri", "return",
    "return_to", "returnTo", "return_url", "returnUrl", "rurl", "continue", "goto", "back", "callback", "then",
)  # fmt: skip
#: Errors that NHS login answers with at a callback, those apart that have a scenario of their own (`nhs-login.md` §2).
ERRORS: Final = (
    "login_required", "sso_login_required", "interaction_required", "consent_required", "account_selection_required",
    "invalid_request", "unauthorized_client", "server_error", "temporarily_unavailable", "something_new",
)  # fmt: skip


def refuses_an_unknown_state(case: Case) -> None:
    """Attack 31: a state that nobody gave."""
    person = case.stranger()
    asked = case.begin(person)
    page = _opened(case, person, with_query(asked["redirect_uri"], {"code": INJECTED, "state": "of-nobody"}))
    _must_not_redeem(case, "a callback of an unknown state")
    _must_not_connect(case, page)


def refuses_a_callback_twice(case: Case) -> None:
    """Attack 31: a state is good once."""
    patient = case.somebody()
    url = case.callback(case.connect(patient))
    code = httpx2.URL(url).params["code"]
    case.look_away()
    case.open(patient, url)
    if any(one.get("code") == code for one in case.redemptions):
        raise Failed("a callback that comes again to be refused before /token", "its code at /token once more")


def refuses_another_browsers_login(case: Case) -> None:
    """Attack 31: somebody else's login, finished in this browser."""
    patient = case.somebody()
    victim = case.sandbox.browser(patient.slug)
    begun = case.begin(case.stranger())  # the attacker's
    case.begin(victim)  # has pressed the button, too
    case.look_away()
    page = case.answered(victim, patient, with_query(f"{case.server.issuer}/authorize", begun))
    brought = [params for url in page.way if (params := httpx2.URL(url).params).get("state") == begun["state"]]
    codes = {params["code"] for params in brought if "code" in params}
    if not codes:
        raise NotSeen("the login did not come back to the service")
    if any(one.get("code") in codes for one in case.redemptions):
        raise Failed("a callback that another browser began to be refused before /token", "its code at /token")
    _must_not_connect(case, page)


def refuses_an_answer_of_another_issuer(case: Case) -> None:
    """Attack 31: mix-up; the callback says that somebody else answers."""
    person = case.stranger()
    asked = case.begin(person)
    _opened(
        case, person, with_query(asked["redirect_uri"], {"code": INJECTED, "state": asked.get("state", ""), "iss": ELSEWHERE})
    )
    _must_not_redeem(case, "a code that another issuer sends")


def refuses_code_and_error_at_once(case: Case) -> None:
    """Attack 31: an answer that says both."""
    person = case.stranger()
    asked = case.begin(person)
    answer = {"code": INJECTED, "state": asked.get("state", ""), "error": "access_denied"}
    _opened(case, person, with_query(asked["redirect_uri"], answer))
    _must_not_redeem(case, "a code beside an error")


def echoes_no_error(case: Case) -> None:
    """Attack 38: an error with markup in it, with a state that is right and with one that is not."""
    person = case.stranger()
    asked = case.begin(person)
    for state in (MARKUP, asked.get("state", "")):
        brought = {"error": MARKUP, "error_description": MARKUP, "state": state}
        page = _opened(case, person, with_query(asked["redirect_uri"], brought))
        if page.document.xpath("//script[contains(text(), 'alert(1)')]"):
            raise Failed("what a callback brings never to become part of a page", "its script stands in the page")
        _must_not_connect(case, page)


def has_a_page_for_each_error(case: Case) -> None:
    """Attack 38: every error that NHS login can answer with, and one that it cannot."""
    for error in ERRORS:
        person = case.stranger()
        asked = case.begin(person)
        page = _opened(case, person, with_query(asked["redirect_uri"], {"error": error, "state": asked.get("state", "")}))
        must_be_readable(page)
        if not page.text.strip():
            raise Failed("a page that explains", f"an empty one after error={error}")
        if case.is_connected(page):
            raise Failed("nobody to be connected by an error", f"the page of somebody who is connected after error={error}")


def leads_nobody_away(case: Case) -> None:
    """A login leads to nowhere but the service's own pages, whatever its addresses are given."""
    patient = case.somebody()
    person = case.sandbox.browser(patient.slug)
    onwards = dict.fromkeys(ONWARDS, f"{ELSEWHERE}/")

    async def gone() -> Page:
        page = await person.open(str(httpx2.URL(case.looks.start).copy_merge_params(onwards)))
        if case.looks.button:
            page = await person.open(str(httpx2.URL(page.target(case.looks.button)).copy_merge_params(onwards)))
        return await answer_pages(person, page, case.server.theatre.stage.people[patient.slug])

    try:
        case.server.run(gone())
        case.server.run(person.open(str(httpx2.URL(case.looks.inside).copy_merge_params(onwards))))
    except LedAway as away:
        raise Failed("nobody to be led to a foreign address", "a redirect to one that the query named") from away
    except NotWhatWasExpected as lost:
        raise NotSeen(f"with addresses in the query a login does not end: {lost}") from lost


def _opened(case: Case, person: Browser, url: str) -> Page:
    try:
        return case.server.run(person.open(url))
    except NotWhatWasExpected as lost:
        raise Failed("a page", str(lost)) from lost


def _must_not_redeem(case: Case, what: str) -> None:
    if any(one.get("code") == INJECTED for one in case.redemptions):
        raise Failed(f"{what} to be refused before /token", "the code at /token")


def _must_not_connect(case: Case, page: Page) -> None:
    must_be_readable(page)
    if case.is_connected(page):
        raise Failed("nobody to be connected", "the page of somebody who is connected")
    came_back = any((one.sender, one.receiver) == (PERSON, NHS_LOGIN) for one in case.messages)
    if not page.text.strip() and not came_back:
        raise NotSeen("the callback answers with an empty page")


CSRF: Final = "OAuth 2.0 Security BCP: CSRF at the callback"
#: What is seen, the clause, how it is mended, whether R13 says it, and how it is run.
TABLE: Final[tuple[tuple[str, str, str, str, Callable[[Case], None]], ...]] = (
    (
        "attack 31 unknown",
        "Refuses a state that it did not give",
        CSRF,
        "Bind the state to the browser, and refuse every other before you speak to NHS login.",
        refuses_an_unknown_state,
    ),
    (
        "attack 31 again",
        "Takes a callback once",
        "OAuth 2.0 Security BCP: a state is used once",
        "Delete the state as you read it.",
        refuses_a_callback_twice,
    ),
    (
        "attack 31 browser",
        "Refuses a login that another browser began",
        CSRF,
        "Keep the state under a cookie, and take it only together with that cookie.",
        refuses_another_browsers_login,
    ),
    (
        "attack 31 mix-up",
        "Refuses the answer of another issuer",
        "RFC 9207: iss in the authorization response",
        "Where a callback has iss, compare it with your issuer before you redeem the code.",
        refuses_an_answer_of_another_issuer,
    ),
    (
        "attack 31 both",
        "Refuses a code beside an error",
        "RFC 6749 4.1.2: an answer is a code or an error",
        "Look at error first; a callback with both is neither.",
        refuses_code_and_error_at_once,
    ),
)
ATTACKS: Final = (
    *(Check(name, title, clause, mend, run, upholds="R13") for name, title, clause, mend, run in TABLE),
    Check(
        "attack 38 markup",
        "Echoes nothing that a callback brings",
        "NHS login: errors at the callback",
        "Map error codes to sentences of your own; never print error or error_description.",
        echoes_no_error,
    ),
    Check(
        "attack 38 errors",
        "Has a page for each error of NHS login",
        "NHS login: error codes of /authorize",
        "Tell apart what a person can mend, what passes, and what is your own mistake; treat an unknown code as the last.",
        has_a_page_for_each_error,
    ),
    Check(
        "open redirect",
        "Leads nobody to a foreign address",
        "OAuth 2.0 Security BCP: open redirectors",
        "Keep where to go in the session; where it must stand in an address, take paths of your own alone.",
        leads_nobody_away,
    ),
)
