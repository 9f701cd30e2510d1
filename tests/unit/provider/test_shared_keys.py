"""Signing keys as several processes see them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from gpic.jose.keys import SigningKey
from gpic.nhs.clock import MovableClock
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import CabinetSilent
from gpic.provider.shared_keys import SharedKeys
from gpic.provider.signing_keys import HeldKeys, prepared, promoted
from gpic.storage.provider.memory.signing_keys import MemorySigningKeys
from tests.unit.provider.world import ISSUER, NOW

pytestmark = pytest.mark.anyio

POLICY = ProviderPolicy(ISSUER, keys_read_every=timedelta(milliseconds=5))


@pytest.fixture(scope="module")
def pair() -> tuple[SigningKey, SigningKey]:
    """Two keys."""
    return SigningKey.generate(), SigningKey.generate()


@dataclass
class Cabinet:
    """A cabinet that may fall silent."""

    kept: MemorySigningKeys
    is_silent: bool = False
    looks: int = 0

    async def all(self) -> HeldKeys:
        """As it is kept, unless nobody answers."""
        self.looks += 1
        if self.is_silent:
            raise CabinetSilent
        return await self.kept.all()

    async def change(self, decide: Callable[[HeldKeys], HeldKeys]) -> HeldKeys:
        """As it is kept."""
        return await self.kept.change(decide)


@pytest.fixture
def cabinet() -> Cabinet:
    """An empty one."""
    return Cabinet(MemorySigningKeys())


def kids(keys: SharedKeys) -> tuple[str, list[str]]:
    """Who signs, and who is published."""
    return keys.current.kid, [key.kid for key in keys.key_set.keys]


async def rotate(cabinet: Cabinet, new: SigningKey) -> None:
    """What an operator does in another process."""
    await cabinet.change(lambda keys: promoted(prepared(keys, new, NOW), NOW, POLICY, at_once=True))


async def test_the_first_process_makes_a_key_and_the_second_takes_it(
    cabinet: Cabinet, pair: tuple[SigningKey, SigningKey]
) -> None:
    """Both sign with the same."""
    first = await SharedKeys.opened(cabinet, POLICY, MovableClock(NOW), lambda: pair[0])
    second = await SharedKeys.opened(cabinet, POLICY, MovableClock(NOW), lambda: pair[1])

    assert (pair[0].kid, [pair[0].kid]) == kids(first) == kids(second)


async def test_a_key_is_made_only_where_there_is_none(cabinet: Cabinet, pair: tuple[SigningKey, SigningKey]) -> None:
    """It would take time and be thrown away."""
    made: list[SigningKey] = []

    def make() -> SigningKey:
        made.append(pair[0])
        return pair[0]

    await SharedKeys.opened(cabinet, POLICY, MovableClock(NOW), make)
    await SharedKeys.opened(cabinet, POLICY, MovableClock(NOW), make)

    assert [pair[0]] == made


async def test_a_process_follows_a_rotation_of_another(cabinet: Cabinet, pair: tuple[SigningKey, SigningKey]) -> None:
    """When it reads again: the new key signs, the old one verifies, until no token of it lives."""
    clock = MovableClock(NOW)
    keys = await SharedKeys.opened(cabinet, POLICY, clock, lambda: pair[0])
    await rotate(cabinet, pair[1])
    assert (pair[0].kid, [pair[0].kid]) == kids(keys)

    await keys.read_again()
    assert (pair[1].kid, [pair[1].kid, pair[0].kid]) == kids(keys)

    clock.move(timedelta(hours=2))
    await keys.read_again()
    assert (pair[1].kid, [pair[1].kid]) == kids(keys)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what must come soon."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - nothing rings
            await asyncio.sleep(0.002)


async def test_nobody_has_to_restart_anything(cabinet: Cabinet, pair: tuple[SigningKey, SigningKey]) -> None:
    """A running process reads again by itself, a silent cabinet notwithstanding, and stops when it is told to."""
    keys = await SharedKeys.opened(cabinet, POLICY, MovableClock(NOW), lambda: pair[0])
    stop = asyncio.Event()
    running = asyncio.create_task(keys.run(stop))

    cabinet.is_silent = True
    looks = cabinet.looks
    await until(lambda: cabinet.looks > looks + 1)
    assert (pair[0].kid, [pair[0].kid]) == kids(keys)

    cabinet.is_silent = False
    await rotate(cabinet, pair[1])
    await until(lambda: pair[1].kid == keys.current.kid)
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_it_stops_at_once(cabinet: Cabinet, pair: tuple[SigningKey, SigningKey]) -> None:
    """It does not wait for its next turn."""
    policy = replace(POLICY, keys_read_every=timedelta(hours=1))
    keys = await SharedKeys.opened(cabinet, policy, MovableClock(NOW), lambda: pair[0])
    stop = asyncio.Event()
    running = asyncio.create_task(keys.run(stop))
    await asyncio.sleep(0)
    stop.set()

    await asyncio.wait_for(running, 5)
    assert 1 == cabinet.looks


async def test_when_all_keys_are_gone_the_last_one_signs_on(
    cabinet: Cabinet, pair: tuple[SigningKey, SigningKey], caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody emptied the table: logins go on, and the log says so."""
    keys = await SharedKeys.opened(cabinet, POLICY, MovableClock(NOW), lambda: pair[0])
    await cabinet.change(lambda _: ())

    await keys.read_again()

    assert (pair[0].kid, [pair[0].kid]) == kids(keys)
    assert ["there is no signing key any more; the last one signs on"] == [record.message for record in caplog.records]
