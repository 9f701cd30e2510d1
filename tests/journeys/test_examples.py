"""The example services log people in, each in a process of its own, as somebody would run it who copied it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from gpic.sandbox.browser import Browser, browser
from gpic.sandbox.guests import described_in
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, Stage, stage
from gpic.sandbox.tally import tally
from gpic.sandbox.walk import log_in
from tests.free_ports import free_port

pytestmark = pytest.mark.anyio

EXAMPLES: Final = Path(__file__).resolve().parent.parent.parent / "examples"


@contextlib.asynccontextmanager
async def copied(name: str, folder: Path, keys: SandboxKeys, *more: str) -> AsyncIterator[tuple[Stage, str]]:
    """An example in a folder of its own, at a free port, with a sandbox that knows it."""
    home = Path(shutil.copytree(EXAMPLES / name, folder / name))
    port = free_port()
    description = home / "my-service.toml"
    text = description.read_text()
    description.write_text(text.replace(":8000/", f":{port}/").replace(":8001/", f":{port}/"))
    script = Script(keys=keys, services=(described_in(description),))
    async with stage(script=script) as everything, running(name, home, port, *more) as address:
        yield everything, address


@contextlib.asynccontextmanager
async def running(name: str, home: Path, port: int, *more: str) -> AsyncIterator[str]:
    """The example as a process."""
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    words = {
        "fastapi-partner": ["-m", "uvicorn", "service:app", "--port", str(port), "--log-level", "warning"],
        "django-partner": ["service.py", "runserver", "--noreload", str(port)],
    }[name]
    if name == "django-partner":
        migrating = await asyncio.create_subprocess_exec(sys.executable, "service.py", "migrate", "-v0", cwd=home, env=clean)
        assert 0 == await migrating.wait()
    with (home / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, *more, cwd=home, env=clean, stdout=log, stderr=asyncio.subprocess.STDOUT
        )
        try:
            await answers(f"http://localhost:{port}/", process, home / "log")
            yield f"http://localhost:{port}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def answers(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    """Wait until somebody answers there; fails with what the process said."""
    async with httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(120):
        while True:
            assert process.returncode is None, log.read_text()  # noqa: ASYNC240 - the process is dead, and so is the test
            with contextlib.suppress(httpx2.TransportError):
                await client.get(url)
                return
            await asyncio.sleep(0.05)


async def heading_after_login(person: Browser, everything: Stage, address: str, slug: str) -> str:
    """What somebody sees at the end of their login."""
    return (await log_in(person, address, everything.people[slug])).heading


@pytest.mark.parametrize(
    ("name", "client", "ada"),
    [
        ("fastapi-partner", "My service", "Connected to Meadowbank Surgery"),
        ("django-partner", "My Django service", "Connected to A99901"),
    ],
)
async def test_an_example_connects_patients(name: str, client: str, ada: str, tmp_path: Path, keys: SandboxKeys) -> None:
    """J1, J3, J4, J14: at EMIS and at TPP; a second login registers nobody again; who cannot be connected is told."""
    async with copied(name, tmp_path, keys) as (everything, address), browser() as person:
        assert ada == await heading_after_login(person, everything, address, "ada")
        assert ada == await heading_after_login(person, everything, address, "ada")
        assert {"link": 1, "session": 2} == tally(everything.journal.list(), client, "EMIS")
        async with browser() as other:
            assert "Connected" in await heading_after_login(other, everything, address, "cleo")
        async with browser() as third:
            assert "We could not get your GP surgery details" == await heading_after_login(third, everything, address, "eve")


async def test_processes_make_one_registration(tmp_path: Path, keys: SandboxKeys) -> None:
    """R11: six browsers of one patient come back at one moment, to three processes of the service."""
    async with (
        copied("fastapi-partner", tmp_path, keys, "--workers", "3") as (everything, address),
        contextlib.AsyncExitStack() as stack,
    ):
        people = [await stack.enter_async_context(browser()) for _ in range(6)]
        pages = await asyncio.gather(*(log_in(one, address, everything.people["ada"]) for one in people))
        tallied = tally(everything.journal.list(), "My service", "EMIS")

    assert {200} == {page.status for page in pages}
    assert {"link": 1, "session": 6} == tallied
