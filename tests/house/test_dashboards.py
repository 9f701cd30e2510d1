"""Alerts and dashboard are written from the metrics' definitions, and every expression is one that Prometheus understands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

import promql_parser
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from gpic.credentials.ports import TaskKind
from gpic.monitoring.metrics import METRICS, Kind, Meters
from scripts import dashboards
from scripts.dashboards import ALERTS, ROWS

SERIES: Final = re.compile(r"\b(gpic_\w+)(?:\{([^}]*)\})?")
GROUPED: Final = re.compile(r"\bby \(([^)]*)\) \((?:rate\()?(gpic_\w+)")


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression, with where it stands."""
    yield from ((one.name, one.expression) for one in ALERTS)
    for _, metrics in ROWS:
        for metric in metrics:
            yield from ((metric.name, asked.replace("$__rate_interval", "5m")) for asked, _ in dashboards.queries(metric))


def test_rules_dashboard_and_page_are_fresh() -> None:
    """`python -m scripts.dashboards` writes them anew."""
    written = [path.read_text(encoding="utf-8") for path in (dashboards.RULES, dashboards.DASHBOARD, dashboards.PAGE)]

    assert [dashboards.rules(), dashboards.dashboard(), dashboards.page()] == written, "run python -m scripts.dashboards"


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_an_expression_is_understood(where: str, expression: str) -> None:
    """By a parser of Prometheus's language."""
    assert promql_parser.parse(expression) is not None


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_an_expression_names_what_there_is(where: str, expression: str) -> None:
    """Each series is one that a process shows, each label one of its own."""
    there = series()
    for name, matchers in SERIES.findall(expression):
        assert set(re.findall(r"(\w+)(?:=~|!=|!~|=)", matchers)) <= there[name]
    for grouped, name in GROUPED.findall(expression):
        assert set(re.findall(r"\w+", grouped)) <= there[name]


def series() -> dict[str, set[str]]:
    """The labels of every series, as the library shows them."""
    found = {}
    for one in METRICS:
        suffix = {Kind.COUNTER: "_total", Kind.GAUGE: "", Kind.HISTOGRAM: "_bucket"}[one.kind]
        found[f"{one.name}{suffix}"] = set(one.labels) | ({"le"} if one.kind is Kind.HISTOGRAM else set())
    return found


def test_a_process_shows_those_series() -> None:
    """Counted once each, they appear under these very names."""
    registry = CollectorRegistry()
    meters = Meters(registry)
    for one in METRICS:
        labels = ["x" for _ in one.labels]
        match one.kind:
            case Kind.COUNTER:
                meters.count(one, *labels)
            case Kind.GAUGE:
                meters.show(one, 1, *labels)
            case Kind.HISTOGRAM:
                meters.observe(one, 0.1, *labels)
    text = generate_latest(registry).decode()

    assert [] == [name for name in series() if f"\n{name}{{" not in text and f"\n{name} " not in text]


def test_kinds_of_tasks_that_alerts_name_exist() -> None:
    """A label's value that nobody ever shows would never alarm."""
    named = {kind for one in ALERTS for kind in re.findall(r'kind!?="([^"]+)"', one.expression)}

    assert named <= {kind.value for kind in TaskKind}


def test_every_metric_stands_once_in_the_dashboard() -> None:
    """None is forgotten."""
    assert sorted(one.name for one in METRICS) == sorted(metric.name for _, metrics in ROWS for metric in metrics)


def test_the_journeys_that_fail_patients_have_alerts_that_wake_somebody() -> None:
    """Claims withheld by reason, loops, wrong patients, late registrations; and each says what to do."""
    paged = {one.name for one in ALERTS if one.severity == "page"}

    assert {"GpicWrongPatient", "GpicClaimsWithheld", "GpicLoops", "GpicRegistrationsLate"} <= paged
    assert "by (reason)" in next(one.expression for one in ALERTS if one.name == "GpicClaimsWithheld")
    assert [] == [one.name for one in ALERTS if not (one.means and one.do)]


def test_panels_do_not_lie_over_one_another() -> None:
    """Each has a place of its own."""
    panels = json.loads(dashboards.dashboard())["panels"]
    taken: set[tuple[int, int]] = set()
    for one in panels:
        at = one["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        taken |= cells
