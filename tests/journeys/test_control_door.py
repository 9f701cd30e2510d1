"""Who may use the control API, and what it says of itself."""

from __future__ import annotations

import json

import pytest
from httpx2 import AsyncClient

from gpic.sandbox.control.openapi import document
from gpic.sandbox.control.operations import OPERATIONS
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.script import Script
from gpic.sandbox.stage import stage
from tests.journeys.conftest import Controlled

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer another"},
        {"Authorization": "Basic a-token"},
        {"Authorization": "Bearer"},
        {"Cookie": "a-token"},
    ],
)
async def test_nobody_comes_in_without_the_token(running_control: Controlled, headers: dict[str, str]) -> None:
    """Neither to operations nor to the document nor to the stream; no cookie ever serves."""
    async with AsyncClient(base_url=running_control.control.address, trust_env=False) as stranger:
        answers = [await stranger.get(f"/api/{path}", headers=headers) for path in ("people", "openapi.json", "stream", "no")]

    assert {401} == {answer.status_code for answer in answers}
    assert all("WWW-Authenticate" in answer.headers for answer in answers)


@pytest.mark.parametrize("host", ["attacker.example", "localhost", "localhost:1", "localhost.attacker.example:9408", ""])
async def test_another_name_leads_nowhere(running_control: Controlled, host: str) -> None:
    """DNS rebinding: a page of somebody's whose name leads to this machine is told nothing, token or not (421)."""
    assert 421 == (await running_control.http.get("/api/people", headers={"Host": host})).status_code


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
async def test_every_name_of_loopback_serves(running_control: Controlled, name: str) -> None:
    """Tools call it as they like."""
    port = running_control.control.address.rpartition(":")[2]

    assert 200 == (await running_control.http.get("/api/clock", headers={"Host": f"{name}:{port}"})).status_code


async def test_pages_of_others_are_refused(running_control: Controlled) -> None:
    """No CORS: another origin is refused before anything happens, and preflights are not answered."""
    foreign = {"Origin": "http://localhost:3000"}
    refused = await running_control.http.post("/api/reset", headers=foreign)
    preflight = await running_control.http.options("/api/reset", headers={**foreign, "Access-Control-Request-Method": "POST"})
    own = await running_control.http.get("/api/clock", headers={"Origin": running_control.control.address})

    assert (403, 403, 200) == (refused.status_code, preflight.status_code, own.status_code)
    assert not any(name.lower().startswith("access-control") for answer in (refused, preflight, own) for name in answer.headers)


async def test_no_answer_is_kept_or_framed(running_control: Controlled) -> None:
    """Everything of it is of this moment."""
    headers = (await running_control.http.get("/api/people")).headers

    assert ("no-store", "nosniff", "DENY") == (
        headers["cache-control"],
        headers["x-content-type-options"],
        headers["x-frame-options"],
    )


async def test_without_being_asked_for_there_is_none(keys: SandboxKeys) -> None:
    """A stage has no control port."""
    async with stage(script=Script(keys=keys)) as played:
        assert "" == played.addresses.control
        assert "Control API" not in played.addresses.named()


async def test_the_document_is_served_as_it_is_written(running_control: Controlled) -> None:
    """OpenAPI, generated from the table of operations and the shapes."""
    served = await running_control.get("/openapi.json")

    assert json.loads(json.dumps(document())) == served
    assert {one.id for one in OPERATIONS} | {"followStream"} == {
        one["operationId"] for path in served["paths"].values() for one in path.values()
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/people", 405), ("GET", "/people/nobody", 404), ("GET", "/practices/X", 404)],
)
async def test_what_is_not_there_is_said_so(running_control: Controlled, method: str, path: str, status: int) -> None:
    """As a problem of RFC 9457."""
    answer = await running_control.http.request(method, f"/api{path}")

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert status == answer.json()["status"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", "{"),
        ("application/json", "[]"),
        ("text/plain", "{}"),
        ("application/json", '"' + "x" * 300_000 + '"'),
    ],
)
async def test_a_body_that_does_not_fit_is_refused(running_control: Controlled, content_type: str, body: str) -> None:
    """Broken, of another kind, or too long: 400, and nothing changes."""
    headers = {"Content-Type": content_type}
    answer = await running_control.http.post("/api/clock/move", content=body, headers=headers)

    assert (400, "Bad Request") == (answer.status_code, answer.json()["title"])
