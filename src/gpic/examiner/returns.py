"""R11, R12, R14 and R15: two callbacks at one moment, a token that is lost, and identities that are asserted."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx2
import msgspec

from gpic.examiner.case import Case, must_be_readable
from gpic.examiner.checks import Check
from gpic.examiner.forgery import opened
from gpic.examiner.rules import half_an_hour_later
from gpic.examiner.verdicts import Failed, NotSeen
from gpic.sandbox.browser import Browser, NotWhatWasExpected, Page
from gpic.sandbox.walk import answer_pages

ASSERTED: Final = "asserted_login_identity"
LONGEST_ASSERTION: Final = 60  #: seconds
BROWSERS: Final = 3
ALREADY_LINKED: Final = "EmisSwitches.already_linked"
#: What an examination passes on as somebody's assertion; NHS login refuses it and asks for a sign-in.
OPAQUE: Final = "examined.examined.examined"


def registers_once_for_callbacks_at_one_moment(case: Case) -> None:
    """R11: one person, several browsers, all at once."""
    patient = case.somebody()
    browsers = [case.sandbox.browser(patient.slug) for _ in range(BROWSERS)]
    who = case.server.theatre.stage.people[patient.slug]

    async def gone(person: Browser) -> Page:
        page = await person.open(case.looks.start)
        page = await person.follow(page, case.looks.button) if case.looks.button else page
        return await answer_pages(person, page, who)

    async def all_at_once() -> list[Page]:
        return list(await asyncio.gather(*(gone(person) for person in browsers)))

    try:
        pages = case.server.run(all_at_once())
    except NotWhatWasExpected as lost:
        raise Failed("that a login ends on a page", str(lost)) from lost
    case.settle()
    for page in pages:
        must_be_readable(page)
    if (links := case.calls().get("link", 0)) > 1:
        raise Failed("one registration for several callbacks at one moment", str(links))


def copes_with_a_lost_token(case: Case) -> None:
    """R12: EMIS has linked, its answer was lost, and it links no second time."""
    patient = case.somebody()
    before = case.server.theatre.stage.switchboard.read(ALREADY_LINKED)
    case.sandbox.switch(ALREADY_LINKED, "400")
    case.sandbox.fault("reset", "EMIS", operation="POST me/applications", sender=case.examinee, only=1, after_work=True)
    try:
        case.log_in(patient)
        case.look_away()
        page = case.log_in(patient)
    finally:
        case.sandbox.switch(ALREADY_LINKED, before)
    if (returns := len(case.authorizations) - 1) > 1:
        raise Failed("at most one return to NHS login for a token that is lost", f"{returns} returns")
    if not page.text.strip():
        raise Failed("a page that explains", "an empty one")


def asserts_who_comes(case: Case) -> None:
    """R14: in a return by itself, so that nobody signs in twice; and for whoever another partner sends."""
    patient = case.somebody()
    case.connect(patient)
    half_an_hour_later(case)
    patient.happens("rotate_linkage_key")
    case.look_away()
    case.log_in(patient)
    made = [asked[ASSERTED] for asked in case.authorizations if asked.get(ASSERTED)]
    for asserted in made:
        _must_be_good(asserted)
    if len(made) != len(set(made)):
        raise Failed("an assertion for one use", "the same one twice")
    if case.looks.hand_over:
        _must_pass_on(case)
    elif not made:
        raise NotSeen(
            f"the service sent no {ASSERTED} when it returned somebody whose details were refused; "
            "if it accepts one, say at which address: hand_over in the looks file"
        )
    else:
        case.note = "Whether it accepts one was not looked at: the looks file names no hand_over."


def _must_be_good(asserted: str) -> None:
    try:
        _, claims = opened(asserted)
        life = float(str(claims["exp"])) - float(str(claims["iat"]))
    except (ValueError, KeyError, msgspec.MsgspecError):
        raise Failed(f"{ASSERTED} to be a JWT with iat and exp", "something else") from None
    if life > LONGEST_ASSERTION:
        raise Failed(f"an assertion to last {LONGEST_ASSERTION} seconds at most", f"{life:.0f} seconds")
    if missing := [name for name in ("iss", "code", "jti") if not claims.get(name)]:
        raise Failed("iss, code and jti in an assertion", f"none of {', '.join(missing)}")


def _must_pass_on(case: Case) -> None:
    person = case.stranger()
    case.look_away()
    case.server.run(person.open(str(httpx2.URL(case.looks.hand_over).copy_merge_params({ASSERTED: OPAQUE}))))
    if OPAQUE not in [asked.get(ASSERTED) for asked in case.authorizations]:
        raise Failed(f"{ASSERTED} to be passed on to NHS login", f"{len(case.authorizations)} requests without it")


def invalidates_no_key(_case: Case) -> None:
    """R15: no call that a partner makes here invalidates a key."""
    raise NotSeen("whether one of your processes invalidates linkage keys does not show: tell NHS login if one does")


RETURNS: Final = (
    Check(
        "R11",
        "Registers once for callbacks at one moment",
        "NHS login: avoid unnecessary registrations; each sends an e-mail",
        "Reserve the registration in your database, under a hash of the three details, before you call.",
        registers_once_for_callbacks_at_one_moment,
    ),
    Check(
        "R12",
        "Gives up a token that is lost",
        "EMIS: -1108, already linked",
        "Where the GP system says that you are linked and you hold no token, return once; then explain.",
        copes_with_a_lost_token,
    ),
    Check(
        "R14",
        "Asserts who comes, and passes on who is asserted",
        "NHS login: asserted_login_identity, at most 60 seconds, one use",
        "Sign iss, code (the jti of the ID token), jti, iat and exp at most 60 seconds ahead; make a new one each time.",
        asserts_who_comes,
    ),
    Check(
        "R15",
        "Invalidates no linkage key",
        "NHS login: a process that invalidates linkage keys should be disclosed",
        "Tell NHS login.",
        invalidates_no_key,
    ),
)
