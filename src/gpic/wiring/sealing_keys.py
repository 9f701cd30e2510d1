"""The sealing keys of a provider as an operator changes them: the file, and what lies in the database under each key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gpic.storage.key_file import add_key, remove_key, use_key
from gpic.storage.key_sources import KeyFile, KeySource, key_source
from gpic.storage.policy import StoragePolicy
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.resealing import reseal
from gpic.storage.provider.sql.seals import Tried, envelopes_by_key, open_all
from gpic.storage.sealing import KeysUnusable, SealBroken, Sealer, make_key_file


class SealingRefused(Exception):
    """This cannot be done to the sealing keys now; the message is for an operator and shows no key."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A key of the file; *key_id* "" stands for all keys that it lacks."""

    key_id: str
    is_current: bool
    envelopes: int


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """One source of keys, one database. Methods raise SealingRefused."""

    source: KeySource
    database: Database

    async def keys(self) -> tuple[Listed, ...]:
        """In the file's order, the current last; and what is sealed with keys that are not there, if anything is."""
        keys, current = self.source.read()
        counts = await self.database.look(partial(envelopes_by_key, names=list(keys)))
        listed = tuple(Listed(name, name == current, counts[name]) for name in keys)
        return (Listed("", is_current=False, envelopes=counts[""]), *listed) if counts[""] else listed

    async def add(self) -> str:
        """A fresh key that opens and does not seal yet; its id."""
        return await self._changed(add_key)

    async def use(self, key_id: str) -> None:
        """Let new seals use it."""
        await self._changed(use_key, key_id)

    async def reseal(self, passed: Callable[[int], None]) -> int:
        """Everything that is kept for long comes under the current key."""
        try:
            return await reseal(self.database, Sealer(*self.source.read()), passed)
        except SealBroken:
            raise SealingRefused("Something was sealed with a key that the file lacks; `list` says how much.") from None

    async def verify(self, passed: Callable[[int], None]) -> Tried:
        """Whether everything that is kept for long can be opened."""
        sealer = Sealer(*self.source.read())
        return await self.database.look(partial(open_all, sealer=sealer, passed=passed))

    async def remove(self, key_id: str) -> None:
        """Take away a key that opens nothing any more."""
        needed = next((one.envelopes for one in await self.keys() if one.key_id == key_id), 0)
        if needed:
            raise SealingRefused(f"{needed} envelopes need {key_id} still: reseal, and wait an hour for what lives so long.")
        await self._changed(remove_key, key_id)

    async def _changed(self, change: Callable[..., str | None], *words: str) -> str:
        if not isinstance(self.source, KeyFile):
            raise SealingRefused(
                "The sealing keys come from no file: change them where they come from, then reload and reseal."
            )
        try:
            return await asyncio.to_thread(change, self.source.path, *words) or ""
        except (KeysUnusable, OSError) as mistake:
            raise SealingRefused(f"The sealing keys stay as they are: {mistake}.") from None


def sealing_keys_of(policy: StoragePolicy, database: Database) -> SealingKeys:
    """The keys that the settings name, and what lies under them."""
    return SealingKeys(key_source(policy.sealing_keys), database)


def make_keys(policy: StoragePolicy) -> None:
    """Make the key file of a provider that has none yet, for production as well. Raises SealingRefused."""
    source = key_source(policy.sealing_keys)
    if not isinstance(source, KeyFile):
        raise SealingRefused("The sealing keys come from no file: make them where they come from.")
    try:
        made = make_key_file(source.path, for_development=False)
    except OSError as mistake:
        raise SealingRefused(f"The key file cannot be written: {mistake.strerror}.") from None
    if not made:
        raise SealingRefused("There is a key file, and it stays as it is.")
