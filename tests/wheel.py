"""The distribution as somebody installs it: a wheel, and environments with nothing in them but what it asks for.

Nothing is fetched: what a wheel asks for is taken from the environment that runs the tests, file by file. The wheel itself is
put in by an installer, so that its record and its commands are proved as well.
"""

from __future__ import annotations

import shutil
import subprocess
import venv
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import dist

ROOT: Final = dist.ROOT
INSTALLER: Final = ROOT / ".uv" / "bin" / "uv"


def built(folder: Path) -> Path:
    """The wheel that `./go dist` makes of the source as it lies here, by way of the sdist."""
    return dist.build(folder).wheel


def asked_for(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """The canonical names of all that *name* with these extras wants here, itself included."""
    found: set[str] = set()
    open_questions = [(canonicalize_name(name), extras)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while open_questions:
        question = open_questions.pop()
        if question in seen:
            continue
        seen.add(question)
        one, wanted = question
        found.add(one)
        for text in metadata.distribution(one).requires or ():
            requirement = Requirement(text)
            holds = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in (wanted or {""})
            )
            if holds:
                open_questions.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found


def environment(folder: Path, wheel: Path, extras: frozenset[str] = frozenset(), beside: tuple[str, ...] = ()) -> Path:
    """A new environment with the wheel and what it asks for, and with *beside* and what that asks for; its Python."""
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    site = next(folder.glob("lib/python*/site-packages"))
    names = asked_for("gpic", extras) - {"gpic"}
    for one in beside:
        names |= asked_for(one)
    for name in sorted(names):
        copy_distribution(name, site)
    python = folder / "bin" / "python"
    words = ("pip", "install", "--quiet", "--offline", "--no-cache", "--no-config", "--no-deps", "--python", str(python))
    subprocess.run([str(INSTALLER), *words, str(wheel)], check=True, cwd=folder)  # noqa: S603 - our own words
    return python


def copy_distribution(name: str, site: Path) -> None:
    """Put a distribution's files where the environment looks for them; its commands are left out."""
    distribution = metadata.distribution(name)
    for file in distribution.files or ():
        source = Path(str(distribution.locate_file(file)))
        if file.parts[0] == ".." or not source.is_file() or source.suffix == ".pyc":
            continue
        target = site / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def run(python: Path, *words: str, cwd: Path) -> str:
    """Run Python in that environment, away from the source; what it printed. Raises CalledProcessError."""
    path = f"{python.parent}:/usr/bin:/bin"
    clean = {"PATH": path, "HOME": str(cwd), "LANG": "C.UTF-8"}
    done = subprocess.run([str(python), *words], check=True, cwd=cwd, env=clean, capture_output=True, text=True, timeout=60)  # noqa: S603 - our own words
    return done.stdout
