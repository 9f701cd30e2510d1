"""Writes deploy/prometheus/gpic.rules.yml, deploy/grafana/gpic.json and docs/reference/alerts.md from the metrics' definitions.

`python -m scripts.dashboards` rewrites them; a house test compares, parses every expression, and looks whether each metric and
label that one names exists. JSON is YAML, so the rules are written as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gpic.monitoring import metrics as m
from gpic.monitoring.metrics import METRICS, Kind, Metric

ROOT: Final = Path(__file__).resolve().parent.parent
RULES: Final = ROOT / "deploy" / "prometheus" / "gpic.rules.yml"
DASHBOARD: Final = ROOT / "deploy" / "grafana" / "gpic.json"
PAGE: Final = ROOT / "docs" / "reference" / "alerts.md"


def shown(metric: Metric) -> str:
    """The name under which Prometheus has it."""
    return f"{metric.name}_total" if metric.kind is Kind.COUNTER else metric.name


def rate(metric: Metric, by: str = "", where: str = "", over: str = "5m") -> str:
    """How often a second, over all processes."""
    name = f"{shown(metric)}_bucket" if metric.kind is Kind.HISTOGRAM else shown(metric)
    return f"sum{f' by ({by})' if by else ''} (rate({name}{f'{{{where}}}' if where else ''}[{over}]))"


def quantile(part: float, metric: Metric, by: str = "", where: str = "", over: str = "5m") -> str:
    """What so many of a hundred stay under, in seconds."""
    return f"histogram_quantile({part}, {rate(metric, ', '.join(filter(None, ('le', by))), where, over)})"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert: when, for how long, whom to wake, what it means and what to do."""

    name: str
    expression: str
    lasting: str
    severity: str  #: page: somebody gets up; ticket: in working hours
    means: str
    do: str


ASKED: Final = f"({rate(m.CLAIMS_GIVEN, over='15m')} + {rate(m.CLAIMS_WITHHELD, over='15m')})"
LOOPED: Final = rate(m.LOOPS, over="15m")
UNREACHABLE: Final = 'outcome="unreachable"'
NO_TURN: Final = 'outcome="none"'
BROKEN: Final = 'status=~"5.."'
NOT_WAITING: Final = 'route!="/authorize"'
ALERTS: Final = (
    Alert(
        "GpicWrongPatient", f"sum(increase({shown(m.WRONG_PATIENT)}[15m])) > 0", "0m", "page",
        "A GP system showed another patient (N2). Nothing of it was kept or released.",
        "Find the person in the log by the task's id; tell the practice and the supplier; look whether it is one or many.",
    ),
    Alert(
        "GpicClaimsWithheld",
        f"{rate(m.CLAIMS_WITHHELD, 'reason', over='15m')} / on () group_left () {ASKED} > 0.1", "15m", "page",
        "One in ten partners' requests for GP credentials goes without them, for one reason.",
        "The reason says whose it is: `registering` our lag or a supplier's; a lasting one a practice's or supplier's change.",
    ),
    Alert(
        "GpicNoClaims", f"{rate(m.CLAIMS_GIVEN, over='30m')} == 0 and {rate(m.LOGINS, over='30m')} > 0.01", "30m", "page",
        "People log in and nobody gets GP credentials.",
        "Look at GpicClaimsWithheld's reasons, at consent, and at whether partners still ask for the scope.",
    ),
    Alert(
        "GpicLoops", f"{LOOPED} > 0.1 * {rate(m.CLAIMS_GIVEN, over='15m')} and {LOOPED} > 0.01", "15m", "page",
        "Partners come back at once with people who just got their credentials (N16): the details do not work for them.",
        "Look for a supplier whose checks say accepted and whose partners say otherwise; the forced checks tell.",
    ),
    Alert(
        "GpicRegistrationsLate", f'max({shown(m.QUEUE_LAG)}{{kind="register"}}) > 10', "2m", "page",
        "Registrations wait longer than a login does (N8): new people go on without the claim.",
        "Are workers up, is a supplier silent, are PDS's turns used up?",
    ),
    Alert(
        "GpicBackgroundLate", f'max by (kind) ({shown(m.QUEUE_LAG)}{{kind!="register"}}) > 900', "15m", "ticket",
        "Checks, or people who move, wait for a quarter of an hour.",
        "Add a worker, or look whether a round is under way: `gpic admin practices rounds`.",
    ),
    Alert(
        "GpicTasksGivenUp", f'max by (kind) ({shown(m.QUEUE)}{{state="set-aside"}}) > 0', "5m", "ticket",
        "Tasks were given up: each is a bug or an answer that nobody has described.",
        "`gpic admin jobs list`; when it is mended, `gpic admin jobs replay PERSON`.",
    ),
    Alert(
        "GpicSupplierSilent",
        f"{rate(m.CALLS, 'supplier', UNREACHABLE)} / {rate(m.CALLS, 'supplier')} > 0.2", "10m", "page",
        "A supplier, or PDS, does not answer one call in five (N12).",
        "Nothing is thrown away. Ask the supplier; where it is overloaded, pause it.",
    ),
    Alert(
        "GpicSupplierPaused", f"max by (supplier) ({shown(m.PAUSED)}) == 1", "4h", "ticket",
        "A supplier has been paused for four hours: nobody new is registered there.",
        "Is the reason still there?",
    ),
    Alert(
        "GpicPdsTurnsShort",
        f"{rate(m.PDS_TURNS, 'lane', NO_TURN)} / {rate(m.PDS_TURNS, 'lane')} > 0.1", "15m", "ticket",
        "One in ten who wanted to ask PDS had no turn in time (N20).",
        "A round may be under way; else ask for a larger budget and raise `pds.per_second`.",
    ),
    Alert(
        "GpicErrors", f"{rate(m.REQUESTS, where=BROKEN)} / {rate(m.REQUESTS)} > 0.01", "5m", "page",
        "One request in a hundred fails for our own sake.",
        "The log has each with its request id; look at the database first.",
    ),
    Alert(
        "GpicSlow", f"{quantile(0.95, m.REQUEST_SECONDS, where=NOT_WAITING)} > 1", "10m", "ticket",
        "One in twenty requests takes more than a second, those apart that may wait for a registration.",
        "Processor of the providers, commits of the database.",
    ),
    Alert(
        "GpicStoreDown", f"min({shown(m.UP)}) == 0", "1m", "page",
        "A process cannot ask its database.",
        "Fail over, if nothing has done it: `docs/how-to/deploy.md`.",
    ),
    Alert(
        "GpicNoProvider", f'absent({shown(m.BUILT)}{{role="provider"}})', "2m", "page",
        "No provider is there to be read.", "Are they up, and is Prometheus told where they are?",
    ),
    Alert(
        "GpicNoWorker", f'absent({shown(m.BUILT)}{{role="worker"}})', "5m", "page",
        "No worker is there to be read: nobody new is registered.", "As above.",
    ),
    Alert(
        "GpicVersionsApart", f"count(count by (version) ({shown(m.BUILT)})) > 1", "24h", "ticket",
        "Two versions have run side by side for a day.", "Bring the new one out to the end, or go back.",
    ),
)  # fmt: skip
#: The rows of the dashboard; every metric stands in one of them.
ROWS: Final = (
    ("What fails patients", (m.CLAIMS_GIVEN, m.CLAIMS_WITHHELD, m.LOOPS, m.WRONG_PATIENT)),
    ("Logins", (m.LOGINS, m.LOGINS_REFUSED, m.REQUESTS, m.REQUEST_SECONDS)),
    ("In the background", (m.QUEUE_LAG, m.QUEUE, m.TASKS, m.TASK_SECONDS)),
    ("GP systems and PDS", (m.CALLS, m.CALL_SECONDS, m.PDS_TURNS, m.PDS_WAIT, m.PAUSED)),
    ("Processes", (m.UP, m.BUILT)),
)


def rules() -> str:
    """Prometheus's file."""
    listed = [
        {
            "alert": one.name,
            "expr": one.expression,
            "for": one.lasting,
            "labels": {"severity": one.severity},
            "annotations": {"summary": one.means, "description": one.do},
        }
        for one in ALERTS
    ]
    return written({"groups": [{"name": "gpic", "rules": listed}]})


def queries(metric: Metric) -> Iterator[tuple[str, str]]:
    """What a panel asks, and how each line is called."""
    by = ", ".join(metric.labels)
    legend = " ".join(f"{{{{{label}}}}}" for label in metric.labels) or metric.name
    match metric.kind:
        case Kind.COUNTER:
            yield rate(metric, by, over="$__rate_interval"), legend
        case Kind.GAUGE:
            yield f"max{f' by ({by})' if by else ''} ({shown(metric)})", legend
        case Kind.HISTOGRAM:
            for part in (0.5, 0.95, 0.99):
                yield quantile(part, metric, by, over="$__rate_interval"), f"{part:.0%} {legend}"


def dashboard() -> str:
    """Grafana's file; the data source is asked for when it is imported."""
    source = {"type": "prometheus", "uid": "${datasource}"}
    panels: list[dict[str, object]] = []
    height = 0
    for title, metrics in ROWS:
        panels.append({"type": "row", "title": title, "gridPos": {"h": 1, "w": 24, "x": 0, "y": height}, "panels": []})
        for place, metric in enumerate(metrics):
            where = {"h": 8, "w": 12, "x": 12 * (place % 2), "y": height + 1 + 8 * (place // 2)}
            panels.append(panel(metric, where, source))
        height += 1 + 8 * ((len(metrics) + 1) // 2)
    for number, one in enumerate(panels, start=1):
        one["id"] = number
    variable = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    return written({
        "uid": "gpic", "title": "gpic", "tags": ["gpic"], "timezone": "utc", "schemaVersion": 39, "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"}, "templating": {"list": [variable]}, "panels": panels,
    })  # fmt: skip


def panel(metric: Metric, where: dict[str, int], source: dict[str, str]) -> dict[str, object]:
    """One metric's."""
    unit = {Kind.HISTOGRAM: "s", Kind.COUNTER: "reqps"}.get(metric.kind, "s" if metric.name.endswith("_seconds") else "short")
    targets = [
        {"refId": chr(ord("A") + number), "expr": expression, "legendFormat": legend, "datasource": source}
        for number, (expression, legend) in enumerate(queries(metric))
    ]
    return {
        "type": "timeseries", "title": metric.name, "description": metric.says, "gridPos": where, "datasource": source,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []}, "targets": targets,
    }  # fmt: skip


def page() -> str:
    """The alerts, for people."""
    rows = "".join(f"| `{one.name}` | {one.severity}, {one.lasting} | {one.means} | {one.do} |\n" for one in ALERTS)
    return (
        "# Alerts\n\n"
        "Printed from `scripts/dashboards.py`, which writes [Prometheus's rules](../../deploy/prometheus/gpic.rules.yml) and\n"
        "[Grafana's dashboard](../../deploy/grafana/gpic.json) from the [metrics](metrics.md); a house test compares.\n\n"
        "*page* gets somebody up, *ticket* waits for the morning; the time is how long it must have been so.\n\n"
        f"| alert | whom, after | means | do |\n|---|---|---|---|\n{rows}"
    )


def written(document: object) -> str:
    """As both programs read it."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write all of them."""
    for path, text in ((RULES, rules()), (DASHBOARD, dashboard()), (PAGE, page())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(ALERTS)} alerts, {len(METRICS)} metrics in the dashboard.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
