"""Metrics are defined once, with a meaning, and only what is defined can be counted."""

from __future__ import annotations

import re

import pytest
from prometheus_client import generate_latest

from gpic.monitoring.metrics import CALL_SECONDS, CALLS, METRICS, QUEUE, Kind, Meters, Metric, Reporter
from scripts.reference import metrics as reference


def text_of(meters: Meters) -> str:
    """What Prometheus reads."""
    return generate_latest(meters.registry).decode()


def test_every_metric_is_named_once_and_says_what_it_is() -> None:
    """`gpic_…`, seconds where it is time; a sentence; labels in lower case."""
    assert len(METRICS) == len({one.name for one in METRICS})
    assert [] == [one.name for one in METRICS if not re.fullmatch(r"gpic_[a-z]+(_[a-z]+)*", one.name)]
    assert [] == [one.name for one in METRICS if not one.says.endswith(".") or len(one.says) < 20]
    assert [] == [one.name for one in METRICS if one.kind is Kind.HISTOGRAM and not one.name.endswith("_seconds")]
    assert [] == [one.name for one in METRICS if bool(one.buckets) != (one.kind is Kind.HISTOGRAM)]
    assert [] == [label for one in METRICS for label in one.labels if not re.fullmatch(r"[a-z]+", label)]


def test_no_label_could_hold_a_person() -> None:
    """Labels are of these closed lists alone."""
    closed = {"method", "route", "status", "outcome", "error", "reason", "kind", "state", "supplier", "operation", "lane"}

    assert closed | {"version", "role"} == {label for one in METRICS for label in one.labels}


def test_what_is_counted_is_shown() -> None:
    """Counters, histograms and gauges, by label; what is forgotten is shown no more."""
    meters = Meters()
    meters.count(CALLS, "emis", "link", "linked")
    meters.observe(CALL_SECONDS, 0.3, "emis", "link")
    meters.show(QUEUE, 4, "register", "due")
    shown = text_of(meters)
    meters.forget(QUEUE)

    assert 'gpic_calls_total{operation="link",outcome="linked",supplier="emis"} 1.0' in shown
    assert 'gpic_call_seconds_bucket{le="0.5",operation="link",supplier="emis"} 1.0' in shown
    assert 'gpic_call_seconds_bucket{le="0.25",operation="link",supplier="emis"} 0.0' in shown
    assert 'gpic_queue_tasks{kind="register",state="due"} 4.0' in shown
    assert "gpic_queue_tasks{" not in text_of(meters)


def test_alarms_begin_at_nought() -> None:
    """So that an alert sees the first one rise."""
    assert "gpic_wrong_patient_alarms_total 0.0" in text_of(Meters())


def test_what_is_not_defined_cannot_be_counted() -> None:
    """There is one list."""
    with pytest.raises(KeyError):
        Meters().count(Metric("gpic_other", Kind.COUNTER, "Something else altogether.", (), Reporter.BOTH))


def test_the_page_names_every_metric_as_queries_do() -> None:
    """Counters with `_total`."""
    page = reference.page()

    assert "| `gpic_logins_total` | counter | provider | `outcome` |" in page
    assert len(METRICS) == page.count("| `gpic_")
