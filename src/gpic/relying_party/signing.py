"""Waiting for signatures that are made elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread

from gpic.jose.keys import KeyElsewhere
from gpic.relying_party.policy import RelyingPartySettings

T = TypeVar("T")


async def signed(settings: RelyingPartySettings, make: Callable[[], T]) -> T:
    """What *make* makes, which signs with the client's key: in a thread where the key is in a service that may be slow."""
    return await to_thread.run_sync(make) if isinstance(settings.key, KeyElsewhere) else make()
