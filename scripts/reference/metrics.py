"""docs/reference/metrics.md: every metric, whose /metrics has it, its labels, and what it says."""

from __future__ import annotations

from typing import Final

from gpic.monitoring.metrics import METRICS, Kind, Metric
from scripts.reference.words import table

INTRODUCTION: Final = """# Metrics

Printed from `gpic.monitoring.metrics` by `python -m scripts.reference_pages`; a house test keeps it true.

A process shows its metrics at `/metrics` of its own door, ADDRESS:PORT in `[monitoring]` of its settings, in Prometheus's text
format. `/health/live` and `/health/ready` are there, too. What lies in the database, such as the queue, is looked up for each
reading and is the same from every worker: take `max`, not `sum`. Labels come from closed lists: none ever holds a person, an
NHS number, a partner's or a supplier's words. Memory, processor time and open files of the process stand beside these under
their usual names (`process_…`, `python_info`).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *table(("metric", "kind", "of", "labels", "says"), map(row, METRICS))])


def row(one: Metric) -> tuple[str, str, str, str, str]:
    """One metric, under the name that a query uses."""
    name = f"`{one.name}_total`" if one.kind is Kind.COUNTER else f"`{one.name}`"
    return name, one.kind.value, one.reporter.value, ", ".join(f"`{label}`" for label in one.labels) or "–", one.says
