"""The provider's cabinets where the settings say that they stand."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import SQLAlchemyError

from gpic.credentials.holding import PersonId
from gpic.credentials.pauses import Pauses
from gpic.credentials.rounds import Backlog, Rounds
from gpic.credentials.trail import PersonFiles, Trail
from gpic.jobs.backlog import TableBacklog
from gpic.jobs.lease_table import LeaseTable
from gpic.jobs.pauses import PauseTable
from gpic.jobs.postgres_bell import notify
from gpic.jobs.queue import WatchedQueue
from gpic.jobs.rounds_table import RoundsTable
from gpic.jobs.tables import RUNNING, jobs
from gpic.nhs.clock import Clocks
from gpic.provider.ports import CabinetSilent
from gpic.storage.key_sources import key_source
from gpic.storage.policy import StoragePolicy
from gpic.storage.provider import postgres, sqlite
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.chaining import TrailChain
from gpic.storage.provider.sql.person_files import SqlPersonFiles
from gpic.storage.provider.sql.resealing import holds_seals
from gpic.storage.sealing import KeysUnusable, SealBroken, Sealer


class StorageUnusable(Exception):
    """The cabinets cannot be opened; the message is one sentence for an operator, without passwords and keys."""


@dataclass(frozen=True, slots=True)
class Store:
    """Everything of a provider that lies in one database. A task that is left on PostgreSQL wakes workers everywhere."""

    cabinets: Cabinets
    queue: WatchedQueue
    rounds: Rounds
    backlog: Backlog
    pauses: Pauses
    database: Database
    sealer: Sealer
    trail: Trail
    files: PersonFiles

    async def ask(self) -> None:
        """Raises CabinetSilent where the database does not answer."""
        await self.database.look(lambda connection: connection.execute(select(1)).scalar_one())


@contextlib.contextmanager
def opened(policy: StoragePolicy, clocks: Clocks | None = None, *, makes_keys: bool = True) -> Iterator[Store]:
    """The store, made and migrated as needed, its sealing keys too unless *makes_keys* says no. Raises StorageUnusable."""
    database = database_of(policy)
    units = postgres.beside(database) if policy.is_postgres else database
    queue = LeaseTable(units, tell=notify if policy.is_postgres else None)
    try:
        sealer = sealer_of(policy, database, makes_keys=makes_keys)
        cabinets = sqlite.cabinets_on(database, sealer, clocks)
        pauses, chain, files = PauseTable(units), TrailChain(database), SqlPersonFiles(database, sealer, forget_tasks)
        yield Store(cabinets, queue, RoundsTable(units), TableBacklog(units), pauses, database, sealer, chain, files)
    except SealBroken:
        raise StorageUnusable("What lies in the database was sealed with other keys than those of the settings.") from None
    finally:
        database.close()


def database_of(policy: StoragePolicy) -> Database:
    """The database; raises StorageUnusable."""
    try:
        return postgres.open_database(policy.database) if policy.is_postgres else sqlite.open_database(policy.database)
    except CabinetSilent:
        raise StorageUnusable("The database does not answer.") from None
    except SQLAlchemyError as mistake:  # its text may hold the URL, and that the password
        raise StorageUnusable(f"The database cannot be opened ({type(mistake).__name__}).") from None
    except OSError as mistake:
        raise StorageUnusable(f"The database {policy.database} cannot be opened: {mistake.strerror}.") from None


def sealer_of(policy: StoragePolicy, database: Database, *, makes_keys: bool) -> Sealer:
    """The keys that the settings name. A file is made only where nothing was sealed yet. Raises StorageUnusable."""
    try:
        return Sealer(*key_source(policy.sealing_keys).read(create=makes_keys and not database.unit_here(holds_seals)))
    except (KeysUnusable, OSError) as mistake:
        reason = mistake.strerror if isinstance(mistake, OSError) else str(mistake)
        raise StorageUnusable(f"The sealing keys cannot be used: {reason}.") from None


def forget_tasks(connection: Connection, person: PersonId) -> None:
    """Take a person's tasks away; one that runs finds nothing of them any more."""
    connection.execute(delete(jobs).where(jobs.c.person == person, jobs.c.state != RUNNING))
