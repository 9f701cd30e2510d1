"""What is fuzzed, how it is tried, and where what broke it is kept."""

from __future__ import annotations

import contextlib
import hashlib
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

#: Inputs that once broke something, a folder for each target; each is tried at every run of the tests.
KEPT: Final = Path(__file__).parent / "kept"
#: Seconds of a processor that one input may take.
LONGEST: Final = 1.0
#: How much the process may grow over a whole run of one target, in bytes; no input is larger than a mebibyte.
LARGEST: Final = 256 * 1024 * 1024


class Hangs(AssertionError):
    """An input took too long."""


class Grows(AssertionError):
    """The inputs of a target took too much memory together."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser of what comes from outside. *refusals* are all that it may raise; a crash is anything else."""

    name: str
    inputs: st.SearchStrategy[bytes]
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = ()

    @property
    def kept(self) -> Path:
        """What broke it once."""
        return KEPT / self.name

    def survives(self, data: bytes) -> None:
        """Read one input. Raises what a target must not raise, and Hangs."""
        began = time.process_time()
        with contextlib.suppress(*self.refusals):
            self.read(data)
        if (took := time.process_time() - began) > LONGEST:
            raise Hangs(f"{took:.1f} s of a processor for {len(data)} bytes")

    def keep(self, data: bytes) -> Path:
        """Keep an input that broke it, so that every later run tries it."""
        self.kept.mkdir(parents=True, exist_ok=True)
        path = self.kept / hashlib.sha256(data).hexdigest()[:16]
        path.write_bytes(data)
        return path


def seeded(test: Callable[[], None], by: int | None) -> Callable[[], None]:
    """The same by this seed, as it is without one."""
    return test if by is None else seed(by)(test)


def memory() -> int:
    """The most that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fuzz(target: Target, examples: int, by: int | None = None) -> None:
    """Try so many inputs, by a seed or, without one, the same each time. Raises Grows, and what the smallest that fails raises.

    That one is kept.
    """
    failing: list[bytes] = []

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=by is None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(target.inputs)
    def tried(data: bytes) -> None:
        try:
            target.survives(data)
        except BaseException:
            failing.append(data)
            raise

    before = memory()
    try:
        seeded(tried, by)()
    except BaseException:
        if failing:
            target.keep(failing[-1])  # hypothesis shows the smallest last
        raise
    if (grown := memory() - before) > LARGEST:
        raise Grows(f"{target.name}: {grown // 2**20} MiB more than before")
