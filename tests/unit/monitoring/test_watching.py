"""Calls, tasks and requests as they are watched; logs and traces that quote nobody."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Finished, Task, TaskKind, TaskOutcome
from gpic.monitoring import logs
from gpic.monitoring.door import door
from gpic.monitoring.health import Health
from gpic.monitoring.log_format import LogFormat
from gpic.monitoring.metrics import UP, Meters
from gpic.monitoring.requests import WatchedRequests, error_in
from gpic.monitoring.spans import NoSpans, TracedSpans, TracingUnfit, tracing
from gpic.monitoring.watch import Watch, word_of
from gpic.nhs.answers import AlreadyLinked, NoAccount, Unreachable

pytestmark = pytest.mark.anyio

SECRET = "9990001138"


@pytest.fixture
def kept() -> InMemorySpanExporter:
    """Spans, kept."""
    return InMemorySpanExporter()


@pytest.fixture
def watch(kept: InMemorySpanExporter) -> Iterator[Watch]:
    """Counts and traces."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    yield Watch(Meters(), TracedSpans(provider.get_tracer("test")))
    provider.shutdown()


@pytest.fixture
def untouched() -> Iterator[None]:
    """Logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)
    for name in logs.CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET)


def text_of(watch: Watch) -> str:
    """What Prometheus reads."""
    return generate_latest(watch.meters.registry).decode()


def told_by(spans: Sequence[ReadableSpan]) -> list[tuple[str, object]]:
    """Names and outcomes."""
    return [(span.name, dict(span.attributes or {}).get("gpic.outcome")) for span in spans]


async def raising(what: BaseException) -> object:
    """Something that fails."""
    raise what


@pytest.mark.parametrize(
    ("answer", "word"), [(AlreadyLinked(), "already-linked"), (NoAccount(), "no-account"), (Unreachable(), "unreachable")]
)
async def test_a_call_is_counted_by_the_kind_of_its_answer(
    watch: Watch, kept: InMemorySpanExporter, answer: object, word: str
) -> None:
    """And nothing of what the answer holds is."""

    async def answered() -> object:
        return answer

    assert answer == await watch.call("emis", "link", answered())
    assert word == word_of(answer)
    assert f'gpic_calls_total{{operation="link",outcome="{word}",supplier="emis"}} 1.0' in text_of(watch)
    assert [("emis link", word)] == told_by(kept.get_finished_spans())


async def test_a_bug_is_counted_and_goes_on(watch: Watch, kept: InMemorySpanExporter) -> None:
    """Its class is kept, its words are not."""
    with pytest.raises(ValueError, match=SECRET):
        await watch.call("emis", "link", raising(ValueError(SECRET)))

    (span,) = kept.get_finished_spans()
    assert "ValueError" == dict(span.attributes or {})["gpic.failure"]
    assert SECRET not in span.to_json() + text_of(watch)
    assert 'outcome="raised"' in text_of(watch)


async def test_a_task_is_counted_by_how_it_ends(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    """Finished, failed, or broken off with its lease; a line each in the log."""
    caplog.set_level(logging.INFO)

    async def well(_task: Task) -> TaskOutcome:
        return Finished()

    async def badly(_task: Task) -> TaskOutcome:
        raise KeyError(SECRET)

    async def slowly(_task: Task) -> TaskOutcome:
        await asyncio.sleep(60)
        return Finished()

    carry = watch.tasks({TaskKind.REGISTER: well, TaskKind.RECHECK: badly, TaskKind.FOLLOW: slowly})
    person = PersonId("p")
    assert Finished() == await carry[TaskKind.REGISTER](Task(TaskKind.REGISTER, person))
    with pytest.raises(KeyError):
        await carry[TaskKind.RECHECK](Task(TaskKind.RECHECK, person))
    running = asyncio.ensure_future(carry[TaskKind.FOLLOW](Task(TaskKind.FOLLOW, person)))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})

    shown = text_of(watch)
    for kind, outcome in (("register", "finished"), ("recheck", "failed"), ("follow", "broken-off")):
        assert f'gpic_tasks_total{{kind="{kind}",outcome="{outcome}"}} 1.0' in shown
    assert ["task finished", "task failed", "task broken-off"] == caplog.messages


def application(watch: Watch) -> TestClient:
    """Something with every kind of route."""

    async def page(_request: Request) -> Response:
        return PlainTextResponse("well")

    async def back(_request: Request) -> Response:
        return RedirectResponse(f"https://partner.example/?state={SECRET}&error=login_required", 303)

    async def broken(_request: Request) -> Response:
        raise ValueError(SECRET)

    routes = [
        Route("/interaction/{interaction_id}", page),
        Route("/authorize", back),
        Route("/broken", broken),
        Mount("/assets", routes=[Route("/{path:path}", page)]),
    ]
    return TestClient(WatchedRequests(Starlette(routes=routes), watch), raise_server_exceptions=False, follow_redirects=False)


def test_requests_are_counted_by_the_route_and_never_by_the_path(watch: Watch, kept: InMemorySpanExporter) -> None:
    """What stands in a path or a query is in no label and no span; a bug counts as a 500."""
    client = application(watch)
    for path in (f"/interaction/{SECRET}?a={SECRET}", "/authorize", "/broken", f"/assets/{SECRET}/a.css", f"/{SECRET}"):
        client.get(path)
    shown = text_of(watch)

    for route, status in (
        ("/interaction/{interaction_id}", 200),
        ("/authorize", 303),
        ("/broken", 500),
        ("/assets/{path}", 200),
        ("none", 404),
    ):
        assert f'gpic_http_requests_total{{method="GET",route="{route}",status="{status}"}} 1.0' in shown
    assert 'gpic_logins_refused_total{error="login_required"} 1.0' in shown
    assert SECRET not in shown + "".join(span.to_json() for span in kept.get_finished_spans())


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://a.example/cb?error=access_denied&state=x", "access_denied"),
        (f"https://a.example/cb?error={SECRET}", "other"),
        ("https://a.example/cb?code=1", ""),
        ("/interaction/abc", ""),
        ("", ""),
    ],
)
def test_only_errors_that_we_send_are_labels(location: str, error: str) -> None:
    """A partner's registered address cannot make labels."""
    assert error == error_in(location)


async def test_a_door_shows_numbers_though_the_store_is_away() -> None:
    """What could be counted is there; `gpic_store_up` is 0; readiness is 503 and liveness is not."""

    async def away() -> None:
        raise OSError(SECRET)

    async def reading(_meters: Meters) -> None:
        raise OSError(SECRET)

    meters = Meters()
    client = TestClient(door(meters, Health(away), (reading,)))

    shown = client.get("/metrics")
    ready, live = client.get("/health/ready"), client.get("/health/live")
    assert (200, 503, 200) == (shown.status_code, ready.status_code, live.status_code)
    assert f"{UP.name} 0.0" in shown.text
    assert "gpic_wrong_patient_alarms_total 0.0" in shown.text
    assert {"status": "not ready", "because": "store"} == ready.json()


def test_nothing_is_traced_unless_somebody_wants_it() -> None:
    """And an exporter that is not installed stops the start."""
    with tracing("", "provider", "1") as spans:
        assert isinstance(spans, NoSpans)
    with pytest.raises(TracingUnfit, match="No exporter nowhere"), tracing("nowhere", "provider", "1"):
        pass


def test_json_lines_carry_ids_and_no_words_of_exceptions(untouched: None, capsys: pytest.CaptureFixture[str]) -> None:
    """`extra`, the request's id, and a trace by places alone."""
    logs.configure(LogFormat.JSON)
    log = logging.getLogger("gpic.provider")
    try:
        int(f"not {SECRET}")
    except ValueError:
        log.exception("a bug", extra={"code": "x"})
    line = json.loads(capsys.readouterr().err)

    assert ("a bug", "error", "gpic.provider", "x", "ValueError") == tuple(
        line[name] for name in ("says", "level", "logger", "code", "failure")
    )
    assert "test_json_lines_carry_ids_and_no_words_of_exceptions" in line["trace"]
    assert SECRET not in json.dumps(line)


def test_text_lines_are_for_people(untouched: None, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, without colours where nobody looks at a terminal."""
    logs.configure(LogFormat.TEXT)
    logging.getLogger("gpic.jobs").warning("a %s lost its lease", "recheck")
    told = capsys.readouterr().err

    assert 1 == told.count("\n")
    assert "a recheck lost its lease" in told
    assert "\x1b" not in told
