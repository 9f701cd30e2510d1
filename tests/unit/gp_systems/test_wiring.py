"""The GP systems put together: a file, suppliers, and what changes while they run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpic.gp_systems.directory import Reloaded
from gpic.gp_systems.mapping_file import FileUnreadable, MappingFile
from gpic.gp_systems.plugs import PlugUnfit
from gpic.gp_systems.systems import Interface
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.organisations import OdsCode
from gpic.wiring.gp_systems import GpSystemsSettings, keep_current, surgeries

pytestmark = pytest.mark.anyio

A, B, C = OdsCode("A12345"), OdsCode("B12345"), OdsCode("C12345")
EMIS = Interface("https://emis.test", {"application_id": "app-1"})
LINES = "PRACTICE_CODE,SUPPLIER_NAME,FROM\nA12345,EMIS,\nB12345,TPP,\n"
SOON = timedelta(milliseconds=5)


def write(path: Path, text: str) -> None:
    """Put another file in its place."""
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A mapping of two practices."""
    write(tmp_path / "mapping.csv", LINES)
    return tmp_path / "mapping.csv"


async def test_practices_find_their_systems(path: Path) -> None:
    """Covered by what is configured; the rest is None, for the engine and for the kit."""
    async with surgeries(GpSystemsSettings(path, {"emis": EMIS})) as found:
        surgery, system = found.for_engine().system_of(A), found.for_partner().system_of(A)

        assert surgery is not None
        assert system is not None
        assert ("emis", "emis", id(surgery.system)) == (surgery.supplier, system[0], id(system[1]))
        assert [None, None] == [found.for_engine().system_of(one) for one in (B, C)]
        assert [None, None] == [found.for_partner().system_of(one) for one in (B, C)]
        assert "A12345" == found.directory.name_of(A)


async def test_a_start_without_directory_or_plug_fails_with_a_sentence(path: Path) -> None:
    """An operator reads what is missing."""
    with pytest.raises(FileUnreadable):
        async with surgeries(GpSystemsSettings(path.with_name("none.csv"), {"emis": EMIS})):
            pass
    with pytest.raises(PlugUnfit):
        async with surgeries(GpSystemsSettings(path, {"nobody": EMIS})):
            pass


@contextlib.asynccontextmanager
async def kept_current(file: MappingFile) -> AsyncIterator[asyncio.Queue[Reloaded]]:
    """The loop, running; what it tells."""
    told: asyncio.Queue[Reloaded] = asyncio.Queue()
    task = asyncio.create_task(keep_current(file, told.put, every=SOON))
    yield told
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_new_file_and_a_new_day_are_told(path: Path) -> None:
    """N19: each change once, while everything runs; a broken file in between holds neither up."""
    clock = MovableClock(datetime(2031, 4, 1, tzinfo=UTC))
    file = MappingFile(path, clock=clock)
    async with asyncio.timeout(5), kept_current(file) as told:
        write(path, LINES + "A12345,TPP,2031-04-02\nC12345,EMIS,\n")
        assert Reloaded(frozenset({C})) == await told.get()

        write(path, "broken")
        clock.move(timedelta(days=1))
        assert Reloaded(frozenset({A})) == await told.get()
    assert ("tpp", "tpp", "emis") == tuple(file.directory.supplier_of(one) for one in (A, B, C))


async def test_the_world_clock_decides_which_day_it_is(path: Path) -> None:
    """A sandbox's time moves, and its migrations with it."""
    write(path, LINES + "B12345,EMIS,2031-04-02\n")
    world = MovableClock(datetime(2031, 4, 1, tzinfo=UTC))
    async with surgeries(GpSystemsSettings(path, {"emis": EMIS}), Clocks(world=world)) as found:
        assert found.for_engine().system_of(B) is None
        world.move(timedelta(days=1))
        assert found.for_engine().system_of(B) is not None
