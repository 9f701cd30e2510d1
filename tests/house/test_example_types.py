"""The examples satisfy both type checkers that people use, as strictly as they can be asked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.long

ROOT: Final = Path(__file__).resolve().parent.parent.parent
EXAMPLES: Final = sorted(ROOT.glob("examples/*/service.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_mypy_accepts_it(example: Path) -> None:
    """Strictly."""
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", str(example)], cwd=ROOT, capture_output=True, text=True)  # noqa: S603, PLW1510 - our own words; the answer is looked at

    assert 0 == done.returncode, done.stdout


def test_pyright_accepts_them() -> None:
    """All of them at once, in its mode strict."""
    node = shutil.which("node") or pytest.fail("Node is not installed")
    pyright = ROOT / "node_modules" / "pyright" / "index.js"
    words = [node, str(pyright), "--project", str(ROOT / "examples"), "--pythonpath", sys.executable]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)  # noqa: S603, PLW1510 - see above

    assert 0 == done.returncode, done.stdout
