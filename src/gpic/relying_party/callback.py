"""What comes back through the browser, read before anything in it is believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from gpic.relying_party.errors import CallbackMalformed, said_no

Pairs = Iterable[tuple[str, str]]

READ: Final = ("state", "code", "error", "iss")
LONGEST: Final = 8_192  #: characters of a whole query
MOST_FIELDS: Final = 32


@dataclass(frozen=True, slots=True)
class Callback:
    """The parameters that we read, each given once; "" where absent."""

    state: str
    unverified_code: str
    error: str
    issuer: str


def read_callback(callback: str | Pairs) -> Callback:
    """Reads a whole URL, a query, or pairs as a framework gives them; raises CallbackMalformed."""
    pairs = split(callback) if isinstance(callback, str) else list(callback)
    counted = Counter(name for name, _ in pairs)
    if any(counted[name] > 1 for name in READ):
        raise CallbackMalformed("a parameter is repeated")
    given = dict(pairs)
    state, code, error, issuer = (given.get(name, "") for name in READ)
    if not state or len(state) > LONGEST:
        raise CallbackMalformed("state is missing")
    return Callback(state, code, error, issuer)


def split(url: str) -> list[tuple[str, str]]:
    """The query of *url*, or *url* itself where it is only a query; raises CallbackMalformed."""
    try:
        query = urlsplit(url).query if "?" in url else url
        if len(query) > LONGEST:
            raise CallbackMalformed("the query is too long")
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise CallbackMalformed("the query cannot be read") from None


def code_of(callback: Callback, issuer: str) -> str:
    """The code, once the state is known to be ours; raises CallbackMalformed and the kinds of ProviderSaidNo."""
    if callback.issuer and callback.issuer != issuer:
        raise CallbackMalformed("iss is another issuer")  # mix-up (RFC 9207)
    if callback.error and callback.unverified_code:
        raise CallbackMalformed("code and error at once")
    if callback.error:
        raise said_no(callback.error)
    if not callback.unverified_code:
        raise CallbackMalformed("neither code nor error")
    return callback.unverified_code
