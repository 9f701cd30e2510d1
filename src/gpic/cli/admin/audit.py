"""`gpic admin audit`: the trail, its chain, and how long it is kept."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from gpic.cli.admin import showing
from gpic.cli.admin.desk import Desk, NotDone, at_desk
from gpic.cli.admin.own_files import write_own
from gpic.credentials.trail import Broken, HeadMissing, Whole

app = typer.Typer(
    name="audit", help="The audit trail: whether it is whole, copies of it, how long it stays.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Records from this day on (UTC).")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Records before this day (UTC).")]
#: Health records' audit is kept for years; less than this is a slip of the finger.
SHORTEST: Final = 30


@app.command()
def verify(
    context: typer.Context,
    *,
    head: Annotated[str, typer.Option(help="A head that an earlier run printed and you kept elsewhere.")] = "",
    json: Json = False,
) -> None:
    """Walk the chain. Exit code 1 where a record was changed, removed or put in, or where --head is not in it."""

    async def command(desk: Desk) -> tuple[int, str]:
        match await desk.trail.verify(head):
            case Whole(records, newest):
                return records, newest
            case Broken(number):
                raise NotDone(f"The trail is broken: record {number} does not follow from the one before it.")
            case HeadMissing():
                raise NotDone("The trail does not hold the head that was kept: it was written anew, cut off, or let go since.")

    records, newest = at_desk(context, command)
    if json:
        showing.as_json({"records": records, "head": newest})
    else:
        showing.say(f"{records} records are whole. Keep this where nobody can change it: {newest or 'nothing is chained yet'}")


@app.command()
def export(
    context: typer.Context,
    *,
    since: Since = None,
    until: Until = None,
    to: Annotated[Path | None, typer.Option(help="A file of yours alone; without it they are printed.", dir_okay=False)] = None,
) -> None:
    """Records as JSON, one a line, with their hashes, so that the copy can be verified; nobody is named in them."""

    async def command(desk: Desk) -> list[bytes]:
        begin, end = day(since, datetime.min.replace(year=1970, tzinfo=UTC)), day(until, datetime(9999, 1, 1, tzinfo=UTC))
        lines = [msgspec.json.encode(asdict(record)) async for record in desk.trail.records(begin, end)]
        if to is not None:
            write_own(to, b"".join(line + b"\n" for line in lines))
        return lines

    lines = at_desk(context, command)
    if to is not None:
        showing.say(f"{len(lines)} records are written to {to}.")
    else:
        sys.stdout.write(b"".join(line + b"\n" for line in lines).decode())


@app.command()
def retain(
    context: typer.Context,
    days: Annotated[int, typer.Argument(help="How many days records are kept.", min=SHORTEST, show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Let go of older records. What stays can still be verified; export what goes before, and keep a new head after."""

    async def command(desk: Desk) -> int:
        now = desk.clocks.wire.now()
        return await desk.trail.retain(now - timedelta(days=days), now)

    gone = at_desk(context, command)
    showing.as_json({"gone": gone}) if json else showing.say(f"{gone} records are gone.")


def day(chosen: datetime | None, otherwise: datetime) -> datetime:
    """A day's beginning (UTC)."""
    return chosen.replace(tzinfo=UTC) if chosen is not None else otherwise
