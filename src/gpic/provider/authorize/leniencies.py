"""What partners rely on here and cannot rely on at the real NHS login: written to the log, and counted for a page."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from gpic.provider.stages import Leniency

LOG: Final = logging.getLogger("gpic.provider.leniencies")

#: A sandbox without TLS cannot do otherwise than let this pass; a warning at every login would teach nobody anything.
UNAVOIDABLE: Final = frozenset({Leniency.LOOPBACK_REDIRECT})


@dataclass(frozen=True, slots=True)
class CountedLeniencies:
    """Implements the Leniencies port: one structured log record each time, and counts in memory."""

    _counts: Counter[tuple[str, Leniency]] = field(default_factory=Counter)

    def note(self, client_id: str, leniency: Leniency) -> None:
        """This client relied on it once more."""
        self._counts[client_id, leniency] += 1
        LOG.log(
            logging.INFO if leniency in UNAVOIDABLE else logging.WARNING,
            "the real NHS login would refuse this",
            extra={
                "client_id": client_id,
                "leniency": leniency.value,
                "times": self._counts[client_id, leniency],
            },
        )

    @property
    def counts(self) -> Mapping[tuple[str, Leniency], int]:
        """How often each client relied on what, since the start."""
        return MappingProxyType(dict(self._counts))
