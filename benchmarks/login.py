"""A whole login of somebody who is known: `/authorize`, `/token`, `/userinfo`; with the GP credentials and without."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.frame import Figure, compared, main
from benchmarks.protocol import PLAIN, REQUESTS, WITH_GP, Round, both


async def login() -> Sequence[Figure]:
    """Logins per second: what GP credentials cost the others."""
    async with both() as (ours, _):

        async def known() -> float:
            return await _whole(ours, WITH_GP)

        async def without() -> float:
            return await _whole(ours, PLAIN)

        return [await compared("login.gp-scope.sqlite", known, without)]


async def _whole(one: Round, scopes: frozenset[str]) -> float:
    parts = (await one.authorize(REQUESTS, scopes), await one.token(), await one.userinfo())
    return 1 / sum(1 / part for part in parts)


if __name__ == "__main__":
    main(login)
