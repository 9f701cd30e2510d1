"""What must never be committed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Each pattern with the reason why it must not stand in a tracked file. Written so that none matches itself.
FORBIDDEN = {
    "an option that names a package index": r"--(extra-)?index-[u]rl",
    "a resolved address in a lock": r"\"resolved\": *\"[h]ttp",
    "a registry setting": r"registry *= *\"?[h]ttp",
    "a path of one machine": r"(^|[^A-Za-z0-9_.])/(work|farm|root|home)/[a-z]",
    "an address of a package index": r"(files\.pythonhosted|registry\.npmjs|py[p]i\.org/simple)",
}


def tracked() -> list[Path]:
    """Every file that git keeps and that exists."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S607 - git as found on the PATH
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    """Locks carry names, versions and hashes; nothing names an index or a path of one machine."""
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = [
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if pattern.search(path.read_text(encoding="utf-8", errors="replace"))
    ]

    assert [] == found


def test_third_party_assets_are_not_committed() -> None:
    """Style sheets, scripts and pictures of others come from npm at set-up."""
    assert [] == [path for path in tracked() if "vendor" in path.parts or "node_modules" in path.parts]


def test_no_file_is_large() -> None:
    """Nothing that we write needs more than 256 KiB, the locks included."""
    assert [] == [path.name for path in tracked() if path.stat().st_size > 256 * 1024]
