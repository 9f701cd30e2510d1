"""`./go fuzz [NAME…] [--minutes 10] [--seed N]`: whatever comes from outside is tried for minutes, each time with other inputs.

Every parser of foreign input in turn, a few hundred inputs at a time; between the rounds the provider's doors and the control
API, from their schemas. No crash, no 500, no second of a processor for one input, and a bound on memory. An input that breaks a
parser is kept in tests/fuzz/kept, where every run of the tests tries it from then on.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field

from gpic.sandbox.control.app import control
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.script import Script
from gpic.sandbox.theatre import theatre
from tests.fuzz.doors import Door, control_door, operations
from tests.fuzz.provider_openapi import DOCUMENT
from tests.fuzz.target import Target, fuzz
from tests.fuzz.test_parsers import TARGETS

INPUTS = 300  #: of one target in one round
CALLS = 12  #: of one operation in one round


@dataclass(slots=True)
class Run:
    """One run, and what became of it."""

    until: float
    chance: random.Random
    rounds: int = 0
    tried: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self.until

    def try_target(self, target: Target) -> None:
        """One target, once; a target that broke is not tried again."""
        if not self.goes_on or target.name in self.broken:
            return
        try:
            fuzz(target, INPUTS, self.chance.getrandbits(64))
        except Exception as failure:  # noqa: BLE001 - whatever it is, it is what we look for
            self.note(target.name, failure)
        self.tried += INPUTS

    def note(self, name: str, failure: BaseException) -> None:
        """Say it at once, and go on with the others."""
        self.broken.append(name)
        print(f"{name}: BROKEN", "".join(traceback.format_exception(failure)[-6:]), sep="\n", flush=True)


async def doors(run: Run) -> None:
    """Both doors, once, in a sandbox of their own."""
    async with theatre(script=Script(keys=SandboxKeys(), control=True)) as sandbox, control(sandbox, "a-token") as at:
        provider = Door(sandbox.stage.addresses.provider, DOCUMENT, {})
        for door in (provider, control_door(at.address, "a-token")):
            for name, tried in operations(door):
                if not run.goes_on:
                    return
                try:
                    await asyncio.to_thread(tried, CALLS, run.chance.getrandbits(64))
                except Exception as failure:  # noqa: BLE001 - whatever it is, it is what we look for
                    run.note(name, failure)
                run.tried += CALLS


def wanted(names: list[str]) -> Iterator[Target]:
    """The targets of these names, or all."""
    for name in names or TARGETS:
        yield TARGETS[name]


def main() -> int:
    """0 when nothing broke."""
    parser = argparse.ArgumentParser(prog="./go fuzz", description="Try parsers and doors with whatever may come.")
    parser.add_argument("names", nargs="*", help=f"{', '.join(TARGETS)}; none: all, and the doors")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="makes a run again")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.names) - TARGETS.keys()):
        parser.error(f"there is no {unknown[0]}; there are {', '.join(TARGETS)}")
    logging.disable(logging.CRITICAL)  # refusals are what is expected, thousands of them
    run = Run(time.monotonic() + 60 * asked.minutes, random.Random(asked.seed))  # noqa: S311 - to be had again
    print(f"fuzz: seed {asked.seed}, {asked.minutes:g} minutes", flush=True)
    while run.goes_on:
        run.rounds += 1
        for target in wanted(asked.names):
            run.try_target(target)
        if not asked.names:
            asyncio.run(doors(run))
        print(f"fuzz: round {run.rounds}, {run.tried} inputs so far, {len(run.broken)} broken", flush=True)
    print(f"fuzz: {run.tried} inputs, {len(run.broken)} broken" + "".join(f"\n  {name}" for name in run.broken))
    return int(bool(run.broken))


if __name__ == "__main__":
    sys.exit(main())
