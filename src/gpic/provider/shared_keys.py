"""The signing keys as one process sees them: read from where all processes keep them, again and again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from gpic.jose.keys import KeyRing, KeySet, SigningKey
from gpic.nhs.clock import Clock
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import CabinetSilent, SigningKeys
from gpic.provider.signing_keys import HeldKeys, begun, ring_of

LOG: Final = logging.getLogger("gpic.provider")


@dataclass(slots=True)
class SharedKeys:
    """Implements `gpic.jose.keys.Keys`. What it says is at most `keys_read_every` old while `run` runs."""

    cabinet: SigningKeys
    policy: ProviderPolicy
    clock: Clock  #: wire
    ring: KeyRing

    @classmethod
    async def opened(
        cls, cabinet: SigningKeys, policy: ProviderPolicy, clock: Clock, first: Callable[[], SigningKey] = SigningKey.generate
    ) -> Self:
        """The keys of *cabinet*; of several processes that find it empty at once one puts its *first* key there."""
        keys = await cabinet.all()
        if (ring := ring_of(keys, clock.now(), policy)) is None:
            keys = await _put_first(cabinet, first(), clock)
            ring = ring_of(keys, clock.now(), policy)
        assert ring is not None, "a key that signs was just put there"  # noqa: S101 - says what `begun` ensures
        return cls(cabinet, policy, clock, ring)

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        return self.ring.current

    @property
    def key_set(self) -> KeySet:
        """Every key that verifies what was signed here."""
        return self.ring.key_set

    async def read_again(self) -> None:
        """Follow what others changed. Raises CabinetSilent, and the keys stay as they were."""
        ring = ring_of(await self.cabinet.all(), self.clock.now(), self.policy)
        if ring is None:
            LOG.error("there is no signing key any more; the last one signs on")
            return
        if ring.current.kid != self.ring.current.kid:
            LOG.info("another key signs", extra={"kid": ring.current.kid})
        self.ring = ring

    async def run(self, stop: asyncio.Event) -> None:
        """Read the keys again each `keys_read_every`, until *stop*. A silent cabinet is asked again next time."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.policy.keys_read_every.total_seconds())
                return
            try:
                await self.read_again()
            except CabinetSilent:
                LOG.warning("the signing keys could not be read again, the last ones go on")


async def _put_first(cabinet: SigningKeys, new: SigningKey, clock: Clock) -> HeldKeys:
    return await cabinet.change(lambda keys: begun(keys, new, clock.now()))
