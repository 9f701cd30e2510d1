"""Where every admin command works: the settings, the cabinets, and how it ends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

import typer
from rich.console import Console

from gpic.cli.exits import Exit
from gpic.credentials import trail as trails
from gpic.credentials.holding import PersonId
from gpic.credentials.pauses import Pauses
from gpic.credentials.ports import AuditRecord, Holdings, Jobs, People, Task
from gpic.credentials.rounds import Backlog, Census, Rounds
from gpic.nhs.clock import Clocks
from gpic.provider.policy import Environment, ProviderPolicy
from gpic.provider.ports import Accounts, CabinetSilent, Clients, SigningKeys
from gpic.provider.registration import RegistrationInvalid
from gpic.provider.signing_keys import RotationRefused
from gpic.settings import Settings, SettingsInvalid

Done = TypeVar("Done")


class NotDone(Exception):
    """The command is refused; the message is for a person."""


class Tasks(Jobs, Protocol):
    """The queue, as far as an operator works with it."""

    async def given_up(self) -> Sequence[GivenUp]:
        """The tasks that were set aside, oldest first."""
        ...

    async def replay(self, person: PersonId, due: datetime) -> int:
        """Let this person's tasks that were set aside wait again; how many that were."""
        ...


class GivenUp(Protocol):
    """A task that nobody tries any more, and why."""

    @property
    def task(self) -> Task:
        """What it is."""
        ...

    @property
    def reason(self) -> str:
        """A stable code."""
        ...


class SealingKey(Protocol):
    """A key of the file, as it is shown."""

    @property
    def key_id(self) -> str:
        """Its name; "" stands for all keys that the file lacks."""
        ...

    @property
    def is_current(self) -> bool:
        """Whether new seals use it."""
        ...

    @property
    def envelopes(self) -> int:
        """What it alone can open."""
        ...


class Tried(Protocol):
    """What became of opening everything."""

    @property
    def opened(self) -> int:
        """So many envelopes."""
        ...

    @property
    def broken(self) -> int:
        """Were sealed with a key that is not there, or were altered or moved."""
        ...


class KeyFile(Protocol):
    """The file of sealing keys. Methods raise SealingRefused."""

    async def keys(self) -> Sequence[SealingKey]:
        """Every key of the file, and what is sealed with others."""
        ...

    async def add(self) -> str:
        """A fresh key that opens and does not seal yet; its id."""
        ...

    async def use(self, key_id: str) -> None:
        """New seals use it, in every process that starts from now on."""
        ...

    async def remove(self, key_id: str) -> None:
        """Take away a key that nothing needs any more."""
        ...


class Sealing(KeyFile, Protocol):
    """The file, and what is sealed with its keys."""

    async def reseal(self, passed: Callable[[int], None]) -> int:
        """Bring everything that is kept for long under the current key, beside the running provider; how many."""
        ...

    async def verify(self, passed: Callable[[int], None]) -> Tried:
        """Try to open everything that is kept for long."""
        ...


class Trail(Holdings, Protocol):
    """Holdings whose audit trail can be read."""

    async def trail(self, person: PersonId) -> tuple[AuditRecord, ...]:
        """Everything written down about this person, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """What of the credential engine lies in the store."""

    holdings: Trail
    people: People
    accounts: Accounts
    census: Census
    rounds: Rounds
    backlog: Backlog
    tasks: Tasks
    pauses: Pauses


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    clients: Clients
    signing_keys: SigningKeys
    policy: ProviderPolicy
    engine: Engine
    sealing: Sealing
    trail: trails.Trail
    files: trails.PersonFiles
    clocks: Clocks = field(default_factory=Clocks)


def at_desk(context: typer.Context, command: Callable[[Desk], Awaitable[Done]]) -> Done:
    """What *command* returns; a refusal or a failure ends the process with a sentence and its exit code."""
    from gpic.wiring.cabinets import StorageUnusable  # a database takes a second to import, and `--help` needs none
    from gpic.wiring.sealing_keys import SealingRefused

    try:
        return asyncio.run(_run(context.obj, command))
    except (NotDone, RegistrationInvalid, RotationRefused, SealingRefused) as refusal:
        raise ended(str(refusal), Exit.REFUSED) from None
    except (SettingsInvalid, StorageUnusable) as mistake:
        raise ended(str(mistake), Exit.CANNOT_BEGIN) from None
    except CabinetSilent:
        raise ended("The database does not answer now; nothing was changed.", Exit.CANNOT_BEGIN) from None


def without_store(context: typer.Context, command: Callable[[Settings], Done]) -> Done:
    """What *command* returns, for what is done before there is a database."""
    from gpic.wiring.process_file import settings_in
    from gpic.wiring.sealing_keys import SealingRefused

    try:
        return command(settings_in(context.obj, os.environ))
    except SealingRefused as refusal:
        raise ended(str(refusal), Exit.REFUSED) from None
    except (SettingsInvalid, ValueError) as mistake:
        raise ended(str(mistake), Exit.CANNOT_BEGIN) from None


def ended(sentence: str, code: int) -> typer.Exit:
    """The end of a command that did nothing: *sentence* on standard error, without what might move a terminal's cursor."""
    plain = "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in sentence)
    Console(stderr=True, highlight=False).print(f"gpic admin: {plain}", markup=False, soft_wrap=True)
    return typer.Exit(code)


async def _run(settings_file: Path | None, command: Callable[[Desk], Awaitable[Done]]) -> Done:
    from gpic.wiring.cabinets import opened
    from gpic.wiring.process_file import settings_in
    from gpic.wiring.sealing_keys import sealing_keys_of

    settings = settings_in(settings_file, os.environ)
    with opened(settings.storage, makes_keys=settings.provider.environment is not Environment.PRODUCTION) as store:
        cabinets = store.cabinets
        engine = Engine(
            cabinets.holdings,
            cabinets.people,
            cabinets.accounts,
            cabinets.census,
            store.rounds,
            store.backlog,
            store.queue,
            store.pauses,
        )
        sealing = sealing_keys_of(settings.storage, store.database)
        policy, keys = settings.provider, cabinets.signing_keys
        return await command(Desk(cabinets.clients, keys, policy, engine, sealing, store.trail, store.files))
