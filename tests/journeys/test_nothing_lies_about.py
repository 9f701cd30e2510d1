"""Whole journeys, and then everything is looked through: database, write-ahead log, logs, metrics, spans, pages, every file.

What must stand nowhere is known to the test; that it would be found is shown by planting some of it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from sqlalchemy import text

from gpic.sandbox.keys import SandboxKeys
from tests.free_ports import free_port
from tests.journeys.deployed import Running, deployed
from tests.journeys.test_watched import Watched, login, planted_at_first, whole_journeys
from tests.postgresql import Server, serving

pytestmark = [pytest.mark.anyio, pytest.mark.long]

#: What lies beside the processes because it is theirs: keys, what the courier was given to deliver, the practice mapping.
OURS = {"provider.keys", "pds.pem", "letters.jsonl", "mapping.csv", "provider.toml"}


@dataclass
class Searched:
    """Where to look, and what was shown to whoever asked wrongly."""

    watched: Watched
    places: tuple[Path, ...]
    pages: list[str]
    server: Server | None

    def to_disk(self) -> None:
        """A server writes by and by; what is to be looked through must be there."""
        if self.server is not None:
            self.server.run("CHECKPOINT")

    def files(self) -> Iterator[Path]:
        """Every file that a process may have written."""
        for place in self.places:
            yield from (path for path in place.rglob("*") if path.is_file() and path.name not in OURS)


@pytest.fixture(params=["sqlite", "postgresql"])
async def searched(request: pytest.FixtureRequest, tmp_path: Path, keys: SandboxKeys) -> AsyncIterator[Searched]:
    """A provider and a worker that tell everything they can tell, whose home and temporary folders are our own."""
    doors = free_port(), free_port()
    more = f'[monitoring]\nprovider = "127.0.0.1:{doors[0]}"\nworker = "127.0.0.1:{doors[1]}"\ntraces = "console"\n'
    homes = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary")}
    for home in homes.values():
        Path(home).mkdir()  # noqa: ASYNC240 - before anything runs
    with the_server(request.param) as server:
        database = str(tmp_path / "provider.sqlite") if server is None else server.url()
        async with deployed(tmp_path, database, keys, more) as there:
            processes = [await start("--log-format", "json", **homes) for start in (there.provider, there.worker)]
            watched = Watched(there, processes[0], processes[1], doors, planted_at_first(there))
            yield Searched(watched, (tmp_path, *([server.folder] if server else [])), [], server)


def the_server(kind: str) -> contextlib.AbstractContextManager[Server | None]:
    """A server of this test's own, whose every file is looked through."""
    return serving() if kind == "postgresql" else contextlib.nullcontext()


async def asked_wrongly(searched: Searched) -> None:
    """Errors of every kind, with what must not come back in them; at last one that nobody foresaw."""
    watched = searched.watched
    there = watched.there
    async with there.partner("ada") as ada, httpx2.AsyncClient(trust_env=False, base_url=there.issuer) as http:
        code, token = await login(watched, ada)
        assertion = ada.op.assertion(iss="nobody")
        watched.planted.add(assertion)
        secret = quote(token)
        answers = [
            await http.get(f"/authorize?client_id={secret}&login_hint={secret}"),
            await http.get(f"/interaction/{secret}"),
            await http.get(f"/nowhere/{secret}?code={code}"),
            await http.get("/userinfo", params={"access_token": token}),
            await http.get("/userinfo", headers={"Authorization": f"Bearer {token[:-3]}"}),
            await http.post("/token", data={"grant_type": "authorization_code", "code": code, "client_assertion": assertion}),
            await http.post(f"/interaction/{secret}", data={"password": "x", "code": code}),
        ]
        await there.store.database.unit(lambda connection: connection.execute(text("ALTER TABLE families RENAME TO gone")))
        answers.append(await ada.op.redeem(code))
        await there.store.database.unit(lambda connection: connection.execute(text("ALTER TABLE gone RENAME TO families")))
    assert [400, 410, 404, 400, 401, 400, 410, 500] == [answer.status_code for answer in answers]
    searched.pages += [f"{answer.headers}\n{answer.text}" for answer in answers]


def spelled(secret: str) -> set[bytes]:
    """A secret as it might stand in a file: as it is, in base64, in hex, in a URL."""
    plain = secret.encode()
    return {plain, base64.b64encode(plain)[:-4] if len(plain) > 8 else plain, plain.hex().encode(), quote(secret).encode()}


def lying_in(files: dict[str, bytes], secrets: set[str]) -> set[tuple[str, str]]:
    """Which secret stands in which file."""
    return {
        (name, secret) for secret in secrets for form in spelled(secret) for name, content in files.items() if form in content
    }


def cores(running: Running) -> str:
    """How large an image of its memory a process may leave."""
    limits = Path(f"/proc/{running.process.pid}/limits").read_text(encoding="ascii")
    return next(line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size"))


def written_elsewhere(running: Running, places: tuple[Path, ...]) -> list[str]:
    """Files of the disk that a process holds open for writing outside of what is looked through."""
    found = []
    for one in Path(f"/proc/{running.process.pid}/fd").iterdir():
        target = str(one.readlink())
        flags = int(Path(f"/proc/{running.process.pid}/fdinfo/{one.name}").read_text(encoding="ascii").split()[3], 8)
        if target.startswith("/") and flags & (os.O_WRONLY | os.O_RDWR) and not target.startswith(("/dev/", "/proc/")):
            found += [target] if not any(target.startswith(str(place)) for place in places) else []
    return found


async def test_no_secret_lies_in_any_file_or_page(searched: Searched) -> None:
    """N7: tokens, codes, keys, passwords, numbers, addresses; canaries that are planted in each place are found there.

    Each refusal is a line with its code all the same, and what nobody foresaw is an error in the log.
    """
    watched = searched.watched
    await whole_journeys(watched)
    await asked_wrongly(searched)
    assert [[], []] == [written_elsewhere(one, searched.places) for one in (watched.provider, watched.worker)]
    assert ["0", "0"] == [cores(one) for one in (watched.provider, watched.worker)]
    metrics = await watched.metrics()
    searched.to_disk()
    files = {str(path): path.read_bytes() for path in searched.files()}
    files |= {"metrics": metrics.encode()} | {f"page {number}": page.encode() for number, page in enumerate(searched.pages)}
    told = "".join(name for name in files)

    assert len(watched.planted) > 40
    assert ("pg_wal" in told) or ("provider.sqlite-wal" in told)
    assert set() == lying_in(files, watched.planted)

    canary = min(watched.planted)
    await plant(watched, canary)
    searched.to_disk()
    again = {str(path): path.read_bytes() for path in searched.files()}
    where = {Path(name).name for name, found in lying_in(again, {canary})}
    assert where, "a canary in the database is found there or in its write-ahead log"
    for name in ("metrics", "page 0", str(watched.provider.told)):
        assert lying_in({name: files[name] + canary.encode()}, watched.planted)


async def plant(watched: Watched, canary: str) -> None:
    """Write it where it is not sealed."""
    statement = text("UPDATE clients SET name = :canary")
    await watched.there.store.database.unit(lambda connection: connection.execute(statement, {"canary": canary}))

    lines = [json.loads(line) for line in watched.provider.told.read_text(encoding="utf-8").splitlines()]
    refused = [line for line in lines if line["says"] == "refused"]
    assert len(refused) >= 4
    assert all(line.get("code") for line in refused)
    assert any(line["level"] in {"error", "critical"} for line in lines)
