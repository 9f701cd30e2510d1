"""The commands, as typer shows them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from gpic.cli import admin
from gpic.monitoring.log_format import LogFormat

app = typer.Typer(
    name="gpic",
    help="How NHS login creates and retrieves GP credentials. Synthetic people only.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


app.add_typer(admin.app, short_help="Look after a provider: partners, keys, credentials, practices.")


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Import without the garbage collector, which would look through all of it again and again and find nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, sentences on standard error.")]


def show_version(wanted: bool) -> None:  # noqa: FBT001 - typer passes an option's value by position
    """Print it and leave."""
    if wanted:
        typer.echo(f"gpic {metadata.version('gpic')}")
        raise typer.Exit


@app.callback()
def gpic(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """How NHS login creates and retrieves GP credentials. Synthetic people only."""


Tls = Annotated[bool, typer.Option("--tls", envvar="GPIC_TLS", help="Every role by https, by an authority made for this run.")]


@app.command(short_help="All roles; a new and a returning patient walk the whole way.")
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Walk, count the calls and leave.")] = False,
    port: Annotated[int, typer.Option(help="First of eight ports in a row; 0 takes any free ones.", min=0, max=65_530)] = 9_400,
    tls: Tls = False,
    bind: Annotated[
        str,
        typer.Option(envvar="GPIC_BIND", help="The address to listen on; 0.0.0.0 for a container, whose ports are published."),
    ] = "127.0.0.1",
    public_url: Annotated[
        list[str] | None,
        typer.Option(
            envvar="GPIC_PUBLIC_URL",
            help="What others call us: https://HOST for all roles, with their ports; ROLE=https://HOST for one, by a tunnel.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Start all roles, walk a new and a returning patient through the whole way, then stay up."""
    from gpic.cli.demo import run

    sys.exit(asyncio.run(run(once=once, port=port, tls=tls, bind=bind, public=tuple(public_url or ()), json=json)))


Services = Annotated[
    list[Path] | None,
    typer.Option("--for", help="Your service's TOML file: it is registered, and told where everything is.", dir_okay=False),
]
SandboxPort = Annotated[int, typer.Option(help="First of nine ports in a row; 0 takes any free ones.", min=0, max=65_527)]
State = Annotated[
    Path | None,
    typer.Option(
        envvar="GPIC_STATE",
        help="The file where people, accounts and what everybody holds are kept. By default .gpic/sandbox-PORT.state.",
        dir_okay=False,
    ),
]
Ephemeral = Annotated[bool, typer.Option("--ephemeral", help="Keep nothing; so with --port 0 without --state, too.")]
ScriptedSignIn = Annotated[
    bool, typer.Option(help="Let login_hint=ada sign Ada in without a page; for tests without a browser.")
]
ControlFile = Annotated[
    Path | None,
    typer.Option(
        envvar="GPIC_CONTROL_FILE",
        help="Where address and token of the control API are written for tools. By default .gpic/control-PORT.json.",
        dir_okay=False,
    ),
]

RemoteControl = Annotated[
    bool,
    typer.Option(
        "--remote-control",
        envvar="GPIC_REMOTE_CONTROL",
        help="Let the control API answer others than this machine, such as the host of a container; they need its token.",
    ),
]


@app.command(short_help="All roles on this machine, for your own service.")
def sandbox(  # noqa: PLR0913 - each parameter is an option
    *,
    services: Services = None,
    port: SandboxPort = 9_400,
    state: State = None,
    ephemeral: Ephemeral = False,
    scripted_sign_in: ScriptedSignIn = True,
    control_file: ControlFile = None,
    remote_control: RemoteControl = False,
    seed: Annotated[int, typer.Option(help="Makes chance in the world the same each time.")] = 1,
    tls: Tls = False,
    bind: Annotated[
        str,
        typer.Option(envvar="GPIC_BIND", help="The address to listen on; 0.0.0.0 for a container, whose ports are published."),
    ] = "127.0.0.1",
    public_url: Annotated[
        list[str] | None,
        typer.Option(envvar="GPIC_PUBLIC_URL", help="What others call us, as for the demonstration."),
    ] = None,
    json: Json = False,
) -> None:
    """Start all roles for your own service, and stay up."""
    if ephemeral and state is not None:
        raise typer.BadParameter("either --state or --ephemeral")
    from gpic.sandbox.keys import made_meanwhile

    keys = made_meanwhile()
    with uncollected():
        from gpic.cli.sandbox import Wanted, run

    wanted = Wanted(
        services=tuple(services or ()),
        port=port,
        seed=seed,
        tls=tls,
        bind=bind,
        public=tuple(public_url or ()),
        state=state,
        ephemeral=ephemeral,
        scripted_sign_in=scripted_sign_in,
        control_file=control_file,
        remote_control=remote_control,
        keys=keys,
        json=json,
    )
    sys.exit(asyncio.run(run(wanted)))


@app.command(short_help="Does your running service obey the rules?")
def examine(  # noqa: PLR0913 - each parameter is an option
    start: Annotated[
        str, typer.Argument(help="Where a login begins at your service: http://localhost:8000/", show_default=False)
    ],
    *,
    client: Annotated[Path, typer.Option("--client", help="Your service's TOML file, as for the sandbox.", dir_okay=False)],
    looks: Annotated[
        Path | None,
        typer.Option(help="A TOML file that says how its pages look: button, connected, inside, sign_out.", dir_okay=False),
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="Only this rule or check, such as R9 or 'attack 32'; may be repeated.")
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(help="Where to write a report: .html, .xml (JUnit) or .json; may be repeated.", dir_okay=False),
    ] = None,
    port: SandboxPort = 9_400,
    browser: Annotated[
        bool, typer.Option("--browser", help="Look through Chromium, for pages that need scripts; needs Playwright.")
    ] = False,
    json: Json = False,
) -> None:
    """Log people in at your running service, break things around it, and say which rules it obeys."""
    from gpic.cli.examine import Wanted, run

    sys.exit(run(Wanted(start, client, looks, tuple(rule or ()), tuple(report or ()), port, json, browser)))


Log = Annotated[LogFormat, typer.Option(envvar="GPIC_LOG_FORMAT", help="Lines on standard error: for people, or JSON.")]


@app.command(short_help="Carry out what a provider leaves to be done.")
def worker(
    settings: Annotated[
        Path, typer.Option(envvar="GPIC_SETTINGS", help="The provider's settings, a TOML file; GPIC_… variables override it.")
    ],
    *,
    log_format: Log = LogFormat.TEXT,
) -> None:
    """Carry out the engine's tasks, beside any number of other workers, until SIGTERM; what is under way is finished."""
    from gpic.cli.process import run_quickly
    from gpic.cli.worker import run

    sys.exit(run_quickly(run(settings, log_format)))


@app.command(short_help="Answer partners and people, for real.")
def provider(
    settings: Annotated[
        Path, typer.Option(envvar="GPIC_SETTINGS", help="The provider's settings, a TOML file; GPIC_… variables override it.")
    ],
    *,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Carry the engine's tasks out in this process, too.")
    ] = False,
    log_format: Log = LogFormat.TEXT,
) -> None:
    """Answer partners and people until SIGTERM, which lets requests under way finish; SIGHUP reads files again."""
    from gpic.cli.process import run_quickly
    from gpic.cli.provider import run

    sys.exit(run_quickly(run(settings, log_format, with_worker=with_worker)))
