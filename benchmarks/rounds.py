"""The periodic look over everybody, against a bare keyset scan of the same rows: people per second, and what memory it takes.

The walk is a worker's: the same pages, decisions and unsealing, its place kept after each page; only PDS, which answers five a
second, is replaced by one that answers at once. `python -m benchmarks.rounds FOLDER` walks by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Row, insert

from benchmarks.frame import Figure, main
from gpic.credentials.holding import PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import PracticeFound, Surgery
from gpic.credentials.rounds import PERIODIC, Place, RoundsPolicy, Walker
from gpic.nhs.clock import Clocks
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.storage.policy import StoragePolicy
from gpic.storage.provider.sql.census import by_release
from gpic.storage.provider.sql.numbers import place_of
from gpic.storage.provider.tables import holdings, nhs_numbers, persons, releases
from gpic.wiring.cabinets import Store, opened

PEOPLE: Final = int(os.environ.get("GPIC_BENCH_PEOPLE", "1000000"))
CHUNK: Final = 10_000
PRACTICE: Final = OdsCode("A99901")
MEGABYTES: Final = 150  #: more than a worker may take


@dataclass(frozen=True, slots=True)
class StaysPut:
    """PDS, where nobody ever moves."""

    async def look_up(self, nhs_number: NhsNumber) -> PracticeFound:
        """At the practice of everybody."""
        return PracticeFound(nhs_number, PRACTICE, None)


class OneSupplier:
    """A directory with one supplier, which nobody asks."""

    def system_of(self, _practice: OdsCode) -> Surgery:
        """EMIS."""
        return EMIS


EMIS: Final = Surgery("emis", None)  # type: ignore[arg-type] # nobody is called


def storage(folder: Path) -> StoragePolicy:
    """Where everything is kept."""
    return StoragePolicy(str(folder / "provider.sqlite"), str(folder / "provider.keys"))


def settle(store: Store, first: int, now: datetime, connection: Connection) -> None:
    """So many people from the *first* on, each with a number, a holding, and a release a while ago."""
    people, numbers, held, given = [], [], [], []
    for who in range(first, min(first + CHUNK, PEOPLE)):
        person = f"person-{who:09}"
        number = next(found for found in (NhsNumber.from_stem(f"9{who * 2 + extra:08}") for extra in (0, 1)) if found)
        people.append({"person": person, "pseudonym": f"{who:032}"})
        sealed = store.sealer.seal(number.digits.encode(), place=place_of(PersonId(person)))
        numbers.append({"person": person, "number_hash": f"{who:064}", "sealed": sealed, "since": now})
        held.append(
            {"person": person, "state": State.HELD.value, "version": 1, "supplier": "emis", "practice": PRACTICE}
            | {"rejected": frozenset(), "tries": 0, "silences": 0, "completed": (), "registered_at": now - timedelta(days=400)}
        )
        given.append({"person": person, "client_id": "bench", "released_at": now - timedelta(seconds=who * 7919 % PEOPLE)})
    for table, rows in ((persons, people), (nhs_numbers, numbers), (holdings, held), (releases, given)):
        connection.execute(insert(table), rows)


def build(folder: Path) -> None:
    """Everybody."""
    with opened(storage(folder)) as store:
        now = datetime.now(UTC)
        for first in range(0, PEOPLE, CHUNK):
            store.database.unit_here(partial(settle, store, first, now))


async def both(store: Store) -> tuple[float, float]:
    """Everybody, page by page: as a worker walks, and the rows alone; seconds of each, so that other work bends both."""
    walker = Walker(
        store.rounds, store.cabinets.census, store.backlog, store.queue, StaysPut(), OneSupplier(), Clocks(), RoundsPolicy()
    )
    await walker.begin(PERIODIC, frozenset(), why="bench")
    bare, ours, seen, after = 0.0, 0.0, 0, None
    while True:
        began = time.perf_counter()
        rows = await bare_page(store, after)
        between = time.perf_counter()
        goes_on = await walker.carry_on()
        bare, ours = bare + between - began, ours + time.perf_counter() - between
        if not goes_on:
            break
        seen, after = seen + len(rows), Place(rows[-1].released_at, PersonId(rows[-1].person)) if rows else after
    passed = (await store.rounds.all())[0].passed
    if {seen, passed} != {PEOPLE}:
        raise AssertionError(f"of {PEOPLE} the walk passed {passed} and the scan {seen}")
    return ours, bare


async def bare_page(store: Store, after: Place | None) -> Sequence[Row[*tuple[object, ...]]]:
    """The next rows, by the same key and as many; nothing is opened and nothing decided."""
    statement = by_release(after).limit(RoundsPolicy().page)
    return await store.database.look(lambda connection: connection.execute(statement).all(), long=True)


async def alone(folder: Path) -> None:
    """Prints the seconds of both, and the most memory that it took."""
    with opened(storage(folder)) as store:
        ours, bare = await both(store)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"ours": ours, "bare": bare, "megabytes": megabytes}) + "\n")


async def rounds() -> Sequence[Figure]:
    """People per second, and megabytes; in a process of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory(prefix="gpic-bench-") as name:
        await asyncio.to_thread(build, Path(name))
        words = (sys.executable, "-m", "benchmarks.rounds", name)
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        told, _ = await process.communicate()
    took = json.loads(told)
    most = took["megabytes"]
    return [
        Figure("rounds.walk.sqlite", took["bare"] / took["ours"], PEOPLE / took["ours"], PEOPLE / took["bare"]),
        Figure("rounds.memory.sqlite", MEGABYTES / most, most, MEGABYTES, "megabytes"),
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(alone(Path(sys.argv[1])))
    else:
        main(rounds)
