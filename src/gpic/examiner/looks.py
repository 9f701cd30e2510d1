"""How somebody's service looks from outside: a small TOML file, or what the kit's own pages look like."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec


class LooksInvalid(ValueError):
    """The file does not say how a service looks; the message is one sentence."""


class Looks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the examiner must know of a service's pages.

    start = "http://localhost:8000/"            # where a login begins
    button = "nhs-login"                        # the id of what leads to NHS login there; "" where start itself does
    connected = "Connected"                     # words that only somebody reads who is connected
    inside = "http://localhost:8000/"           # a page that shows them for as long as the session lasts; start by itself
    sign_out = "sign-out"                       # the id of what ends the session on that page
    idle = 3                                    # seconds after which an unused session ends, where it was made short for this
    hand_over = "http://localhost:8000/login"   # where another partner sends people, with asserted_login_identity
    """

    start: str
    button: str = "nhs-login"
    connected: str = "onnected"
    inside: str = ""
    sign_out: str = ""
    idle: float = 0
    hand_over: str = ""


def looks_of(start: str, path: Path | None) -> Looks:
    """The looks that a file describes, with *start* in place of the file's where it is given; raises LooksInvalid."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8")) if path is not None else {}
        looks = msgspec.convert({**told, **({"start": start} if start else {})}, Looks)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as mistake:
        raise LooksInvalid(f"{path or 'The command line'} does not say how the service looks: {mistake}.") from None
    return msgspec.structs.replace(looks, inside=looks.inside or looks.start)
