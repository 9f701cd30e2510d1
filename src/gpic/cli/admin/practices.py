"""`gpic admin practices`: practices that merge, divide or change their system, and the rounds that follow (N19, N20)."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gpic.cli.admin import showing
from gpic.cli.admin.desk import Desk, NotDone, at_desk
from gpic.credentials.rounds import Course, Round
from gpic.nhs.organisations import OdsCode, OdsCodeInvalid

app = typer.Typer(
    name="practices",
    help="Follow everybody of a practice that merged, divided or changed its system. The workers do it, paced.",
    no_args_is_help=True,
)

LOOK_AGAIN: Final = 0.5  #: seconds between two looks at a round that is watched
Code = Annotated[str, typer.Argument(help="The practice's ODS code.", show_default=False)]
Dry = Annotated[bool, typer.Option("--dry-run", help="Only say how many persons it is about.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the round is over, and show how far it is.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="The round; `rounds` shows them.", show_default=False)]


@app.command()
def merge(
    context: typer.Context,
    closing: Code,
    surviving: Annotated[str, typer.Argument(help="The practice that goes on.", show_default=False)],
    *,
    dry_run: Dry = False,
    wait: Wait = True,
    json: Json = False,
) -> None:
    """Everybody held at CLOSING is looked up on PDS, withdrawn, and registered where PDS names them."""
    old, new = code_in(closing), code_in(surviving)
    if old == new:
        raise typer.BadParameter("a practice does not merge with itself")
    follow(context, f"merge-{old}-{new}", old, "merged", Manner(dry_run, wait, json))


@app.command()
def divide(context: typer.Context, code: Code, *, dry_run: Dry = False, wait: Wait = True, json: Json = False) -> None:
    """Everybody held there is looked up on PDS; who has gone to a new code is registered at it, who stays is left alone."""
    follow(context, f"divide-{code_in(code)}", code_in(code), "divided", Manner(dry_run, wait, json))


@app.command()
def migrate(context: typer.Context, code: Code, *, dry_run: Dry = False, wait: Wait = True, json: Json = False) -> None:
    """The practice has another system by the mapping: everybody there is withdrawn and registered in it."""
    follow(context, f"migrate-{code_in(code)}", code_in(code), "system-changed", Manner(dry_run, wait, json))


@app.command()
def rounds(context: typer.Context, *, json: Json = False) -> None:
    """Every round, the periodic one too: how far it is, and for how many a task was left."""

    async def command(desk: Desk) -> list[Round]:
        return list(await desk.engine.rounds.all())

    every = [told(one) for one in at_desk(context, command)]
    if json:
        showing.as_json(every)
    else:
        heads = ("name", "state", "passed", "expected", "left_tasks", "begun_at", "over_at")
        showing.as_table(heads, [[str(one[head]) for head in heads] for one in every])


@app.command()
def pause(context: typer.Context, name: Name, *, json: Json = False) -> None:
    """Stop a round after the page that is being walked; it keeps its place."""
    switch(context, name, Course.PAUSED, json=json)


@app.command()
def resume(context: typer.Context, name: Name, *, json: Json = False) -> None:
    """Let a round go on where it was."""
    switch(context, name, Course.UNDER_WAY, json=json)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a round is begun and told of."""

    dry_run: bool
    wait: bool
    json: bool


def follow(context: typer.Context, name: str, practice: OdsCode, why: str, manner: Manner) -> None:
    """Begin the round, and watch it where that is wanted."""

    async def command(desk: Desk) -> dict[str, object]:
        practices = frozenset({practice})
        expected = await desk.engine.census.count(practices)
        if manner.dry_run:
            return {"name": name, "expected": expected, "dry_run": True}
        new = Round(name, desk.clocks.world.now(), practices, why, expected)
        if not await desk.engine.rounds.begin(new):
            raise NotDone(f"The round {name} is under way already; `gpic admin practices rounds` shows how far it is.")
        return told(await watched(desk, name, expected) if manner.wait else new)

    done = at_desk(context, command)
    if manner.json:
        showing.as_json(done)
    elif manner.dry_run:
        showing.say(f"{name} is about {done['expected']} persons.")
    else:
        showing.say(f"{name}: {done['state']}, {done['passed']} of {done['expected']} passed, {done['left_tasks']} tasks left.")


async def watched(desk: Desk, name: str, expected: int) -> Round:
    """The round once it is over or paused; a bar on standard error for whoever looks at a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        bar = progress.add_task(name, total=expected or None)
        while True:
            one = next(one for one in await desk.engine.rounds.all() if one.name == name)
            progress.update(bar, completed=one.passed)
            if one.course is not Course.UNDER_WAY:
                return one
            await asyncio.sleep(LOOK_AGAIN)


def switch(context: typer.Context, name: str, course: Course, *, json: bool) -> None:
    """Pause or resume."""

    async def command(desk: Desk) -> None:
        if not await desk.engine.rounds.switch(name, course):
            raise NotDone(f"There is no round {name} that is not over.")

    at_desk(context, command)
    showing.as_json({"name": name, "state": course}) if json else showing.say(f"{name}: {course}.")


def code_in(text: str) -> OdsCode:
    """An ODS code; raises BadParameter."""
    try:
        return OdsCode(text.upper())
    except OdsCodeInvalid:
        raise typer.BadParameter(f"{text!r} is no ODS code") from None


def told(one: Round) -> dict[str, object]:
    """A round as it is shown."""
    return {
        "name": one.name,
        "why": one.why,
        "state": one.course.value,
        "practices": sorted(str(practice) for practice in one.practices),
        "passed": one.passed,
        "expected": one.expected,
        "left_tasks": one.found,
        "begun_at": one.begun_at.isoformat(timespec="seconds"),
        "over_at": one.over_at.isoformat(timespec="seconds") if one.over_at else "",
    }
