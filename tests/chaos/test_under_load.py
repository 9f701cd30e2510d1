"""Under load everything goes wrong once, each after the other; nothing is lost, nothing is done twice, nobody lends a hand.

`./go chaos load` does the same for as long as one likes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gpic.sandbox.keys import SandboxKeys
from tests.chaos.under_load import EVENTS, afterwards, played, scene_in

pytestmark = [pytest.mark.anyio, pytest.mark.alone, pytest.mark.timeout(900)]


async def test_what_must_hold_holds_whatever_happens(tmp_path: Path) -> None:
    """N7, N8, N12, J17: no answered code lost or honoured twice, no details lost, one account, everybody's own key.

    Killed processes, a database that restarts, a full store, a clock that jumps, suppliers that stall, a cut connection.
    """
    async with scene_in(tmp_path, SandboxKeys()) as scene:
        scene.pause = 0.2
        await played(scene, EVENTS, seconds=1)
        wrong = await afterwards(scene)

        assert [] == wrong
        assert scene.provider.starts >= 2
        assert all(one.starts >= 2 for one in scene.workers)
        assert scene.counts["claims"] > len(EVENTS)
        assert scene.counts["honoured"] > 2 * len(EVENTS)
