"""`/token`: a code becomes two signed tokens; held against the cryptography alone and against the endpoint's floor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from benchmarks.frame import Figure, compared, main, processors
from benchmarks.limit import tokens
from benchmarks.protocol import Round, both


async def token() -> Sequence[Figure]:
    """Redemptions per second."""
    async with both() as (ours, floor):
        mine, others = processors()

        async def limit() -> float:
            os.sched_setaffinity(0, mine)
            try:
                return await asyncio.to_thread(tokens, ours.town.key)
            finally:
                os.sched_setaffinity(0, others)

        return [
            await compared("token.sqlite", _redeeming(ours), limit),
            await compared("token.floor", _redeeming(floor), limit),
        ]


def _redeeming(one: Round) -> _Redeeming:
    return _Redeeming(one)


class _Redeeming:
    """A round of fresh codes, of which only the redemption is counted."""

    def __init__(self, one: Round) -> None:
        self.one = one

    async def __call__(self) -> float:
        """Per second."""
        await self.one.authorize()
        return await self.one.token()


if __name__ == "__main__":
    main(token)
