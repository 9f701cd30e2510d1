"""Shows that the tests of the deciding modules can fail: mutates them, runs their tests, writes docs/reference/mutants.md.

Every survivor must be killed by a better test or explained in one line of `tests/mutants.toml`, under the changed line.
`--changed` does so for the modules alone whose text is another than the page knows; what it says of the rest is kept.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reference" / "mutants.md"
EXPLAINED: Final = ROOT / "tests" / "mutants.toml"
MUTMUT: Final = Path(sys.executable).with_name("mutmut")
HEAD: Final = """# Mutants of the deciding modules

`./go mutants` changes these modules line by line and runs their tests against each change; it writes this page.
A house test fails when a module's hash differs from the one here.

| module | sha256 | mutants | killed | explained |
|---|---|---|---|---|
"""


ROW: Final = re.compile(r"^\| (src/\S+) \| ([0-9a-f]{16}) \| (\d+) \| \d+ \| (\d+) \|", re.MULTILINE)
SURVIVOR: Final = re.compile(r"^- `(.+?)` — ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a module's mutants; its survivors as `module.function: the changed line`."""

    mutants: int
    left: int
    survivors: frozenset[str]


def deciding() -> list[Path]:
    """The modules that decide, from pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    return [ROOT / name for name in settings["only_mutate"]]


def fingerprint(module: Path) -> str:
    """SHA-256 of the module's text, the first 16 hex digits."""
    return hashlib.sha256(module.read_bytes()).hexdigest()[:16]


def mutmut(*words: str) -> str:
    """What `mutmut …` prints."""
    return subprocess.run([MUTMUT, *words], cwd=ROOT, check=False, capture_output=True, text=True).stdout  # noqa: S603 - our own words


def verdicts() -> dict[str, str]:
    """Every mutant's name and what became of it."""
    lines = (line.strip().rpartition(": ") for line in mutmut("results", "--all", "true").splitlines())
    return {name: verdict for name, separator, verdict in lines if separator}


def change(mutant: str) -> str:
    """A mutant as `module.function: the changed line`."""
    lines = [line for line in mutmut("show", mutant).splitlines() if not line.startswith(("---", "+++", "#"))]
    changed = [line for line in lines if line.startswith("+")] or [line for line in lines if line.startswith("-")]
    place = mutant.rpartition("__mutmut_")[0].replace("xǁ", "").replace("ǁ", ".").replace(".x_", ".")
    return f"{place}: {' '.join(line[1:].strip() for line in changed)}"


def module_of(mutant: str, modules: list[Path]) -> Path:
    """The file that a mutant belongs to."""
    named = {".".join(module.relative_to(ROOT / "src").with_suffix("").parts): module for module in modules}
    return named[max((name for name in named if mutant.startswith(f"{name}.")), key=len)]


def said() -> dict[Path, Row]:
    """What the page says of the modules that stand as they stood then."""
    text = PAGE.read_text(encoding="utf-8")
    rows = {ROOT / name: (digest, int(count), int(left)) for name, digest, count, left in ROW.findall(text)}
    survivors = SURVIVOR.findall(text)
    return {
        module: Row(count, left, frozenset(line for line in survivors if module_of(line, deciding()) == module))
        for module, (digest, count, left) in rows.items()
        if module in deciding() and digest == fingerprint(module)
    }


def seen(modules: list[Path], found: dict[str, str], survivors: dict[str, str]) -> dict[Path, Row]:
    """What a run has shown of these modules."""
    total = Counter(module_of(name, modules) for name in found)
    left = Counter(module_of(name, modules) for name in survivors)
    texts = {module: {text for name, text in survivors.items() if module_of(name, modules) == module} for module in modules}
    return {module: Row(total[module], left[module], frozenset(texts[module])) for module in modules}


def page(rows: dict[Path, Row], explained: dict[str, str]) -> str:
    """The page: one row a module, one line a survivor."""
    table = [
        f"| {module.relative_to(ROOT)} | {fingerprint(module)} | {row.mutants} | {row.mutants - row.left} | {row.left} |"
        for module, row in ((module, rows[module]) for module in deciding())
    ]
    lines = [f"- `{text}` — {explained[text]}" for text in sorted(set().union(*(row.survivors for row in rows.values())))]
    return HEAD + "\n".join(table) + "\n\n## Survivors, and why they may live\n\n" + ("\n".join(lines) or "None.") + "\n"


def run(modules: list[Path]) -> dict[str, str]:
    """Every mutant of these modules and what became of it; empty when the tests fail before anything is changed."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    names = [f"{'.'.join(module.relative_to(ROOT / 'src').with_suffix('').parts)}.*" for module in modules]
    ran = subprocess.run([MUTMUT, "run", *names], cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
    found = {} if ran.returncode else verdicts()
    if not found:
        print(ran.stdout[-2000:], ran.stderr[-2000:], sep="\n", file=sys.stderr)
    return {name: verdict for name, verdict in found.items() if module_of(name, deciding()) in modules}


def main(words: list[str]) -> int:
    """Run, judge, write the page; 1 when a survivor is unexplained."""
    known = said() if words == ["--changed"] else {}
    modules = [module for module in deciding() if module not in known]
    found = run(modules) if modules else {}
    if modules and not found:
        return 1
    survivors = {name: change(name) for name, verdict in found.items() if verdict not in {"killed", "timeout"}}
    explained = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["explained"]
    if unexplained := {name: text for name, text in survivors.items() if text not in explained}:
        for name, text in unexplained.items():
            print(f"{found[name]}: {text}\n    (.venv/bin/mutmut show {name})", file=sys.stderr)
        print(f"{len(unexplained)} of {len(found)} mutants live unexplained", file=sys.stderr)
        return 1
    PAGE.write_text(page(known | seen(modules, found, survivors), explained), encoding="utf-8")
    print(f"{len(found)} mutants of {len(modules)} modules, {len(survivors)} explained; wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
