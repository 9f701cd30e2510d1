"""`gpic demo`: prints the conversation as it happens, then the addresses and the people."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from rich.console import Console
from rich.table import Table

from gpic.sandbox.demonstration import NEW, RETURNING, WHERE, Played, Scene, play_new, play_returning
from gpic.sandbox.residents import CODE, PASSWORD
from gpic.sandbox.servers import PortTaken
from gpic.sandbox.stage import Script, Stage, stage
from gpic.settings import SettingsInvalid
from gpic.simulators.journal import Message

WRONG_COUNTS = 1
CANNOT_START = 2
WIDEST_OPERATION = 44


async def run(*, once: bool, port: int, script: Script | None = None) -> int:
    """The exit code: 0 when both walks did exactly the calls they must, 1 when not, 2 when nothing could start."""
    console = Console(highlight=False)
    try:
        async with stage(port, script or Script(environment=os.environ)) as everything:
            played = await walk(everything, console)
            if not once:
                await stay(everything, console)
    except (PortTaken, SettingsInvalid) as mistake:
        Console(stderr=True).print(f"gpic demo: {mistake}", highlight=False, soft_wrap=True)
        return CANNOT_START
    return WRONG_COUNTS if any(one.differences for one in played) else 0


async def walk(everything: Stage, console: Console) -> list[Played]:
    """Both scenes, with every message printed as it is answered."""
    stop = everything.journal.subscribe(lambda message: say(console, line(message)))
    try:
        announce(NEW, console)
        played = [await play_new(everything)]
        conclude(played[-1], console)
        announce(RETURNING, console)
        played.append(await play_returning(everything))
        conclude(played[-1], console)
    finally:
        stop()
    return played


def say(console: Console, text: str) -> None:
    """Print a line as it is; a reader who has gone (`| head`) is no reason to drop what is being served."""
    with contextlib.suppress(BrokenPipeError, SystemExit):  # rich turns the one into the other
        console.print(text, soft_wrap=True)


def announce(scene: Scene, console: Console) -> None:
    """What is about to be shown."""
    say(console, f"\n[bold]{scene.journey}  {scene.title}[/bold]\n")


def line(message: Message) -> str:
    """One message: who → whom, what, result, milliseconds."""
    ok = "green" if message.ok else "yellow"
    who = f"{message.sender} → {message.receiver}"
    operation = (
        message.operation if len(message.operation) <= WIDEST_OPERATION else f"{message.operation[: WIDEST_OPERATION - 1]}…"
    )
    return f"  {who:<22} {operation:<{WIDEST_OPERATION}} [{ok}]{message.outcome:>7}[/{ok}] {message.milliseconds:8.1f} ms"


def conclude(played: Played, console: Console) -> None:
    """How it ended, and whether the calls are those that must be."""
    say(console, f"\n  The patient sees: “{played.heading}”")
    for difference in played.differences:
        say(console, f"  [red]✗[/red] {difference}")
    if not played.differences:
        for sender, calls in played.scene.calls.items():
            counted = ", ".join(f"{count} {kind}" for kind, count in calls.items())
            say(console, f"  [green]✓[/green] {WHERE} saw of {sender}: {counted}")


async def stay(everything: Stage, console: Console) -> None:
    """Print where everything is and who can sign in; stay up until somebody presses Ctrl-C."""
    say(console, "\n[bold]Now you.[/bold] Everything stays up until you press Ctrl-C.\n")
    say(console, f"  Open the sample partner service: [bold]{everything.addresses.partner}[/bold]\n")
    for role, address in everything.addresses.named().items():
        say(console, f"  {role:<22} {address}")
    console.print(people(everything))
    say(console, f"  Password for everybody: [bold]{PASSWORD}[/bold]   one-time code: [bold]{CODE}[/bold]\n")
    stop = everything.journal.subscribe(lambda message: say(console, line(message)))
    try:
        await interrupted()
    finally:
        stop()


def people(everything: Stage) -> Table:
    """Who can sign in, and what is special about them."""
    table = Table(
        "sign in as", "level", "practice", "system", "GP online account", title="\nSynthetic people", title_justify="left"
    )
    for slug, who in everything.people.items():
        patient = everything.world.patient(slug)
        practice = everything.world.practice(patient.practice) if patient.practice is not None else None
        account = everything.world.account_of(slug)
        table.add_row(
            who.email,
            patient.level,
            practice.name if practice else "–",
            practice.supplier.upper() if practice else "–",
            "yes" if account else "no",
        )
    return table


async def interrupted() -> None:
    """Wait for Ctrl-C or a request to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    await stop.wait()
