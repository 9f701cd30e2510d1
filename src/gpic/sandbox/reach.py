"""Under which addresses a sandbox is reached: from this machine, from a container, through a tunnel."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx2

from gpic.outbound import trust
from gpic.sandbox.authority import Papers
from gpic.sandbox.servers import LOOPBACK

MOST_CONNECTIONS: Final = 20
#: Under this name live issuers are; whoever signs people in without their password must not be taken for one.
LIVE: Final = "nhs.uk"


class ReachInvalid(ValueError):
    """Such an address cannot be meant; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How the roles are reached. Raises ReachInvalid.

    *public* holds addresses that others use: `https://host` is every role's, each with its own port; `role=https://host`
    is that role's whole address, as tunnels give them. What stands here decides the issuer; no request ever does.
    """

    tls: bool = False  #: every role speaks https itself, by an authority made when the sandbox starts
    bind: str = LOOPBACK  #: where to listen; beyond loopback only when somebody says so
    public: tuple[str, ...] = ()
    controlled_from_afar: bool = False  #: whether the control API answers others than this machine, where they can reach it

    def __post_init__(self) -> None:
        for text in self.public:
            _read(text)

    def local(self, ports: Mapping[str, int]) -> dict[str, str]:
        """Where the roles really listen, by name."""
        return {role: f"{'https' if self.tls else 'http'}://localhost:{port}" for role, port in ports.items()}

    def addresses(self, ports: Mapping[str, int]) -> dict[str, str]:
        """Where the roles are known to be; raises ReachInvalid for a role that there is not."""
        found = self.local(ports)
        for role, parts in map(_read, self.public):
            if role and role not in found:
                raise ReachInvalid(f"There is no role {role} to give an address to; there are {', '.join(found)}.")
            if role:
                found[role] = f"{parts.scheme}://{parts.netloc}"
            else:
                found |= {name: f"{parts.scheme}://{parts.netloc}:{port}" for name, port in ports.items()}
        return found

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that certificates must hold beside those of loopback."""
        return tuple(parts.hostname or "" for _, parts in map(_read, self.public))


def _read(text: str) -> tuple[str, SplitResult]:
    """Role ("" for all) and address."""
    role, is_of_one, address = text.partition("=") if "=" in text.partition("://")[0] else ("", "", text)
    try:
        parts = urlsplit(address)
        has_port = parts.port is not None
    except ValueError:
        raise ReachInvalid(f"The public address {text} cannot be read.") from None
    is_bare = address == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_bare:
        raise ReachInvalid(f"The public address {text} must be http or https and a host, without a path.")
    if parts.hostname == LIVE or parts.hostname.endswith(f".{LIVE}"):
        raise ReachInvalid(f"The public address {text} belongs to the real NHS; a sandbox never takes its place.")
    if has_port and not is_of_one:
        raise ReachInvalid(f"The public address {text} names a port: say whose, as in provider={text}.")
    return role, parts


@dataclass(frozen=True, slots=True)
class Ways:
    """How the sandbox's own browsers and clients get from the addresses that are known to those that listen."""

    local: Mapping[str, str]  #: by public origin, where they differ
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, public: Mapping[str, str], local: Mapping[str, str], papers: Papers | None) -> Ways:
        """From addresses by role."""
        differing = {public[role]: local[role] for role in public if public[role] != local[role]}
        return cls(MappingProxyType(differing), _shown(papers) if papers is not None else None)

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that a browser of ours may go to beside loopback."""
        return frozenset(urlsplit(origin).hostname or "" for origin in self.local)

    def transport(self) -> httpx2.AsyncBaseTransport | None:
        """What carries requests there; None where the usual one does."""
        if not self.local:
            return None
        limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
        return Connecting(httpx2.AsyncHTTPTransport(verify=self.tls or True, trust_env=False, limits=limits), self.local)


def _shown(papers: Papers) -> ssl.SSLContext:
    """What our own clients trust, and what they show where a certificate is asked for: TPP does (`gp-systems.md` §3.1)."""
    return trust(papers.authority, papers.callers_certificate, papers.callers_key)


class Connecting(httpx2.AsyncBaseTransport):
    """Carries requests for public addresses to where they are served on this machine; the Host header stays as it was."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, local: Mapping[str, str]) -> None:
        self._inner = inner
        self._local = local

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass it on, straight."""
        origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        if origin not in self._local:
            return await self._inner.handle_async_request(request)
        there = httpx2.URL(self._local[origin])
        url = request.url.copy_with(scheme=there.scheme, host=there.host, port=there.port)
        carried = httpx2.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return await self._inner.handle_async_request(carried)

    async def aclose(self) -> None:
        """Close what carries."""
        await self._inner.aclose()
