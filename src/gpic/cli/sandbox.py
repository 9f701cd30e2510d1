"""`gpic sandbox`: all roles, for somebody's own service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from rich.console import Console

from gpic.cli import documents
from gpic.cli.admin import showing
from gpic.cli.demo import interrupted, line, people, say, trusting
from gpic.cli.exits import Exit
from gpic.sandbox import state
from gpic.sandbox.act import Stage
from gpic.sandbox.console.pages import console_pages, link
from gpic.sandbox.control.app import Control, control
from gpic.sandbox.guests import GuestInvalid, described_in
from gpic.sandbox.kept import write
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.reach import Reach, ReachInvalid
from gpic.sandbox.residents import CODE, PASSWORD
from gpic.sandbox.script import Script
from gpic.sandbox.servers import CannotListen, PortTaken
from gpic.sandbox.theatre import Theatre, theatre
from gpic.settings import SettingsInvalid
from gpic.simulators.snapshot import SnapshotInvalid

#: Where a sandbox keeps what is its own, beside whoever starts it.
FOLDER: Final = Path(".gpic")
MISTAKES: Final = (
    PortTaken,
    CannotListen,
    ReachInvalid,
    GuestInvalid,
    SettingsInvalid,
    state.StateTaken,
    state.StateInvalid,
    SnapshotInvalid,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    services: tuple[Path, ...]
    port: int
    seed: int
    tls: bool
    bind: str
    public: tuple[str, ...]
    state: Path | None = None
    ephemeral: bool = False
    scripted_sign_in: bool = True
    control_file: Path | None = None
    remote_control: bool = False
    keys: Callable[[], SandboxKeys] = SandboxKeys
    json: bool = False

    def script(self) -> Script:
        """How it starts; raises GuestInvalid, ReachInvalid."""
        return Script(
            keys=self.keys(),
            environment=os.environ,
            seed=self.seed,
            reach=Reach(self.tls, self.bind, self.public, self.remote_control),
            services=tuple(described_in(path) for path in self.services),
            scripted_sign_in=self.scripted_sign_in,
            control=True,
        )

    @property
    def state_file(self) -> Path | None:
        """Where the state lies; None: nowhere. On any free ports two sandboxes would share a file, so there is none."""
        if self.ephemeral:
            return None
        return self.state or (FOLDER / f"sandbox-{self.port}.state" if self.port else None)


async def run(wanted: Wanted) -> int:
    """The exit code: 0 after Ctrl-C, 2 when nothing could start."""
    console, ending = Console(highlight=False, stderr=wanted.json), asyncio.create_task(interrupted())
    try:
        script = wanted.script()
        async with opened(wanted, script) as (played, door):
            with told_to_tools(wanted, played, door) as file:
                tell(played, script, console)
                tell_control(door, file, console)
                tell_state(wanted.state_file, console)
                if wanted.json:
                    showing.as_json(document(played, script, door, file))
                played.each_act(lambda stage: _print(stage, console))
                await ending
    except MISTAKES as mistake:
        Console(stderr=True).print(f"gpic sandbox: {mistake}", highlight=False, soft_wrap=True)
        return Exit.CANNOT_BEGIN
    finally:
        ending.cancel()
    return Exit.DONE


@contextlib.asynccontextmanager
async def opened(wanted: Wanted, script: Script) -> AsyncIterator[tuple[Theatre, Control]]:
    """The sandbox with its control API, from its state where it has one."""
    async with contextlib.AsyncExitStack() as stack:
        file = wanted.state_file
        if file is not None:
            stack.enter_context(state.locked(file))
        kept = state.read(file) if file is not None else None
        played = await stack.enter_async_context(theatre(wanted.port, script, kept))
        if file is not None:
            await stack.enter_async_context(state.written(played, file))
        yield played, await stack.enter_async_context(control(played, secrets.token_urlsafe(32), console_pages()))


@contextlib.contextmanager
def told_to_tools(wanted: Wanted, played: Theatre, door: Control) -> Iterator[Path]:
    """A file of its owner's alone with address and token, for as long as they hold."""
    first_port = urlsplit(played.ground.local.partner).port
    file = wanted.control_file or FOLDER / f"control-{first_port}.json"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    told = {"address": door.address, "token": door.token, "authority": str(played.stage.authority or "")}
    file.unlink(missing_ok=True)  # a file that somebody else can read keeps its permissions when it is written over
    write(file, json.dumps(told).encode())
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def document(played: Theatre, script: Script, door: Control, file: Path) -> dict[str, object]:
    """Everything that is told to people, for a program."""
    told = documents.of_stage(played.stage)
    return told | {
        "services": documents.of_guests(script),
        "control": documents.of_control(door.address, door.token, file),
    }


def _print(stage: Stage, console: Console) -> None:
    stage.journal.subscribe(lambda message: say(console, line(message)))


def tell(played: Theatre, script: Script, console: Console) -> None:
    """Where everything is, who can sign in, and what each service needs to know."""
    everything = played.stage
    say(console, "\n[bold]The sandbox is up[/bold] until you press Ctrl-C. Everybody in it is invented.\n")
    addresses = everything.addresses.named()
    width = max(map(len, addresses))
    for role, address in addresses.items():
        say(console, f"  {role:<{width}} {address}")
    if everything.authority is not None:
        trusting(everything.authority, console)
    console.print(people(everything))
    say(console, f"  Password for everybody: [bold]{PASSWORD}[/bold]   one-time code: [bold]{CODE}[/bold]\n")
    for service in script.services:
        say(console, f"  [bold]{service.table.client_id}[/bold] is registered for {service.table.redirect_uri}.")
        say(console, f"  Lay {service.told_in} over {service.path}: it says where everything is.\n")


def tell_control(door: Control, file: Path, console: Console) -> None:
    """How people and tools get at it. The token is shown this once."""
    say(console, f"  Console: {link(door.address, door.token)}\n")
    say(console, f"  Control API: {door.address}/api, with the same token; it stands in {file} as well.")
    say(console, f"  curl -H 'Authorization: Bearer TOKEN' {door.address}/api/people\n")


def tell_state(file: Path | None, console: Console) -> None:
    """What remains."""
    if file is None:
        say(console, "  Nothing of it remains when it ends.\n")
    else:
        say(console, f"  Its state is kept in {file}; --ephemeral keeps none.\n")
