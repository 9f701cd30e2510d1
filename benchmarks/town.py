"""A store full of people who were connected before, and the requests that partners and browsers make for them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.frame import processors
from benchmarks.load import Answer, Line, get, post
from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.jose.assertions import ASSERTION_TYPE
from gpic.jose.keys import SigningKey
from gpic.jose.sign import Claim, seconds, sign
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.clients import Client
from gpic.provider.sessions import Session
from gpic.sandbox.servers import listen
from gpic.storage.policy import StoragePolicy
from gpic.wiring.cabinets import Store, opened

CLIENT_ID: Final = "bench"
CALLBACK: Final = "https://bench.example/callback"
PRACTICE: Final = OdsCode("A99901")
PLAIN: Final = frozenset({"openid", "profile"})
WITH_GP: Final = PLAIN | {"gp_integration_credentials"}
MAPPING: Final = "PRACTICE_CODE,SUPPLIER_NAME\nA99901,EMIS\n"
#: Nobody is asked anything in these measurements; where somebody is, that is a mistake, and this port refuses at once.
NOWHERE: Final = "http://localhost:9"


@dataclass(frozen=True, slots=True)
class Town:
    """One provider's folder, and who lives there. *database* is "" for a SQLite file."""

    folder: Path
    port: int
    key: SigningKey
    people: int
    database: str = ""

    @property
    def issuer(self) -> str:
        """Where the provider answers."""
        return f"http://localhost:{self.port}"

    @property
    def storage(self) -> StoragePolicy:
        """Where everything is kept."""
        return StoragePolicy(self.database or str(self.folder / "provider.sqlite"), str(self.folder / "provider.keys"))

    def authorize(self, scopes: frozenset[str] = WITH_GP) -> Iterator[bytes]:
        """One login after another, each in the browser of somebody who is signed in."""
        query = {
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": " ".join(sorted(scopes)),
        }
        for number in itertools.count():
            who = number % self.people
            path = f"/authorize?{urlencode(query | {'state': f'state-{number}', 'nonce': f'nonce-{number}'})}"
            cookies = f"gpic-provider-{self.port}-session={session_id(who)}; gpic-provider-{self.port}-browser=browser-{who}"
            yield get(path, {"Cookie": cookies})

    def token(self, codes: Iterator[str]) -> Iterator[bytes]:
        """A request for each code. Assertions are signed as they are asked for: make a list before you measure."""
        for code in codes:
            now = datetime.now(UTC)
            claims: dict[str, Claim] = {
                "iss": CLIENT_ID,
                "sub": CLIENT_ID,
                "aud": f"{self.issuer}/token",
                "jti": os.urandom(16).hex(),
                "iat": seconds(now),
                "exp": seconds(now + timedelta(minutes=4)),
            }
            form = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": CALLBACK,
                "client_id": CLIENT_ID,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": sign(claims, self.key),
            }
            yield post("/token", urlencode(form))

    @staticmethod
    def userinfo(tokens: Iterator[str]) -> Iterator[bytes]:
        """A look for each access token."""
        for token in tokens:
            yield get("/userinfo", {"Authorization": f"Bearer {token}"})


def session_id(who: int) -> str:
    """The session of the n-th person."""
    return f"session-of-person-number-{who:09}-which-nobody-guesses"


def code_in(answer: Answer) -> str:
    """The code of a redirect."""
    location = next(line for line in answer.head.decode().split("\r\n") if line.lower().startswith("location: "))
    return parse_qs(urlsplit(location[10:]).query)["code"][0]


async def build(town: Town) -> None:
    """Register the partner, settle everybody: an account at P9, a session, consent, and details that were just checked."""
    town.folder.mkdir(parents=True, exist_ok=True)
    with opened(town.storage) as store:
        await store.cabinets.clients.put(
            Client(CLIENT_ID, "Bench", frozenset({CALLBACK}), WITH_GP, (town.key.public_pem,), im1_enabled=True)
        )
        for who in range(town.people):
            await settle(store, who)
    (town.folder / "mapping.csv").write_text(MAPPING, encoding="utf-8")
    (town.folder / "pds.pem").write_text(town.key.private_pem, encoding="ascii")
    (town.folder / "provider.toml").write_text(settings_of(town), encoding="utf-8")


async def settle(store: Store, who: int) -> None:
    """One person."""
    now = datetime.now(UTC)
    subject, person = f"subject-{who:09}", PersonId(f"person-{who:09}")
    number = next(found for found in (NhsNumber.from_stem(f"9{who * 2 + extra:08}") for extra in (0, 1)) if found)
    account = Account(
        subject=subject,
        person=person,
        email=f"person{who}@mail.example",
        phone="07700900000",
        level=ProofingLevel.P9,
        nhs_number=number,
        family_name="Bench",
        given_name="Person",
        birth_date="1990-01-01",
        practice=PRACTICE,
    )
    cabinets = store.cabinets
    await cabinets.accounts.put(account, SignInSecrets(""))
    vector = Vector(ProofingLevel.P9, frozenset("pd"))
    await cabinets.sessions.save(Session(session_id(who), subject, vector, now, now, now + timedelta(hours=5)))
    await cabinets.consents.agree(subject, CLIENT_ID, WITH_GP, now)
    details = GpCredentials(f"{who:010}", PRACTICE, Secret(f"key-{who:012}"))
    holding = Holding(
        person,
        state=State.HELD,
        supplier="emis",
        practice=PRACTICE,
        details=details,
        token=Im1Token("emis", Secret(f"token-{who:012}")),
        registered_at=now,
        checked_at=now + timedelta(hours=5),  # nothing is left to be done in the background
    )
    await cabinets.holdings.save(holding)


def settings_of(town: Town) -> str:
    """What `gpic provider` reads; nothing here is faster than in production."""
    tables: dict[str, dict[str, object]] = {
        "provider": {"issuer": town.issuer},
        "storage": {"database": town.storage.database, "sealing_keys": "provider.keys"},
        "pds": {"address": NOWHERE, "token_url": f"{NOWHERE}/token", "api_key": "none", "key_file": "pds.pem"},
        "practices": {"mapping": "mapping.csv"},
        "listen": {"port": town.port},
        "courier": {"file": "letters.jsonl"},
        "gp_systems.emis": {"address": NOWHERE},
        "gp_systems.emis.options": {"application_id": "bench"},
    }
    lines = {name: "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items()) for name, table in tables.items()}
    return "".join(f"[{name}]\n{text}" for name, text in lines.items())


def free_port() -> int:
    """A port that nobody has now."""
    listening = listen(0)
    port: int = listening.getsockname()[1]
    listening.close()
    return port


@contextlib.asynccontextmanager
async def running(command: list[str], port: int, folder: Path) -> AsyncIterator[int]:
    """A server in a process of its own on the processor of what is measured; its process id, once it answers."""
    mine, _ = processors()
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own command, and it returns at once
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, mine),  # noqa: PLW1509 - no threads yet
        )
    try:
        await answering(port, process, folder)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


async def answering(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until somebody listens there."""
    for _ in range(600):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            _, line = await asyncio.get_running_loop().create_connection(Line, "localhost", port)
            line.close()
            return
        await asyncio.sleep(0.05)
    raise RuntimeError((folder / "server.log").read_text(encoding="utf-8"))


def provider(town: Town) -> contextlib.AbstractAsyncContextManager[int]:
    """`gpic provider`, as an operator starts it."""
    command = [str(Path(sys.executable).parent / "gpic"), "provider", "--settings", str(town.folder / "provider.toml")]
    return running(command, town.port, town.folder)


def floor(town: Town) -> contextlib.AbstractAsyncContextManager[int]:
    """The least that each endpoint can do, at the town's address."""
    key = town.folder / "floor.pem"
    key.write_text(town.key.private_pem, encoding="ascii")
    command = [sys.executable, "-m", "benchmarks.floors", str(town.port), str(town.folder), str(key)]
    return running(command, town.port, town.folder)
