"""The tutorial, block by block: an empty folder, a new environment with the built wheel, two terminals and a browser."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest

from gpic.sandbox.browser import browser
from gpic.sandbox.walk import Traveller, log_in
from tests import wheel
from tests.free_ports import free_port, free_row

pytestmark = [pytest.mark.anyio, pytest.mark.long]

ROOT: Final = wheel.ROOT
TUTORIAL: Final = ROOT / "docs" / "tutorial" / "connect-a-patient.md"
BLOCK: Final = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
#: What is installed is taken from the environment that runs the tests: nothing is fetched here.
INSTALL: Final = 'pip install "gpic[sandbox]" fastapi itsdangerous'


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: its language, its title and its text."""

    language: str
    title: str
    text: str

    @property
    def commands(self) -> list[str]:
        """What one types at the prompt."""
        return [line.removeprefix("$ ") for line in self.text.splitlines() if line.startswith("$ ")]


def blocks() -> list[Block]:
    """All of them, in order."""
    return [Block(*found) for found in BLOCK.findall(TUTORIAL.read_text())]


@contextlib.asynccontextmanager
async def terminal(command: str, folder: Path, environment: Path) -> AsyncIterator[Path]:
    """A terminal in which a command runs; what it prints."""
    log = folder / f"{command.split(maxsplit=1)[0]}.log"
    path = f"{environment.parent}:/usr/bin:/bin"
    program, *words = command.split()
    module = {"uvicorn": ["-m", "uvicorn"], "gpic": [str(environment.parent / "gpic")]}[program]
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            environment,
            *module,
            *words,
            cwd=folder,
            env={"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "COLUMNS": "120"},
            stdout=out,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            yield log
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def says(log: Path, words: str) -> None:
    """Wait until somebody prints this."""
    async with asyncio.timeout(60):
        while words not in log.read_text():  # noqa: ASYNC110, ASYNC240 - another process writes this small file
            await asyncio.sleep(0.05)


async def answers(url: str) -> None:
    """Wait until somebody answers there."""
    async with httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx2.TransportError):
                await client.get(url)
                return
            await asyncio.sleep(0.05)


def test_the_service_is_the_example() -> None:
    """What one types is what lies under examples/, character by character."""
    for title in ("my-service.toml", "service.py"):
        (block,) = [one for one in blocks() if one.title == title]
        assert (ROOT / "examples" / "fastapi-partner" / title).read_text() == block.text


async def test_the_tutorial_leads_from_an_empty_folder_to_a_connected_patient(tmp_path_factory: pytest.TempPathFactory) -> None:
    """In its own order; only the ports are others, so that two runs do not meet."""
    home = tmp_path_factory.mktemp("tutorial")
    built = wheel.built(tmp_path_factory.mktemp("built"))
    install, description, start, service, run, seen = blocks()
    assert INSTALL == install.commands[-1]
    python = wheel.environment(home / ".venv", built, frozenset({"sandbox"}), beside=("fastapi", "itsdangerous"))
    ours, sandbox = free_port(), free_row()
    (home / description.title).write_text(description.text.replace("8000", str(ours)))
    (home / service.title).write_text(service.text)
    (to_start,), (to_run,) = start.commands, run.commands
    ada = Traveller("ada", *re.findall(r"`([^`]+)`", TUTORIAL.read_text().split("Sign in as")[1])[:3])

    async with (
        terminal(f"{to_start} --port {sandbox}", home, python) as printed,
        contextlib.AsyncExitStack() as stack,
    ):
        await says(printed, "is registered for")
        await stack.enter_async_context(terminal(to_run.replace("8000", str(ours)), home, python))
        await answers(f"http://localhost:{ours}/")
        for who, expected in ((ada, seen.text.strip()), *others(ada)):
            async with browser() as person:
                assert expected in (await log_in(person, f"http://localhost:{ours}/", who)).heading


def others(like: Traveller) -> list[tuple[Traveller, str]]:
    """The people of the last table, and what is promised of each."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", TUTORIAL.read_text(), re.MULTILINE)
    promised = {"connected": "Connected to"}
    return [(Traveller(email, email, like.password, like.code), promised.get(told, told)) for email, told in rows]
