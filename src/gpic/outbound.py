"""The one HTTP client factory: deadlines, a pool per supplier as its bulkhead, bounded answers, logs without patients."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Final, TypeVar

import httpx2
import msgspec
import stamina

from gpic.nhs.answers import Silence, Unexpected, Unreachable

T = TypeVar("T")
Pause = timedelta | bool  #: how long to wait before another attempt; True: as the schedule says; False: no other

LARGEST_BODY: Final = 1024 * 1024  #: bytes, after decompression
LONGEST_PAUSE: Final = timedelta(minutes=15)  #: a `Retry-After` beyond this is cut to it (N12)
FULL_PAUSE: Final = timedelta(seconds=5)  #: when to come back to a supplier whose bulkhead is full
#: Seconds that an idle connection is used again: less than the 5 s after which many servers hang up, or a request meets one
#: that is just being closed, and nobody knows whether it arrived.
IDLE: Final = 4.0
TOO_EARLY: Final = frozenset({408, 425, 429})
SERVER_TROUBLE: Final = range(500, 600)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait. *answer* covers everything from the question to the last byte, the other two included."""

    answer: timedelta = timedelta(seconds=10)
    connect: timedelta = timedelta(seconds=5)
    queue: timedelta = timedelta(seconds=5)  #: for a place in the bulkhead: a slow supplier's callers give up here

    def parts(self) -> httpx2.Timeout:
        """The same in the client's words; `ask` takes the read timeout as that of the whole answer."""
        answer, connect, queue = (part.total_seconds() for part in (self.answer, self.connect, self.queue))
        return httpx2.Timeout(answer, connect=min(connect, answer), pool=min(queue, answer))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that arrived whole."""

    status: int
    headers: httpx2.Headers
    body: bytes

    def __repr__(self) -> str:
        return f"Reply({self.status})"

    def read(self, kind: type[T]) -> T | None:
        """The JSON body as *kind*; None when it is no such thing."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None


class Bulkhead(httpx2.AsyncBaseTransport):
    """One supplier's share of us: its connections, and how many questions may be under way or in line for it.

    Clients for several addresses of one supplier share it. Who finds the line full, or waits in it for longer than
    `Timeouts.queue`, hears PoolTimeout: a slow supplier holds up its own callers only, and those not for ever.
    """

    def __init__(self, connections: httpx2.AsyncBaseTransport, *, at_once: int = 20, in_line: int = 100) -> None:
        self._connections = connections
        self._places = asyncio.Semaphore(at_once)
        self._free = at_once + in_line

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, its body still to be read: the place is given up when it is closed. Raises PoolTimeout."""
        await self._take_place(request)
        try:
            response = await self._connections.handle_async_request(request)
        except BaseException:
            self._give_up_place()
            raise
        if response.is_closed:  # a double's answer is there whole, and nobody will close it
            self._give_up_place()
        else:
            response.stream = _Occupying(response.stream, self._give_up_place)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    async def _take_place(self, request: httpx2.Request) -> None:
        if not self._free:
            raise httpx2.PoolTimeout("the line is full", request=request)
        self._free -= 1
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("pool")):
                await self._places.acquire()
        except BaseException as error:
            self._free += 1
            if isinstance(error, TimeoutError):
                raise httpx2.PoolTimeout("no place became free", request=request) from None
            raise

    def _give_up_place(self) -> None:
        self._free += 1
        self._places.release()


class _Occupying(httpx2.AsyncByteStream):
    """A body that gives up its place in the bulkhead, once, when it is closed."""

    def __init__(self, body: object, give_up: Callable[[], None]) -> None:
        if not isinstance(body, httpx2.AsyncByteStream):
            raise TypeError("the answer of an asynchronous transport")
        self._body = body
        self._left = contextlib.ExitStack()
        self._left.callback(give_up)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._body:
            yield chunk

    async def aclose(self) -> None:
        with self._left:
            await self._body.aclose()


def bulkhead(*, at_once: int = 20, in_line: int = 100, tls: ssl.SSLContext | None = None) -> Bulkhead:
    """A pool of connections to one supplier, at most *at_once*, with a line of at most *in_line* before it."""
    limits = httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once, keepalive_expiry=IDLE)
    connections = httpx2.AsyncHTTPTransport(verify=tls or True, limits=limits, trust_env=False)
    return Bulkhead(connections, at_once=at_once, in_line=in_line)


def open_client(
    base_url: str,
    *,
    timeouts: Timeouts | None = None,
    max_connections: int = 20,
    tls: ssl.SSLContext | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx2.AsyncClient:
    """A client for one supplier, with a bulkhead of *max_connections* of its own, or with the *transport* given.

    Proxies and certificates from the environment, redirects and cookies are never followed, read or kept.
    """
    hush()
    return httpx2.AsyncClient(
        base_url=base_url,
        timeout=(timeouts or Timeouts()).parts(),
        transport=transport or bulkhead(at_once=max_connections, tls=tls),
        headers=headers,
        trust_env=False,
        follow_redirects=False,
        # A supplier's cookie would carry one patient's session into another's request.
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
    )


def trust(authority: Path | None = None, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """What to trust (the system's authorities by default), and the PEM certificate to show of ourselves (TPP, EMIS)."""
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


async def ask(client: httpx2.AsyncClient, request: httpx2.Request) -> Reply | Silence:
    """Send *request* once and read the whole answer. Never raises for what happens on the way or at the other end."""
    try:
        async with asyncio.timeout(request.extensions["timeout"]["read"]):
            return await _exchange(client, request)
    except TimeoutError:
        return Unreachable(detail="timeout")
    except httpx2.PoolTimeout:
        return Unreachable(FULL_PAUSE, detail="bulkhead-full")
    except (httpx2.RequestError, OSError) as error:  # OSError: a TLS alert that arrives with the first read
        return Unreachable(detail=type(error).__name__)


async def _exchange(client: httpx2.AsyncClient, request: httpx2.Request) -> Reply | Unexpected:
    response = await client.send(request, stream=True)
    try:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_BODY:
                return Unexpected("body-too-large")
        return Reply(response.status_code, response.headers, bytes(body))
    finally:
        await response.aclose()


async def persist(
    attempt: Callable[[], Awaitable[T]], pause_after: Callable[[T], Pause], *, attempts: int, patience: timedelta
) -> T:
    """Attempt until *pause_after* the outcome is False, at most so often and so long; the last outcome counts.

    True pauses as the schedule says (0.1 s, doubling, with jitter). Only for what the facts call retryable.
    """
    outcomes: list[T] = []
    with contextlib.suppress(_AgainError):
        async for trial in stamina.retry_context(
            on=_pause_asked, attempts=attempts, timeout=patience, wait_initial=0.1, wait_jitter=0.1
        ):
            with trial:
                outcomes.append(await attempt())
                _ask_for_another(pause_after(outcomes[-1]))
    return outcomes[-1]


class _AgainError(Exception):
    """Another attempt is worth while. It knows no outcome, so that none gets into the retry log."""

    def __init__(self, pause: Pause) -> None:
        super().__init__("again")
        self.pause = pause


def _ask_for_another(pause: Pause) -> None:
    if pause is not False:
        raise _AgainError(pause)


def _pause_asked(error: Exception) -> Pause:
    return error.pause if isinstance(error, _AgainError) else False


def no_answer(reply: Reply) -> Unreachable | None:
    """A reply that only says "not now" (408, 425, 429, 5xx) as Unreachable; None for a real answer (N12)."""
    if reply.status in TOO_EARLY or reply.status in SERVER_TROUBLE:
        return Unreachable(retry_after(reply), detail=f"status-{reply.status}")
    return None


def retry_after(reply: Reply) -> timedelta | None:
    """The reply's `Retry-After` (RFC 9110 §10.2.3), between nothing and LONGEST_PAUSE; None when absent or unreadable."""
    text = reply.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(timedelta(seconds=int(text)), LONGEST_PAUSE)
    try:
        # Both dates are the server's, so that clocks that differ do not matter.
        pause = parsedate_to_datetime(text) - parsedate_to_datetime(reply.headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(pause, timedelta()), LONGEST_PAUSE)


def templated(url: httpx2.URL) -> str:
    """A URL without what may identify a patient or a session: segments with four digits or more, and the query."""
    path = "/".join("…" if re.search(r"[0-9]{4}", segment) else segment for segment in url.path.split("/"))
    return f"{url.scheme}://{url.netloc.decode('ascii')}{path}{'?…' if url.query else ''}"


class _TemplatesUrls(logging.Filter):
    """The client logs each request with its whole URL; PDS wants NHS numbers there."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(templated(part) if isinstance(part, httpx2.URL) else part for part in record.args)
        return True


class _Nothing(logging.Filter):
    """The wire log prints response headers, among them TPP's session id."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - the signature is logging's
        return False


_FILTERS: Final = {"httpx2": _TemplatesUrls(), "httpcore2.http11": _Nothing(), "httpcore2.http2": _Nothing()}


def hush() -> None:
    """Keep patients and sessions out of the client library's own logs, at every level; done by `open_client`."""
    for name, rule in _FILTERS.items():
        logging.getLogger(name).addFilter(rule)
