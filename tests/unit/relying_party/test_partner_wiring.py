from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from gpic.nhs.clock import Clocks
from gpic.outbound import open_client
from gpic.relying_party.outcomes import Connected
from gpic.storage.sealing import KeysUnusable
from gpic.wiring.partner import partner
from tests.unit.relying_party.world import ISSUER, World, settings, world

SERVER = (
    "gpic.provider",
    "gpic.web",
    "gpic.jobs",
    "sqlalchemy",
    "starlette",
    "jinja2",
    "uvicorn",
    "typer",
    "structlog",
    "argon2",
)


def wired(there: World, database: Path | None, sealing_keys: Path | None = None) -> World:
    """The same world with a partner put together as a service would."""
    there.party = partner(
        settings(),
        there.surgery,
        database=database,
        sealing_keys=sealing_keys,
        client=open_client(ISSUER, transport=httpx2.MockTransport(there.nhs_login.answer)),
        clocks=Clocks(there.clock, there.clock),
    )
    return there


@pytest.mark.anyio
@pytest.mark.parametrize("is_kept", [True, False])
async def test_a_partner_keeps_its_tokens_where_it_has_a_database(tmp_path: Path, is_kept: bool) -> None:  # noqa: FBT001 - both
    """R2, R3: after a restart the token of the database still serves; in memory it is gone."""
    there = world()
    for _ in range(2):
        wired(there, tmp_path / "partner.db" if is_kept else None)
        assert isinstance(await there.log_in(), Connected)

    assert (1 if is_kept else 2) == there.surgery.calls.count("link")


def test_a_key_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    """A forgotten key file is a mistake to hear of, not one to paper over with a fresh key."""
    with pytest.raises(KeysUnusable):
        wired(world(), tmp_path / "partner.db", tmp_path / "missing.keys")


def test_the_kit_brings_nothing_of_the_server() -> None:
    """A partner's install stays light: importing its wiring loads no server library."""
    script = f"import sys, gpic.wiring.partner; print([name for name in {SERVER!r} if name in sys.modules])"

    said = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own words

    assert "[]" == said.strip()


@pytest.mark.anyio
async def test_a_partner_needs_no_client_of_its_own() -> None:
    """Without one, the kit opens its own for the issuer."""
    party = partner(settings(), world().surgery)

    assert ISSUER == party.settings.issuer
    await party.close()
