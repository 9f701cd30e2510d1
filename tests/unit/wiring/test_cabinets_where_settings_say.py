"""The cabinets where the settings say that they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gpic.jose.keys import SigningKey
from gpic.provider.signing_keys import begun
from gpic.settings import SettingsInvalid, read
from gpic.storage.policy import StorageInvalid, StoragePolicy
from gpic.wiring.cabinets import StorageUnusable, opened
from tests.postgresql import Server

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def policy(folder: Path, database: str = "") -> StoragePolicy:
    """A database in this folder, or elsewhere, and its keys there."""
    return StoragePolicy(database or str(folder / "provider.sqlite"), str(folder / "provider.keys"))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_what_is_kept_is_there_when_it_is_opened_again(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """On SQLite and on PostgreSQL, made, migrated and sealed with keys of the settings' file."""
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgresql_server")
        with server.database() as url:
            await keep_and_read(policy(tmp_path, url))
    else:
        await keep_and_read(policy(tmp_path))


async def keep_and_read(where: StoragePolicy) -> None:
    """A signing key survives, and private halves open."""
    key = SigningKey.generate()
    with opened(where) as store:
        await store.cabinets.signing_keys.change(lambda keys: begun(keys, key, NOW))
    with opened(where) as store:
        (kept,) = await store.cabinets.signing_keys.all()

    assert kept.private is not None
    assert key.private_pem == kept.private.private_pem


def test_the_files_are_their_owners(tmp_path: Path) -> None:
    """Database and keys."""
    with opened(policy(tmp_path)):
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}

    assert ("0o600", "0o600") == (modes["provider.sqlite"], modes["provider.keys"])


async def test_lost_sealing_keys_are_not_made_anew(tmp_path: Path) -> None:
    """Once something lies sealed; an empty database may begin again."""
    with opened(policy(tmp_path)):
        (tmp_path / "provider.keys").unlink()
    with opened(policy(tmp_path)) as store:
        await store.cabinets.signing_keys.change(lambda keys: begun(keys, SigningKey.generate(), NOW))
    (tmp_path / "provider.keys").unlink()

    with pytest.raises(StorageUnusable, match="cannot be read"), opened(policy(tmp_path)):
        pass


async def test_what_was_sealed_with_other_keys_is_told(tmp_path: Path) -> None:
    """Instead of a traceback, without a word of what lies there."""
    with opened(policy(tmp_path)) as store:
        await store.cabinets.signing_keys.change(lambda keys: begun(keys, SigningKey.generate(), NOW))
    (tmp_path / "provider.keys").write_text("k2 " + "A" * 43 + "=\n", encoding="ascii")

    with pytest.raises(StorageUnusable, match="was sealed with other keys"), opened(policy(tmp_path)) as store:
        await store.cabinets.signing_keys.all()


@pytest.mark.parametrize(
    ("database", "sentence"),
    [
        ("/nowhere/at/all.sqlite", "The database /nowhere/at/all.sqlite cannot be opened: No such file or directory."),
        ("postgresql://someone:a-password@127.0.0.1:1/x", "The database "),
        ("postgresql://someone:a-password@[/x", "The database cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told_without_its_password(tmp_path: Path, database: str, sentence: str) -> None:
    """One sentence."""
    with pytest.raises(StorageUnusable) as told, opened(policy(tmp_path, database)):
        pass

    assert str(told.value).startswith(sentence)
    assert "a-password" not in str(told.value)
    assert None is told.value.__cause__


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """And is left as it is."""
    file = tmp_path / "provider.sqlite"
    file.write_text("a letter\n" * 200, encoding="ascii")

    with pytest.raises(StorageUnusable), opened(policy(tmp_path)):
        pass
    assert "a letter\n" * 200 == file.read_text(encoding="ascii")


@pytest.mark.parametrize("database", ["", "mysql://x", "sqlite:///x", "https://x"])
def test_only_two_kinds_of_database_are_known(database: str) -> None:
    """A path, or a URL of PostgreSQL."""
    with pytest.raises(StorageInvalid):
        StoragePolicy(database)


@pytest.mark.parametrize(
    ("database", "is_postgres"),
    [("gpic.sqlite", False), ("/var/lib/gpic/x", False), ("postgresql://x/y", True), ("postgres://x/y", True)],
)
def test_a_database_is_a_path_or_a_servers(database: str, *, is_postgres: bool) -> None:
    """By its beginning."""
    assert is_postgres == StoragePolicy(database).is_postgres


def test_a_password_does_not_print() -> None:
    """Settings are printed and logged."""
    settings = read({"provider": {"issuer": "https://auth.example"}, "storage": {"database": "postgresql://u:secret@h/d"}})

    assert "postgresql://u:secret@h/d" == settings.storage.database
    assert "secret" not in repr(settings)


def test_a_wrong_database_is_a_wrong_setting() -> None:
    """One sentence that names the room and no password."""
    with pytest.raises(SettingsInvalid, match="The settings of storage are wrong") as told:
        read({"provider": {"issuer": "https://auth.example"}, "storage": {"database": "mysql://u:secret@h/d"}})
    assert "secret" not in str(told.value)
