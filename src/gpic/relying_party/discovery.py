"""What the provider says of itself, believed only as far as its issuer is pinned (`attacks-and-interop.md` 35, 36)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import httpx2
import msgspec

from gpic.jose.errors import KeyInvalid
from gpic.jose.keys import KeySet
from gpic.nhs.clock import Clock
from gpic.relying_party.errors import DiscoveryRefused
from gpic.relying_party.exchange import answer_to
from gpic.relying_party.policy import RelyingPartySettings

OK: Final = 200
DEFAULT_PORTS: Final = {"https": 443, "http": 80}


class Metadata(msgspec.Struct, frozen=True):
    """The endpoints of the pinned issuer, all of them on its own host."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str


def read_metadata(document: bytes, settings: RelyingPartySettings) -> Metadata:
    """The metadata, when it is our issuer's and leads nowhere else; raises DiscoveryRefused."""
    try:
        metadata = msgspec.json.decode(document, type=Metadata)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise DiscoveryRefused("the metadata is not what a provider's is") from None
    if metadata.issuer != settings.issuer:
        raise DiscoveryRefused("the metadata is another issuer's")
    if metadata.token_endpoint != settings.token_endpoint:
        raise DiscoveryRefused("the token endpoint is not the pinned one")
    endpoints = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.userinfo_endpoint, metadata.jwks_uri)
    if any(origin(endpoint) != origin(settings.issuer) for endpoint in endpoints):
        raise DiscoveryRefused("an endpoint lies on another host than the issuer")
    return metadata


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what has none, or names a user."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if (
        not parts.hostname
        or not port
        or "@" in parts.netloc
        or not url.isascii()
        or any(letter in url for letter in "\\ \t\r\n")
    ):
        return None
    return parts.scheme, parts.hostname, port


def read_keys(document: bytes) -> KeySet:
    """Keys for signing, or of no stated use; raises DiscoveryRefused."""
    try:
        return KeySet.from_jwks(document)
    except KeyInvalid as error:
        raise DiscoveryRefused(str(error)) from None


@dataclass(frozen=True, slots=True)
class _Known:
    metadata: Metadata
    at: datetime


@dataclass(frozen=True, slots=True)
class _Keys:
    keys: KeySet
    at: datetime


class KnownProvider:
    """Metadata and keys, asked for when they are wanted and believed for a while. *clock* is the wire's."""

    def __init__(self, settings: RelyingPartySettings, client: httpx2.AsyncClient, clock: Clock) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._metadata: _Known | None = None
        self._keys: _Keys | None = None
        self._looked_at: datetime | None = None

    async def metadata(self) -> Metadata:
        """Where the endpoints are; raises DiscoveryRefused, ProviderSilent."""
        async with self._one_at_a_time:
            return await self._known_metadata()

    async def keys(self) -> KeySet:
        """The provider's signing keys; raises DiscoveryRefused, ProviderSilent."""
        async with self._one_at_a_time:
            if self._keys is None or self._is_old(self._keys.at):
                self._keys = await self._fetched_keys()
            return self._keys.keys

    async def keys_after_an_unknown_kid(self, seen: KeySet) -> KeySet:
        """Keys newer than *seen*, fetched once for all who ask; within the pause after such a look, *seen* itself.

        What was fetched without being asked for a kid starts no pause: a provider may change its key a second later.
        """
        async with self._one_at_a_time:
            known = self._keys
            if known is not None and known.keys is not seen:
                return known.keys
            if self._looked_at is not None and self._clock.now() - self._looked_at < self._settings.refetch_pause:
                return seen
            self._looked_at = self._clock.now()
            self._keys = known = await self._fetched_keys()
            return known.keys

    async def _known_metadata(self) -> Metadata:
        if self._metadata is None or self._is_old(self._metadata.at):
            document = await self._fetched(self._settings.discovery)
            self._metadata = _Known(read_metadata(document, self._settings), self._clock.now())
        return self._metadata.metadata

    async def _fetched_keys(self) -> _Keys:
        metadata = await self._known_metadata()
        return _Keys(read_keys(await self._fetched(metadata.jwks_uri)), self._clock.now())

    async def _fetched(self, url: str) -> bytes:
        reply = await answer_to(self._client, self._client.build_request("GET", url, headers={"accept": "application/json"}))
        if reply.status != OK:
            raise DiscoveryRefused(f"status {reply.status} for metadata or keys")
        return reply.body

    def _is_old(self, at: datetime) -> bool:
        return self._clock.now() - at >= self._settings.provider_life
