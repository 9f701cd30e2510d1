"""`gpic admin jobs`: what waits, and what nobody tries any more."""

from __future__ import annotations

from typing import Annotated

import typer

from gpic.cli.admin import showing
from gpic.cli.admin.desk import Desk, NotDone, at_desk
from gpic.credentials.holding import PersonId
from gpic.credentials.ports import TaskKind

app = typer.Typer(name="jobs", help="Tasks of the engine: how many wait, and which were given up.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(name="list")
def list_jobs(context: typer.Context, *, json: Json = False) -> None:
    """How many tasks of each kind wait or run, and every task that was given up with its reason."""

    async def command(desk: Desk) -> tuple[dict[str, int], list[dict[str, str]]]:
        waiting = {kind.value: await desk.engine.backlog.waiting(kind) for kind in TaskKind}
        given_up = await desk.engine.tasks.given_up()
        return waiting, [{"kind": one.task.kind.value, "person": one.task.person, "reason": one.reason} for one in given_up]

    waiting, given_up = at_desk(context, command)
    if json:
        showing.as_json({"waiting": waiting, "given_up": given_up})
        return
    showing.as_list({f"{kind} tasks waiting": str(count) for kind, count in waiting.items()})
    if given_up:
        showing.as_table(("given up", "person", "reason"), [tuple(one.values()) for one in given_up])


@app.command()
def replay(
    context: typer.Context,
    person: Annotated[str, typer.Argument(help="Whose tasks; `list` shows them.", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Let a person's tasks that were given up wait again, once what was wrong is mended."""

    async def command(desk: Desk) -> int:
        replayed = await desk.engine.tasks.replay(PersonId(person), desk.clocks.world.now())
        if not replayed:
            raise NotDone("No task of that person was given up.")
        return replayed

    replayed = at_desk(context, command)
    showing.as_json({"replayed": replayed}) if json else showing.say(f"{replayed} wait again.")
