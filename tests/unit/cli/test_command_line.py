"""The command line as a person and a program meet it: help, completion, colours, JSON, exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from gpic.cli.app import app
from gpic.cli.exits import Exit

GPIC: Final = Path(sys.executable).with_name("gpic")
#: What a command prints that somebody may want to read by program; `worker` and its like print that they are up, no more.
WITHOUT_JSON: Final = {"gpic worker", "gpic provider"}
#: What they write is JSON, whatever one asks for.
ALWAYS_JSON: Final = {"gpic admin audit export", "gpic admin person export"}
ESCAPE: Final = "\x1b"


def gpic(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the console script as on a terminal of 80 columns, but piped."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GPIC_", "FORCE_COLOR", "GITHUB_"))}
    around = {**clean, "COLUMNS": "80", "TERM": "xterm-256color", **environment}
    return subprocess.run([GPIC, *words], check=False, capture_output=True, text=True, timeout=60, env=around)  # noqa: S603 - our own command


def leaves(command: object, name: str) -> Iterator[tuple[str, TyperCommand]]:
    """The commands that do something."""
    if isinstance(command, TyperGroup):
        for word, below in command.commands.items():
            yield from leaves(below, f"{name} {word}")
    elif isinstance(command, TyperCommand):
        yield name, command


COMMANDS: Final = dict(leaves(typer.main.get_command(app), "gpic"))


def test_help_fits_a_screen() -> None:
    """24 lines of 80 columns, every command on a line of its own."""
    said = gpic("--help").stdout
    top = {name.split()[1] for name in COMMANDS}

    assert 24 >= len(said.splitlines())
    assert 80 >= max(map(len, said.splitlines()))
    assert top == {found for found in re.findall(r"^│ (\w+) ", said, re.MULTILINE) if not found.startswith("--")}


def test_help_is_found_by_its_short_name() -> None:
    """As in any program."""
    assert gpic("--help").stdout == gpic("-h").stdout


def test_the_version_is_the_installed_one() -> None:
    """One line."""
    assert f"gpic {metadata.version('gpic')}\n" == gpic("--version").stdout


@pytest.mark.parametrize("words", [("--help",), ("admin", "keys", "--help"), ("--nothing",), ("admin", "keys", "list")])
def test_nothing_is_coloured_in_a_pipe(words: tuple[str, ...], tmp_path: Path) -> None:
    """Neither what is asked for nor a mistake."""
    done = gpic(*words, **store(tmp_path))

    assert ESCAPE not in done.stdout + done.stderr


def store(folder: Path) -> dict[str, str]:
    """Settings of an empty provider."""
    return {
        "GPIC_PROVIDER__ISSUER": "https://auth.example",
        "GPIC_STORAGE__DATABASE": str(folder / "gpic.sqlite"),
        "GPIC_STORAGE__SEALING_KEYS": str(folder / "gpic.keys"),
    }


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str) -> None:
    """The script that the shell is given asks us. The tests run in no shell, so they name one."""
    done = gpic("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")

    assert Exit.DONE == done.returncode
    assert f"_GPIC_COMPLETE=complete_{shell}" in done.stdout


def test_completion_knows_what_comes_next() -> None:
    """Commands, and the options of a command."""
    asked = {"_GPIC_COMPLETE": "complete_bash", "COMP_WORDS": "gpic admin ", "COMP_CWORD": "2"}
    options = {"_GPIC_COMPLETE": "complete_bash", "COMP_WORDS": "gpic demo --o", "COMP_CWORD": "2"}

    assert {"clients", "keys", "practices"} <= set(gpic(**asked).stdout.split())
    assert ["--once"] == gpic(**options).stdout.split()


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - WITHOUT_JSON - ALWAYS_JSON))
def test_whatever_prints_something_known_takes_json(name: str) -> None:
    """Every command but those that only stay up, and those that write nothing else."""
    assert "--json" in {word for one in COMMANDS[name].params for word in one.opts}


def test_the_demonstration_tells_programs_what_it_saw() -> None:
    """One document on standard output, the conversation on standard error (J1, J4)."""
    done = gpic("demo", "--once", "--port", "0", "--json")
    told = json.loads(done.stdout)

    assert [("J1", []), ("J4", [])] == [(one["journey"], one["differences"]) for one in told["walks"]]
    assert "Person → Partner" in done.stderr
    assert "ada" in {one["slug"] for one in told["people"]}


def test_the_sandbox_tells_programs_where_it_is(tmp_path: Path) -> None:
    """Addresses, people and the control API in one document; SIGTERM ends it with 0."""
    words = [str(GPIC), "sandbox", "--port", "0", "--ephemeral", "--json", "--control-file", str(tmp_path / "control.json")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as running:  # noqa: S603 - our own command
        assert running.stdout is not None
        lines = []
        for line in running.stdout:
            lines.append(line)
            if line == "}\n":
                break
        told = json.loads("".join(lines))
        kept = json.loads((tmp_path / "control.json").read_text(encoding="utf-8"))
        running.send_signal(signal.SIGTERM)
        assert "The sandbox is up" in running.communicate(timeout=30)[1]

    assert Exit.DONE == running.returncode
    assert (kept["address"], kept["token"]) == (told["control"]["address"], told["control"]["token"])
    assert {"EMIS (stand-in)", "Control API"} <= told["addresses"].keys()
    assert [] == told["services"]


def test_exit_codes_are_those_of_the_page(tmp_path: Path) -> None:
    """0 done, 1 refused, 2 could not begin, by spelling, settings or database."""
    ours = store(tmp_path)

    assert Exit.DONE == gpic("admin", "clients", "list", **ours).returncode
    assert Exit.REFUSED == gpic("admin", "clients", "show", "nobody", **ours).returncode
    assert Exit.CANNOT_BEGIN == gpic("admin", "clients", "lst", **ours).returncode
    assert Exit.CANNOT_BEGIN == gpic("admin", "--settings", "none.toml", "clients", "list", **ours).returncode
    nowhere = {**ours, "GPIC_STORAGE__DATABASE": str(tmp_path / "no" / "gpic.sqlite")}
    assert Exit.CANNOT_BEGIN == gpic("admin", "clients", "list", **nowhere).returncode
    assert Exit.CANNOT_BEGIN == gpic("worker", "--settings", str(tmp_path / "none.toml")).returncode


def test_ctrl_c_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    """A command that waits for standard input ends at once, while that is still open; no traceback."""
    around = {**os.environ, **store(tmp_path)}
    words = [GPIC, "admin", "credentials", "show", "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, env=around, text=True, **pipes) as running:  # type: ignore[call-overload] # noqa: S603 - as above
        wait_until_it_reads(running.pid)
        running.send_signal(signal.SIGINT)
        running.wait(timeout=30)
        _, said = running.communicate()

    assert Exit.INTERRUPTED == running.returncode, said
    assert "Traceback" not in said


def wait_until_it_reads(pid: int) -> None:
    """Until the process sleeps in a read of its standard input, which is a pipe."""
    import time

    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        where = Path(f"/proc/{pid}/wchan").read_text(encoding="ascii") if Path(f"/proc/{pid}/wchan").exists() else ""
        if "pipe" in where or Path("/proc", str(pid), "syscall").read_text(encoding="ascii").startswith("0 0x0 "):
            return
        time.sleep(0.05)
    pytest.fail("the command never asked for standard input")
