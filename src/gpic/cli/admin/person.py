"""`gpic admin person`: what somebody may ask of whoever keeps data of them, a provider or a partner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gpic.cli.admin import showing
from gpic.cli.admin.credentials import Who, heard, person_named
from gpic.cli.admin.desk import Desk, NotDone, at_desk
from gpic.cli.admin.kit import at_kit
from gpic.cli.admin.own_files import write_own
from gpic.nhs.clock import Clocks
from gpic.relying_party.ports import PersonFiles

app = typer.Typer(name="person", help="Hand out what is kept of a person, or erase it.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Kit = Annotated[
    Path | None,
    typer.Option("--kit", help="A partner's settings: what its kit keeps of the person with this `sub`.", dir_okay=False),
]


@app.command()
def export(
    context: typer.Context,
    who: Who,
    to: Annotated[Path, typer.Option(help="The file; it must not be there yet, and only you can read it.", dir_okay=False)],
    kit: Kit = None,
) -> None:
    """Everything that is kept of a person, as JSON in a file; no key, token or password (N3). It is written down."""
    named = heard(who)

    def written(told: dict[str, object] | None) -> None:
        if told is None:
            raise NotDone("Nothing is kept of that person.")
        write_own(to, msgspec.json.format(msgspec.json.encode(told), indent=2))

    async def command(desk: Desk) -> None:
        written(await desk.files.export(await person_named(named, desk), desk.clocks.world.now()))

    async def at_the_partner(files: PersonFiles) -> None:
        written(await files.export(named.text, Clocks().world.now()))

    at_desk(context, command) if kit is None else at_kit(kit, at_the_partner)
    showing.say(f"It is in {to}.")


@app.command()
def erase(
    context: typer.Context,
    who: Who,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it cannot be undone.")] = False,
    kit: Kit = None,
    json: Json = False,
) -> None:
    """Delete a person's accounts, details and tokens, and who they are in the audit trail; the trail itself stays."""
    if not yes:
        raise typer.BadParameter("it cannot be undone; say --yes")

    named = heard(who)

    async def command(desk: Desk) -> bool:
        return await desk.files.erase(await person_named(named, desk), desk.clocks.world.now())

    async def at_the_partner(files: PersonFiles) -> bool:
        return await files.erase(named.text, Clocks().world.now())

    erased = at_desk(context, command) if kit is None else at_kit(kit, at_the_partner)
    if json:
        showing.as_json({"erased": erased})
    else:
        showing.say("It is erased. Backups hold it until they are gone, too." if erased else "Nothing was kept.")
