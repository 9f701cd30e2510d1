"""The service's own web sessions (R16), and what it lets out of them (attacks 37, 39)."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

import msgspec

from gpic.examiner.between import TOKEN
from gpic.examiner.case import NHS_LOGIN, Case
from gpic.examiner.checks import Check
from gpic.examiner.forgery import Words, in_id_token
from gpic.examiner.verdicts import Failed, NotSeen
from gpic.sandbox.rehearsal import PatientOfTest

WHOLE: Final = 12 * 3600  #: seconds from the sign-in, of a session however much it is used
#: So many of these are left when somebody signs in: the second is for services, or machines, that are slow.
LEFT: Final = (4, 20)
MARGIN: Final = 1.0
LONGEST_IDLE: Final = 300  #: seconds that an examination waits for
LONG: Final = re.compile(r"[A-Za-z0-9+/_=-]{8,}")
SHORTEST_SECRET: Final = 6


def ends_its_sessions(case: Case) -> None:
    """R16: twelve hours after the sign-in that NHS login tells of; and unused, where the service says after how long."""
    if case.looks.idle:
        _ends_unused(case)
    else:
        case.note = "The idle limit was not waited for: start the service with a short one, and name it in the looks file."
    if not any(_ends_after_twelve_hours(case, left) for left in LEFT):
        raise NotSeen(
            f"after a login {case.looks.inside} does not show {case.looks.connected!r}: name a page that does, "
            "for as long as the session lasts, as inside in the looks file"
        )


def _ends_after_twelve_hours(case: Case, left: int) -> bool:
    """Whether it was seen: somebody who is connected for the seconds that are left must have been inside."""
    patient = case.somebody()
    signed_in = math.floor(datetime.now(UTC).timestamp()) - WHOLE + left
    age = in_id_token(lambda token: case.forger.rewritten(token, lambda claims: claims.update(auth_time=signed_in)))
    with case.changing({TOKEN: age}):
        case.connect(patient)
    if not case.is_connected(case.open(patient, case.looks.inside)):
        return False
    case.wait(signed_in + WHOLE + MARGIN - datetime.now(UTC).timestamp())
    _must_be_outside(case, patient, "12 hours after the sign-in")
    return True


def _ends_unused(case: Case) -> None:
    if case.looks.idle > LONGEST_IDLE:
        raise NotSeen(f"an examination waits {LONGEST_IDLE} seconds at most; idle says {case.looks.idle:.0f}")
    patient = case.somebody()
    case.connect(patient)
    _must_be_inside(case, patient)
    case.wait(case.looks.idle + MARGIN)
    _must_be_outside(case, patient, f"{case.looks.idle:.0f} seconds after the last use")


def _must_be_inside(case: Case, patient: PatientOfTest) -> None:
    if not case.is_connected(case.open(patient, case.looks.inside)):
        raise NotSeen(
            f"after a login {case.looks.inside} does not show {case.looks.connected!r}: name a page that does, "
            "for as long as the session lasts, as inside in the looks file"
        )


def _must_be_outside(case: Case, patient: PatientOfTest, when: str) -> None:
    case.look_away()
    page = case.open(patient, case.looks.inside)
    if case.is_connected(page) and not case.authorizations:
        raise Failed(f"the session to end {when}, and the person to go to NHS login", "the page of somebody who is connected")


def lets_people_leave(case: Case) -> None:
    """Who signs out is out."""
    if not case.looks.sign_out:
        raise NotSeen("name the id of what ends a session, on the page inside, as sign_out in the looks file")
    patient = case.somebody()
    case.connect(patient)
    _must_be_inside(case, patient)
    person = patient.browser
    page = case.server.run(person.open(case.looks.inside))
    case.server.run(person.follow(page, case.looks.sign_out))
    _must_be_outside(case, patient, "when the person signs out")


def presents_no_refresh_token_twice(case: Case) -> None:
    """Attack 37: what was refreshed is replaced before it is used."""
    patient = case.somebody()
    case.connect(patient)
    case.open(patient, case.looks.inside)
    used = Counter(one["refresh_token"] for one in case.redemptions if one.get("refresh_token"))
    if not used:
        raise NotSeen("the service refreshed no access token while somebody was connected; it need not")
    if max(used.values()) > 1:
        raise Failed("each refresh token to be presented once", f"one {max(used.values())} times")


def keeps_secrets_from_browsers(case: Case) -> None:
    """Attack 39: neither key nor token in an address, on a page or readable in a cookie."""
    patient = case.somebody()
    page = case.connect(patient)
    inside = case.open(patient, case.looks.inside)
    secrets = _secrets_of(case)
    if not secrets:
        raise NotSeen("NHS login gave the service no details")
    places = {
        "an address": " ".join(unquote(url) for url in (*page.way, *inside.way)),
        "a page": f"{page.source} {inside.source}",
        "a cookie": _readable(" ".join(case.server.run(patient.browser.cookies()))),
    }
    for place, text in places.items():
        if found := next((name for name, secret in secrets.items() if secret in text), ""):
            raise Failed("linkage keys and tokens to stay in the service", f"{found} in {place}")


def _secrets_of(case: Case) -> dict[str, str]:
    """What NHS login gave the service, by its name."""
    secrets: dict[str, str] = {}
    for one in case.messages:
        if one.receiver == NHS_LOGIN and one.operation in {"POST /token", "GET /userinfo", "POST /userinfo"}:
            try:
                given = msgspec.json.decode(case.exchange(one).answer, type=Words)
            except (msgspec.MsgspecError, ValueError):
                continue
            claim = given.get("gp_integration_credentials")
            told = {**given, **(claim if isinstance(claim, dict) else {})}
            secrets |= {name: str(told[name]) for name in ("gp_linkage_key", "access_token", "id_token") if name in told}
    return {name: secret for name, secret in secrets.items() if len(secret) >= SHORTEST_SECRET}


def _readable(text: str) -> str:
    """The text, and whatever in it is only encoded."""
    found = [text, unquote(text)]
    for piece in LONG.findall(unquote(text)):
        try:
            found.append(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)).decode("utf-8", "ignore"))
        except (binascii.Error, ValueError):
            continue
    return " ".join(found)


SESSIONS: Final = (
    Check(
        "R16",
        "Ends its sessions in time",
        "NHS login: web sessions end after 30 minutes unused, and after 12 hours",
        "Keep auth_time of the ID token and the last use with the session; send people to the login when either is over.",
        ends_its_sessions,
    ),
    Check(
        "sign-out",
        "Lets people leave",
        "NHS login: there is no logout; the session is the partner's own",
        "End the session on the server, and the GP system's with it.",
        lets_people_leave,
    ),
)
ATTACKS: Final = (
    Check(
        "attack 37",
        "Presents no refresh token twice",
        "OAuth 2.0 Security BCP: rotation of refresh tokens",
        "Let one process refresh at a time, and store the new token before you use it.",
        presents_no_refresh_token_twice,
    ),
    Check(
        "attack 39",
        "Keeps keys and tokens from browsers",
        "NHS login: GP credentials are the service's to protect",
        "Keep details and tokens on the server, encrypted; a signed cookie is read by anybody.",
        keeps_secrets_from_browsers,
    ),
)
