"""What the journal says of the provider's and the partner's own doors."""

from __future__ import annotations

import re
from typing import Final

from starlette.types import Scope

from gpic.sandbox.surgeries import PARTNER

PERSON: Final = "Person"

#: Paths that a partner's machine calls; every other one is a person's browser.
MACHINE_PATHS: Final = frozenset({"/token", "/userinfo", "/.well-known/openid-configuration", "/.well-known/jwks.json"})
#: What follows these names one login.
ONE_LOGIN: Final = re.compile(r"^/(interaction|authorize)/.+")
#: How the EMIS stand-in names itself when it reads NHS login's keys.
EMIS_AS_CALLER: Final = "EMIS stand-in"
#: And the Medicus stand-in.
MEDICUS_AS_CALLER: Final = "Medicus stand-in"
#: How the sample partner names itself; what comes under another name may be anybody's service.
SAMPLE_AS_CALLER: Final = "gpic sample partner"
ANYBODY: Final = "A partner"
SYSTEMS: Final = {EMIS_AS_CALLER: "EMIS", MEDICUS_AS_CALLER: "MEDICUS"}
#: What is fetched for a page is not part of the conversation.
FURNITURE: Final = ("/assets/", "/favicon")


def describe_provider(scope: Scope) -> tuple[str, str] | None:
    """Sender and operation of a call to NHS login."""
    system = next((lane for caller, lane in SYSTEMS.items() if (b"user-agent", caller.encode()) in scope["headers"]), None)
    return _described(scope, system or (PARTNER if scope["path"] in MACHINE_PATHS else PERSON))


def describe_partner(scope: Scope) -> tuple[str, str] | None:
    """Sender and operation of a call to the partner: only browsers call it."""
    return _described(scope, PERSON)


def _described(scope: Scope, sender: str) -> tuple[str, str] | None:
    path: str = scope["path"]
    if path.startswith(FURNITURE):
        return None
    templated = ONE_LOGIN.sub(r"/\1/…", path)
    return sender, f"{scope['method']} {templated}"
