"""A provider and its workers under load, while things go wrong around them; and whether what must hold still holds.

Processes are started again when they die, as an init system does; nobody else lends a hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx2
import psycopg

from gpic.credentials.lifecycle import State
from gpic.credentials.trail import Whole
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.surgeries import NHS_LOGIN
from gpic.simulators.faults import Fault, Kind
from gpic.storage.provider.sql.chaining import TrailChain
from tests.journeys.deployed import GP, Deployed, Partner, Running, deployed
from tests.postgresql import Server, serving
from tests.severed import Wire, wire_to

#: With an account at EMIS and TPP, and without one. The later ones come for the first time while things go wrong.
EVERYBODY: Final = ("ada", "cleo", "ben", "dan", "gus")
AT_FIRST: Final = 2
PATIENCE: Final = 120  #: seconds until the service must be back, on a machine where others work
#: Nobody is kept out for asking for too many codes: everybody logs in all the time.
BUSY: Final = {"GPIC_IDENTITY__CODES_SENT": "100000", "GPIC_PROVIDER__SESSION_LIFETIME": "60"}
CLOCK: Final = Path(__file__).parent / "with_moving_clock.py"
FULL: Final = """
CREATE OR REPLACE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
"""


class Broken(AssertionError):
    """Something that must hold does not."""


@dataclass
class Kept:
    """A process that is started again whenever it ends, until it is let go."""

    there: Deployed
    words: tuple[str, ...]
    clock: Path
    now: Running | None = None
    starts: int = 0
    _keeping: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start it, and wait until it says so."""
        self._keeping = asyncio.create_task(self._keep())
        async with asyncio.timeout(PATIENCE):
            while self.now is None or not self.now.out.read_text(encoding="utf-8"):  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.05)

    async def end(self) -> None:
        """Let it go."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    def kill(self) -> None:
        """As the machine does when it has no memory left."""
        if self.now is not None:
            with contextlib.suppress(ProcessLookupError):
                self.now.process.send_signal(signal.SIGKILL)

    async def _keep(self) -> None:
        while True:
            self.starts += 1
            self.now = await self._started()
            await self.now.process.wait()
            await asyncio.sleep(0.2)

    async def _started(self) -> Running:
        number = len(self.there.processes)
        out, told = self.there.folder / f"{number}.out", self.there.folder / f"{number}.log"
        command = [sys.executable, str(CLOCK), str(self.clock), *self.words, "--settings", str(self.there.settings)]
        with out.open("wb") as to_out, told.open("wb") as to_told:
            process = await asyncio.create_subprocess_exec(*command, stdout=to_out, stderr=to_told, env=os.environ | BUSY)
        running = Running(process, out, told)
        self.there.processes.append(running)
        return running


@dataclass
class Scene:
    """Everything that can go wrong, and who comes meanwhile."""

    there: Deployed
    server: Server
    database: str
    wire: Wire
    clock: Path
    provider: Kept
    workers: tuple[Kept, ...]
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    ahead: timedelta = timedelta()
    pause: float = 0.0  #: seconds between two logins of one person

    async def login(self, slug: str, somebody: Partner) -> None:
        """One login up to the claim, and the code once more; what cannot be had now is tried again, as partners do."""
        try:
            answer = await somebody.authorize()
        except (httpx2.TransportError, AssertionError, IndexError, KeyError, ValueError):
            self.counts["no page"] += 1  # a page of an error holds no form: nobody was answered
            await asyncio.sleep(0.2)
            return
        if "code" not in answer:
            self.counts["no code"] += 1
            await asyncio.sleep(0.2)
            return
        self.counts["answered"] += 1
        code = answer["code"]
        first, unheard = await self.insisted(lambda: somebody.op.redeem(code))
        if first.status_code != 200:
            self.counts["spent unheard"] += unheard
            if not unheard:
                self.broken.append(f"an answered code of {slug} was lost: {first.status_code} {first.text}")
            return
        await self.claimed(slug, somebody, first.json()["access_token"])
        again, _ = await self.insisted(lambda: somebody.op.redeem(code))
        if again.status_code == 200:
            self.broken.append(f"a code of {slug} was honoured twice")
        self.counts["honoured"] += 1

    async def claimed(self, slug: str, somebody: Partner, token: str) -> None:
        """What /userinfo gives of the GP credentials is this person's, and true."""
        told, _ = await self.insisted(lambda: somebody.op.userinfo(token))
        claim = told.json().get(GP) if told.status_code == 200 else None
        account = self.there.stage.world.account_of(slug)
        self.counts["claims" if claim else "without claim"] += 1
        if claim and (account is None or claim["gp_linkage_key"] != account.linkage_key):
            self.broken.append(f"{slug}'s partner was given another key than {slug}'s")

    async def insisted(self, ask: Callable[[], Awaitable[httpx2.Response]]) -> tuple[httpx2.Response, bool]:
        """The first answer that is one, and whether one before it may have been lost on its way."""
        unheard = False
        async with asyncio.timeout(2 * PATIENCE):
            while True:
                try:
                    answer = await ask()
                except httpx2.TransportError:
                    unheard = True
                else:
                    if answer.status_code < 500:
                        return answer, unheard
                    unheard = True
                await asyncio.sleep(0.2)

    async def come(self, slug: str) -> None:
        """Log in again and again."""
        while True:
            async with self.there.partner(slug) as somebody:
                for _ in range(20):
                    await self.login(slug, somebody)
                    await asyncio.sleep(self.pause)

    async def back(self) -> None:
        """Wait until logins are answered again; raises Broken."""
        before = self.counts["honoured"]
        try:
            async with asyncio.timeout(PATIENCE):
                while self.counts["honoured"] < before + 2:  # noqa: ASYNC110 - counted in other tasks
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise Broken(f"the service did not come back by itself: {dict(self.counts)}") from None

    def tables(self) -> list[str]:
        """Of the database."""
        with psycopg.connect(self.database) as connection:
            rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return [str(name) for (name,) in rows if name != "alembic_version"]

    def run(self, *statements: str) -> None:
        """Run statements beside everybody."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


async def provider_is_killed(scene: Scene, _seconds: float) -> None:
    """SIGKILL, in the middle of whatever it does."""
    scene.provider.kill()


async def workers_are_killed(scene: Scene, _seconds: float) -> None:
    """All at once."""
    for one in scene.workers:
        one.kill()


async def database_restarts(scene: Scene, seconds: float) -> None:
    """Stopped as by a crash, and started again."""
    await asyncio.to_thread(scene.server.stop, "immediate")
    await asyncio.sleep(seconds / 2)
    await asyncio.to_thread(scene.server.start)


async def store_is_full(scene: Scene, seconds: float) -> None:
    """Nothing can be written any more, in any table."""
    tables = await asyncio.to_thread(scene.tables)
    words = "BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION no_space()"
    filled = [f"CREATE TRIGGER no_space {words.format(name)}" for name in tables]
    await asyncio.to_thread(scene.run, FULL, *filled)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(scene.run, *(f"DROP TRIGGER no_space ON {name}" for name in tables))


async def clock_jumps(scene: Scene, _seconds: float) -> None:
    """Two days at once: sessions are over, checks are old, pauses end."""
    scene.ahead += timedelta(days=2)
    draft = scene.clock.with_suffix(".draft")
    draft.write_text(str(scene.ahead.total_seconds()), encoding="ascii")
    draft.replace(scene.clock)


async def suppliers_stall(scene: Scene, seconds: float) -> None:
    """Both take the call and say nothing."""
    for lane in ("EMIS", "TPP"):
        scene.there.stage.faults.set(Fault(Kind.TIMEOUT, lane, sender=NHS_LOGIN, seconds=30))
    await asyncio.sleep(seconds)
    scene.there.stage.faults.clear()


async def connection_is_cut(scene: Scene, seconds: float) -> None:
    """Between the database and everybody, in the middle of statements."""
    scene.wire.cut()
    await asyncio.sleep(seconds)
    scene.wire.mend()


Events = Mapping[str, Callable[[Scene, float], Awaitable[None]]]
EVENTS: Final[Events] = {
    "workers are killed": workers_are_killed,
    "suppliers stall": suppliers_stall,
    "the connection to the database is cut": connection_is_cut,
    "the provider is killed": provider_is_killed,
    "the world clock jumps": clock_jumps,
    "the store is full": store_is_full,
    "the database restarts": database_restarts,
}


@contextlib.asynccontextmanager
async def scene_in(folder: Path, keys: SandboxKeys) -> AsyncIterator[Scene]:
    """A provider and two workers on a PostgreSQL that keeps what it has acknowledged, all behind a wire."""
    clock = folder / "ahead"
    clock.write_text("0", encoding="ascii")
    with serving(()) as server, server.database() as url:
        async with wire_to(server.port) as wire, deployed(folder, url, keys) as there:
            text = there.settings.read_text(encoding="utf-8").replace(f":{server.port}/", f":{wire.port}/")
            there.settings.write_text(text, encoding="utf-8")
            provider = Kept(there, ("provider",), clock)
            workers = (Kept(there, ("worker",), clock), Kept(there, ("worker",), clock))
            for one in (provider, *workers):
                await one.begin()
            try:
                yield Scene(there, server, url, wire, clock, provider, workers)
            finally:
                for one in (provider, *workers):
                    await one.end()


def silently(_: str) -> None:
    """For who wants no words."""


async def played(scene: Scene, events: Events, seconds: float, tell: Callable[[str], None] = silently) -> None:
    """Each event under load, a newcomer at each of the first; after each the service is back by itself. Raises Broken."""
    coming = [asyncio.create_task(scene.come(slug)) for slug in EVERYBODY[:AT_FIRST]]
    newcomers = iter(EVERYBODY[AT_FIRST:])
    try:
        await scene.back()
        for name, happens in events.items():
            for slug in newcomers:
                coming.append(asyncio.create_task(scene.come(slug)))
                break
            await asyncio.sleep(0.3)
            await happens(scene, seconds)
            try:
                await scene.back()
            except Broken as failure:
                raise Broken(f"after: {name}: {failure}") from None
            tell(f"{name}: back; {scene.counts['honoured']} logins so far")
        if ended := [one for one in coming if one.done()]:
            ended[0].result()
    finally:
        for one in coming:
            one.cancel()
        await asyncio.gather(*coming, return_exceptions=True)


async def afterwards(scene: Scene) -> list[str]:
    """What does not hold that must: nothing lost, nothing twice, nobody given another's, and the trail whole."""
    there, wrong = scene.there, list(scene.broken)
    slugs = EVERYBODY
    with contextlib.suppress(TimeoutError):
        await there.all_held(*slugs, seconds=PATIENCE)
    for slug in slugs:
        holding, account = await there.holding(slug), there.stage.world.account_of(slug)
        if holding.state is not State.HELD or holding.details is None:
            wrong.append(f"{slug}'s details were lost: {holding.state}")
        elif account is None or holding.details.linkage_key.reveal() != account.linkage_key:
            wrong.append(f"what is held of {slug} is not what the practice has")
        if len(there.stage.world.accounts_of(slug)) != 1:
            wrong.append(f"{slug} has {len(there.stage.world.accounts_of(slug))} accounts")
    chain = TrailChain(there.store.database)
    await chain.seal()
    verified = await chain.verify()
    if not isinstance(verified, Whole):
        wrong.append(f"the trail is broken: {verified}")
    return wrong
