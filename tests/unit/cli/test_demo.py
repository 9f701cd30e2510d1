"""The command that shows everything, as a newcomer calls it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gpic.cli.demo import run
from gpic.cli.exits import Exit
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script
from gpic.simulators.cast import furnish
from gpic.simulators.world import World

GPIC = Path(sys.executable).with_name("gpic")


def gpic(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the console script as a person would."""
    return subprocess.run(  # noqa: S603 - our own command
        [GPIC, *words], check=False, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
    )


@pytest.mark.anyio
async def test_the_demonstration_walks_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """J1, J4: every message is printed, both scenes hold, the exit code is 0."""
    code = await run(once=True, port=0, script=Script(keys=SandboxKeys()))

    said = capsys.readouterr().out
    assert 0 == code
    assert "Person → Partner" in said
    assert "NHS login → EMIS" in said
    assert 2 == said.count("The patient sees: “You are connected to Meadowbank Surgery (EMIS)”")
    assert 4 == said.count("✓")


@pytest.mark.anyio
async def test_a_demonstration_that_goes_wrong_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the calls differ from what must hold, the difference is printed and the exit code is not 0."""

    def without_account(world: World) -> None:
        furnish(world)
        world.practice_not_live("A99901")

    code = await run(once=True, port=0, script=Script(furnish=without_account, keys=SandboxKeys()))

    said = capsys.readouterr().out
    assert Exit.REFUSED == code
    assert "✗ NHS login → EMIS link: expected 1, saw 0" in said


def test_a_port_that_is_taken_is_one_clear_sentence() -> None:
    """Another server on the port: a sentence on standard error, exit code 2, no traceback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = gpic("demo", "--once", "--port", str(port))

    assert Exit.CANNOT_BEGIN == ended.returncode
    assert (
        f"gpic demo: Port {port} is taken; choose another first port with --port, or --port 0 for any free ones.\n"
        == ended.stderr
    )


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("GPIC_PROVIDER__CODE_LIFETIME", "soon", "gpic demo: The settings of provider are wrong at code_lifetime: "),
        ("GPIC_PROVIDER__NO_SUCH_THING", "1", "gpic demo: There is no setting provider.no_such_thing."),
        (
            "GPIC_KITCHEN__SINK",
            "1",
            "gpic demo: There is no group of settings called kitchen; there are provider, credentials, storage, rounds",
        ),
        ("GPIC_PROVIDER__ENVIRONMENT", "production", "gpic demo: The settings of provider are wrong"),
    ],
)
def test_a_wrong_setting_is_one_clear_sentence(variable: str, value: str, expected: str) -> None:
    """The sentence names the setting; exit code 2; no traceback."""
    ended = gpic("demo", "--once", "--port", "0", **{variable: value})

    assert Exit.CANNOT_BEGIN == ended.returncode
    assert ended.stderr.startswith(expected)
    assert 1 == ended.stderr.count("\n")


def test_an_unknown_word_is_refused() -> None:
    """Typing slips get a hint and a non-zero exit."""
    ended = gpic("dmo")

    assert 0 != ended.returncode
    assert "Traceback" not in ended.stderr


def test_the_event_loop_is_left_clean() -> None:
    """Nothing is left running when the demonstration ends: asyncio's debug mode would complain."""
    assert 0 == asyncio.run(run(once=True, port=0, script=Script(keys=SandboxKeys())), debug=True)
