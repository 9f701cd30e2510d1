"""Whole journeys, watched: what metrics count, what logs and traces say, and what none of them ever says."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gpic.credentials.lifecycle import State
from gpic.credentials.ports import Task, TaskKind
from gpic.nhs.clock import Clocks
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.residents import PASSWORD
from gpic.sandbox.surgeries import MEDICUS_SECRET, NHS_LOGIN
from gpic.simulators.faults import Fault, Kind
from tests.free_ports import free_port
from tests.journeys.deployed import GP, Deployed, Partner, Running, deployed

pytestmark = [pytest.mark.anyio, pytest.mark.long]


@dataclass
class Watched:
    """A provider and a worker that tell everything they can tell."""

    there: Deployed
    provider: Running
    worker: Running
    doors: tuple[int, int]
    planted: set[str] = field(default_factory=set)

    async def metrics(self) -> str:
        """Both doors' readings."""
        async with httpx2.AsyncClient(trust_env=False) as http:
            return "".join([(await http.get(f"http://127.0.0.1:{port}/metrics")).text for port in self.doors])

    async def value(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels."""
        found = 0.0
        for port in self.doors:
            async with httpx2.AsyncClient(trust_env=False) as http:
                text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    if sample.name == name and labels.items() <= sample.labels.items():
                        found += sample.value
        return found

    async def settled(self) -> None:
        """Wait until nothing is due or runs."""
        async with asyncio.timeout(30):
            while any([await self.value("gpic_queue_tasks", state=state) for state in ("due", "running")]):  # noqa: ASYNC110
                await asyncio.sleep(0.1)


@pytest.fixture
async def watched(tmp_path: Path, keys: SandboxKeys) -> AsyncIterator[Watched]:
    """JSON logs on standard error, spans on standard output, a door for each process."""
    doors = free_port(), free_port()
    more = f'[monitoring]\nprovider = "127.0.0.1:{doors[0]}"\nworker = "127.0.0.1:{doors[1]}"\ntraces = "console"\n'
    async with deployed(tmp_path, str(tmp_path / "provider.sqlite"), keys, more) as there:
        provider = await there.provider("--log-format", "json")
        worker = await there.worker("--log-format", "json")
        yield Watched(there, provider, worker, doors, planted_at_first(there))


def planted_at_first(there: Deployed) -> set[str]:
    """What everybody has, and must stand nowhere."""
    people = there.stage.world.patients.values()
    sealing = (there.folder / "provider.keys").read_text(encoding="ascii").split()
    pem = (there.folder / "pds.pem").read_text(encoding="ascii").splitlines()
    whole = {str(one.number.digits) for one in people} | {one.email for one in people} | {one.phone for one in people}
    return {one for one in whole if one} | {PASSWORD, MEDICUS_SECRET, sealing[1], pem[1]}


async def note_what_is_held(watched: Watched) -> None:
    """Linkage keys, account ids and tokens of everybody who is registered, and codes that were sent."""
    for slug in watched.there.people:
        holding = await watched.there.holding(slug)
        if holding.details is not None:
            watched.planted |= {holding.details.linkage_key.reveal(), holding.details.account_id}
        if holding.token is not None:
            watched.planted.add(holding.token.text.reveal())
    letters = watched.there.folder / "letters.jsonl"
    if letters.exists():
        watched.planted |= {json.loads(line)["text"][:6] for line in letters.read_text(encoding="utf-8").splitlines()}


async def login(watched: Watched, somebody: Partner) -> tuple[str, str]:
    """The code and the access token of one login; everything of it is planted."""
    answer = await somebody.authorize()
    tokens: dict[str, str] = (await somebody.op.redeem(answer["code"])).json()
    claims = (await somebody.op.userinfo(tokens["access_token"])).json()
    watched.planted |= {answer["code"], *(tokens[name] for name in ("access_token", "id_token", "refresh_token"))}
    watched.planted |= {claims[GP]["gp_linkage_key"], claims[GP]["gp_user_id"]}
    return answer["code"], tokens["access_token"]


async def whole_journeys(watched: Watched) -> None:
    """New, known, back too soon, created, TPP, another patient, an outage, a wrong password, nonsense at every endpoint."""
    there = watched.there
    async with there.partner("ada") as ada:
        await login(watched, ada)
        code, access_token = await login(watched, ada)
        assertion = ada.op.assertion()
        watched.planted.add(assertion)
        await ada.op.post_token(client_assertion=assertion, grant_type="authorization_code", code=code)
        await ada.op.userinfo(access_token[:-2])
        await ada.authorize(scope="nonsense")
    for slug in ("ben", "cleo"):
        async with there.partner(slug) as somebody:
            await somebody.claims()
    there.stage.faults.set(Fault(Kind.STATUS, "TPP", sender=NHS_LOGIN, status=503))
    async with there.partner("dan") as dan:
        await dan.authorize()
    there.stage.faults.clear()
    await there.store.queue.enqueue(Task(TaskKind.RECHECK, there.people["ada"]), Clocks().world.now())
    await there.store.queue.enqueue(Task(TaskKind.FOLLOW, there.people["cleo"]), Clocks().world.now())
    await watched.settled()
    await note_what_is_held(watched)


def found(planted: set[str], text: str) -> set[str]:
    """Which of these stand in the text, with or without the spaces of an NHS number."""
    joined = re.sub(r"(?<=\d)[ -](?=\d)", "", text)
    return {one for one in planted if one in text or one in joined}


async def test_logs_metrics_and_spans_of_whole_journeys_hold_nothing_secret(watched: Watched) -> None:
    """N7: no NHS number, linkage key, account id, token, code, password, key, address; each would be found there."""
    await whole_journeys(watched)
    metrics = await watched.metrics()
    for process in (watched.provider, watched.worker):
        process.process.terminate()
        assert 0 == await process.process.wait()
    logs = [json.loads(line) for one in (watched.provider, watched.worker) for line in one.told.read_text().splitlines()]
    everything = watched.provider.everything() + watched.worker.everything() + metrics

    assert len(watched.planted) > 40
    assert set() == found(watched.planted, everything)
    for secret in watched.planted:
        assert {secret} <= found(watched.planted, f"{everything}\nsomething {secret} something")
    number = next(one for one in watched.planted if re.fullmatch(r"9\d{9}", one))
    assert found(watched.planted, f"{number[:3]} {number[3:6]} {number[6:]}") == {number}
    assert all({"at", "level", "logger", "says"} <= line.keys() for line in logs)
    assert any("request_id" in line for line in logs if line["logger"] == "gpic.provider")
    assert all({"task", "task_id"} <= line.keys() for line in logs if line["logger"] == "gpic.tasks")
    for name in ('"name": "GET"', '"name": "task register"', '"name": "emis retrieve"', '"name": "pds look-up"'):
        assert name in everything


async def test_every_step_is_counted(watched: Watched) -> None:
    """Logins, claims, loops, tasks, calls, turns at PDS and requests, each by what came of it."""
    await whole_journeys(watched)

    async def counted(name: str, **labels: str) -> int:
        return int(await watched.value(name, **labels))

    assert 5 == await counted("gpic_logins_total", outcome="code-issued")
    assert 4 == await counted("gpic_logins_total", outcome="redeemed")
    assert 1 == await counted("gpic_logins_refused_total", error="invalid_scope")
    assert 4 == await counted("gpic_claims_given_total")
    assert 1 == await counted("gpic_loops_total")
    assert 0 == await counted("gpic_wrong_patient_alarms_total")
    assert 1 == await counted("gpic_tasks_total", kind="confirm", outcome="finished")
    assert 1 == await counted("gpic_tasks_total", kind="recheck", outcome="finished")
    assert 3 <= await counted("gpic_tasks_total", kind="register", outcome="finished")
    assert 1 <= await counted("gpic_tasks_total", kind="register", outcome="again")
    assert 2 == await counted("gpic_calls_total", supplier="emis", operation="link", outcome="linked") + await counted(
        "gpic_calls_total", supplier="emis", operation="open-account", outcome="opened"
    )
    assert 1 <= await counted("gpic_calls_total", supplier="tpp", outcome="unreachable")
    assert await counted("gpic_calls_total", supplier="pds") == await counted("gpic_call_seconds_count", supplier="pds")
    assert await counted("gpic_pds_turns_total", lane="login", outcome="taken") >= 5
    assert 1 <= await counted("gpic_pds_turns_total", lane="background", outcome="taken")
    assert 5 <= await counted("gpic_http_requests_total", route="/interaction/{interaction_id}", method="POST")
    assert 1 == await counted("gpic_http_requests_total", route="/userinfo", status="401")
    assert (2, 2) == (await counted("gpic_store_up"), await counted("gpic_build"))


async def test_another_patient_raises_the_alarm_in_the_count(watched: Watched) -> None:
    """J23, N2: TPP shows somebody else in Rex's sessions; the count is what an alert looks at."""
    await watched.there.ask_for("rex")
    async with asyncio.timeout(30):
        while not await watched.value("gpic_wrong_patient_alarms_total"):  # noqa: ASYNC110 - a number
            await asyncio.sleep(0.1)

    assert State.REFUSED is (await watched.there.holding("rex")).state
