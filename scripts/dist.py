"""Builds the sdist, and from the sdist the wheel, and looks whether everything is inside: `./go dist`.

./go dist               what lies here, into dist/
./go dist --release     refuses unless everything is committed and the changelog has a section for the version
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
DIST: Final = ROOT / "dist"
CHANGELOG: Final = ROOT / "CHANGELOG.md"
PACKAGE: Final = "src/gpic/"
#: What a provider cannot run without and what no import would miss; each must match something in the wheel.
MUST_HOLD: Final = (
    r"gpic/py\.typed",
    r"gpic/web/static/vendor/nhsuk-frontend\.min\.css",
    r"gpic/web/static/vendor/nhsuk-frontend\.min\.js",
    r"gpic/web/static/vendor/images/.*\.svg",
    r"gpic/web/templates/.*\.jinja",
    r"gpic/storage/migrations/versions/v0001_.*\.py",
    r"gpic/sandbox/self_test\.py",
    r"gpic-[^/]*\.dist-info/licenses/LICENSE",
    r"gpic-[^/]*\.dist-info/entry_points\.txt",
)
#: What nobody wants to install.
MUST_NOT_HOLD: Final = (r"(^|/)tests?/", r"__pycache__", r"node_modules", r"\.sqlite", r"\.keys$", r"\.pem$")


class NotFit(Exception):
    """What was built, or the tree that it would be built from, cannot be given to anybody; the message says why."""


@dataclass(frozen=True, slots=True)
class Built:
    """A release's two files."""

    sdist: Path
    wheel: Path


def main() -> int:
    """0 when both lie in dist/; 1 with the reasons why not."""
    asked = argparse.ArgumentParser(prog="./go dist", description="Build sdist and wheel into dist/.")
    asked.add_argument("--release", action="store_true", help="Refuse what is not committed or not in the changelog.")
    asked.add_argument("--into", type=Path, default=DIST, help="Another folder.")
    wanted = asked.parse_args()
    try:
        if wanted.release:
            fit_for_release()
        built = build(wanted.into)
        inspect(built)
    except NotFit as reason:
        print(f"dist: {reason}", file=sys.stderr)
        return 1
    for path in (built.sdist, built.wheel):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path.name}  {path.stat().st_size / 2**20:.1f} MiB  sha256 {digest}")
    return 0


def build(folder: Path) -> Built:
    """The sdist of what lies here, and the wheel as anybody would make it from that sdist alone."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    sdist = hatched(ROOT, "sdist", folder)
    with tempfile.TemporaryDirectory(prefix="gpic-dist-") as unpacked:
        with tarfile.open(sdist) as archive:
            archive.extractall(unpacked, filter="data")
        (source,) = Path(unpacked).iterdir()
        return Built(sdist, hatched(source, "wheel", folder))


def hatched(source: Path, kind: str, folder: Path) -> Path:
    """What hatchling makes of *source*; raises NotFit with its last words."""
    with tempfile.TemporaryDirectory(prefix="gpic-dist-") as fresh:
        command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", fresh]
        done = subprocess.run(command, check=False, cwd=source, capture_output=True, text=True)  # noqa: S603 - our own words
        if done.returncode:
            raise NotFit(f"hatchling made no {kind}: {done.stderr.strip()[-400:]}")
        (made,) = Path(fresh).iterdir()
        return Path(shutil.move(made, folder / made.name))


def inspect(built: Built) -> None:
    """Whether everything is inside, and nothing else. Raises NotFit."""
    names = names_in_wheel(built.wheel)
    lacking = [pattern for pattern in MUST_HOLD if not any(re.fullmatch(pattern, name) for name in names)]
    foreign = [name for name in names for pattern in MUST_NOT_HOLD if re.search(pattern, name)]
    code = {name for name in names if not re.match(r"gpic-[^/]*\.dist-info/", name)}
    lost = sorted(of_package(tracked()) - code)
    if lacking or foreign or lost:
        raise NotFit(f"the wheel lacks {[*lacking, *lost]} and holds {foreign}")


def names_in_wheel(wheel: Path) -> list[str]:
    """Every file of it."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def of_package(names: Iterable[str]) -> set[str]:
    """Those of the package, as a wheel names them."""
    return {name.removeprefix("src/") for name in names if name.startswith(PACKAGE)}


def tracked() -> Iterator[str]:
    """What git keeps and what lies here; nothing where this is no clone."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S607 - git as found on the PATH
    yield from (name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def version() -> str:
    """The one that pyproject.toml names."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def fit_for_release() -> None:
    """Raises NotFit."""
    if f"\n## {version()} – " not in CHANGELOG.read_text(encoding="utf-8"):
        raise NotFit(f"CHANGELOG.md has no section '## {version()} – DATE'")
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S607 - as above
    if changed.returncode or changed.stdout:
        raise NotFit("something is not committed")


if __name__ == "__main__":
    sys.exit(main())
