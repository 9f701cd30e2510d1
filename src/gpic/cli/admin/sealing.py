"""`gpic admin sealing`: the keys under which details, tokens and accounts lie (N7)."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gpic.cli.admin import showing
from gpic.cli.admin.desk import Desk, Tried, at_desk, without_store
from gpic.cli.exits import Exit
from gpic.settings import Settings

app = typer.Typer(name="sealing", help="The keys under which everything secret lies at rest.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
KeyId = Annotated[str, typer.Argument(help="The key's id; `list` shows them.", show_default=False)]


@app.command(name="list")
def list_keys(context: typer.Context, *, json: Json = False) -> None:
    """Every key of the file and how much it alone can open; what is sealed with a key that the file lacks is lost."""

    async def command(desk: Desk) -> list[dict[str, object]]:
        return [
            {"key": one.key_id, "current": one.is_current, "lost": not one.key_id, "envelopes": one.envelopes}
            for one in await desk.sealing.keys()
        ]

    listed = at_desk(context, command)
    if json:
        showing.as_json(listed)
        return
    rows = [[str(one["key"]) or "lost", showing.yes(bool(one["current"])), str(one["envelopes"])] for one in listed]
    showing.as_table(("key", "seals", "opens"), rows)


@app.command()
def create(context: typer.Context, *, json: Json = False) -> None:
    """Make the key file, before the very first start. In production no start makes it: put a copy into a vault first."""

    def command(settings: Settings) -> str:
        make_keys(settings.storage)
        return settings.storage.sealing_keys

    from gpic.wiring.sealing_keys import make_keys

    made = without_store(context, command)
    showing.as_json({"made": made}) if json else showing.say(f"{made} is made. Without it nothing sealed can be read again.")


@app.command()
def add(context: typer.Context, *, json: Json = False) -> None:
    """A fresh key that opens and does not seal yet. Bring the file to every host and reload, then `use` it."""

    async def command(desk: Desk) -> str:
        return await desk.sealing.add()

    added = at_desk(context, command)
    showing.as_json({"added": added}) if json else showing.say(f"{added} is added; it does not seal yet.")


@app.command()
def use(context: typer.Context, key_id: KeyId, *, json: Json = False) -> None:
    """Let new seals use a key that every process knows. Each process follows when it is reloaded."""

    async def command(desk: Desk) -> None:
        await desk.sealing.use(key_id)

    at_desk(context, command)
    showing.as_json({"uses": key_id}) if json else showing.say(f"New seals use {key_id}.")


@app.command()
def reseal(context: typer.Context, *, json: Json = False) -> None:
    """Bring everything that is kept for long under the current key, beside the running provider."""

    async def command(desk: Desk) -> int:
        waiting = sum(one.envelopes for one in await desk.sealing.keys() if not one.is_current)
        with progress("resealing", waiting) as passed:
            return await desk.sealing.reseal(passed)

    done = at_desk(context, command)
    showing.as_json({"resealed": done}) if json else showing.say(f"{done} envelopes are sealed anew.")


@app.command()
def verify(context: typer.Context, *, json: Json = False) -> None:
    """Open everything that is kept for long: after a restore, or to practise one. Exit code 1 where something stays shut."""

    async def command(desk: Desk) -> Tried:
        with progress("opening", sum(one.envelopes for one in await desk.sealing.keys())) as passed:
            return await desk.sealing.verify(passed)

    tried = at_desk(context, command)
    if json:
        showing.as_json({"opened": tried.opened, "broken": tried.broken})
    else:
        showing.say(f"{tried.opened} envelopes open, {tried.broken} do not.")
    if tried.broken:
        raise typer.Exit(Exit.REFUSED)


@contextlib.contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error for whoever looks at a terminal; told how many are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as shown:
        bar = shown.add_task(what, total=total or None)
        yield lambda done: shown.update(bar, completed=done)


@app.command()
def remove(context: typer.Context, key_id: KeyId, *, json: Json = False) -> None:
    """Take away a key that opens nothing any more. Keep its copy for as long as you keep backups of its time."""

    async def command(desk: Desk) -> None:
        await desk.sealing.remove(key_id)

    at_desk(context, command)
    showing.as_json({"removed": key_id}) if json else showing.say(f"{key_id} is removed.")
