"""`./go audit`: whether anything that is locked has a known weakness. Asks the registries, so it is no part of the checks.

Python's locks by pip-audit, run.lock (what is deployed) and dev.lock (what only we use); npm's by npm itself. What nobody
could be asked about counts as a weakness, so that "nothing is known" is never said of what was not looked at. A weakness that
does not concern us is named in requirements/accepted.toml with the reason and the day until which that holds.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
ACCEPTED: Final = ROOT / "requirements" / "accepted.toml"
LOCKS: Final = ("run.lock", "dev.lock", "uv-itself.lock")


class AcceptedInvalid(ValueError):
    """An accepted weakness has no reason, no day, or its day has come."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A weakness that does not concern us, by the id of its advisory."""

    id: str
    why: str
    until: dt.date


def accepted(document: Mapping[str, object], today: dt.date) -> list[Accepted]:
    """What is accepted today. Raises AcceptedInvalid."""
    found: list[Accepted] = []
    for advisory, said in document.items():
        why, until = (said.get("why"), said.get("until")) if isinstance(said, dict) else (None, None)
        if not isinstance(why, str) or not why.strip() or not isinstance(until, dt.date):
            raise AcceptedInvalid(f"{advisory} needs a reason (why) and a day (until).")
        if until < today:
            raise AcceptedInvalid(f"{advisory} was accepted until {until}: look at it again.")
        found.append(Accepted(advisory, why, until))
    return found


def commands(known: list[Accepted]) -> list[list[str]]:
    """What is run: each ends with 0 when nothing is known against what it looked at."""
    ignored = [word for one in known for word in ("--ignore-vuln", one.id)]
    audit = [
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--require-hashes",
        "--strict",
        "--progress-spinner",
        "off",
        *ignored,
    ]
    return [
        *([*audit, "--requirement", f"requirements/{lock}"] for lock in LOCKS),
        ["npm", "audit", "--package-lock-only", "--omit=dev"],
    ]


def main() -> int:
    """0 when nothing is known, 1 when something is or nobody could be asked."""
    document = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))
    try:
        known = accepted(document, dt.datetime.now(dt.UTC).date())
    except AcceptedInvalid as mistake:
        print(f"audit: {mistake}", file=sys.stderr)
        return 1
    ended = [0]
    for command in commands(known):
        print("audit:", *(word for word in command if not word.startswith(sys.prefix)), flush=True)
        ended.append(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603 - our own words
    return int(any(ended))


if __name__ == "__main__":
    sys.exit(main())
