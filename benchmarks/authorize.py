"""`/authorize` for somebody who is signed in, has agreed and is known, held against its floor."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.frame import Figure, compared, main
from benchmarks.protocol import both


async def authorize() -> Sequence[Figure]:
    """Requests per second."""
    async with both() as (ours, floor):
        return [await compared("authorize.sqlite", ours.authorize, floor.authorize)]


if __name__ == "__main__":
    main(authorize)
