"""A PostgreSQL and its standby, in step: the one acknowledges nothing that the other does not have."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.postgresql import USER, Server, serving

STANDBY: Final = "beside"
PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "deploy.md"


@dataclass(frozen=True, slots=True)
class Pair:
    """A server and its standby."""

    primary: Server
    standby: Server

    @property
    def url(self) -> str:
        """Both, as the settings name them: whoever connects takes the one that may be written to."""
        servers = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        return f"postgresql://{USER}@{servers}/postgres?target_session_attrs=read-write"

    async def fail_over(self) -> None:
        """The primary is gone as by a crash; a while later somebody, or something, promotes the standby."""
        await asyncio.to_thread(self.primary.stop, "immediate")
        await asyncio.sleep(1)
        await asyncio.to_thread(self.standby.promote)


@contextlib.contextmanager
def pair_of_servers() -> Iterator[Pair]:
    """Streaming replication as the page on deploying sets it up; a commit waits until the standby has it."""
    with serving(()) as primary, primary.standby(STANDBY) as standby:
        for name, value in settings_of_the_page().items():
            primary.run(f"ALTER SYSTEM SET {name} = {value}")
        primary.stop()
        primary.start()
        yield Pair(primary, standby)


def settings_of_the_page() -> dict[str, str]:
    """What docs/how-to/deploy.md writes into the primary's postgresql.conf."""
    (block,) = re.findall(r"^```ini[^\n]*\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^(\w+) = (.+)$", block, re.MULTILINE))
