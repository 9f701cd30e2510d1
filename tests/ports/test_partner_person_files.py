"""What the kit keeps of a person is handed out or erased, and either is written down: on each database of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party.loop_guard import person
from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.ports import Allowance, Cabinets, PersonFiles
from gpic.relying_party.records import Registered, ShowsAnother
from tests.ports.test_partner_cabinets import IN_DATABASES, database, empty_cabinets, in_django

__all__ = ["database", "in_django"]  # fixtures, by their names

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY, ACCOUNT, TOKEN = "kT4m9XqZ2bLp", "2917340058", "token-of-mary"
DETAILS = GpCredentials(ACCOUNT, OdsCode("A99901"), Secret(KEY))
OTHERS = replace(DETAILS, linkage_key=Secret("another-key-77"))


async def settle(cabinets: Cabinets, sub: str, details: GpCredentials) -> None:
    """Somebody who is connected, and was sent back once."""
    await cabinets.linkages.reserve(details.fingerprint, 0, NOW, NOW + timedelta(minutes=1))
    await cabinets.linkages.settle(sub, details.fingerprint, Registered(details, Im1Token("emis", Secret(TOKEN))))
    await cabinets.returns.reserve(person(sub), Obstacle.RESTRICTED, NOW, Allowance(2, timedelta(minutes=15)))


@pytest.fixture(params=IN_DATABASES)
def cabinets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cabinets]:
    """Each database, empty; the store in memory forgets by itself."""
    opened = empty_cabinets(request.param, request, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
async def kept(cabinets: Cabinets) -> tuple[Cabinets, PersonFiles]:
    """Mary and Rex are connected."""
    assert cabinets.files is not None
    await settle(cabinets, "mary", DETAILS)
    await settle(cabinets, "rex", OTHERS)
    return cabinets, cabinets.files


async def test_all_of_it_is_told_but_no_secret(kept: tuple[Cabinets, PersonFiles]) -> None:
    """N3 at a partner: practice, supplier, what was said of key and token, returns; neither key nor token nor account id."""
    _, files = kept
    told = await files.export("mary", NOW)
    assert told is not None

    assert ("mary", "A99901", "emis", "sound", "sound") == tuple(
        told[name] for name in ("sub", "practice", "supplier", "linkage_key", "token")
    )
    assert [{"why": Obstacle.RESTRICTED.value, "at": NOW.isoformat()}] == told["returns_to_nhs_login"]
    assert [] == [secret for secret in (KEY, ACCOUNT, TOKEN, "rex") if secret in json.dumps(told)]
    assert ((NOW, "exported"),) == await files.written_down("mary")


async def test_erased_is_gone_and_others_stay(kept: tuple[Cabinets, PersonFiles]) -> None:
    """Pointer, linkage and returns; a second time there is nobody; the lines of what was done stay."""
    cabinets, files = kept
    later = NOW + timedelta(minutes=1)

    assert await files.erase("mary", later)
    assert not await files.erase("mary", later)
    assert None is await files.export("mary", later)
    assert None is await cabinets.linkages.find("mary", DETAILS.fingerprint)
    assert () == await cabinets.returns.since(person("mary"), NOW - timedelta(hours=1))
    assert ((later, "erased"),) == await files.written_down("mary")
    assert None is not await files.export("rex", later)


async def test_what_another_rightly_points_to_stays(kept: tuple[Cabinets, PersonFiles]) -> None:
    """R11: two accounts of one person share a linkage."""
    cabinets, files = kept
    await cabinets.linkages.settle("mary-again", DETAILS.fingerprint, Registered(DETAILS, Im1Token("emis", Secret(TOKEN))))

    assert await files.erase("mary", NOW)
    assert None is not await cabinets.linkages.find("mary-again", DETAILS.fingerprint)


async def test_whom_another_patient_was_shown_is_told_that(kept: tuple[Cabinets, PersonFiles]) -> None:
    """R5: it is kept of them, so they are told; nothing of the other patient is."""
    cabinets, files = kept
    await cabinets.linkages.settle("tom", OTHERS.fingerprint, ShowsAnother())
    told = await files.export("tom", NOW)
    assert told is not None

    assert (True, "", "") == (told["showed_another_patient"], told["practice"], told["supplier"])


async def test_nobody_is_nobody(kept: tuple[Cabinets, PersonFiles]) -> None:
    """Nothing is handed out, nothing is written down."""
    _, files = kept

    assert (None, False, ()) == (await files.export("x", NOW), await files.erase("x", NOW), await files.written_down("x"))
