"""A PostgreSQL server of the tests' own, on a free port of the loopback interface, in a temporary folder.

`initdb` refuses root, so root runs it as the user `postgres`; anybody else runs it as themselves.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import pytest

from tests.free_ports import free_port

USER: Final = "gpic"
#: Tests of behaviour need no disk; what measures durability starts a server without these.
HASTY: Final = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and where its programs and its files lie."""

    port: int
    folder: Path
    programs: Path
    options: tuple[str, ...]

    def url(self, database: str = "postgres") -> str:
        """Where a database of this server is found."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        """Run one statement beside all transactions, as CREATE DATABASE wants it."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextlib.contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of a new database that is dropped afterwards."""
        name = f"t{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ("-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1", "-c", "max_connections=200", *self.options)
        log = ("-l", str(self.folder / "log"))
        self._control("start", "-w", "-t", "60", *log, "-o", shlex.join(options))

    def promote(self) -> None:
        """Make a standby the server that may be written to, and wait until it is."""
        self._control("promote", "-w", "-t", "60")

    @contextlib.contextmanager
    def standby(self, name: str) -> Iterator[Server]:
        """Another server that follows this one as *name*: streaming replication from a base backup."""
        other = Server(free_port(), made_folder(), self.programs, self.options)
        source = f"postgresql://{USER}@127.0.0.1:{self.port}/postgres?application_name={name}"
        words = ["-D", str(other.folder / "files"), "-d", source, "-R", "-X", "stream", "-c", "fast", "--no-sync"]
        as_owner(other.folder, [str(self.programs / "pg_basebackup"), *words])
        with other.running():
            yield other

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Started, and gone with all its files afterwards, whether or not somebody stopped it meanwhile."""
        self.start()
        try:
            yield
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                self.stop("immediate")
            shutil.rmtree(self.folder)

    def stop(self, mode: str = "fast") -> None:
        """Stop it; *mode* `immediate` stops it as a crash would."""
        self._control("stop", "-w", "-m", mode)

    def _control(self, *words: str) -> None:
        as_owner(self.folder, [str(self.programs / "pg_ctl"), "-D", str(self.folder / "files"), "-s", *words])


@contextlib.contextmanager
def serving(options: Sequence[str] = HASTY) -> Iterator[Server]:
    """A fresh server while the block runs; skips (with CI=true: fails) where PostgreSQL is not installed."""
    programs, folder = found_programs(), made_folder()
    words = ["-D", str(folder / "files"), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    as_owner(folder, [str(programs / "initdb"), *words])
    server = Server(free_port(), folder, programs, tuple(options))
    with server.running():
        yield server


def made_folder() -> Path:
    """A temporary folder that the owner of a server's files may enter."""
    folder = Path(tempfile.mkdtemp(prefix="gpic-pg-"))
    if is_root():
        shutil.chown(folder, "postgres")
    return folder


def as_owner(folder: Path, command: list[str]) -> None:
    """Run a program of PostgreSQL's as the user who owns the files; raises CalledProcessError."""
    if is_root():
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words


def is_root() -> bool:
    """Whether we are the user whom initdb refuses."""
    return os.geteuid() == 0


def found_programs() -> Path:
    """Where initdb lies: Debian keeps it off the PATH, under a directory that carries the version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: float(one.parent.parent.name))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    if os.environ.get("CI") == "true":
        pytest.fail("PostgreSQL is not installed; scripts/system-packages installs it")
    pytest.skip("PostgreSQL is not installed")
