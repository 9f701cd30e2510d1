"""What the page on backups shows is run on a real PostgreSQL with a provider's data: restored, with and without its keys."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, AuditRecord
from gpic.jose.keys import SigningKey
from gpic.nhs.clock import Clocks
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.provider.policy import ProviderPolicy
from gpic.provider.shared_keys import SharedKeys
from gpic.sandbox.residents import settle_in
from gpic.simulators.cast import furnish
from gpic.simulators.world import World
from gpic.storage.policy import StoragePolicy
from gpic.wiring.cabinets import Store, opened
from tests.postgresql import Server

pytestmark = pytest.mark.long

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "back-up-and-restore.md"
BLOCKS: Final = dict(
    re.findall(r'^```sh title="([^"]+)"\n(.*?)^```$', PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)
PRACTICE: Final = OdsCode("A99901")
DETAILS: Final = GpCredentials("account-1", PRACTICE, Secret("linkage-key-1"))
TOKEN: Final = Im1Token("emis", Secret("token-1"))


@dataclass
class Provider:
    """A provider's files and databases, and a shell that reads the page."""

    folder: Path
    server: Server
    databases: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)

    def shell(self, *blocks: str) -> str:
        """Run these blocks of the page one after the other in one shell; what they print. Raises CalledProcessError."""
        path = f"{self.server.programs}:{Path(sys.executable).parent}:/usr/bin:/bin"
        words = ["sh", "-e", "-c", "\n".join(BLOCKS[one] for one in blocks)]
        around = {"PATH": path, "LANG": "C.UTF-8", "HOME": str(self.folder), **self.databases}
        done = subprocess.run(words, check=True, cwd=self.folder, env=around, capture_output=True, text=True, timeout=100)  # noqa: S603 - our own page
        return done.stdout

    def policy(self, database: str, keys: str = "gpic.keys") -> StoragePolicy:
        """Where a provider keeps things."""
        return StoragePolicy(self.databases[database], str(self.folder / keys))


@pytest.fixture
def provider(postgresql_server: Server, tmp_path: Path) -> Iterator[Provider]:
    """With people, details of one of them, an audit record, a partner and a signing key."""
    with postgresql_server.database() as one, postgresql_server.database() as two, postgresql_server.database() as three:
        there = Provider(tmp_path, postgresql_server, {"DATABASE": one, "RESTORED": two, "FRESH": three})
        with opened(there.policy("DATABASE")) as store:
            person = asyncio.run(fill(store))
        there.environment["person"] = person
        register_partner(there)
        yield there


async def fill(store: Store) -> PersonId:
    """Everybody of the cast has an account; something is held of Ada; a key signs."""
    world = World()
    furnish(world)
    await settle_in(world, store.cabinets.accounts)
    person = await store.cabinets.accounts.person_of(world.patient("ada").number)
    assert person is not None
    now = datetime.now(UTC)
    held = Holding(person, state=State.HELD, supplier="emis", practice=PRACTICE, details=DETAILS, token=TOKEN)
    await store.cabinets.holdings.save(held, AuditRecord(now, person, AuditEvent.REGISTERED, 1, why="created"))
    issuer = ProviderPolicy("https://auth.example")
    await SharedKeys.opened(store.cabinets.signing_keys, issuer, Clocks().wire, SigningKey.generate)
    return person


def register_partner(there: Provider) -> None:
    """By command."""
    (there.folder / "riverside.pem").write_text(SigningKey.generate().public_pem, encoding="ascii")
    BLOCKS["register"] = (
        "gpic admin clients add riverside --name Riverside --redirect-uri https://riverside.example/callback"
        " --scope openid --key riverside.pem\n"
    )
    there.shell("settings", "register")


def held(policy: StoragePolicy, person: str) -> Holding:
    """What is held of somebody."""

    async def load(store: Store) -> Holding:
        return await store.cabinets.holdings.load(PersonId(person))

    with opened(policy) as store:
        return asyncio.run(load(store))


def test_what_is_restored_with_its_keys_is_whole(provider: Provider) -> None:
    """N7: details and token open as they were, accounts and signing keys too; the drill says so by its exit code."""
    provider.shell("settings", "back up")
    said = provider.shell("settings", "restore")
    restored = held(provider.policy("RESTORED"), provider.environment["person"])

    assert re.search(r"\d+ envelopes open, 0 do not\.", said)
    assert (DETAILS, TOKEN) == (restored.details, restored.token)


def test_what_is_restored_with_other_keys_stays_shut(provider: Provider) -> None:
    """N7: the drill ends with 1 and counts; a database with seals never gets a fresh key file behind one's back."""
    provider.shell("settings", "back up")
    (provider.folder / "vault" / "gpic.keys").write_text("k1 " + "A" * 43 + "=\n", encoding="ascii")
    (provider.folder / "vault" / "gpic.keys").chmod(0o600)
    with pytest.raises(subprocess.CalledProcessError) as failed:
        provider.shell("settings", "restore")

    assert 1 == failed.value.returncode
    assert re.search(r"0 envelopes open, [1-9]\d* do not\.", failed.value.stdout)


def test_without_the_key_file_nothing_begins(provider: Provider) -> None:
    """One sentence, exit code 2, and no new file."""
    (provider.folder / "gpic.keys").rename(provider.folder / "elsewhere")
    BLOCKS["list"] = "gpic admin sealing list\n"
    with pytest.raises(subprocess.CalledProcessError) as failed:
        provider.shell("settings", "list")

    assert 2 == failed.value.returncode
    assert "gpic admin: The sealing keys cannot be used" in failed.value.stderr
    assert not (provider.folder / "gpic.keys").exists()


def test_partners_and_the_audit_trail_outlive_the_keys(provider: Provider) -> None:
    """With the file gone for good, a new database begins with what was never sealed."""
    (provider.folder / "gpic.keys").unlink()
    said = provider.shell("settings", "keys are gone")

    async def trail(store: Store) -> list[str]:
        from sqlalchemy import select

        from gpic.storage.provider.tables import audit

        rows = await store.database.look(lambda connection: connection.execute(select(audit.c.event)).all())
        return [row.event for row in rows]

    assert "Riverside" in said
    with opened(provider.policy("FRESH", "new.keys")) as store:
        assert [AuditEvent.REGISTERED] == asyncio.run(trail(store))


def test_a_copy_of_sqlite_is_made_beside_the_running_provider(tmp_path: Path) -> None:
    """While it is open; the copy opens with the same keys."""
    keys = str(tmp_path / "gpic.keys")
    with opened(StoragePolicy(str(tmp_path / "gpic.sqlite"), keys)) as store:
        person = asyncio.run(fill(store))
        around = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
        words = ["sh", "-e", "-c", BLOCKS["back up SQLite"]]
        subprocess.run(words, check=True, cwd=tmp_path, env=around, timeout=60)  # noqa: S603 - our own page

    assert DETAILS == held(StoragePolicy(str(tmp_path / "copy.sqlite"), keys), person).details


def test_a_sealing_key_is_changed_beside_the_running_provider(provider: Provider) -> None:
    """N7: added, used, everything resealed, the old one taken away; a key that is needed stays."""
    BLOCKS["change"] = """
gpic admin sealing add
gpic admin sealing use k2
if gpic admin sealing remove k1; then exit 9; fi
gpic admin sealing reseal
gpic admin sealing remove k1
gpic admin sealing verify --json
gpic admin sealing list --json >listed.json
"""
    provider.shell("settings", "change")
    (listed,) = json.loads((provider.folder / "listed.json").read_text(encoding="utf-8"))

    assert ("k2", True, False) == (listed["key"], listed["current"], listed["lost"])
    assert TOKEN == held(provider.policy("DATABASE"), provider.environment["person"]).token
