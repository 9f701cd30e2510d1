"""Tests are the same tests in every process: their names do not hang on the order of a set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def names(seed: int) -> list[str]:
    """What is collected with this seed of Python's hashes."""
    command = (
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-m",
        "long or not long",
        "-p",
        "no:cacheprovider",
        "tests/unit",
    )
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=True)  # noqa: S603 - our own interpreter
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.long
def test_names_are_the_same_in_every_process() -> None:
    """Several processes share the tests out by name; a name that differs stops them all."""
    first = names(1)

    assert len(first) > 3_000
    assert first == names(2)
