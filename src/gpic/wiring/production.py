"""What a provider and its workers refuse to start with in production: whatever belongs to a sandbox or to a test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from gpic.provider.policy import Environment, is_loopback
from gpic.settings import SettingsInvalid
from gpic.storage.key_sources import key_source
from gpic.storage.sealing import KeysUnusable
from gpic.wiring.process_file import ProcessFile

#: Names that are never somebody's: our own machine, and tests (RFC 6761).
NOBODYS: Final = ("localhost", "test")


def is_production(file: ProcessFile) -> bool:
    """Whether real people come."""
    return file.settings.provider.environment is Environment.PRODUCTION


def refuse_what_is_not_for_production(file: ProcessFile) -> None:
    """Nothing elsewhere. The profile, RS256 and http are refused by the policy itself. Raises SettingsInvalid."""
    if not is_production(file):
        return
    if file.mns is not None and file.mns.feed:
        raise SettingsInvalid("mns.feed is a sandbox's; in production set mns.queue_url.")
    if is_nobodys(file.settings.provider.issuer):
        raise SettingsInvalid("provider.issuer leads to no host of the internet; that is for a sandbox.")
    for name, address in addresses_of(file):
        parts = urlsplit(address)
        if parts.scheme != "https" or is_nobodys(address):
            raise SettingsInvalid(f"{name} is not https to a host of its own: in production nobody speaks to a stand-in.")
    try:
        if key_source(file.settings.storage.sealing_keys).is_for_development:
            raise SettingsInvalid("storage.sealing_keys was made at a first start; make one with `gpic admin sealing create`.")
    except KeysUnusable as mistake:
        raise SettingsInvalid(f"The sealing keys cannot be used: {mistake}.") from None


def addresses_of(file: ProcessFile) -> Iterator[tuple[str, str]]:
    """Everything that we call, by the name of its setting."""
    yield "pds.address", file.pds.address
    yield "pds.token_url", file.pds.token_url
    if file.mns is not None and file.mns.queue_url:
        yield "mns.queue_url", file.mns.queue_url
    if file.courier.address:
        yield "courier.address", file.courier.address
    for supplier, table in sorted(file.gp_systems.items()):
        yield f"gp_systems.{supplier}.address", table.address


def is_nobodys(address: str) -> bool:
    """Whether this leads to our own machine or to a name that is kept for tests."""
    host = (urlsplit(address).hostname or "").rstrip(".")
    return is_loopback(host) or any(host == name or host.endswith(f".{name}") for name in NOBODYS)
