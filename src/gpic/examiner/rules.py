"""The rules of the relying party, as far as they show from outside: one function each, in the order of the table."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final

import msgspec

from gpic.examiner.case import NHS_LOGIN, Case
from gpic.examiner.checks import Check
from gpic.examiner.verdicts import Failed, NotSeen

GP_SCOPE: Final = "gp_integration_credentials"
PROVING: Final = frozenset({"profile", "basic_demographics"})
#: R9: returns that a person did not ask for, in a quarter of an hour.
MOST_RETURNS: Final = 2
#: EMIS, of a link that never becomes what a session needs.
WRONG_LEVEL: Final = "access level required 'Linked', actual 'Restricted'"


class _Key(msgspec.Struct, frozen=True, rename="pascal"):
    linkage_key: str = ""


class _Presented(msgspec.Struct, frozen=True, rename="pascal"):
    access_identity_guid: str = ""
    linkage_details: _Key = _Key()


def asks_for_what_linking_needs(case: Case) -> None:
    """R1."""
    case.log_in(case.somebody())
    for asked in case.authorizations:
        scopes = set(asked.get("scope", "").split())
        if GP_SCOPE in scopes and not scopes & PROVING:
            raise Failed("profile or basic_demographics beside the GP scope", f"scope={asked.get('scope')}")
        if GP_SCOPE not in scopes:
            raise NotSeen(f"the service did not ask for {GP_SCOPE}")


def registers_before_the_first_session(case: Case) -> None:
    """R2."""
    case.connect(case.somebody(account=False))
    kinds = [one.operation for one in case.messages if one.sender == case.examinee and one.receiver == "EMIS"]
    if "POST me/applications" not in kinds:
        raise Failed("one registration at the GP system", "none")
    if "POST sessions" not in kinds or kinds.index("POST sessions") < kinds.index("POST me/applications"):
        raise Failed("a session after the registration", ", ".join(kinds))


def registers_once(case: Case) -> None:
    """R3."""
    patient = case.somebody()
    case.connect(patient)
    case.look_away()
    case.connect(patient)
    if links := case.calls().get("link", 0):
        raise Failed("no registration at a later login", f"{links}: each sends the patient an e-mail")


def replaces_what_has_changed(case: Case) -> None:
    """R4: NHS login has noticed by itself, and the next login brings the new details."""
    patient = case.somebody()
    case.connect(patient)
    old = set(_secrets(case, refused=False))
    case.sandbox.clock.move(timedelta(minutes=30))
    patient.happens("rotate_linkage_key")
    patient.log_in(case.server.addresses["partner"])  # at another service: its check finds the new key
    case.settle()
    case.sandbox.clock.move(timedelta(minutes=30))
    case.look_away()
    case.connect(patient)
    if (links := case.good_links()) > 1:
        raise Failed("one registration with the new details", str(links))
    if old & set(_secrets(case, refused=True)):
        raise Failed("a token to die with the details that it was made from", "the old one presented beside new details")


def proves_the_right_patient(case: Case) -> None:
    """R5: NHS login has proved its own registration before the GP system takes one patient for another."""
    patient, other = case.somebody(), case.somebody()
    patient.log_in(case.server.addresses["partner"])
    case.settle()
    half_an_hour_later(case)
    patient.happens("answer_for_wrong_patient", shown=other.slug)
    page = case.log_in(patient)
    if not case.calls().get("session"):
        raise NotSeen("the service opened no session at EMIS")
    if case.is_connected(page):
        raise Failed("nobody to be connected to another patient's record", "the page of somebody who is connected")


def goes_back_when_restricted(case: Case) -> None:
    """R6."""
    patient = case.somebody()
    case.connect(patient)
    half_an_hour_later(case)
    patient.happens("reset_account")
    case.look_away()
    case.connect(patient)
    if not case.was_met_restricted():
        raise NotSeen("the service opened no session that said Restricted")
    if not any(asked.get("prompt") == "login" for asked in case.authorizations):
        raise Failed("a return to NHS login with prompt=login", f"{len(case.authorizations)} requests without it")


def presents_nothing_twice_that_was_refused(case: Case) -> None:
    """R7: a key dies before NHS login knows."""
    patient = case.somebody()
    case.connect(patient)
    half_an_hour_later(case)
    patient.happens("rotate_linkage_key")
    case.look_away()
    if not case.is_connected(case.log_in(patient)):
        case.connect(patient)
    refused = Counter(_secrets(case, refused=True))
    if refused and max(refused.values()) > 1:
        raise Failed("what was refused not to be presented again", f"a dead key or token {max(refused.values())} times")


def explains_where_there_are_no_details(case: Case) -> None:
    """R8."""
    patient = case.somebody(account=False, practice="A99902")
    practice = case.sandbox.practice("A99902")
    practice.happens("online_services_off")
    try:
        page = case.log_in(patient)
    finally:
        practice.happens("online_services_on")
    if case.is_connected(page):
        raise Failed("nobody to be connected without details", "the page of somebody who is connected")
    if len(case.authorizations) > 2:  # noqa: PLR2004 - the login and one return
        raise Failed("at most one return to NHS login", f"{len(case.authorizations) - 1} returns")


def stops_going_round(case: Case) -> None:
    """R9."""
    patient, presses = case.somebody(), 2
    case.connect(patient)
    half_an_hour_later(case)
    case.look_away()
    case.sandbox.fault("status", "EMIS", operation="POST sessions", sender=case.examinee, status=403, message=WRONG_LEVEL)
    for _ in range(presses):
        case.log_in(patient)
    if (returns := len(case.authorizations) - presses) > MOST_RETURNS:
        raise Failed(f"at most {MOST_RETURNS} automatic returns in a quarter of an hour", f"{returns} in {presses} logins")


def waits_where_the_gp_system_is_down(case: Case) -> None:
    """R10: what is stored serves again afterwards; a service that registers at each login does so before the outage, too."""
    patient = case.somebody()
    case.connect(patient)
    case.look_away()
    case.connect(patient)
    before = case.calls().get("link", 0)
    case.look_away()
    case.sandbox.fault("status", "EMIS", status=503)
    try:
        page = case.log_in(patient)
    finally:
        case.sandbox.lift_faults()
    if case.is_connected(page):
        raise Failed("nobody to be connected while the GP system is down", "the page of somebody who is connected")
    if len(case.authorizations) > 1:
        raise Failed("no return to NHS login, which cannot help", f"{len(case.authorizations) - 1} returns")
    case.look_away()
    case.connect(patient)
    if (links := case.calls().get("link", 0)) > before:
        raise Failed("what was stored to serve once the system is back", f"{links} registrations")


def half_an_hour_later(case: Case) -> None:
    """So that NHS login takes a login for an ordinary one, gives what it knows, and finds out behind it (N14, N16)."""
    case.sandbox.clock.move(timedelta(minutes=30))
    case.sandbox.fault("delay", "EMIS", operation="POST sessions", sender=NHS_LOGIN, seconds=1, only=1)


def _secrets(case: Case, *, refused: bool) -> list[str]:
    """Keys and tokens that the service presented to EMIS and that were refused, or accepted; never shown to anybody."""
    at_emis = [one for one in case.messages if (one.sender, one.receiver) == (case.examinee, "EMIS") and one.ok is not refused]
    bodies = [case.exchange(one).body for one in at_emis if one.operation in {"POST me/applications", "POST sessions"}]
    return [read.access_identity_guid or read.linkage_details.linkage_key for read in map(_read, bodies)]


def _read(body: bytes) -> _Presented:
    try:
        return msgspec.json.decode(body, type=_Presented)
    except (msgspec.MsgspecError, ValueError):
        return _Presented()


RULES: Final = (
    Check(
        "R1",
        "Asks for what linking needs",
        "NHS login: scopes; GP systems want surname and birth date",
        "Ask for the scope profile (or basic_demographics) beside gp_integration_credentials.",
        asks_for_what_linking_needs,
    ),
    Check(
        "R2",
        "Registers at the first login, before the first session",
        "IM1: register for a token, then open a session",
        "Turn the three claims into a token first, store it, then open the session with it.",
        registers_before_the_first_session,
    ),
    Check(
        "R3",
        "Registers once",
        "NHS login: avoid unnecessary registrations; each sends an e-mail",
        "Keep the token under a hash of the three details, and look there before you register.",
        registers_once,
    ),
    Check(
        "R4",
        "Replaces details that have changed",
        "NHS login: different details need a fresh token",
        "Compare all three details with those that the token was made from; register once with new ones.",
        replaces_what_has_changed,
    ),
    Check(
        "R5",
        "Proves the right patient",
        "NHS login: check that the session shows the person who logged in",
        "Compare the NHS number (or surname and birth date) that the session shows with the ID token's.",
        proves_the_right_patient,
    ),
    Check(
        "R6",
        "Goes back with prompt=login when the account is restricted",
        "EMIS: Restricted asks for a fresh sign-in",
        "When a session says Restricted, send the person to /authorize with prompt=login.",
        goes_back_when_restricted,
    ),
    Check(
        "R7",
        "Presents nothing twice that was refused",
        "GP systems lock accounts after repeated refusals",
        "Forget a token once it is refused, try the details of this login once, then ask for another login.",
        presents_nothing_twice_that_was_refused,
    ),
    Check(
        "R8",
        "Explains when there are no details",
        "NHS login: the claim may be absent",
        "Return to NHS login at most once; then say what the person can do.",
        explains_where_there_are_no_details,
    ),
    Check(
        "R9",
        "Never goes round in circles",
        "NHS login: endless loops",
        "Count automatic returns for each person where every process sees them, and stop at two in a quarter of an hour.",
        stops_going_round,
    ),
    Check(
        "R10",
        "Waits when the GP system is down",
        "A silence is no refusal",
        "Tell the person to try later; delete nothing, register nothing, send nobody back.",
        waits_where_the_gp_system_is_down,
    ),
)
