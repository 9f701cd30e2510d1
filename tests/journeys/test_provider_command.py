"""`gpic provider` as an operator runs it: it answers, reads files again, lets requests finish, and refuses bad settings."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.surgeries import NHS_LOGIN
from gpic.simulators.faults import Fault, Kind
from tests.journeys.deployed import GP, GPIC, Deployed, deployed
from tests.postgresql import Server

pytestmark = pytest.mark.anyio


@pytest.fixture
async def there(tmp_path: Path, keys: SandboxKeys) -> AsyncIterator[Deployed]:
    """On SQLite."""
    async with deployed(tmp_path, str(tmp_path / "provider.sqlite"), keys) as everything:
        yield everything


async def get(there: Deployed, path: str) -> httpx2.Response:
    """One answer of the provider's."""
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as http:
        return await http.get(there.issuer + path)


async def test_a_provider_with_a_worker_inside_answers_a_whole_login(there: Deployed) -> None:
    """N8 on one machine: sign-in, a code from the courier's file, consent, registration before the code, the claim."""
    running = await there.provider("--with-worker")
    async with there.partner("ada") as ada:
        claims = await ada.claims()

    assert isinstance(claims[GP], dict)
    assert {"gp_user_id", "gp_ods_code", "gp_linkage_key"} == claims[GP].keys()
    assert {"retrieve": 1, "link": 1} == {name: count for name, count in there.calls("EMIS").items() if name != "session"}
    assert 0o600 == (there.folder / "letters.jsonl").stat().st_mode & 0o777
    running.process.send_signal(signal.SIGTERM)
    assert 0 == await running.process.wait()


@pytest.mark.long
async def test_provider_and_worker_are_processes_of_their_own_on_postgresql(
    tmp_path: Path, keys: SandboxKeys, postgresql_server: Server
) -> None:
    """N8, N14: two providers and a worker; a login that begins at one gets its claim from the other."""
    with postgresql_server.database() as url:
        async with deployed(tmp_path, url, keys) as there:
            await there.provider()
            await there.worker()
            async with there.partner("cleo") as cleo:
                first = await cleo.claims()
                second = await cleo.claims()

    assert first[GP] == second[GP]
    assert isinstance(first[GP], dict)


async def test_requests_under_way_are_answered_before_it_ends(there: Deployed) -> None:
    """SIGTERM: a login that waits for its GP system gets its claim; whoever comes later is turned away; exit code 0."""
    there.stage.faults.set(Fault(Kind.DELAY, "EMIS", "POST users/nhs", sender=NHS_LOGIN, seconds=1.5, only=1))
    provider = await there.provider()
    await there.worker()
    async with there.partner("ben") as ben:
        waiting = asyncio.create_task(ben.authorize())
        async with asyncio.timeout(20):
            while not there.calls("EMIS").get("retrieve"):  # noqa: ASYNC110 - a journal
                await asyncio.sleep(0.02)
        provider.process.send_signal(signal.SIGTERM)
        await provider.says("finishing what is under way")
        answer = await waiting

    assert "code" in answer
    assert 0 == await provider.process.wait()
    with pytest.raises(httpx2.ConnectError):
        await get(there, "/health/live")


async def test_it_says_that_it_leaves_before_it_does(tmp_path: Path, keys: SandboxKeys) -> None:
    """With `listen.leave_after` load balancers see 503 for a while, and everybody is still answered."""
    async with deployed(tmp_path, str(tmp_path / "provider.sqlite"), keys) as there:
        text = there.settings.read_text(encoding="utf-8").replace("[listen]\n", "[listen]\nleave_after = 2\n")
        there.settings.write_text(text, encoding="utf-8")
        provider = await there.provider()
        before = await get(there, "/health/ready")
        provider.process.send_signal(signal.SIGTERM)
        await provider.says("finishing what is under way")
        after, live = await get(there, "/health/ready"), await get(there, "/health/live")
        metadata = await get(there, "/.well-known/openid-configuration")

        assert 0 == await provider.process.wait()
    assert (200, {"status": "ready"}) == (before.status_code, before.json())
    assert (503, {"status": "not ready", "because": "leaving"}) == (after.status_code, after.json())
    assert (200, 200) == (live.status_code, metadata.status_code)


async def test_files_are_read_again_on_demand(there: Deployed) -> None:
    """SIGHUP: a new practice mapping counts, a signing key that was rotated is published, a broken file changes nothing."""
    provider = await there.provider(GPIC_PROVIDER__KEYS_READ_EVERY="3600", GPIC_PROVIDER__KEY_LIFETIME_IN_CACHES="0")
    keys_before = (await get(there, "/.well-known/jwks.json")).json()["keys"]
    await there.admin("keys", "rotate")
    (there.folder / "pds.pem").write_text("no key", encoding="ascii")
    provider.process.send_signal(signal.SIGHUP)
    await provider.tells("practice mapping: read again")
    keys_after = (await get(there, "/.well-known/jwks.json")).json()["keys"]

    log = provider.told.read_text(encoding="utf-8")
    assert (1, 2) == (len(keys_before), len(keys_after))
    assert "signing keys: read again" in log
    assert "key for PDS could not be read again, the old goes on" in log
    assert "sealing keys: read again" in log
    assert 200 == (await get(there, "/health/ready")).status_code


async def test_partners_count_from_the_next_request_on(there: Deployed) -> None:
    """A client that an operator disables is refused at once, without any signal (N6)."""
    await there.provider("--with-worker")
    async with there.partner("ada") as ada:
        before = await ada.authorize()
        await there.admin("clients", "edit", "conformance", "--disable")
        after = await ada.authorize()

    assert "code" in before
    assert "code" not in after


async def test_bad_settings_are_told_in_a_sentence(tmp_path: Path) -> None:
    """One sentence on standard error and exit code 2; no trace of the interpreter's."""
    (tmp_path / "provider.toml").write_text('[provider]\nissuer = "http://auth.example"\n', encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        GPIC, "provider", "--settings", str(tmp_path / "provider.toml"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, told = await process.communicate()

    assert (2, b"") == (process.returncode, out)
    assert told.startswith(b"gpic provider: The settings of provider are wrong: issuer must be https")
    assert 1 == told.count(b"\n")
