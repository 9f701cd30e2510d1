"""Ports for servers that are started later, below the ones that a system gives to whoever asks for any.

So nobody's port 0 or outgoing connection takes one meanwhile; runs side by side keep to lanes of their own.
"""

from __future__ import annotations

import itertools
import os
import random
import socket
from collections.abc import Iterator
from typing import Final

import pytest

FIRST, LANES, LANE = 10_000, 20, 1_000
TRIES: Final = 200


def _lane() -> Iterator[int]:
    """All ports of this process' lane, over and over, from a place by lot."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % LANES
    ports = range(FIRST + number * LANE, FIRST + (number + 1) * LANE)
    start = random.randrange(LANE)  # noqa: S311 - no secret
    return itertools.cycle([*ports[start:], *ports[:start]])


_PORTS: Final = _lane()


def free_row(length: int = 10) -> int:
    """The first of so many ports in a row of which nobody uses one now."""
    for _ in range(TRIES):
        row = list(itertools.islice(_PORTS, length))
        if row[-1] - row[0] == length - 1 and all(map(_is_free, row)):
            return row[0]
    pytest.fail("no ports are free")


def free_port() -> int:
    """A port of the loopback interface that nobody uses now, and that is not given out twice."""
    return free_row(1)


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
