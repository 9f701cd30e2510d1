"""Medicus at the other end of a line, in the words of the provisional contract's worked examples."""

from __future__ import annotations

from datetime import UTC, datetime

from gpic.gp_systems.medicus.client import Medicus
from gpic.nhs.clock import MovableClock
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.secret import Secret
from tests.unit.gp_systems.persons import ADA, APPLICANT, NUMBER, PRACTICE
from tests.unit.line import Line, said

OPTIONS = {"client_id": "riverside & co", "client_secret": "sandbox-only: 20%51"}
NOW = datetime(2031, 4, 2, tzinfo=UTC)
GRANTED = said(200, {"access_token": "access-1", "token_type": "Bearer", "expires_in": 600})
DETAILS = {"accountId": "mdc-501772", "linkageKey": "hT7q-Lm2x-9KcR"}
MADE = DETAILS | {"token": "mdt-Zt5kQ0"}
SESSION = {
    "sessionId": "mds-77aa",
    "expiresIn": 1200,
    "patient": {"nhsNumber": NUMBER.digits, "familyName": "Okafor", "birthDate": "1984-02-17"},
}
TOKEN = Im1Token("medicus", Secret("mdt-Zt5kQ0"))
MEDICUS_DETAILS = GpCredentials("mdc-501772", PRACTICE, Secret("hT7q-Lm2x-9KcR"))
#: None of these may show in a log or a repr.
SECRETS = ("hT7q", "mdt-Zt5", "mds-77aa", "access-1", "sandbox-only", NUMBER.digits, "Okafor", "<identity JWT>")


def medicus(line: Line, clock: MovableClock | None = None) -> Medicus:
    """Medicus at the other end of this line; its requests have one id."""
    secret = Secret(OPTIONS["client_secret"])
    return Medicus(
        line.client("https://gp.test/medicus"),
        OPTIONS["client_id"],
        secret,
        clock=clock or MovableClock(NOW),
        new_uuid=lambda: "uuid-1",
    )


async def ask(call: str, system: Medicus) -> object:
    """One of the methods, with the worked example's arguments."""
    if call == "link":
        return await system.link(ADA, MEDICUS_DETAILS)
    if call in {"check", "open_session"}:
        return await (system.check if call == "check" else system.open_session)(TOKEN, PRACTICE)
    methods = {"retrieve": system.retrieve, "verify_anew": system.verify_anew, "open_account": system.open_account}
    return await methods[call](APPLICANT)
