"""What a provider refuses to start with in production, and where its sealing keys come from."""

from __future__ import annotations

import asyncio
import base64
import resource
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gpic.cli.process import leave_no_core
from gpic.settings import SettingsInvalid
from gpic.storage import key_sources
from gpic.storage.key_sources import KeyFile, key_source
from gpic.storage.sealing import KeysUnusable, Sealer, make_key_file
from gpic.wiring.cabinets import StorageUnusable
from gpic.wiring.process_file import read
from gpic.wiring.provider_process import put_together
from tests.unit.wiring.test_provider_process import MAPPING, refusal_of, written

pytestmark = pytest.mark.anyio

LIVE = """
[provider]
issuer = "https://auth.example"
environment = "production"
[storage]
database = "provider.sqlite"
sealing_keys = "provider.keys"
[pds]
address = "https://pds.example"
token_url = "https://pds.example/token"
api_key = "k"
key_file = "pds.pem"
[practices]
mapping = "mapping.csv"
[gp_systems.emis]
address = "https://emis.example"
[gp_systems.emis.options]
application_id = "a"
[listen]
port = 0
[courier]
address = "https://letters.example"
[mns]
queue_url = "https://sqs.example/queue"
"""
KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With keys that an operator made."""
    make_key_file(tmp_path / "provider.keys", for_development=False)
    return tmp_path


async def test_what_is_fit_for_production_starts(folder: Path) -> None:
    """Or the tests below would show nothing."""
    async with put_together(read(written(folder, LIVE), {}), asyncio.Event()) as process:
        process.front.listening.close()

    assert MAPPING


BAD = {
    "http issuer": ('issuer = "https://auth.example"', 'issuer = "http://localhost:8080"', "in production the issuer is https"),
    "issuer on this machine": ('"https://auth.example"', '"https://localhost:8080"', "provider.issuer leads to no host"),
    "profile compat": ("[storage]", 'profile = "compat"\n[storage]', "profile compat is for the sandpit only"),
    "profile lenient": ("[storage]", 'profile = "lenient"\n[storage]', "profile lenient is for the sandpit only"),
    "RS256": ("[storage]", "rs256_allowed = true\n[storage]", "rs256_allowed is for test suites"),
    "PDS at a stand-in": ('"https://pds.example"', '"http://localhost:9406"', "pds.address is not https to a host of its own"),
    "PDS's tokens": ("https://pds.example/token", "https://127.0.0.1/token", "pds.token_url is not https to a host of its own"),
    "EMIS at a stand-in": ("https://emis.example", "https://localhost:9403", "gp_systems.emis.address is not https"),
    "EMIS in the clear": ("https://emis.example", "http://emis.example", "gp_systems.emis.address is not https"),
    "a test's name": ("https://emis.example", "https://emis.test", "gp_systems.emis.address is not https"),
    "a sandbox's feed": (
        'queue_url = "https://sqs.example/queue"',
        'feed = "http://x"\nqueue = "q"',
        "mns.feed is a sandbox's",
    ),
    "a sandbox's queue": ("https://sqs.example/queue", "http://[::1]:9/queue", "mns.queue_url is not https"),
    "codes in a file": ('address = "https://letters.example"', 'file = "letters.jsonl"', "courier.file is for the sandpit"),
    "codes in the clear": ("https://letters.example", "http://letters.example", "courier.address is not https"),
}


@pytest.mark.parametrize("what", BAD)
async def test_production_refuses_what_is_of_a_sandbox_or_a_test(folder: Path, what: str) -> None:
    """One sentence that names the setting, before anything listens or is written."""
    was, now, sentence = BAD[what]
    assert was in LIVE

    assert sentence in await refusal_of(written(folder, LIVE.replace(was, now, 1)))
    assert not (folder / "provider.sqlite").exists() or what == "codes in a file"


async def test_production_refuses_keys_that_were_made_by_the_way(tmp_path: Path) -> None:
    """A development key has no copy in a vault: neither an old one nor a fresh one is taken."""
    path = written(tmp_path, LIVE)
    told = [await refusal_of(path)]
    assert not (tmp_path / "provider.keys").exists()
    make_key_file(tmp_path / "provider.keys")
    told.append(await refusal_of(path))

    assert "The sealing keys cannot be used: the key file provider.keys cannot be read." == told[0]
    assert "made at a first start" in told[1]
    assert KEY not in str(told)


async def test_a_development_key_is_told_in_a_variable_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies the file's text into the environment copies the mark."""
    make_key_file(tmp_path / "made.keys")
    monkeypatch.setenv("GPIC_TEST_KEYS", (tmp_path / "made.keys").read_text(encoding="ascii"))

    assert "made at a first start" in await refusal_of(written(tmp_path, LIVE.replace("provider.keys", "env://GPIC_TEST_KEYS")))


async def test_keys_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody writes a file; a variable that is not set, or holds no key, is told without its text."""
    path = written(tmp_path, LIVE.replace("provider.keys", "env://GPIC_TEST_KEYS"))
    told = [await refusal_of(path)]
    monkeypatch.setenv("GPIC_TEST_KEYS", "k1 not-a-key-at-all")
    told.append(await refusal_of(path))
    monkeypatch.setenv("GPIC_TEST_KEYS", f"old {KEY}\nk2 {KEY[::-1].replace('=', '')}=")
    async with put_together(read(path, {}), asyncio.Event()) as process:
        process.front.listening.close()

    assert all("the variable GPIC_TEST_KEYS" in sentence for sentence in told)
    assert "not-a-key-at-all" not in str(told)
    assert not (tmp_path / "provider.keys").exists()


class Vault:
    """Somebody's key management."""

    is_for_development = False

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, *, create: bool = False) -> key_sources.Keys:
        """One key."""
        assert not create
        return {"vaulted": bytes(range(32))}, "vaulted"


async def test_keys_come_from_a_key_management_that_is_plugged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an entry point, whose source is read at the start and at each reload."""
    plugged = EntryPoint("vault", f"{__name__}:Vault", key_sources.GROUP)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    monkeypatch.setattr(key_sources, "entry_points", lambda **_: [plugged])
    source = key_source("vault://gpic")
    async with put_together(
        read(written(tmp_path, LIVE.replace("provider.keys", "vault://gpic")), {}), asyncio.Event()
    ) as process:
        process.front.listening.close()

    assert isinstance(source, Vault)
    assert "vault://gpic" == source.text
    assert b"hello" == Sealer(*source.read()).open(Sealer(*source.read()).seal(b"hello", place="p"), place="p")


def test_a_key_management_that_is_not_there_is_told() -> None:
    """By its kind."""
    with pytest.raises(KeysUnusable, match="offers sealing keys as nobody://"):
        key_source("nobody://x")


def test_a_file_that_an_operator_made_stays_his_own(tmp_path: Path) -> None:
    """Made once; a key that is added to a development file does not turn it into another."""
    path = tmp_path / "gpic.keys"

    assert make_key_file(path, for_development=False)
    assert not make_key_file(path)
    assert not KeyFile(path).is_for_development


def test_no_process_leaves_an_image_of_its_memory() -> None:
    """Core dumps are off, for good, whatever the limits were."""
    code = (
        "import resource; from gpic.cli.process import leave_no_core; leave_no_core();"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own

    assert "(0, 0)\n" == done.stdout
    assert leave_no_core.__doc__
    assert resource.RLIMIT_CORE


async def test_what_the_operator_forgot_is_no_trace(tmp_path: Path) -> None:
    """StorageUnusable or SettingsInvalid, each a sentence."""
    with pytest.raises((StorageUnusable, SettingsInvalid)):
        async with put_together(read(written(tmp_path, LIVE.replace("provider.keys", "nobody://x")), {}), asyncio.Event()):
            pass
