"""`gpic demo`: prints the conversation as it happens, then the addresses and the people."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gpic.cli import documents
from gpic.cli.admin import showing
from gpic.cli.exits import Exit
from gpic.sandbox.demonstration import NEW, RETURNING, WHERE, Played, Scene, play_new, play_returning
from gpic.sandbox.reach import Reach, ReachInvalid
from gpic.sandbox.residents import CODE, PASSWORD
from gpic.sandbox.servers import LOOPBACK, CannotListen, PortTaken
from gpic.sandbox.stage import Script, Stage, stage
from gpic.settings import SettingsInvalid
from gpic.simulators.journal import Message

WIDEST_OPERATION = 44


async def run(  # noqa: PLR0913 - each is an option
    *,
    once: bool,
    port: int,
    tls: bool = False,
    bind: str = LOOPBACK,
    public: tuple[str, ...] = (),
    script: Script | None = None,
    json: bool = False,
) -> int:
    """The exit code: 0 when both walks did exactly the calls they must, 1 when not, 2 when nothing could start.

    With *json* sentences go to standard error, and one document to standard output.
    """
    console = Console(highlight=False, stderr=json)
    try:
        reach = Reach(tls, bind, public)
        async with stage(port, replace(script or Script(environment=os.environ), reach=reach)) as everything:
            played = await walk(everything, console)
            if json:
                showing.as_json({"walks": documents.of_walks(played), **documents.of_stage(everything)})
            if not once:
                await stay(everything, console)
    except (PortTaken, CannotListen, ReachInvalid, SettingsInvalid) as mistake:
        Console(stderr=True).print(f"gpic demo: {mistake}", highlight=False, soft_wrap=True)
        return Exit.CANNOT_BEGIN
    return Exit.REFUSED if any(one.differences for one in played) else Exit.DONE


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
    if everything.authority is not None:
        trusting(everything.authority, console)
    console.print(people(everything))
    say(console, f"  Password for everybody: [bold]{PASSWORD}[/bold]   one-time code: [bold]{CODE}[/bold]\n")
    stop = everything.journal.subscribe(lambda message: say(console, line(message)))
    try:
        await interrupted()
    finally:
        stop()


def trusting(authority: Path, console: Console) -> None:
    """How others come to trust the certificates of this run."""
    say(console, f"\n  Trust this authority, which signs for this sandbox alone and is gone with it:\n  {authority}")
    for who, how in (
        ("curl", f"curl --cacert {authority} …"),
        ("Python", f"export SSL_CERT_FILE={authority} REQUESTS_CA_BUNDLE={authority}"),
        ("Node", f"export NODE_EXTRA_CA_CERTS={authority}"),
        ("Java", f"keytool -importcert -noprompt -alias gpic -file {authority} -keystore trust.p12 -storepass changeit"),
        ("TPP", f"asks callers for a certificate: show {authority.parent}/callers-certificate.pem with callers-key.pem"),
        ("browsers", "import it under Settings → Certificates → Authorities, for websites"),
    ):
        say(console, f"    {who:<10} {how}")


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
