"""What only PostgreSQL can get wrong: several writers at once, several processes, and a server that goes away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, event, func, insert, select, text, update
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Task, TaskKind
from gpic.credentials.trail import Whole
from gpic.jobs.lease_table import LeaseTable
from gpic.jobs.postgres_bell import PostgresBell, notify
from gpic.jobs.queue import Bell
from gpic.jobs.tables import metadata as of_jobs
from gpic.nhs.trust import Vector
from gpic.provider.ports import Binding, CabinetSilent, Grant, JtiUse, Redeemed, Redemption
from gpic.storage.provider import postgres
from gpic.storage.provider.database import MOST_BEGINNINGS, Database
from gpic.storage.provider.sql.chaining import TrailChain
from gpic.storage.provider.sqlite import cabinets_on
from gpic.storage.provider.tables import audit, metadata, persons
from gpic.storage.sealing import Sealer
from tests.free_ports import free_port
from tests.postgresql import Server

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def url(postgresql_server: Server) -> Iterator[str]:
    """An empty database of this test's own."""
    with postgresql_server.database() as address:
        yield address


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The same, migrated and opened."""
    opened = postgres.open_database(url)
    yield opened
    opened.close()


def record(connection: Connection, pseudonym: str = "p") -> None:
    """Write an audit record."""
    connection.execute(insert(audit).values(at=NOW, pseudonym=pseudonym, event="released", client_id="c", version=1, why=""))


def test_tables_and_migrations_agree_on_postgresql(database: Database) -> None:
    """What the migrations make is what the code expects."""
    both = MetaData(naming_convention=metadata.naming_convention)
    for table in (*metadata.sorted_tables, *of_jobs.sorted_tables):
        table.to_metadata(both)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), both))

    assert [] == database.unit_here(differences)


def test_several_processes_may_open_a_new_database_at_once(url: str) -> None:
    """One migrates, the others wait and find it done."""
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(postgres.open_database, [url] * 4))
    for one in opened:
        assert 0 == one.unit_here(lambda connection: connection.execute(select(func.count()).select_from(audit)).scalar())
        one.close()


@pytest.mark.parametrize(
    "forbidden", ["DELETE FROM audit", "UPDATE audit SET why = 'x'", "UPDATE audit SET at = 2, hash = 'h'"]
)
def test_the_audit_trail_is_append_only_on_postgresql(database: Database, forbidden: str) -> None:
    """N7: the database itself refuses; a chain may fill its hashes in, once."""
    database.unit_here(record)
    with pytest.raises(IntegrityError, match="append-only"):
        database.unit_here(lambda connection: connection.execute(text(forbidden)))
    database.unit_here(lambda connection: connection.execute(text("UPDATE audit SET previous_hash = '', hash = 'h'")))
    with pytest.raises(IntegrityError, match="append-only"):
        database.unit_here(lambda connection: connection.execute(text("UPDATE audit SET hash = 'other'")))


@pytest.mark.anyio
async def test_no_unit_overwrites_what_it_did_not_see(database: Database) -> None:
    """Twenty units read a number and write it back one higher, at once: it is twenty higher."""
    database.unit_here(lambda connection: connection.execute(insert(persons).values(person="p", pseudonym="0")))

    def count_up(connection: Connection) -> None:
        before = int(connection.execute(select(persons.c.pseudonym)).scalar_one())
        connection.execute(update(persons).values(pseudonym=str(before + 1)))

    await asyncio.gather(*(database.unit(count_up) for _ in range(20)))
    assert "20" == await database.look(lambda connection: connection.execute(select(persons.c.pseudonym)).scalar())


def test_a_unit_that_never_gets_through_raises_in_the_end(database: Database) -> None:
    """Beginning anew has an end, and the caller hears of it."""
    beginnings = []

    def stumble(connection: Connection) -> None:
        beginnings.append(1)
        connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'serialization_failure'; END $$"))

    with pytest.raises(CabinetSilent) as silence:
        database.unit_here(stumble)
    assert isinstance(silence.value.__cause__, DBAPIError)
    assert MOST_BEGINNINGS == len(beginnings)


def test_whoever_only_looks_cannot_write(database: Database) -> None:
    """A look that would write is a mistake, and fails."""
    with pytest.raises(DBAPIError, match="read-only"):
        asyncio.run(database.look(record))


def hold_open(database: Database, let_go: threading.Event, wrote: threading.Event) -> None:
    """Write a record in a transaction that ends only when *let_go* is set."""

    def slow(connection: Connection) -> None:
        record(connection, "slow")
        wrote.set()
        let_go.wait(10)

    database.unit_here(slow)


@pytest.mark.anyio
async def test_a_record_that_commits_late_under_a_lower_number_is_chained(database: Database) -> None:
    """N7: the sealer waits for whoever is writing, so that nobody is passed over."""
    let_go, wrote = threading.Event(), threading.Event()
    slow = threading.Thread(target=hold_open, args=(database, let_go, wrote))
    slow.start()
    await asyncio.to_thread(wrote.wait, 10)
    await database.unit(record)
    chain = TrailChain(database)
    sealing = asyncio.create_task(chain.seal())
    await asyncio.sleep(0.1)
    let_go.set()

    assert 2 == await sealing
    slow.join()
    assert Whole(2) == await chain.verify()


@pytest.mark.anyio
async def test_sealers_on_several_hosts_make_one_chain(database: Database, url: str) -> None:
    """N7: whoever comes second goes on where the first ended."""
    other = postgres.open_database(url)
    for _ in range(30):
        await database.unit(record)
    sealed = await asyncio.gather(*(TrailChain(one).seal() for one in (database, other) * 3))
    other.close()

    assert 30 == sum(sealed)
    assert Whole(30) == await TrailChain(database).verify()


@pytest.mark.anyio
async def test_of_two_tasks_of_one_person_claimed_at_once_one_runs(database: Database) -> None:
    """N8: whichever of two workers is later looks for something else."""
    queue = LeaseTable(postgres.beside(database))
    for turn in range(10):
        alice, others = PersonId(f"alice-{turn}"), [PersonId(f"other-{turn}-{number}") for number in range(3)]
        for kind in (TaskKind.REGISTER, TaskKind.RECHECK):
            await queue.enqueue(Task(kind, alice), NOW)
        for person in others:
            await queue.enqueue(Task(TaskKind.RECHECK, person), NOW + timedelta(microseconds=1))
        later = NOW + timedelta(seconds=1)
        claims = await asyncio.gather(*(queue.claim(later, timedelta(seconds=30)) for _ in range(6)))
        running = [claimed for claimed in claims if claimed]

        assert 1 == sum(claimed.task.person == alice for claimed in running)
        for claimed in running:
            await queue.finish(claimed)
        while left := await queue.claim(later, timedelta(seconds=30)):
            await queue.finish(left)


@pytest.mark.anyio
async def test_a_crowd_that_logs_in_at_once_is_not_begun_anew(database: Database) -> None:
    """J21: in a small table everybody is everybody's neighbour; each code is kept and redeemed in one go all the same."""
    codes = cabinets_on(database, Sealer({"k1": bytes(32)}, "k1")).codes
    binding, now = Binding("partner", "https://partner.example/callback"), datetime.now(UTC)
    soon = now + timedelta(minutes=5)
    failures: list[ExceptionContext] = []
    event.listen(database.engine, "handle_error", failures.append)

    async def log_in(number: int) -> Redemption:
        grant = Grant(f"f{number}", "partner", "subject", frozenset({"openid"}), "nonce", Vector.parse("P9.Cp.Cd"), now, "s")
        await codes.save(f"code-{number}", binding, grant, soon)
        use = JtiUse("partner", f"jti-{number}", soon)
        return await codes.redeem(f"code-{number}", binding, use, now, refresh_token=f"token-{number}")

    redeemed = await asyncio.gather(*(log_in(number) for number in range(150)))

    assert {Redeemed} == set(map(type, redeemed))
    assert [] == [str(one.original_exception) for one in failures]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that must come, for ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is awaited is counted in another task
            await asyncio.sleep(0.01)


@pytest.mark.anyio
async def test_the_bell_is_heard_in_another_process(database: Database, url: str) -> None:
    """N8: a registration that a login waits for starts at once, whichever host has the worker; a check need not."""
    rings: list[int] = []
    bell, stop = Bell(), asyncio.Event()
    with bell.heard_by(lambda: rings.append(1)):
        listening = asyncio.create_task(PostgresBell(url, bell).run(stop))
        await until(lambda: len(rings) == 1)
        queue = LeaseTable(postgres.beside(database), tell=notify)
        await queue.enqueue(Task(TaskKind.RECHECK, PersonId("alice")), NOW)
        await queue.enqueue(Task(TaskKind.REGISTER, PersonId("alice")), NOW)
        await until(lambda: len(rings) == 2)
        stop.set()
        await listening
    assert 2 == len(rings)


@pytest.mark.anyio
async def test_the_bell_is_hung_up_again_after_its_connection_was_cut(database: Database, url: str) -> None:
    """A server that restarts does not leave workers deaf."""
    rings: list[int] = []
    bell, stop = Bell(), asyncio.Event()
    with bell.heard_by(lambda: rings.append(1)):
        listening = asyncio.create_task(PostgresBell(url, bell, pause=timedelta(milliseconds=10)).run(stop))
        await until(lambda: len(rings) == 1)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        await until(lambda: len(rings) == 2)
        stop.set()
        await listening


def test_a_server_that_is_gone_is_silent() -> None:
    """Nobody listens there: that says nothing about what was to be done."""
    gone = Database(postgres.engine_for(f"postgresql://gpic@127.0.0.1:{free_port()}/gpic"), writers=1, readers=1)
    with pytest.raises(CabinetSilent):
        gone.unit_here(record)
    gone.close()


@pytest.mark.anyio
async def test_connections_that_died_are_replaced(postgresql_server: Server, database: Database) -> None:
    """A server that was restarted is used again without anybody's hand."""
    await asyncio.gather(*(database.unit(record) for _ in range(4)))
    postgresql_server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gpic'")
    await asyncio.gather(*(database.unit(record) for _ in range(4)))

    assert 8 == await database.look(lambda connection: connection.execute(select(func.count()).select_from(audit)).scalar())
