"""Attack 37: many requests at one moment, each of which would replace a token, and a crash between.

The kit keeps no refresh token; what it exchanges and could lose is the IM1 token (R11), so that is what this is about.
At the provider two refreshes at one moment get the same successor: `test_22_refresh_tokens.py`.

Without this in `src/gpic/relying_party/connect.py`:
    - if not await self.linkages.reserve(fingerprint, version, now, now + self.patience.lease):
    + if False:
Without this in `src/gpic/storage/partner/sql.py`:
    - WHERE gpic_linkages.version = :version AND (gpic_linkages.reserved_until IS NULL OR gpic_linkages.reserved_until <= :now)
    + WHERE 1 = 1
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gpic.nhs.answers import SessionAnswer
from gpic.nhs.credentials import Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.relying_party.outcomes import Connected
from gpic.storage.partner.sqlite import sqlite_cabinets
from gpic.storage.sealing import Sealer
from tests.unit.relying_party.world import NOW, details, world

pytestmark = pytest.mark.anyio

SEALER = Sealer({"k1": bytes(32)}, "k1")


async def test_twenty_callbacks_make_one_registration(tmp_path: Path) -> None:
    """R11: one e-mail to the patient, one token, twenty sessions."""
    there = world(sqlite_cabinets(tmp_path / "partner.db", SEALER))
    outcomes = await asyncio.gather(*(replace(there, browser=f"browser-{n}").log_in() for n in range(20)))

    assert {Connected} == {type(outcome) for outcome in outcomes}
    assert {"kT4m9XqZ2bLp": 1} == dict(there.surgery.linked)


PROCESS = """
import asyncio, sys
from datetime import datetime, timedelta
from pathlib import Path
from gpic.storage.partner.sqlite import sqlite_cabinets
from gpic.storage.sealing import Sealer
now = datetime.fromisoformat(sys.argv[2])
linkages = sqlite_cabinets(Path(sys.argv[1]), Sealer({"k1": bytes(32)}, "k1")).linkages
print(asyncio.run(linkages.reserve(sys.argv[3], 0, now, now + timedelta(minutes=1))))
"""


async def test_of_many_processes_one_may_register(tmp_path: Path) -> None:
    """R11: the reservation is one statement in the store that all of them share."""
    path = tmp_path / "partner.db"
    sqlite_cabinets(path, SEALER).close()
    command = (sys.executable, "-c", PROCESS, str(path), NOW.isoformat(), details().fingerprint)
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]  # noqa: ASYNC220, S603 - our own
    said = [one.communicate(timeout=60)[0].strip() for one in running]

    assert ["False", "False", "False", "True"] == sorted(said)


async def test_a_token_is_kept_before_it_is_used(tmp_path: Path) -> None:
    """R2: when the session is opened, the store has the token already; a crash there loses nothing."""
    there = world(sqlite_cabinets(tmp_path / "partner.db", SEALER))
    kept: list[bool] = []
    honest = there.surgery.open_session

    async def looking(token: Im1Token, practice: OdsCode) -> SessionAnswer:
        stored = await there.cabinets.linkages.find("mary", details().fingerprint)
        kept.append(stored is not None and stored.token == token)
        return await honest(token, practice)

    there.surgery.open_session = looking  # type: ignore[method-assign]

    assert isinstance(await there.log_in(), Connected)
    assert [True] == kept
