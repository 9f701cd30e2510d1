"""`gpic admin suppliers`: GP systems that nobody calls for a while, on any host."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer

from gpic.cli.admin import showing
from gpic.cli.admin.desk import Desk, NotDone, at_desk
from gpic.credentials.pauses import Pause

app = typer.Typer(
    name="suppliers",
    help="Pause a supplier's GP system: no login and no task calls it; what is known is released.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="The supplier's name, such as emis; `show` lists them.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def pause(
    context: typer.Context,
    name: Name,
    *,
    until: Annotated[
        str, typer.Option(help="2026-11-24T18:00Z, or PT2H from now on; without it until `resume`.", show_default=False)
    ] = "",
    json: Json = False,
) -> None:
    """Call it no more, from the next call on. Calls under way are finished; tasks wait, logins go on as N12 says."""

    async def command(desk: Desk) -> Pause:
        now = desk.clocks.wire.now()
        new = Pause(installed(name), now, moment_in(until, now) if until else None)
        await desk.engine.pauses.pause(new)
        return new

    done = at_desk(context, command)
    showing.as_json(told(done, paused=True)) if json else showing.say(f"{done.supplier} is paused {until_when(done)}.")


@app.command()
def resume(context: typer.Context, name: Name, *, json: Json = False) -> None:
    """Call it again. What waited for it is taken up within a minute."""

    async def command(desk: Desk) -> None:
        if not await desk.engine.pauses.resume(installed(name)):
            raise NotDone(f"{name} is not paused.")

    at_desk(context, command)
    showing.as_json({"supplier": name, "paused": False}) if json else showing.say(f"{name} is called again.")


@app.command()
def show(context: typer.Context, *, json: Json = False) -> None:
    """Every supplier that is installed, and whether it is paused."""

    async def command(desk: Desk) -> list[tuple[str, Pause | None]]:
        now = desk.clocks.wire.now()
        holding = {one.supplier: one for one in await desk.engine.pauses.all() if one.holds(now)}
        return [(supplier, holding.get(supplier)) for supplier in suppliers()]

    found = at_desk(context, command)
    if json:
        showing.as_json([told(one, paused=True) if one else {"supplier": name, "paused": False} for name, one in found])
        return
    rows = [(name, f"paused {until_when(one)}" if one else "called", moment(one.since) if one else "") for name, one in found]
    showing.as_table(("supplier", "state", "since"), rows)


def installed(name: str) -> str:
    """The name of a supplier that could be called; raises NotDone, since a misspelt pause would stop nothing."""
    if name.lower() not in suppliers():
        raise NotDone(f"There is no supplier {name}; there are {', '.join(suppliers())}.")
    return name.lower()


def suppliers() -> tuple[str, ...]:
    """Those that are installed."""
    from gpic.wiring.gp_systems import suppliers as known  # what is installed takes a while to list

    return known()


def moment_in(text: str, now: datetime) -> datetime:
    """A moment with its time zone, or a span from now on, in ISO 8601; raises NotDone."""
    try:
        until = now + msgspec.convert(text, timedelta) if text.upper().startswith("P") else datetime.fromisoformat(text)
    except (ValueError, OverflowError):  # of which msgspec's is one
        raise NotDone(f"{text!r} is neither a moment such as 2026-11-24T18:00Z nor a span such as PT2H.") from None
    if until.tzinfo is None:
        raise NotDone(f"{text!r} has no time zone; put Z behind it for UTC.")
    if until <= now:
        raise NotDone(f"{text!r} is over already.")
    return until.astimezone(UTC)


def told(one: Pause, *, paused: bool) -> dict[str, object]:
    """A pause as programs read it."""
    until = moment(one.until) if one.until else ""
    return {"supplier": one.supplier, "paused": paused, "since": moment(one.since), "until": until}


def until_when(one: Pause) -> str:
    """How long, in words."""
    return f"until {moment(one.until)}" if one.until else "until it is resumed"


def moment(when: datetime) -> str:
    """To the second, UTC."""
    return when.astimezone(UTC).isoformat(timespec="seconds")
