"""What a running process reads again when it is told to (SIGHUP): whatever it has from files, and the signing keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gpic.storage.key_sources import KeySource, key_source
from gpic.storage.sealing import Sealer
from gpic.wiring.ground import Ground
from gpic.wiring.process_file import ProcessFile
from gpic.wiring.running import CurrentMapping


def things_read_again(file: ProcessFile, standing: Ground, mapping: CurrentMapping) -> dict[str, Callable[[], Awaitable[None]]]:
    """By name, in this order. Partners lie in the database and are looked up at every request, so they need no reading."""
    sealing = key_source(file.settings.storage.sealing_keys)
    return {
        "sealing keys": lambda: take_sealing_keys(standing.store.sealer, sealing),
        "signing keys": standing.keys.read_again,
        "key for PDS": standing.pds_key.read_again,
        "practice mapping": mapping.read_again,
    }


async def take_sealing_keys(sealer: Sealer, source: KeySource) -> None:
    """Seal and open with what the source holds now; raises KeysUnusable."""
    sealer.take(*await asyncio.to_thread(source.read))
