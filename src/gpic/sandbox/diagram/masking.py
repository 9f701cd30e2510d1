"""What a message may show to whoever looks over a shoulder: its shape. Values show only where they are known to be harmless."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, quote_plus, urlsplit

import msgspec
from lxml import etree

from gpic.sandbox.diagram.traces import FORM, header
from gpic.simulators.exchanges import Exchange, Headers

MASK: Final = "•••"
#: In a query that people read.
READABLE: Final = ':/[]",'

HARMLESS_HEADERS: Final = frozenset(
    {
        "accept",
        "allow",
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "date",
        "host",
        "pragma",
        "retry-after",
        "type",
        "user-agent",
        "www-authenticate",
        "x-api-applicationid",
        "x-api-version",
    }
)
#: Of queries and forms.
HARMLESS_FIELDS: Final = frozenset(
    {
        "action",
        "allow_registration",
        "client_assertion_type",
        "client_id",
        "code_challenge_method",
        "display",
        "error",
        "error_description",
        "grant_type",
        "max_age",
        "prompt",
        "redirect_uri",
        "response_mode",
        "response_type",
        "scope",
        "vtr",
    }
)
#: Of JSON objects and of XML, whatever their case.
HARMLESS_NAMES: Final = frozenset(
    {
        "alg",
        "apiversion",
        "applicationlinklevel",
        "associationtype",
        "code",
        "error",
        "error_description",
        "errorcode",
        "errors",
        "eventtype",
        "expires_in",
        "identity_proofing_level",
        "internalresponsecode",
        "kty",
        "message",
        "resourcetype",
        "scope",
        "servicetype",
        "status",
        "technicalmessage",
        "token_type",
        "use",
        "userfriendlymessage",
        "versionid",
        "vot",
    }
)


def headers_of(headers: Headers, *, reveal: bool) -> tuple[tuple[str, str], ...]:
    """Names and values; a redirect shows where it leads, and no more."""
    return tuple((name, value if reveal else _header(name, value)) for name, value in headers)


def query_of(exchange: Exchange, *, reveal: bool) -> str:
    """What was asked for behind the question mark."""
    return exchange.query if reveal else _fields(exchange.query)


def body_of(headers: Headers, body: bytes, *, reveal: bool) -> str:
    """A body as text."""
    text = body.decode("utf-8", "replace")
    if reveal or not body:
        return text
    kind = header(headers, "content-type").partition(";")[0].strip().lower()
    if kind == FORM:
        return _fields(text)
    if kind.endswith("json"):
        return _json(body)
    if kind.endswith("xml") and kind != "application/xhtml+xml":
        return _xml(body)
    return f"{MASK} ({len(body)} bytes of {kind or 'unknown kind'})"


def _header(name: str, value: str) -> str:
    if name in HARMLESS_HEADERS:
        return value
    if name == "location":
        parts = urlsplit(value)
        query = f"?{_fields(parts.query)}" if parts.query else ""
        host = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        return f"{host}{_path(parts.path)}{query}"
    return MASK


def _path(path: str) -> str:
    """A path whose long parts, which may be anybody's, are left out."""
    longest = 20
    return "/".join(part if len(part) <= longest else "…" for part in path.split("/"))


def _fields(text: str) -> str:
    pairs = parse_qsl(text, keep_blank_values=True)
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value, safe=READABLE) if name in HARMLESS_FIELDS else MASK}" for name, value in pairs
    )


def _json(body: bytes) -> str:
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"{MASK} (no JSON)"
    return msgspec.json.format(msgspec.json.encode(_without(value, "")), indent=2).decode()


def _without(value: object, name: str) -> object:
    """The same shape without values; booleans and what has a harmless name stay."""
    if isinstance(value, dict):
        return {key: _without(one, str(key)) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one, name) for one in value]
    return value if value is None or isinstance(value, bool) or name.lower() in HARMLESS_NAMES else MASK


def _xml(body: bytes) -> str:
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return f"{MASK} (no XML)"
    for element in _elements(root):
        for name in element.attrib:
            if str(name).lower() not in HARMLESS_NAMES:
                element.set(name, MASK)
        if element.text and element.text.strip() and str(element.tag).lower() not in HARMLESS_NAMES:
            element.text = MASK
        element.tail = None
    return str(etree.tostring(root, encoding="unicode", pretty_print=True))


def _elements(root: etree._Element) -> Iterable[etree._Element]:
    """Comments are nobody's business."""
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    return root.iter(etree.Element)
