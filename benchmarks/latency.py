"""How long a redemption waits at 80 % of what the provider can do: its 99th percentile against its median."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from benchmarks.frame import ROUNDS, Figure, main, medians
from benchmarks.load import Answer, Load
from benchmarks.protocol import Round, both

SHARE: Final = 0.8


async def latency() -> Sequence[Figure]:
    """Milliseconds."""
    pairs = []
    async with both() as (ours, _):
        await ours.authorize()
        peak = await ours.token()
        for _round in range(ROUNDS):
            taken = await _at(ours, SHARE * peak)
            pairs.append((1000 * taken[int(0.99 * len(taken))], 1000 * taken[len(taken) // 2]))
    return [Figure("latency.token.p99-to-p50", *medians(pairs), "milliseconds", is_kept=False)]


async def _at(ours: Round, rate: float) -> list[float]:
    await ours.authorize()
    requests = list(ours.town.token(iter(ours.codes)))

    def is_token(answer: Answer) -> bool:
        return answer.status == 200 and bool(json.loads(answer.body)["access_token"])  # noqa: PLR2004 - HTTP

    return await Load(ours.town.issuer, iter(requests), is_token).latencies(rate, len(requests))


if __name__ == "__main__":
    main(latency)
