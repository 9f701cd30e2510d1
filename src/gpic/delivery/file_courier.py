"""Letters written to a file, for tests and trials: whoever may read it may sign in as anybody."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.ports import CourierAway, Letter


@dataclass(frozen=True, slots=True)
class FileCourier:
    """Implements the Courier port: a line of JSON for each letter, at the end of a file that only its owner may read."""

    path: Path

    async def deliver(self, to: Contact, letter: Letter) -> None:
        """Write it down; raises CourierAway where nothing can be written."""
        line = {"channel": to.channel.value, "to": to.address, "subject": letter.subject, "text": letter.text}
        try:
            await asyncio.to_thread(self._append, msgspec.json.encode(line) + b"\n")
        except OSError as failure:
            raise CourierAway from failure

    def _append(self, line: bytes) -> None:
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0) as file:
            file.write(line)
