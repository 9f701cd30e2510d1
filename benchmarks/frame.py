"""What every benchmark shares: rounds, medians, processors, and how a figure is told."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Final

ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of *value* ÷ *against* over rounds in which both were measured; *unit* is what both count."""

    name: str
    ratio: float
    value: float
    against: float
    unit: str = "per second"
    is_kept: bool = True  #: in the baseline; a single duration says too much of the machine's other work

    def told(self) -> str:
        """As one line of JSON."""
        rounded = {"ratio": round(self.ratio, 3), "value": round(self.value, 1), "against": round(self.against, 1)}
        return json.dumps({"name": self.name, **rounded, "unit": self.unit})


Measure = Callable[[], Awaitable[float]]


async def compared(
    name: str,
    ours: Measure,
    other: Measure,
    *,
    rounds: int = ROUNDS,
    unit: str = "per second",
    is_kept: bool = True,
) -> Figure:
    """In turn, so that a machine that drifts bends both; one round before is not counted."""
    await ours()
    await other()
    pairs = [(await ours(), await other()) for _ in range(rounds)]
    return Figure(name, *medians(pairs), unit, is_kept)


def medians(pairs: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """The median ratio, and both medians."""
    ratios = [value / against for value, against in pairs]
    values, others = zip(*pairs, strict=True)
    return statistics.median(ratios), statistics.median(values), statistics.median(others)


def processors() -> tuple[set[int], set[int]]:
    """One for what is measured, one for whoever loads it; the same where there is only one."""
    free = sorted(os.sched_getaffinity(0))
    return {free[0]}, {free[-1]}


def tell(*figures: Figure, for_people: bool = True) -> None:
    """For people on standard error, for machines on standard output."""
    for one in figures if for_people else ():
        sys.stderr.write(f"{one.name:<44} {one.ratio:6.2f}   {one.value:10,.1f} against {one.against:10,.1f} {one.unit}\n")
    for one in figures:
        sys.stdout.write(f"{one.told()}\n")
    sys.stdout.flush()


def main(ask: Callable[[], Coroutine[None, None, Sequence[Figure]]]) -> None:
    """Run one question by itself."""
    tell(*asyncio.run(ask()))
