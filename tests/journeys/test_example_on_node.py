"""The example service on Node, tested by its own tests against a sandbox, and used by somebody with a browser."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from gpic.sandbox.browser import browser
from gpic.sandbox.control.app import control
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.script import Script
from gpic.sandbox.tally import tally
from gpic.sandbox.theatre import Theatre, theatre
from gpic.sandbox.walk import log_in
from tests.free_ports import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.long]

EXAMPLE: Final = Path(__file__).resolve().parent.parent.parent / "examples" / "node-partner"
TESTS: Final = 10


@contextlib.asynccontextmanager
async def sandbox(folder: Path, keys: SandboxKeys) -> AsyncIterator[tuple[Theatre, Path]]:
    """A sandbox, and the file that tells tools where its control API is."""
    file = folder / "control.json"
    async with theatre(script=Script(keys=keys, scripted_sign_in=True, control=True)) as played, control(played, "tok") as door:
        file.write_text(json.dumps({"address": door.address, "token": door.token}))
        yield played, file


async def node(*words: str, **environment: str) -> asyncio.subprocess.Process:
    """A Node process in the example's folder."""
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        "node", *words, cwd=EXAMPLE, env=clean | environment, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )


async def test_its_own_tests_pass(tmp_path: Path, keys: SandboxKeys) -> None:
    """J1, J3, J4, J5, J6, J8, J11, J13, J14, J23, asked for and checked through the control API from Node."""
    async with sandbox(tmp_path, keys) as (_, file):
        process = await node("--test", "--test-reporter=tap", GPIC_CONTROL_FILE=str(file))
        said = (await asyncio.wait_for(process.communicate(), 100))[0].decode()

    assert 0 == process.returncode, said
    assert [str(TESTS)] == re.findall(r"^# pass (\d+)$", said, re.MULTILINE), said
    assert TESTS == (EXAMPLE / "partner.test.mjs").read_text(encoding="utf-8").count("\n  works(")


async def test_somebody_uses_it_with_a_browser(tmp_path: Path, keys: SandboxKeys) -> None:
    """J1, J4: through the pages of NHS login, with password and code; a second login registers nobody again."""
    port = free_port()
    async with sandbox(tmp_path, keys) as (played, file):
        process = await node("service.mjs", GPIC_CONTROL_FILE=str(file), PORT=str(port))
        try:
            assert process.stdout is not None
            address = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
            async with browser() as person:
                pages = [await log_in(person, address, played.stage.people["ada"]) for _ in range(2)]
        finally:
            process.kill()
            await process.communicate()
        counted = tally(played.stage.journal.list(), "Node partner", "EMIS")

    assert ["Connected to A99901"] * 2 == [page.heading for page in pages]
    assert {"link": 1, "session": 2} == counted
