"""The reference deployment of docs/how-to/deploy.md: two providers, two workers, PostgreSQL with a standby, a load balancer.

Units and load balancer are those of deploy/; only addresses are others. Providers and workers are started by the units' own
commands, reloaded and stopped by their own signals.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2
import pytest

from gpic.sandbox.keys import SandboxKeys
from tests.free_ports import free_port
from tests.house.test_deployment_files import DEPLOY, GPIC, unit
from tests.journeys.deployed import GP, Deployed, Running, deployed
from tests.journeys.deployed import GPIC as OURS
from tests.journeys.pair import Pair, pair_of_servers

pytestmark = [pytest.mark.anyio, pytest.mark.long, pytest.mark.timeout(300)]

SIGNALS: Final = {"-HUP": signal.SIGHUP}


@dataclass
class Site:
    """Everything that runs."""

    there: Deployed
    pair: Pair
    ports: tuple[int, int]
    running: dict[str, Running] = field(default_factory=dict)

    async def start(self, unit_name: str, name: str, settings: Path) -> None:
        """By the unit's own command and variables, with the settings of this place."""
        service = unit(DEPLOY / "systemd" / f"{unit_name}.service")["Service"]
        program, *words = shlex.split(service["ExecStart"])
        assert GPIC == program
        assert "GPIC_SETTINGS=/etc/gpic/provider.toml" in service["Environment"]
        out, told = self.there.folder / f"{name}.out", self.there.folder / f"{name}.log"
        with out.open("ab") as to_out, told.open("ab") as to_told:
            around = os.environ | {"GPIC_SETTINGS": str(settings)}
            process = await asyncio.create_subprocess_exec(OURS, *words, stdout=to_out, stderr=to_told, env=around)
        self.running[name] = Running(process, out, told)
        self.there.processes.append(self.running[name])

    async def provider(self, number: int) -> None:
        """One of the two, answering."""
        text = self.there.settings.read_text(encoding="utf-8")
        listen = f"[listen]\nport = {self.ports[number]}\nleave_after = 1.5\n"
        settings = self.there.folder / f"provider{number}.toml"
        settings.write_text(text.replace(f"[listen]\nport = {self.there.port}\n", listen), encoding="utf-8")
        name = f"provider{number}"
        with contextlib.suppress(FileNotFoundError):
            (self.there.folder / f"{name}.out").unlink()
        await self.start("gpic-provider", name, settings)
        await self.running[name].says("gpic provider: answering on")

    async def worker(self, number: int) -> None:
        """One of the two, working."""
        await self.start("gpic-worker", f"worker{number}", self.there.settings)
        await self.running[f"worker{number}"].says("gpic worker: working")

    async def stop(self, name: str) -> int | None:
        """As `systemctl stop`: SIGTERM, and no longer than the unit waits; the exit code."""
        which = "gpic-provider" if name.startswith("provider") else "gpic-worker"
        seconds = float(unit(DEPLOY / "systemd" / f"{which}.service")["Service"]["TimeoutStopSec"])
        process = self.running[name].process
        process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(process.wait(), seconds)

    async def answers(self) -> None:
        """Wait until somebody answers through the load balancer."""
        async with httpx2.AsyncClient(trust_env=False) as http, asyncio.timeout(20):
            while True:
                with contextlib.suppress(httpx2.TransportError):
                    if (await http.get(f"{self.there.issuer}/.well-known/openid-configuration")).status_code == 200:
                        return
                await asyncio.sleep(0.1)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """PostgreSQL and its standby."""
    with pair_of_servers() as two:
        yield two


@contextlib.asynccontextmanager
async def balanced(folder: Path, port: int, ports: tuple[int, int]) -> AsyncIterator[None]:
    """HAProxy with the file of deploy/, without TLS, quicker to look, and for few."""
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("HAProxy is not installed")
    text = (DEPLOY / "haproxy.cfg").read_text(encoding="utf-8")
    text = (
        re.sub(r"bind :443 .*", f"bind 127.0.0.1:{port}", text)
        .replace("inter 2s", "inter 200ms")
        .replace("maxconn 20000", "maxconn 500")
    )
    for number, one in enumerate(ports, start=1):
        text = text.replace(f"provider{number}.internal:8080", f"127.0.0.1:{one}")
    (folder / "haproxy.cfg").write_text(text, encoding="utf-8")
    words = (program, "-db", "-f", folder / "haproxy.cfg")
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def site(pair: Pair, tmp_path: Path, keys: SandboxKeys) -> AsyncIterator[Site]:
    """All of it, up."""
    async with deployed(tmp_path, pair.url, keys) as there:
        everything = Site(there, pair, (free_port(), free_port()))
        async with balanced(tmp_path, there.port, everything.ports):
            await asyncio.gather(*(everything.provider(number) for number in (0, 1)))
            await asyncio.gather(*(everything.worker(number) for number in (0, 1)))
            await everything.answers()
            yield everything


async def test_a_new_version_goes_from_host_to_host_and_nobody_notices(site: Site) -> None:
    """Each provider is stopped and started in turn while people log in: every request is answered, every exit code is 0."""
    stop = asyncio.Event()

    async def look() -> list[int]:
        codes: list[int] = []
        async with httpx2.AsyncClient(trust_env=False, timeout=20) as http:
            while not stop.is_set():
                codes.append((await http.get(f"{site.there.issuer}/.well-known/jwks.json")).status_code)
                await asyncio.sleep(0.01)
        return codes

    looking = [asyncio.create_task(look()) for _ in range(4)]
    ended = []
    for number in (0, 1):
        await asyncio.sleep(1)
        ended.append(await site.stop(f"provider{number}"))
        await site.provider(number)
    async with site.there.partner("ada") as ada:
        claims = await ada.claims()
    await asyncio.sleep(1)
    stop.set()
    codes = [code for codes in await asyncio.gather(*looking) for code in codes]

    assert [0, 0] == ended
    assert {200} == set(codes)
    assert isinstance(claims[GP], dict)


async def test_the_database_fails_over_and_logins_go_on(site: Site) -> None:
    """N8, N14: nobody is restarted; who was registered before keeps what was stored, who is new is registered after it."""
    async with site.there.partner("ada") as ada:
        before = await ada.claims()
    await site.pair.fail_over()
    async with site.there.partner("ada") as ada, site.there.partner("cleo") as cleo:
        known = await until_claims(ada)
        new = await until_claims(cleo)

    assert before[GP] == known[GP]
    assert isinstance(new[GP], dict)
    assert [None] * 4 == [one.process.returncode for one in site.running.values()]


async def until_claims(who: object) -> dict[str, object]:
    """A login, tried again while the database is away."""
    async with asyncio.timeout(40):
        while True:
            try:
                claims: dict[str, object] = await who.claims()  # type: ignore[attr-defined]
            except (AssertionError, httpx2.HTTPError, KeyError, IndexError):
                await asyncio.sleep(0.5)
            else:
                return claims


async def test_units_reload_and_rotate_by_their_own_commands(site: Site) -> None:
    """`systemctl reload` reads files again; the timer's command rotates keys, and "refused" means that no step is due."""
    service = unit(DEPLOY / "systemd" / "gpic-provider.service")["Service"]
    _, word, whom = shlex.split(service["ExecReload"])
    assert "$MAINPID" == whom
    for name in ("provider0", "provider1"):
        site.running[name].process.send_signal(SIGNALS[word])
        await site.running[name].tells("practice mapping: read again")
    oneshot = unit(DEPLOY / "systemd" / "gpic-keys.service")["Service"]
    _, *words = shlex.split(oneshot["ExecStart"])
    codes = []
    for _ in range(2):
        around = os.environ | {"GPIC_SETTINGS": str(site.there.settings)}
        process = await asyncio.create_subprocess_exec(OURS, *words, env=around, stdout=asyncio.subprocess.DEVNULL)
        codes.append(await process.wait())

    assert [0, int(oneshot["SuccessExitStatus"])] == codes
