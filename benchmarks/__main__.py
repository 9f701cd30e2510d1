"""`./go bench [NAME] [--json] [--check | --keep]`: one question, or all of them, and the gate over their ratios."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.authorize import authorize
from benchmarks.background import background
from benchmarks.cost import cost
from benchmarks.frame import Figure, tell
from benchmarks.latency import latency
from benchmarks.limit import limits
from benchmarks.login import login
from benchmarks.rechecks import rechecks
from benchmarks.rounds import rounds
from benchmarks.sandbox import sandbox
from benchmarks.token import token
from benchmarks.userinfo import userinfo

QUESTIONS: Final[Mapping[str, Callable[[], Awaitable[Sequence[Figure]]]]] = {
    "limit": limits,
    "authorize": authorize,
    "token": token,
    "userinfo": userinfo,
    "login": login,
    "latency": latency,
    "cost": cost,
    "sandbox": sandbox,
    "background": background,
    "rechecks": rechecks,
    "rounds": rounds,
}
BASELINE: Final = Path(__file__).with_name("baseline.json")
#: By how much a ratio may fall before the gate is shut.
TOLERANCE: Final = 0.15


def fallen(figures: Sequence[Figure], baseline: Mapping[str, float]) -> list[str]:
    """What is worse than it was by more than the tolerance, a sentence each."""
    return [
        f"{one.name}: {one.ratio:.2f}, and it was {baseline[one.name]:.2f}"
        for one in figures
        if one.name in baseline and one.ratio < baseline[one.name] * (1 - TOLERANCE)
    ]


def main() -> int:
    """Ask, tell, judge; 1 where a ratio has fallen."""
    words = argparse.ArgumentParser(prog="./go bench", description=__doc__)
    words.add_argument("name", nargs="?", choices=tuple(QUESTIONS), help="one question; all without it")
    words.add_argument("--json", action="store_true", help="nothing but JSON")
    words.add_argument("--check", action="store_true", help=f"fail where a ratio is worse than {BASELINE.name} says by 15 %%")
    words.add_argument("--keep", action="store_true", help=f"write the ratios to {BASELINE.name}")
    asked = words.parse_args()
    figures: list[Figure] = []
    for name in [asked.name] if asked.name else QUESTIONS:
        told = asyncio.run(_asked(name))
        tell(*told, for_people=not asked.json)
        figures += told
    baseline = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    if asked.keep:
        kept = {**baseline, **{one.name: round(one.ratio, 3) for one in figures if one.is_kept}}
        BASELINE.write_text(json.dumps(dict(sorted(kept.items())), indent=2) + "\n", encoding="utf-8")
    worse = fallen(figures, baseline) if asked.check else []
    for sentence in worse:
        sys.stderr.write(f"{sentence}\n")
    return 1 if worse else 0


async def _asked(name: str) -> Sequence[Figure]:
    return await QUESTIONS[name]()


if __name__ == "__main__":
    sys.exit(main())
