"""Signing keys and partners' texts in the file: sealed, bound to their place, resealed with everything else (N7)."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpic.jose.keys import SigningKey
from gpic.nhs.clock import MovableClock
from gpic.provider.policy import ProviderPolicy
from gpic.provider.shared_keys import SharedKeys
from gpic.provider.signing_keys import begun, prepared, promoted
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.resealing import holds_seals, reseal
from gpic.storage.provider.sqlite import cabinets_on
from gpic.storage.sealing import SealBroken, Sealer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = ProviderPolicy("https://auth.example")
NEW = Sealer({"k1": bytes(range(32)), "k2": bytes(32)}, "k2")


@pytest.fixture(scope="module")
def pair() -> tuple[SigningKey, SigningKey]:
    """Two keys."""
    return SigningKey.generate(), SigningKey.generate()


@pytest.fixture
async def filled(cabinets: Cabinets, pair: tuple[SigningKey, SigningKey]) -> Cabinets:
    """A key that signs, the next one, and what a partner keeps about two people."""
    await cabinets.signing_keys.change(lambda keys: prepared(begun(keys, pair[0], NOW), pair[1], NOW))
    for subject in ("alice", "bob"):
        await cabinets.client_metadata.keep(subject, "partner", f"a text about {subject}")
    return cabinets


async def test_neither_keys_nor_texts_lie_in_the_open(
    filled: Cabinets, path: Path, pair: tuple[SigningKey, SigningKey]
) -> None:
    """Not in the file, not in the log beside it; public halves may."""
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())

    assert pair[0].public_pem.splitlines()[2].encode() in content  # or we look in the wrong place
    assert b"PRIVATE KEY" not in content
    assert b"a text about" not in content
    for line in pair[0].private_pem.splitlines()[2:6]:
        assert line.encode() not in content


async def test_the_private_half_of_a_retired_key_is_gone(
    filled: Cabinets, path: Path, pair: tuple[SigningKey, SigningKey]
) -> None:
    """Nobody who comes later finds it, with or without the sealing keys."""
    await filled.signing_keys.change(lambda keys: promoted(keys, NOW, POLICY, at_once=True))

    with sqlite3.connect(path) as connection:
        sealed = dict(connection.execute("SELECT kid, sealed IS NOT NULL FROM signing_keys"))
    assert {pair[0].kid: 0, pair[1].kid: 1} == sealed


def tamper(path: Path, statement: str) -> None:
    """Somebody writes into the file past us."""
    with sqlite3.connect(path) as connection:
        assert 1 == connection.execute(statement).rowcount
    connection.close()


async def test_a_key_cannot_be_put_in_anothers_place(filled: Cabinets, path: Path) -> None:
    """Nobody makes the provider sign with a key of their choice."""
    nexts = "(SELECT sealed FROM signing_keys WHERE signs_since IS NULL)"
    tamper(path, f"UPDATE signing_keys SET sealed = {nexts} WHERE signs_since > 0")  # noqa: S608 - a test's own words

    with pytest.raises(SealBroken):
        await filled.signing_keys.all()


async def test_a_text_cannot_be_put_in_anothers_place(filled: Cabinets, path: Path) -> None:
    """Nobody reads what a partner keeps about one person as another's."""
    bobs = "(SELECT sealed FROM client_metadata WHERE subject = 'bob')"
    tamper(path, f"UPDATE client_metadata SET sealed = {bobs} WHERE subject = 'alice'")  # noqa: S608 - see above

    with pytest.raises(SealBroken):
        await filled.client_metadata.of("alice", "partner")


async def test_once_resealed_the_old_key_can_be_taken_away(
    filled: Cabinets, database: Database, pair: tuple[SigningKey, SigningKey]
) -> None:
    """Four envelopes, once; then the new key alone opens them."""
    assert [4, 0] == [await reseal(database, NEW), await reseal(database, NEW)]

    alone = cabinets_on(database, Sealer({"k2": bytes(32)}, "k2"))
    kept = {key.kid: key.private.private_pem if key.private else "" for key in await alone.signing_keys.all()}
    assert {key.kid: key.private_pem for key in pair} == kept
    assert "a text about bob" == await alone.client_metadata.of("bob", "partner")


async def test_it_is_known_whether_anything_was_sealed(database: Database, cabinets: Cabinets) -> None:
    """Before that sealing keys may be made anew, afterwards never."""
    assert not database.unit_here(holds_seals)
    await cabinets.client_metadata.keep("alice", "partner", "a text")
    assert database.unit_here(holds_seals)
    await cabinets.client_metadata.keep("alice", "partner", "")
    assert not database.unit_here(holds_seals)


async def test_processes_on_one_file_agree_on_who_signs(path: Path, database: Database, sealer: Sealer) -> None:
    """Two that start at once on an empty database, then a rotation by a third."""
    clock = MovableClock(NOW)
    processes = [cabinets_on(database, sealer) for _ in range(3)]
    first, second = [await SharedKeys.opened(one.signing_keys, POLICY, clock) for one in processes[:2]]
    new = SigningKey.generate()
    await processes[2].signing_keys.change(lambda keys: prepared(keys, new, NOW))
    clock.move(timedelta(minutes=6))
    await processes[2].signing_keys.change(lambda keys: promoted(keys, clock.now(), POLICY))
    for one in (first, second):
        await one.read_again()

    assert new.kid == first.current.kid == second.current.kid
    assert [key.kid for key in first.key_set.keys] == [key.kid for key in second.key_set.keys]
    assert 2 == len(first.key_set.keys)
