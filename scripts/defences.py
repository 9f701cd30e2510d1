"""Takes out each line of defence that tests/attacks name, one after the other, and sees that their tests then fail.

A test's docstring says what was taken out, as a small patch: a paragraph `Without this in `path`:` and below it lines
that begin with `-` (they stand in the file) and `+` (what stands there instead; none: nothing). A paragraph `nor this in …`
belongs to the one before it: two lines of defence that each suffice are taken out together.

    ./go defences            all
    ./go defences 3 17       these attacks

It works on a copy of `src`; nothing of yours is changed.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
ATTACKS: Final = ROOT / "tests" / "attacks"
FILE: Final = re.compile(r"test_(\d\d)_(\w+)\.py")
PLACE: Final = re.compile(r"(Without|nor) this in `([^`]+)`:")
FAILED: Final = 1  #: pytest: tests ran, and some failed


@dataclass(frozen=True, slots=True)
class Cut:
    """Lines of one file, and what stands there instead."""

    path: str
    lines: tuple[str, ...]
    instead: tuple[str, ...]

    def times(self, root: Path = ROOT) -> int:
        """How often the lines stand in the file."""
        return len(self._places((root / self.path).read_text(encoding="utf-8").splitlines()))

    def apply(self, root: Path) -> None:
        """Write the file without its line of defence."""
        file = root / self.path
        there = file.read_text(encoding="utf-8").splitlines()
        (place,) = self._places(there)
        indent = there[place][: len(there[place]) - len(there[place].lstrip())]
        there[place : place + len(self.lines)] = [f"{indent}{line}" for line in self.instead]
        file.write_text("\n".join(there) + "\n", encoding="utf-8")

    def _places(self, there: list[str]) -> list[int]:
        stripped = [line.strip() for line in there]
        return [place for place in range(len(there)) if tuple(stripped[place : place + len(self.lines)]) == self.lines]


def attacks() -> dict[int, Path]:
    """The files by their number in the list of attacks."""
    found = ((FILE.fullmatch(path.name), path) for path in sorted(ATTACKS.glob("test_*.py")))
    return {int(name[1]): path for name, path in found if name}


def defences(path: Path) -> list[list[Cut]]:
    """What a file's docstring says was taken out: each entry at one time."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    found: list[list[Cut]] = []
    for opening, place, block in _blocks(docstring):
        lines, instead = (tuple(line[2:].strip() for line in block if line.startswith(mark)) for mark in "-+")
        cut = Cut(place, lines, instead)
        if opening == "Without":
            found.append([cut])
        else:
            found[-1].append(cut)
    return found


def _blocks(docstring: str) -> Iterator[tuple[str, str, list[str]]]:
    places = list(PLACE.finditer(docstring))
    ends = [place.start() for place in places[1:]] + [len(docstring)]
    for place, end in zip(places, ends, strict=True):
        yield place[1], place[2], [line.strip() for line in docstring[place.end() : end].splitlines()]


def fails_without(path: Path, cuts: list[Cut]) -> bool:
    """Whether a test of the file fails once the lines are gone."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "src", Path(folder) / "src")
        for cut in cuts:
            cut.apply(Path(folder))
        command = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "", str(path))
        environment = os.environ | {"PYTHONPATH": f"{folder}/src"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return done.returncode == FAILED and " failed" in done.stdout


def main() -> int:
    """0 when each test failed without its defence."""
    wanted, standing = {int(word) for word in sys.argv[1:]}, 0
    for number, path in attacks().items():
        for cuts in defences(path) if not wanted or number in wanted else ():
            seen = fails_without(path, cuts)
            standing += not seen
            print("fails as it should" if seen else "STILL PASSES", f"{path.name} without {cuts[0].lines[0]}", flush=True)
    return int(standing > 0)


if __name__ == "__main__":
    sys.exit(main())
