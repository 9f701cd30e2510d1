"""An operator at a keyboard, and a database of their own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gpic.cli.app import app
from gpic.jose.keys import SigningKey
from gpic.storage.provider.sqlite import open_database

ISSUER = "https://auth.example"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, migrated once for all tests."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    open_database(path).close()
    return path


@pytest.fixture(scope="session")
def partner_keys() -> tuple[SigningKey, SigningKey]:
    """A partner's key, and the one that it changes to."""
    return SigningKey.generate(), SigningKey.generate()


@dataclass(frozen=True, slots=True)
class Operator:
    """Calls `gpic admin` on one provider's settings."""

    folder: Path

    @property
    def database(self) -> Path:
        """The provider's database."""
        return self.folder / "provider.sqlite"

    def admin(self, *words: str, typed: str = "", **variables: str) -> Result:
        """Call a command; *typed* is standard input."""
        settings = {
            "GPIC_PROVIDER__ISSUER": ISSUER,
            "GPIC_STORAGE__DATABASE": str(self.database),
            "GPIC_STORAGE__SEALING_KEYS": str(self.folder / "provider.keys"),
        }
        return CliRunner().invoke(app, ["admin", *words], input=typed, env=settings | variables, catch_exceptions=False)

    def read(self, *words: str, typed: str = "", **variables: str) -> object:
        """What a command that must succeed prints as JSON."""
        ended = self.admin(*words, "--json", typed=typed, **variables)
        assert 0 == ended.exit_code, ended.output
        return json.loads(ended.stdout)

    def write(self, name: str, text: str) -> Path:
        """A file of the operator's."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def operator(tmp_path: Path, migrated_file: Path) -> Operator:
    """With an empty register."""
    shutil.copy(migrated_file, tmp_path / "provider.sqlite")
    return Operator(tmp_path)
