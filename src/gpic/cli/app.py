"""The commands, as typer shows them."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

app = typer.Typer(
    name="gpic",
    help="How NHS login creates and retrieves GP credentials: a simulator with synthetic people.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def gpic() -> None:
    """How NHS login creates and retrieves GP credentials: a simulator with synthetic people."""


@app.command()
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Walk, count the calls and leave.")] = False,
    port: Annotated[int, typer.Option(help="First of five ports in a row; 0 takes any free ones.", min=0, max=65_530)] = 9_400,
) -> None:
    """Start all roles on loopback, walk a new and a returning patient through the whole way, then stay up."""
    from gpic.cli.demo import run

    sys.exit(asyncio.run(run(once=once, port=port)))
