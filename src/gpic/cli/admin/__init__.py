"""`gpic admin`: what an operator does beside the running provider."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpic.cli.admin import audit, clients, credentials, jobs, keys, person, practices, sealing, suppliers

app = typer.Typer(
    name="admin",
    help="Look after a provider beside its running processes. Exit codes: 0 done, 1 refused, 2 could not begin.",
    no_args_is_help=True,
)
app.add_typer(clients.app)
app.add_typer(keys.app)
app.add_typer(sealing.app)
app.add_typer(credentials.app)
app.add_typer(practices.app)
app.add_typer(jobs.app)
app.add_typer(suppliers.app)
app.add_typer(audit.app)
app.add_typer(person.app)


@app.callback()
def admin(
    context: typer.Context,
    settings: Annotated[
        Path | None,
        typer.Option(envvar="GPIC_SETTINGS", help="The provider's settings, a TOML file; GPIC_… variables override it."),
    ] = None,
) -> None:
    """Look after a provider beside its running processes. Exit codes: 0 done, 1 refused, 2 could not begin."""
    context.obj = settings
