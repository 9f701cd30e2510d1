"""`/userinfo` with the GP credentials, each time released and written down; held against its floor."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.frame import Figure, compared, main
from benchmarks.protocol import both


async def userinfo() -> Sequence[Figure]:
    """Looks per second; the tokens are made once for all rounds."""
    async with both() as (ours, floor):
        for one in (ours, floor):
            await one.authorize()
            await one.token()
        return [await compared("userinfo.sqlite", ours.userinfo, floor.userinfo)]


if __name__ == "__main__":
    main(userinfo)
