"""Attack 39: GP credentials where the partner did not mean to keep them, or for longer.

Without this in `src/gpic/nhs/secret.py`:
    - return f"Secret({MASK})"
    + return f"Secret({self._text})"
Without this in `src/gpic/storage/sealing.py`:
    - return header + nonce + self._ciphers[self._current].encrypt(nonce, plain, bound(header, place))
    + return header + nonce + plain
Without this in `src/gpic/storage/partner/cabinets.py`:
    - transaction.run(sql.ERASE_UNLESS_OWNED, fingerprint=str(fingerprint))
    + pass
"""

from __future__ import annotations

import logging
import sqlite3
import traceback
from pathlib import Path

import pytest

from gpic.relying_party.outcomes import Connected
from gpic.storage.partner.sqlite import sqlite_cabinets
from gpic.storage.sealing import Sealer
from tests.unit.relying_party.world import World, details, world

pytestmark = pytest.mark.anyio

SEALER = Sealer({"k1": bytes(range(32))}, "k1")
KEY, ACCOUNT, TOKEN = "kT4m9XqZ2bLp", "2917340058", "token-1"


@pytest.fixture
def there(tmp_path: Path) -> World:
    """A partner with a store in a file."""
    return world(sqlite_cabinets(tmp_path / "partner.db", SEALER))


async def test_they_are_in_no_url_no_log_no_exception_and_no_repr(there: World, caplog: pytest.LogCaptureFixture) -> None:
    """N7, R2: a whole login at DEBUG; then one that breaks in the middle, with its traceback."""
    caplog.set_level(logging.DEBUG)
    connected = await there.log_in()
    assert isinstance(connected, Connected)
    stored = await there.cabinets.linkages.find("mary", details().fingerprint)

    def broken() -> None:
        raise RuntimeError(f"the database is away: {stored} {details()}")

    there.surgery.before_link = broken
    there.nhs_login.details = details("another-key-77")
    there.surgery.linkage_key = "another-key-77"
    with pytest.raises(RuntimeError, match="away") as failure:
        await there.log_in()
    shown = "".join(traceback.format_exception(failure.value)) + caplog.text + repr((connected, stored, details()))
    asked = "".join(str(one) for one in there.nhs_login.asked)

    assert [] == [text for text in (KEY, TOKEN, "another-key-77") if text in shown + asked]


def written_in(folder: Path) -> dict[str, bytes]:
    """Every file there."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_they_lie_sealed_in_the_file(there: World, tmp_path: Path) -> None:
    """R2: neither key nor account id nor token can be read there, in the log beside the file neither."""
    await there.log_in()
    files = written_in(tmp_path)

    assert "partner.db" in files
    assert any(details().fingerprint.encode() in content for content in files.values())  # or we look in the wrong place
    assert [] == [(text, name) for text in (KEY, ACCOUNT, TOKEN) for name, content in files.items() if text.encode() in content]


async def test_whoever_unlinks_is_forgotten(there: World, tmp_path: Path) -> None:
    """Pointer and sealed details are gone from the store; the next login registers anew."""
    await there.log_in()
    await there.party.forget("mary")
    with sqlite3.connect(tmp_path / "partner.db") as rows:
        left = (
            rows.execute("SELECT count(*) FROM gpic_pointers").fetchone(),
            rows.execute("SELECT count(*) FROM gpic_linkages WHERE sealed IS NOT NULL").fetchone(),
        )

    assert ((0,), (0,)) == left
    assert None is await there.cabinets.linkages.find("mary", details().fingerprint)
    assert isinstance(await there.log_in(), Connected)
    assert 2 == there.surgery.linked[KEY]
