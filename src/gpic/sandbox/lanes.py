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
#: What is fetched for a page is not part of the conversation.
FURNITURE: Final = ("/assets/", "/favicon")


def describe_provider(scope: Scope) -> tuple[str, str] | None:
    """Sender and operation of a call to NHS login."""
    if (b"user-agent", EMIS_AS_CALLER.encode()) in scope["headers"]:
        return _described(scope, "EMIS")
    return _described(scope, PARTNER if scope["path"] in MACHINE_PATHS else PERSON)


def describe_partner(scope: Scope) -> tuple[str, str] | None:
    """Sender and operation of a call to the partner: only browsers call it."""
    return _described(scope, PERSON)


def _described(scope: Scope, sender: str) -> tuple[str, str] | None:
    path: str = scope["path"]
    if path.startswith(FURNITURE):
        return None
    templated = ONE_LOGIN.sub(r"/\1/…", path)
    return sender, f"{scope['method']} {templated}"
