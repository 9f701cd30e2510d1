"""What one message shows of the login that it belongs to: the texts that two messages of one login have in common."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from gpic.sandbox.surgeries import NHS_LOGIN
from gpic.simulators.exchanges import Exchange, Headers
from gpic.simulators.journal import Message

FORM: Final = "application/x-www-form-urlencoded"
ONE_LOGIN: Final = re.compile(r"^/(?:interaction|authorize)/([^/]+)")
BEARER: Final = "bearer "
#: What is too short to be random joins nothing.
SHORTEST_COOKIE: Final = 16
END_USER_SESSION: Final = "x-api-endusersessionid"


@dataclass(frozen=True, slots=True)
class Traces:
    """Hashes that tie messages together, and hints at who logs in to whom. Nothing in it is a secret."""

    ties: frozenset[str] = frozenset()
    client_id: str = ""
    subject: str = ""
    email: str = ""
    hint: str = ""
    cookies_shown: frozenset[str] = frozenset()
    cookies_given: frozenset[str] = frozenset()


class _Tokens(msgspec.Struct):
    """What we read of the token endpoint's answer."""

    access_token: str = ""
    refresh_token: str = ""
    id_token: str = ""


class _Claims(msgspec.Struct):
    sub: str = ""


def traces(message: Message, exchange: Exchange) -> Traces:
    """What this message shows; nothing, where it is neither NHS login's nor a partner's."""
    if message.receiver != NHS_LOGIN:
        return Traces(frozenset(_of_redirects(exchange)))
    form = fields_of(exchange)
    asked = dict(parse_qsl(exchange.query)) | (form if exchange.path == "/authorize" else {})
    ties = frozenset((*_of_redirects(exchange, asked), *_of_tokens(exchange, form)))
    return Traces(
        ties,
        client_id=asked.get("client_id", ""),
        subject=_subject(exchange),
        email=form.get("email", "").strip().lower(),
        hint=asked.get("login_hint", ""),
        cookies_shown=frozenset(_cookies(exchange.headers, "cookie")),
        cookies_given=frozenset(_cookies(exchange.answer_headers, "set-cookie")),
    )


def fields_of(exchange: Exchange) -> dict[str, str]:
    """The fields of a form that was sent; empty where it was none."""
    if not header(exchange.headers, "content-type").startswith(FORM):
        return {}
    return dict(parse_qsl(exchange.body.decode("utf-8", "replace")))


def header(headers: Headers, name: str) -> str:
    """The first header of this name, in lower case; empty where there is none."""
    return next((value for one, value in headers if one == name), "")


def tie(kind: str, text: str) -> str:
    """A hash of a text that two messages have in common."""
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _of_redirects(exchange: Exchange, asked: Mapping[str, str] | None = None) -> Iterator[str]:
    """State, code, and the request that waits, from the address asked for and from where it led."""
    there = urlsplit(header(exchange.answer_headers, "location"))
    for path, fields in ((exchange.path, asked or dict(parse_qsl(exchange.query))), (there.path, dict(parse_qsl(there.query)))):
        if (found := ONE_LOGIN.match(path)) is not None:
            yield tie("waiting", found[1])
        for name in ("state", "code"):
            if fields.get(name):
                yield tie(name, fields[name])


def _of_tokens(exchange: Exchange, form: Mapping[str, str]) -> Iterator[str]:
    if exchange.path == "/token":
        if form.get("code"):
            yield tie("code", form["code"])
        tokens = _tokens(exchange)
        for kind, text in (
            ("refresh", form.get("refresh_token", "")),
            ("refresh", tokens.refresh_token),
            ("access", tokens.access_token),
        ):
            if text:
                yield tie(kind, text)
    shown = header(exchange.headers, "authorization")
    if shown.lower().startswith(BEARER):
        yield tie("access", shown[len(BEARER) :].strip())


def _subject(exchange: Exchange) -> str:
    """Whose ID token the answer holds. Nobody trusts it: it names a line in a picture."""
    parts = _tokens(exchange).id_token.split(".") if exchange.path == "/token" else []
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(payload, type=_Claims).sub
    except (IndexError, ValueError, msgspec.MsgspecError):
        return ""


def _tokens(exchange: Exchange) -> _Tokens:
    try:
        return msgspec.json.decode(exchange.answer, type=_Tokens)
    except (msgspec.MsgspecError, ValueError):
        return _Tokens()


def _cookies(headers: Headers, name: str) -> Iterator[str]:
    for one, value in headers:
        if one == name:
            try:
                cookies = SimpleCookie(value)
            except CookieError:
                continue
            yield from (tie("cookie", found.value) for found in cookies.values() if len(found.value) >= SHORTEST_COOKIE)
