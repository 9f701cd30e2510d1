"""What an operator sees of a process, put together: its meters and spans, and a door of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import metadata

from gpic.credentials.ports import TaskKind
from gpic.jobs.depth import TableDepth
from gpic.monitoring.door import Reading, door
from gpic.monitoring.health import Health
from gpic.monitoring.metrics import BUILT, PAUSED, QUEUE, QUEUE_LAG, Meters
from gpic.monitoring.spans import tracing
from gpic.monitoring.watch import Watch
from gpic.wiring.gp_systems import suppliers
from gpic.wiring.ground import Ground
from gpic.wiring.process_file import ProcessFile
from gpic.wiring.serving import Served, served_beside


@contextlib.contextmanager
def watching(file: ProcessFile, role: str) -> Iterator[Watch]:
    """One process's meters and spans; spans that are not yet sent are sent at the end. Raises TracingUnfit."""
    version, meters = metadata.version("gpic"), Meters()
    meters.add_those_of_the_process()
    meters.show(BUILT, 1, version, role)
    with tracing(file.monitoring.traces, role, version) as spans:
        yield Watch(meters, spans)


def doors_beside(address: str, watch: Watch, ready: Health, readings: tuple[Reading, ...]) -> tuple[Served, ...]:
    """/metrics and /health at *address*; none where that is "". Raises SettingsInvalid."""
    return (served_beside(door(watch.meters, ready, readings), address, ready),) if address else ()


def readings_of(standing: Ground) -> tuple[Reading, ...]:
    """What is looked up for each reading of a process that works."""
    depth, clock = TableDepth(standing.store.database), standing.around.clocks.world

    async def queue(meters: Meters) -> None:
        """Every kind has its lag, so that nothing due is a 0 and not a gap."""
        meters.forget(QUEUE)
        found = await depth.read(clock.now())
        for (kind, state), count in found.tasks.items():
            meters.show(QUEUE, count, kind.value, state)
        for kind in TaskKind:
            lag = found.lag.get(kind)
            meters.show(QUEUE_LAG, lag.total_seconds() if lag else 0, kind.value)

    async def pauses(meters: Meters) -> None:
        """A 0 for whoever is called."""
        now = standing.around.clocks.wire.now()
        paused = {one.supplier for one in await standing.around.pauses.all() if one.holds(now)}
        for supplier in suppliers():
            meters.show(PAUSED, float(supplier in paused), supplier)

    return queue, pauses
