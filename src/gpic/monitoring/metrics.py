"""Every metric that a process of ours counts, by name and with its meaning; docs/reference/metrics.md is printed from here.

Labels come from closed lists: no label ever holds a person, a partner's words or a supplier's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector


class Kind(StrEnum):
    """What Prometheus calls it."""

    COUNTER = "counter"  #: only ever grows; a process begins at 0
    GAUGE = "gauge"  #: how it is now
    HISTOGRAM = "histogram"  #: how long things took, in seconds


class Reporter(StrEnum):
    """Whose /metrics has it."""

    PROVIDER = "provider"
    WORKER = "worker"
    BOTH = "provider, worker"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. A counter's name is shown with `_total` behind it."""

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    reporter: Reporter = Reporter.BOTH
    buckets: tuple[float, ...] = ()


QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SLOW: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS: Final = Metric(
    "gpic_http_requests", Kind.COUNTER, "Requests answered, by route template and status.",
    ("method", "route", "status"), Reporter.PROVIDER,
)  # fmt: skip
REQUEST_SECONDS: Final = Metric(
    "gpic_http_request_seconds", Kind.HISTOGRAM, "How long requests took; `/authorize` may wait for a registration (N8).",
    ("method", "route"), Reporter.PROVIDER, QUICK,
)  # fmt: skip
LOGINS: Final = Metric(
    "gpic_logins", Kind.COUNTER,
    "Logins by what came of them: `code-issued`, then `redeemed`; or a code that is `already-used`, `unknown`, `jti-replayed`.",
    ("outcome",), Reporter.PROVIDER,
)  # fmt: skip
LOGINS_REFUSED: Final = Metric(
    "gpic_logins_refused", Kind.COUNTER, "Authorization requests that went back to the partner with an error, by its code.",
    ("error",), Reporter.PROVIDER,
)  # fmt: skip
CLAIMS_GIVEN: Final = Metric(
    "gpic_claims_given", Kind.COUNTER, "GP credentials released to a partner (N4, N7).", (), Reporter.PROVIDER
)
CLAIMS_WITHHELD: Final = Metric(
    "gpic_claims_withheld", Kind.COUNTER,
    "GP credentials that a partner asked for and did not get, by the state they are in or the lasting reason of N11.",
    ("reason",), Reporter.PROVIDER,
)  # fmt: skip
LOOPS: Final = Metric(
    "gpic_loops", Kind.COUNTER,
    "A partner back with somebody within `credentials.forced_after_release`: it says that the details do not work (N16).",
    (), Reporter.PROVIDER,
)  # fmt: skip
TASKS: Final = Metric(
    "gpic_tasks", Kind.COUNTER,
    "Runs of tasks by how they ended: `finished`, `again` later, `failed`, `broken-off`.",
    ("kind", "outcome"), Reporter.WORKER,
)  # fmt: skip
TASK_SECONDS: Final = Metric(
    "gpic_task_seconds", Kind.HISTOGRAM, "How long runs of tasks took.", ("kind",), Reporter.WORKER, SLOW
)
QUEUE: Final = Metric(
    "gpic_queue_tasks", Kind.GAUGE,
    "Tasks in the queue: `due` now, `later`, `running`, `set-aside` for an operator. The same from every worker.",
    ("kind", "state"), Reporter.WORKER,
)  # fmt: skip
QUEUE_LAG: Final = Metric(
    "gpic_queue_lag_seconds", Kind.GAUGE, "How long the task that is due longest has been due; 0 when nothing is.",
    ("kind",), Reporter.WORKER,
)  # fmt: skip
WRONG_PATIENT: Final = Metric(
    "gpic_wrong_patient_alarms", Kind.COUNTER, "A GP system showed another patient (N2). Must stay 0; look at every one.",
    (), Reporter.WORKER,
)  # fmt: skip
CALLS: Final = Metric(
    "gpic_calls", Kind.COUNTER, "Calls of GP systems and of PDS, by what they answered; `unreachable` is no answer (N12).",
    ("supplier", "operation", "outcome"),
)  # fmt: skip
CALL_SECONDS: Final = Metric(
    "gpic_call_seconds", Kind.HISTOGRAM, "How long calls took, with the wait for a place in the supplier's bulkhead.",
    ("supplier", "operation"), Reporter.BOTH, SLOW,
)  # fmt: skip
PDS_TURNS: Final = Metric(
    "gpic_pds_turns", Kind.COUNTER,
    "Turns asked for at PDS by lane, and whether there was one: `taken`, or `none` within the caller's patience (N20).",
    ("lane", "outcome"),
)  # fmt: skip
PDS_WAIT: Final = Metric(
    "gpic_pds_turn_wait_seconds", Kind.HISTOGRAM, "How far ahead the turn at PDS was that was taken.",
    ("lane",), Reporter.BOTH, QUICK,
)  # fmt: skip
PAUSED: Final = Metric(
    "gpic_supplier_paused", Kind.GAUGE,
    "1 while an operator has paused the supplier: nobody calls it. The same from every worker.",
    ("supplier",), Reporter.WORKER,
)  # fmt: skip
UP: Final = Metric("gpic_store_up", Kind.GAUGE, "Whether the database answered for this reading.", (), Reporter.BOTH)
BUILT: Final = Metric("gpic_build", Kind.GAUGE, "Always 1; which version and role this is.", ("version", "role"))

METRICS: Final = (
    REQUESTS, REQUEST_SECONDS, LOGINS, LOGINS_REFUSED, CLAIMS_GIVEN, CLAIMS_WITHHELD, LOOPS,
    TASKS, TASK_SECONDS, QUEUE, QUEUE_LAG, WRONG_PATIENT,
    CALLS, CALL_SECONDS, PDS_TURNS, PDS_WAIT, PAUSED, UP, BUILT,
)  # fmt: skip


class Meters:
    """One process's numbers. A metric that is not in METRICS cannot be counted."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._made: Mapping[Metric, Counter | Gauge | Histogram] = {one: made(one, self.registry) for one in METRICS}

    def count(self, what: Metric, *labels: str) -> None:
        """Once more."""
        counter = self._made[what]
        (counter.labels(*labels) if labels else counter).inc()  # type: ignore[union-attr] # its kind is COUNTER

    def observe(self, what: Metric, seconds: float, *labels: str) -> None:
        """It took so long."""
        histogram = self._made[what]
        (histogram.labels(*labels) if labels else histogram).observe(seconds)  # type: ignore[union-attr] # HISTOGRAM

    def show(self, what: Metric, value: float, *labels: str) -> None:
        """It is so now."""
        gauge = self._made[what]
        (gauge.labels(*labels) if labels else gauge).set(value)  # type: ignore[union-attr] # its kind is GAUGE

    def forget(self, what: Metric) -> None:
        """Nothing is known of it, until it is shown again."""
        self._made[what].clear()

    def add_those_of_the_process(self) -> None:
        """Memory, processor time and open files, under their usual names."""
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)


def made(one: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    """The metric as the library keeps it."""
    match one.kind:
        case Kind.COUNTER:
            return Counter(one.name, one.says, one.labels, registry=registry)
        case Kind.GAUGE:
            return Gauge(one.name, one.says, one.labels, registry=registry)
        case Kind.HISTOGRAM:
            return Histogram(one.name, one.says, one.labels, registry=registry, buckets=one.buckets)
