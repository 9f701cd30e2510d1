"""Nothing is kept that nobody calls."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import vulture

ROOT: Final = Path(__file__).resolve().parents[2]
READ: Final = [str(ROOT / folder) for folder in ("src", "scripts", "benchmarks", "examples", "tests")]
#: Their functions are found by name: Alembic's and Django's.
LEFT_OUT: Final = ["*/migrations/*"]
#: What somebody else calls, found by a decorator: commands, fixtures, SQLAlchemy's compilers.
FOUND: Final = ["@*.command*", "@*.callback*", "@*.fixture*", "@compiles*"]
#: What somebody else calls by its name.
CALLED: Final = {
    "pytest_*": "pytest",
    "connection_made": "asyncio",
    "connection_lost": "asyncio",
    "data_received": "asyncio",
    "async_auth_flow": "httpx2",
    "process_bind_param": "SQLAlchemy",
    "process_result_value": "SQLAlchemy",
    "GpicConfig": "Django",
    "Pointer": "Django",
    "Written": "Django",
    "session_clock": "Django's settings",
    "capture_signals": "uvicorn",
    "log_in_beside": "tests of services that run in the loop of the test",
    "__*__": "Python",
}
KINDS: Final = {"function", "method", "class", "property", "import", "unreachable_code"}


def test_everything_is_called_by_somebody() -> None:
    """Functions, methods, classes, imports; fields of what goes over a wire are read by others."""
    reader = vulture.Vulture(ignore_names=list(CALLED), ignore_decorators=FOUND)
    reader.scavenge(READ, exclude=LEFT_OUT)
    unused = [
        f"{path.relative_to(ROOT)}:{item.first_lineno} {item.typ} {item.name}"
        for item in reader.get_unused_code(min_confidence=60)
        if item.typ in KINDS and (path := Path(item.filename)).relative_to(ROOT).parts[0] != "tests"
    ]

    assert [] == unused
