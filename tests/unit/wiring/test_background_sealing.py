"""A worker brings what is kept for long under the current key, without anybody's hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gpic.credentials.holding import PersonId
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from gpic.storage.policy import StoragePolicy
from gpic.storage.provider.sql.seals import envelopes_by_key
from gpic.storage.sealing import Sealer
from gpic.wiring.background_sealing import BackgroundSealing
from gpic.wiring.cabinets import Store, opened

pytestmark = pytest.mark.anyio

ADA = Account("sub-ada", PersonId("person-ada"), "ada@mail.example", "07700900001", ProofingLevel.P0)
OLD, NEW = bytes(range(32)), bytes(reversed(range(32)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """With one key."""
    with opened(StoragePolicy(str(tmp_path / "provider.sqlite"), str(tmp_path / "provider.keys"))) as here:
        here.sealer.take({"k1": OLD}, "k1")
        yield here


async def under(store: Store) -> dict[str, int]:
    """How much lies under each key."""
    return dict(await store.database.look(lambda connection: envelopes_by_key(connection, names=["k1", "k2"])))


async def test_after_a_rotation_everything_comes_under_the_new_key(store: Store) -> None:
    """N7: as soon as the process has read its keys again; what it is found by follows."""
    await store.cabinets.accounts.put(ADA, SignInSecrets(""))
    sealing, stop = BackgroundSealing(store.database, store.sealer, timedelta(milliseconds=10)), asyncio.Event()
    running = asyncio.create_task(sealing.run(stop))
    await asyncio.sleep(0.05)
    before = await under(store)
    store.sealer.take({"k1": OLD, "k2": NEW}, "k2")
    async with asyncio.timeout(20):
        while (await under(store))["k1"]:  # noqa: ASYNC110 - a table
            await asyncio.sleep(0.02)
    stop.set()
    await running
    store.sealer.take({"k2": NEW}, "k2")

    assert (1, 0) == (before["k1"], before["k2"])
    assert None is not await store.cabinets.accounts.by_email("ada@mail.example")


async def test_with_one_key_nothing_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of millions is walked once for each rotation, and not otherwise."""
    walked: list[bytes] = []

    async def counted(_database: object, sealer: Sealer) -> int:
        walked.append(sealer.mark)
        await asyncio.sleep(0)
        return 0

    monkeypatch.setattr("gpic.wiring.background_sealing.reseal", counted)
    sealing = BackgroundSealing(store.database, store.sealer)
    await sealing.look()
    store.sealer.take({"k1": OLD, "k2": NEW}, "k2")
    for _ in range(3):
        await sealing.look()

    assert [store.sealer.mark] == walked


async def test_what_cannot_be_opened_ends_nothing(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """It is told once, and the worker goes on."""
    await store.cabinets.accounts.put(ADA, SignInSecrets(""))
    store.sealer.take({"k2": NEW, "k3": bytes(32)}, "k3")
    sealing = BackgroundSealing(store.database, store.sealer)
    await sealing.look()
    await sealing.look()

    assert 1 == caplog.text.count("a key that the source of keys lacks")
