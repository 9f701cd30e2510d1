"""What a provider's process refuses to start with, and what it reads again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from gpic.gp_systems.mapping_file import MappingFile
from gpic.jose.keys import SigningKey
from gpic.settings import SettingsInvalid
from gpic.storage.key_sources import KeyFile
from gpic.storage.sealing import Sealer, keys_from_file, make_key_file
from gpic.wiring.cabinets import StorageUnusable
from gpic.wiring.process_file import read, settings_in
from gpic.wiring.provider_process import forms_of, put_together
from gpic.wiring.reloading import take_sealing_keys
from gpic.wiring.running import CurrentMapping, NotTakenOver, Reading

pytestmark = pytest.mark.anyio

MAPPING = "PRACTICE_CODE,SUPPLIER_NAME\nA99901,EMIS\n"
GOOD = """
[provider]
issuer = "http://localhost:8080"
profile = "compat"
[storage]
database = "provider.sqlite"
sealing_keys = "provider.keys"
[pds]
address = "http://127.0.0.1:9"
token_url = "http://127.0.0.1:9/token"
api_key = "k"
key_file = "pds.pem"
[practices]
mapping = "mapping.csv"
[gp_systems.emis]
address = "http://127.0.0.1:9"
[gp_systems.emis.options]
application_id = "a"
[listen]
port = 0
[courier]
file = "letters.jsonl"
"""


def written(folder: Path, text: str = GOOD) -> Path:
    """The settings file, and what it names."""
    (folder / "pds.pem").write_text(SigningKey.generate().private_pem, encoding="ascii")
    (folder / "mapping.csv").write_text(MAPPING, encoding="utf-8")
    path = folder / "provider.toml"
    path.write_text(text, encoding="utf-8")
    return path


async def refusal_of(path: Path, environment: Mapping[str, str] | None = None) -> str:
    """Why it does not start."""
    with pytest.raises((SettingsInvalid, StorageUnusable, ValueError)) as refused:
        async with put_together(read(path, environment or {}), asyncio.Event()):
            pass
    return str(refused.value)


async def test_a_good_file_starts(tmp_path: Path) -> None:
    """File names count from its own folder, the database's among them."""
    async with put_together(read(written(tmp_path), {}), asyncio.Event()) as process:
        host, _, port = process.front.address.partition(":")
        process.front.listening.close()

    assert ("127.0.0.1", True) == (host, int(port) > 0)
    assert (tmp_path / "provider.sqlite").exists()


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ("[courier]\nfile", "[courier]\nfiles", "unknown field `files`"),
        ('[courier]\nfile = "letters.jsonl"\n', "", "One of courier.address and courier.file says"),
        ('file = "letters.jsonl"', 'file = "a"\naddress = "https://post.example"', "One of courier.address and courier.file"),
        ('file = "letters.jsonl"', 'address = "post.example"', "courier.address is an https:// address"),
        ('file = "letters.jsonl"', 'address = "https://p.example"\ntoken_file = "none"', "which courier.token_file names"),
        ('key_file = "pds.pem"', 'key_file = "none.pem"', "none.pem cannot be used"),
        ('mapping = "mapping.csv"', 'mapping = "none.csv"', "none.csv cannot be used: it cannot be read"),
        ('sealing_keys = "provider.keys"', 'sealing_keys = "no/such.keys"', "The sealing keys cannot be used"),
        ('database = "provider.sqlite"', 'database = "no/such.sqlite"', "cannot be opened"),
        ('database = "provider.sqlite"', 'database = "mysql://x"', "database is a path for SQLite"),
        ('application_id = "a"', 'application = "a"', "The supplier emis has no option application"),
        ("[gp_systems.emis]", '[gp_systems.nobody]\naddress = "x"\n[gp_systems.emis]', "No supplier nobody is installed"),
        ("port = 0", 'port = 0\naddress = "203.0.113.1"', "Nothing can listen on 203.0.113.1:0: there is no such address"),
        ("port = 0", "port = 70000", "Nothing can listen on 127.0.0.1:70000"),
        ("port = 0", 'port = 0\ncertificate = "pds.pem"', "listen.certificate needs listen.key"),
        ("port = 0", 'port = 0\ncertificate = "pds.pem"\nkey = "pds.pem"', "Certificate and key of [listen] cannot be used"),
    ],
)
async def test_bad_settings_are_one_sentence(tmp_path: Path, was: str, now: str, sentence: str) -> None:
    """What is wrong, and where; never a value that could be a secret."""
    assert was in GOOD

    told = await refusal_of(written(tmp_path, GOOD.replace(was, now)))

    assert sentence in told
    assert "PRIVATE" not in told


async def test_a_port_that_something_else_has_is_told(tmp_path: Path) -> None:
    """Before anything is answered."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = await refusal_of(written(tmp_path, GOOD.replace("port = 0", f"port = {port}")))

    assert f"Nothing can listen on 127.0.0.1:{port}: something else has it." == told


async def test_codes_are_not_written_to_a_file_outside_the_sandpit(tmp_path: Path) -> None:
    """Whoever may read the file may sign in as anybody."""
    text = GOOD.replace("http://localhost:8080", "https://auth.example").replace('profile = "compat"', "")

    told = await refusal_of(written(tmp_path, text), {"GPIC_PROVIDER__ENVIRONMENT": "integration"})

    assert "courier.file is for the sandpit" in told


def test_an_operator_reads_the_same_file(tmp_path: Path) -> None:
    """`gpic admin` takes the rooms' tables of it and leaves the processes'; a table that nobody knows is refused."""
    path = written(tmp_path)

    assert str(tmp_path / "provider.sqlite") == settings_in(path, {}).storage.database
    path.write_text(GOOD + "[kitchen]\nsink = 1\n", encoding="utf-8")
    with pytest.raises(SettingsInvalid, match="kitchen"):
        settings_in(path, {})


def test_every_host_marks_forms_alike(tmp_path: Path) -> None:
    """By the sealing keys, which all have; a form of before a rotation is still accepted after it."""
    make_key_file(tmp_path / "keys")
    old = Sealer(*keys_from_file(tmp_path / "keys"))
    make_key_file(tmp_path / "newer")
    both = (tmp_path / "keys").read_text() + (tmp_path / "newer").read_text().replace("k1", "k2")
    (tmp_path / "keys").write_text(both)
    new = Sealer(*keys_from_file(tmp_path / "keys"))

    assert forms_of(new).of("i", "b") == forms_of(Sealer(*keys_from_file(tmp_path / "keys"))).of("i", "b")
    assert forms_of(new).fits(forms_of(old).of("i", "b"), "i", "b")
    assert not forms_of(new).fits(forms_of(old).of("i", "b"), "i", "another")


async def test_sealing_keys_are_taken_anew(tmp_path: Path) -> None:
    """A key that was added seals from now on; a file that is broken changes nothing."""
    path = tmp_path / "keys"
    make_key_file(path)
    sealer = Sealer(*keys_from_file(path))
    old = sealer.seal(b"plain", place="here")
    make_key_file(tmp_path / "newer")
    path.write_text(path.read_text() + (tmp_path / "newer").read_text().replace("k1", "k2"))

    await take_sealing_keys(sealer, KeyFile(path))
    assert ("k2", b"plain") == (sealer.key_of(sealer.seal(b"x", place="here")), sealer.open(old, place="here"))

    path.write_text("broken")
    with pytest.raises(ValueError, match="key file keys"):
        await take_sealing_keys(sealer, KeyFile(path))
    assert b"plain" == sealer.open(old, place="here")


async def test_a_mapping_is_read_again(tmp_path: Path) -> None:
    """Whose system changed is told (N19); a file that is half a download is not taken, and says why."""
    written(tmp_path)
    told: list[frozenset[object]] = []

    async def tell(changes: object) -> None:
        told.append(getattr(changes, "changed", frozenset()))

    mapping = CurrentMapping(MappingFile(tmp_path / "mapping.csv"), tell)
    (tmp_path / "mapping.csv").write_text(MAPPING.replace("EMIS", "TPP"), encoding="utf-8")
    await mapping.read_again()
    (tmp_path / "mapping.csv").write_text("PRACTICE_CODE,SUPPLIER_NAME\n", encoding="utf-8")
    with pytest.raises(NotTakenOver, match="lacks 1 of the 1 practices"):
        await mapping.read_again()

    assert [["A99901"]] == [[str(one) for one in changed] for changed in told]


async def test_what_fails_holds_up_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """Each thing is read again on its own, in order, once for each time of asking."""
    done: list[str] = []

    async def good() -> None:
        done.append("good")

    async def broken() -> None:
        done.append("broken")
        raise OSError("no such file: /secret/place")

    reading, stop = Reading({"broken": broken, "good": good}), asyncio.Event()
    running = asyncio.create_task(reading.run(stop))
    for times in (1, 2):
        reading.asked.set()
        async with asyncio.timeout(5):
            while 2 * times > len(done):  # noqa: ASYNC110 - what is read rings no bell
                await asyncio.sleep(0)
    stop.set()
    await running

    assert ["broken", "good"] * 2 == done
    assert "broken could not be read again, the old goes on: OSError" in caplog.text
    assert "secret" not in caplog.text
