"""J18: the partner is killed at every step of its registration; whoever logs in again gets in."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from gpic.sandbox.browser import browser
from gpic.sandbox.guests import described_in
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, Stage, stage
from gpic.sandbox.tally import tally
from gpic.sandbox.walk import answer_pages
from gpic.simulators.emis import AlreadyLinked

pytestmark = [pytest.mark.anyio, pytest.mark.long]

DYING: Final = Path(__file__).parent / "partner_that_dies.py"
NAME: Final = "A partner that dies"
CALLS: Final = 8  #: of its ports, in a first login
LINKED: Final = 3  #: which of them links
LEASE: Final = 1  #: seconds, instead of two and a half minutes
DESCRIPTION: Final = f"""
[partner]
client_id = "dying"
name = "{NAME}"
redirect_uri = "http://localhost:1/callback"
key_file = "dying.pem"
registration_lease = {LEASE}
longest_wait = 1
try_later = 1

[storage]
database = "dying.sqlite"
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A sandbox, and the folder of a partner that it knows."""

    stage: Stage
    folder: Path

    async def log_in(self, at: int = 0, when: str = "before") -> str:
        """One process, one login; how it ended, or "killed"."""
        files = [str(self.folder / name) for name in ("dying.toml", "dying.sandbox.toml")]
        clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, DYING, *files, str(at), when, stdin=pipe, stdout=pipe, env=clean
        )
        assert process.stdin
        assert process.stdout
        url = (await process.stdout.readline()).decode().strip()
        process.stdin.write(f"{await self.went(url)}\n".encode())
        told, _ = await process.communicate()
        return told.decode().strip() or "killed"

    async def went(self, url: str) -> str:
        """Ada goes through NHS login, to the door of the partner."""
        async with browser() as person:
            return (await answer_pages(person, await person.open(url), self.stage.people["ada"])).url

    def registrations(self) -> int:
        """How many e-mails EMIS has sent to Ada because of this partner (G2)."""
        return tally(self.stage.journal.list(), NAME, "EMIS").get("link", 0)


async def door(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What stands at the redirect URI: a page that says nothing, since the process reads the address from its input."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


@pytest.fixture
async def place(tmp_path: Path, keys: SandboxKeys) -> AsyncIterator[Place]:
    """A sandbox and a partner that nobody has been to."""
    async with await asyncio.start_server(door, "localhost") as listening:
        port = listening.sockets[0].getsockname()[1]
        (tmp_path / "dying.toml").write_text(DESCRIPTION.replace("localhost:1/", f"localhost:{port}/"))
        services = (described_in(tmp_path / "dying.toml"),)
        async with stage(script=Script(keys=keys, services=services)) as everything:
            yield Place(everything, tmp_path)


async def calls_of_a_login(place: Place) -> int:
    """How many calls of its ports a first login makes."""
    told, calls = (await place.log_in()).split()
    assert "connected" == told
    return int(calls)


async def test_a_first_login_goes_through_known_doors(place: Place) -> None:
    """R2: look, intent, register, keep, session, prove: what the next test kills at."""
    assert CALLS == await calls_of_a_login(place)
    assert 1 == place.registrations()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(1, CALLS + 1))
async def test_whoever_was_killed_gets_in_afterwards(place: Place, at: int, when: str) -> None:
    """J18: killed before or after its n-th call, the partner makes one registration more at most, and keeps the second."""
    assert "killed" == await place.log_in(at, when)
    await asyncio.sleep(LEASE)  # what the dead process reserved
    place.stage.world_clock.move(timedelta(minutes=1))
    again = await place.log_in()
    third = await place.log_in()

    assert "connected" == again.split()[0]
    assert "connected" == third.split()[0]
    assert 1 <= place.registrations() <= 2


@pytest.mark.parametrize("said", [one for one in AlreadyLinked if one is not AlreadyLinked.SUCCEEDS])
async def test_a_link_that_was_lost_is_told_when_it_cannot_be_had_again(place: Place, said: AlreadyLinked) -> None:
    """J18, R12: killed when EMIS had linked and nothing was kept yet; EMIS says "already linked" in any of its forms."""
    place.stage.switches.emis.already_linked = said
    assert "killed" == await place.log_in(LINKED, "after")
    await asyncio.sleep(LEASE)
    told = [(await place.log_in()).split()[0] for _ in range(2)]

    assert ["ReturnToLogin", "CannotConnect"] == told
    assert 1 == len([mail for mail in place.stage.world.outbox if (mail.person, mail.application) == ("ada", NAME)])
