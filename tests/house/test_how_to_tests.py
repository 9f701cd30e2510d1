"""What the how-to page of tests shows is a suite that passes, file by file, as somebody would copy it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.free_ports import free_port

PAGE: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "how-to" / "test-your-service.md"
FILES: Final = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
FIXTURES: Final = ("gpic_sandbox", "patient", "practice", "journal", "clock", "gpic_server", "gpic_script")


@pytest.mark.long
def test_the_page_is_a_suite_that_passes(tmp_path: Path) -> None:
    """Every block with a title is a file; pytest runs them with warnings as errors."""
    port = str(free_port())
    for title, text in FILES.findall(PAGE.read_text(encoding="utf-8")):
        (tmp_path / title).write_text(text.replace("8000", port))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=100)  # noqa: S603 - our own words

    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_the_page_names_every_fixture() -> None:
    """And no other."""
    from gpic.sandbox import pytest_plugin

    told = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert FIXTURES == tuple(told)
    assert all(hasattr(pytest_plugin, name) for name in told)
