"""Shows that the tests of the deciding modules can fail: mutates them, runs their tests, writes docs/reference/mutants.md.

Every survivor must be killed by a better test or explained in one line of `tests/mutants.toml`, under the changed line.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
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


def deciding() -> list[Path]:
    """The modules that decide, from pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    return [ROOT / name for name in settings["only_mutate"]]


def fingerprint(module: Path) -> str:
    """SHA-256 of the module's text, the first 16 hex digits."""
    return hashlib.sha256(module.read_bytes()).hexdigest()[:16]


def mutmut(*words: str) -> str:
    """What `mutmut …` prints."""
    return subprocess.run([MUTMUT, *words], cwd=ROOT, check=False, capture_output=True, text=True).stdout


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


def page(modules: list[Path], found: dict[str, str], explained: dict[str, str], survivors: dict[str, str]) -> str:
    """The page: one row a module, one line a survivor."""
    total = Counter(module_of(name, modules) for name in found)
    left = Counter(module_of(name, modules) for name in survivors)
    rows = [
        f"| {module.relative_to(ROOT)} | {fingerprint(module)} | {count} | {count - left[module]} | {left[module]} |"
        for module in modules
        for count in [total[module]]
    ]
    lines = [f"- `{text}` — {explained[text]}" for text in sorted(set(survivors.values()))]
    return HEAD + "\n".join(rows) + "\n\n## Survivors, and why they may live\n\n" + ("\n".join(lines) or "None.") + "\n"


def main() -> int:
    """Run, judge, write the page; 1 when a survivor is unexplained."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    ran = subprocess.run([MUTMUT, "run"], cwd=ROOT, check=False, capture_output=True, text=True)
    found = verdicts()
    if not found:
        print(ran.stdout[-2000:], ran.stderr[-2000:], sep="\n", file=sys.stderr)
        return 1
    survivors = {name: change(name) for name, verdict in found.items() if verdict not in {"killed", "timeout"}}
    explained = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["explained"]
    if unexplained := {name: text for name, text in survivors.items() if text not in explained}:
        for name, text in unexplained.items():
            print(f"{found[name]}: {text}\n    (.venv/bin/mutmut show {name})", file=sys.stderr)
        print(f"{len(unexplained)} of {len(found)} mutants live unexplained", file=sys.stderr)
        return 1
    PAGE.write_text(page(deciding(), found, explained, survivors), encoding="utf-8")
    print(f"{len(found)} mutants, {len(survivors)} explained; wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
