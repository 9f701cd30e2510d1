"""The partner's cabinets in one SQLite file: several processes, and what lies on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from gpic.nhs.credentials import GpCredentials
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party.ports import Cabinets
from gpic.relying_party.records import Linkage, Registered
from gpic.storage.partner.cabinets import PAGE, cabinets_in, reseal
from gpic.storage.partner.sqlite import File, sqlite_cabinets
from gpic.storage.sealing import SealBroken, Sealer
from tests.ports.test_partner_cabinets import ATTEMPT, DETAILS, LEASE, NEWER, NOW, OTHER, PRINT, TOKEN, TWICE, WHY

pytestmark = pytest.mark.anyio


def sealed_file(path: Path) -> Cabinets:
    """SQLite at *path*."""
    return sqlite_cabinets(path, Sealer({"k1": bytes(32)}, "k1"))


async def test_a_file_outlives_its_process(tmp_path: Path) -> None:
    """R2: another process finds intent, token and returns."""
    await sealed_file(tmp_path / "partner.db").linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))

    assert Linkage(PRINT, 1, DETAILS, TOKEN) == await sealed_file(tmp_path / "partner.db").linkages.find("mary", PRINT)


async def test_processes_agree(tmp_path: Path) -> None:
    """R9, R11: many openings of one file, one reservation, two returns, one attempt."""
    workers = [sealed_file(tmp_path / "partner.db") for _ in range(6)]
    await workers[0].attempts.save(ATTEMPT, NOW)

    reserved = await asyncio.gather(*(one.linkages.reserve(PRINT, 0, NOW, LEASE) for one in workers))
    returned = await asyncio.gather(*(one.returns.reserve("sub:mary", WHY, NOW, TWICE) for one in workers))
    taken = await asyncio.gather(*(one.attempts.take("state", "browser", NOW) for one in workers))

    assert (1, 2, 1) == (reserved.count(True), returned.count(True), len([one for one in taken if one]))


def everything_in(folder: Path) -> bytes:
    """The database with its journal, as it lies on the disk."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_nothing_secret_lies_open_in_the_file(tmp_path: Path) -> None:
    """`attacks-and-interop.md` 39: keys, account ids and tokens are sealed, bound to their row."""
    cabinets = sealed_file(tmp_path / "partner.db")
    await cabinets.linkages.settle("mary", PRINT, Registered(DETAILS, TOKEN))
    await cabinets.linkages.settle("john", NEWER.fingerprint, Registered(NEWER, OTHER))
    raw = everything_in(tmp_path)
    with sqlite3.connect(tmp_path / "partner.db") as database:
        database.execute(
            "UPDATE gpic_linkages SET sealed = (SELECT sealed FROM gpic_linkages WHERE fingerprint = ?) WHERE fingerprint = ?",
            (NEWER.fingerprint, PRINT),
        )
    database.close()

    assert [] == [secret for secret in (b"kT4m9XqZ2bLp", b"2917340058", b"f7c4b1de") if secret in raw]
    with pytest.raises(SealBroken):
        await cabinets.linkages.find("mary", PRINT)


async def test_keys_rotate(tmp_path: Path) -> None:
    """What an old key sealed opens still; once resealed under the new one, the old can be taken away."""
    old, new = bytes(32), bytes(range(32))
    units = File(tmp_path / "partner.db")
    before = cabinets_in(units, Sealer({"k1": old}, "k1"))
    many = [GpCredentials(str(number), OdsCode("A12345"), Secret(f"key-{number}")) for number in range(PAGE + 5)]
    for number, details in enumerate(many):
        await before.linkages.settle(f"sub-{number}", details.fingerprint, Registered(details, TOKEN))
    both = Sealer({"k1": old, "k2": new}, "k2")

    assert TOKEN == found_token(await cabinets_in(units, both).linkages.find("sub-0", many[0].fingerprint))
    assert [PAGE + 5, 0] == [await reseal(units, both), await reseal(units, both)]
    alone = cabinets_in(units, Sealer({"k2": new}, "k2"))
    assert TOKEN == found_token(await alone.linkages.find("sub-7", many[7].fingerprint))


def found_token(linkage: Linkage | None) -> object:
    """The token of a linkage that must be there."""
    assert linkage is not None
    return linkage.token
