"""A provider and workers as an operator runs them: processes of their own, on a database, with the stand-ins of a sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, Task, TaskKind
from gpic.nhs.clock import Clocks
from gpic.provider.clients import Client
from gpic.provider.policy import ProviderPolicy
from gpic.provider.shared_keys import SharedKeys
from gpic.sandbox.browser import browser
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.residents import settle_in
from gpic.sandbox.stage import FHIR, Script, Stage, stage
from gpic.sandbox.surgeries import NHS_LOGIN, PDS_API_KEY, mapping_of, options_of
from gpic.sandbox.tally import tally
from gpic.sandbox.walk import answers_to
from gpic.storage.policy import StoragePolicy
from gpic.wiring.cabinets import Store, opened
from tests.conformance.op import Op, registered
from tests.free_ports import free_port

GPIC: Final = Path(sys.executable).with_name("gpic")
CLIENT_ID: Final = "conformance"
GP: Final = "gp_integration_credentials"
SCOPES: Final = f"openid profile {GP}"


@dataclass
class Running:
    """One process, and what it has said so far."""

    process: asyncio.subprocess.Process
    out: Path
    told: Path

    async def says(self, words: str, seconds: float = 30) -> None:
        """Wait until it has said this on standard output."""
        async with asyncio.timeout(seconds):
            while words not in self.out.read_text(encoding="utf-8"):
                assert self.process.returncode is None, self.everything()
                await asyncio.sleep(0.02)

    async def tells(self, words: str, seconds: float = 30) -> None:
        """Wait until its log has this."""
        async with asyncio.timeout(seconds):
            while words not in self.told.read_text(encoding="utf-8"):  # noqa: ASYNC110 - another process's file
                await asyncio.sleep(0.02)

    def everything(self) -> str:
        """Standard output and log."""
        return self.out.read_text(encoding="utf-8") + self.told.read_text(encoding="utf-8")


@dataclass
class Deployed:
    """The stand-ins, a database, and processes as they are started."""

    stage: Stage
    store: Store
    keys: SandboxKeys
    folder: Path
    database: str
    port: int
    people: dict[str, PersonId]
    processes: list[Running] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """Where the provider is."""
        return f"http://localhost:{self.port}"

    @property
    def settings(self) -> Path:
        """What all processes read."""
        return self.folder / "provider.toml"

    async def start(self, *words: str, **environment: str) -> Running:
        """`gpic WORDS --settings …`."""
        number = len(self.processes)
        out, told = self.folder / f"{number}.out", self.folder / f"{number}.log"
        with out.open("wb") as to_out, told.open("wb") as to_told:
            process = await asyncio.create_subprocess_exec(
                GPIC, *words, "--settings", str(self.settings), stdout=to_out, stderr=to_told, env=os.environ | environment
            )
        running = Running(process, out, told)
        self.processes.append(running)
        return running

    async def provider(self, *words: str, **environment: str) -> Running:
        """A provider that answers."""
        running = await self.start("provider", *words, **environment)
        await running.says("gpic provider: answering on")
        return running

    async def worker(self, *words: str, **environment: str) -> Running:
        """A worker that works."""
        running = await self.start("worker", *words, **environment)
        await running.says("gpic worker: working")
        return running

    async def admin(self, *words: str) -> object:
        """What `gpic admin … --json` prints."""
        process = await asyncio.create_subprocess_exec(
            GPIC, "admin", "--settings", str(self.settings), *words, "--json",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, told = await process.communicate()
        assert 0 == process.returncode, told.decode()
        return json.loads(out)

    @contextlib.asynccontextmanager
    async def partner(self, slug: str) -> AsyncIterator[Partner]:
        """Somebody with a browser of their own, and a partner that they go to."""
        there = replace(self.stage, addresses=replace(self.stage.addresses, provider=self.issuer))
        async with browser() as person, httpx2.AsyncClient(trust_env=False, timeout=30) as http:
            yield Partner(self, Op(there, self.keys, person, http, slug))

    def codes_of(self, phone: str) -> list[str]:
        """The one-time codes that were sent there."""
        letters = self.folder / "letters.jsonl"
        lines = letters.read_text(encoding="utf-8").splitlines() if letters.exists() else []
        return [one["text"][:6] for one in map(json.loads, lines) if one["to"] == phone]

    async def holding(self, slug: str) -> Holding:
        """What is held now."""
        return await self.store.cabinets.holdings.load(self.people[slug])

    async def ask_for(self, *slugs: str) -> None:
        """Leave a registration for each."""
        for slug in slugs:
            await self.store.queue.enqueue(Task(TaskKind.REGISTER, self.people[slug]), Clocks().world.now())

    async def all_held(self, *slugs: str, seconds: float = 40) -> None:
        """Wait until all of them are registered."""
        async with asyncio.timeout(seconds):
            while not all([(await self.holding(slug)).state is State.HELD for slug in slugs]):  # noqa: ASYNC110 - a table
                await asyncio.sleep(0.1)

    def calls(self, lane: str) -> dict[str, int]:
        """What a system saw of NHS login."""
        return tally(self.stage.journal.list(), NHS_LOGIN, lane)

    def done(self, lane: str) -> dict[str, int]:
        """What a system did for NHS login; what it refused is left out."""
        return tally([message for message in self.stage.journal.list() if message.ok], NHS_LOGIN, lane)

    async def registrations(self, slug: str) -> list[str]:
        """What the audit trail says of them."""
        trail = await self.store.cabinets.holdings.trail(self.people[slug])
        return [one.why for one in trail if one.event is AuditEvent.REGISTERED]


@dataclass
class Partner:
    """A partner of the deployed provider, with one person at its door."""

    deployed: Deployed
    op: Op

    async def authorize(self, **changes: str | None) -> dict[str, str]:
        """The whole way to the partner's address: sign-in, a code from the person's phone, consent."""
        who = self.op.stage.people[self.op.slug]
        phone = self.op.stage.world.patient(self.op.slug).phone
        asked = self.op.request(**({"scope": SCOPES} | changes))
        page = await self.op.browser.open(f"{self.op.issuer}/authorize?{urlencode(asked)}")
        for _ in range(8):
            answers = answers_to(page, who)
            if not answers:
                break
            if "code" in answers:
                answers["code"] = self.deployed.codes_of(phone)[-1]
            page = await self.op.browser.fill_in(page, **answers)
        return dict(parse_qsl(urlsplit(page.url).query))

    async def claims(self, **changes: str | None) -> dict[str, object]:
        """A login up to what /userinfo says."""
        answer = await self.authorize(**changes)
        assert "code" in answer, answer
        tokens = await self.op.redeem(answer["code"])
        assert 200 == tokens.status_code, tokens.text
        told = await self.op.userinfo(tokens.json()["access_token"])
        assert 200 == told.status_code, told.text
        claims: dict[str, object] = told.json()
        return claims


@contextlib.asynccontextmanager
async def deployed(folder: Path, database: str, keys: SandboxKeys, more: str = "") -> AsyncIterator[Deployed]:
    """Everybody of the usual cast has an account, the partner is registered; no process runs yet. *more* is TOML."""
    port = free_port()
    policy = StoragePolicy(database, str(folder / "provider.keys"))
    async with stage(script=Script(keys=keys)) as everything:
        with opened(policy) as store:
            everywhere = ProviderPolicy(f"http://localhost:{port}")
            await SharedKeys.opened(store.cabinets.signing_keys, everywhere, Clocks().wire, lambda: keys.provider)
            accounts = await settle_in(everything.world, store.cabinets.accounts)
            await store.cabinets.clients.put(client_of(everything, keys))
            people = {slug: account.person for slug, account in accounts.items()}
            there = Deployed(everything, store, keys, folder, database, port, people)
            write_settings(there, more)
            try:
                yield there
            finally:
                for running in there.processes:
                    with contextlib.suppress(ProcessLookupError):
                        running.process.kill()
                    await running.process.wait()


def client_of(everything: Stage, keys: SandboxKeys) -> Client:
    """The partner that comes there."""
    return registered(everything, keys, CLIENT_ID)


def write_settings(there: Deployed, more: str) -> None:
    """What `gpic provider` and `gpic worker` read."""
    at = there.stage.addresses
    (there.folder / "mapping.csv").write_text(mapping_of(there.stage.world), encoding="utf-8")
    (there.folder / "pds.pem").write_text(there.keys.pds.private_pem, encoding="ascii")
    tables: dict[str, dict[str, object]] = {
        "provider": {"issuer": there.issuer, "profile": "compat"},
        "storage": {"database": there.database, "sealing_keys": "provider.keys"},
        "pds": {
            "address": f"{at.pds}{FHIR}",
            "token_url": f"{at.pds}/oauth2/token",
            "api_key": PDS_API_KEY,
            "key_file": "pds.pem",
            "per_second": 200,
        },
        "practices": {"mapping": "mapping.csv"},
        "listen": {"port": there.port},
        "courier": {"file": "letters.jsonl"},
        "worker": {"lease": 3},
    }
    for supplier, options in options_of(NHS_LOGIN).items():
        tables[f"gp_systems.{supplier}"] = {"address": getattr(at, supplier)}
        tables[f"gp_systems.{supplier}.options"] = dict(options)
    text = "".join(f"[{name}]\n{lines(table)}" for name, table in tables.items())
    there.settings.write_text(text + more, encoding="utf-8")


def lines(table: dict[str, object]) -> str:
    """A TOML table's lines; JSON spells texts and numbers alike."""
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in table.items())
