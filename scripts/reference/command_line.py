"""docs/reference/command-line.md: every command of `gpic`, its options and its exit codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from gpic.cli.app import app
from gpic.cli.exits import Exit
from scripts.reference.words import cell, members, table, whole

INTRODUCTION: Final = """# The command line

Printed from the commands by `python -m scripts.reference_pages`; a house test keeps it true. What `gpic admin clients`
registers is explained in [clients](clients.md).

- `gpic --help` fits a screen. `gpic --install-completion` teaches the shell that you are in (bash, zsh, fish,
  PowerShell) the commands and their options.
- Whatever prints what is known takes `--json`: one JSON document on standard output. Sentences for people and progress go to
  standard error then, so that a pipe gets nothing else.
- Colours and bars appear on a terminal only, never in a pipe or a file, and not where `NO_COLOR` is set.
- Where an option names a variable of the environment, the option stands above it.

## Exit codes
"""


def page() -> str:
    """The whole page."""
    said = members(Exit)
    codes = table(("code", "means"), ((f"`{one.value}`", said[one.name]) for one in Exit))
    return "\n".join([INTRODUCTION, *codes, *commands(typer.main.get_command(app), "gpic")])


def commands(command: object, name: str) -> Iterator[str]:
    """A command and all below it, in the order in which help lists them."""
    if not isinstance(command, TyperCommand | TyperGroup):
        return
    yield f"## `{name}`\n"
    yield f"{whole(command.help)}\n"
    yield from options(command)
    if isinstance(command, TyperGroup):
        for word, below in command.commands.items():
            yield from commands(below, f"{name} {word}")


def options(command: TyperCommand | TyperGroup) -> Iterator[str]:
    """A line each."""
    lines = [line for parameter in command.params if (line := line_of(parameter))]
    if lines:
        yield "\n".join(lines) + "\n"


def line_of(parameter: object) -> str:
    """An argument or option; "" for what every command has."""
    if isinstance(parameter, TyperArgument):
        return f"- `{(parameter.name or '').upper()}`: {cell(parameter.help or '')}"
    if not isinstance(parameter, TyperOption) or "--help" in parameter.opts:
        return ""
    names = " / ".join(parameter.opts + parameter.secondary_opts)
    variable = f" Variable: `{parameter.envvar}`." if isinstance(parameter.envvar, str) else ""
    must = " (must be given)" if parameter.required else ""
    return f"- `{names}`{must}: {cell(parameter.help or '')}{default_of(parameter)}{variable}"


def default_of(parameter: TyperOption) -> str:
    """What holds where it is not given, where that is worth saying."""
    default = parameter.default
    if parameter.required or default is None or isinstance(default, bool) or default in ((), [], ""):
        return ""
    return f" Default: `{re.sub(r'^.*[.]', '', str(default)) if hasattr(default, 'name') else default}`."
