"""The provider at one endpoint, in rounds: codes are made by its own `/authorize`, tokens by its own `/token`."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks.frame import processors
from benchmarks.load import Answer, Load, is_status
from benchmarks.town import PLAIN, WITH_GP, Town, build, code_in, floor, free_port, provider
from gpic.jose.keys import SigningKey

PEOPLE: Final = 1000
#: Enough to last for a second or so.
REQUESTS: Final = 1000


@dataclass(slots=True)
class Round:
    """What a provider or a floor has given out in this round, and what is asked for with it."""

    town: Town
    codes: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    async def authorize(self, count: int = REQUESTS, scopes: frozenset[str] = WITH_GP) -> float:
        """Logins of people who are signed in, per second."""
        self.codes = []
        return await Load(self.town.issuer, self.town.authorize(scopes), self._is_code).per_second(count)

    async def token(self) -> float:
        """The round's codes, redeemed, per second. Assertions are made before anything is measured."""
        self.tokens, requests = [], list(self.town.token(iter(self.codes)))
        return await Load(self.town.issuer, iter(requests), self._is_token).per_second(len(requests))

    async def userinfo(self) -> float:
        """The round's tokens, used, per second."""
        requests = list(self.town.userinfo(iter(self.tokens)))
        return await Load(self.town.issuer, iter(requests), is_status(200)).per_second(len(requests))

    def _is_code(self, answer: Answer) -> bool:
        if answer.status != 303:  # noqa: PLR2004 - HTTP
            return False
        self.codes.append(code_in(answer))
        return True

    def _is_token(self, answer: Answer) -> bool:
        if answer.status != 200:  # noqa: PLR2004 - HTTP
            return False
        self.tokens.append(json.loads(answer.body)["access_token"])
        return True


@contextlib.asynccontextmanager
async def both(database: str = "", people: int = PEOPLE) -> AsyncIterator[tuple[Round, Round]]:
    """`gpic provider` and its floor, each alone on one processor while it is asked; the load comes from another."""
    with tempfile.TemporaryDirectory(prefix="gpic-bench-") as folder:
        town = Town(Path(folder), free_port(), SigningKey.generate(), people, database)
        await build(town)
        beneath = replace(town, port=free_port())
        os.sched_setaffinity(0, processors()[1])
        async with provider(town), floor(beneath):
            yield Round(town), Round(beneath)


__all__ = ["PLAIN", "REQUESTS", "WITH_GP", "Round", "both"]
