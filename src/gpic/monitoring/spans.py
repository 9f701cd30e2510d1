"""Traces: a span for each request, each task and each outbound call. Without OpenTelemetry's SDK nothing is traced."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

#: How exporters are plugged in: OpenTelemetry's own group, by the names that OTEL_TRACES_EXPORTER takes.
EXPORTERS: Final = "opentelemetry_traces_exporter"


class TracingUnfit(ValueError):
    """Traces cannot be sent; the message is one sentence for an operator."""


class Span(Protocol):
    """What is under way."""

    def note(self, name: str, value: str | int) -> None:
        """An attribute: a word of ours or a number, never a person's or a supplier's words."""
        ...


class Spans(Protocol):
    """Makes spans."""

    def span(self, name: str, **attributes: str) -> AbstractContextManager[Span]:
        """A span while the block runs, below the one that is under way here."""
        ...


class NoSpan:
    """Notes nothing."""

    def note(self, name: str, value: str | int) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class NoSpans:
    """Traces nothing."""

    _none: NoSpan = field(default_factory=NoSpan)

    @contextlib.contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[Span]:  # noqa: ARG002 - the signature is the port's
        """Nothing."""
        yield self._none


@dataclass(frozen=True, slots=True)
class TracedSpan:
    """A span of OpenTelemetry's."""

    inner: OtelSpan

    def note(self, name: str, value: str | int) -> None:
        """An attribute."""
        self.inner.set_attribute(f"gpic.{name}", value)


@dataclass(frozen=True, slots=True)
class TracedSpans:
    """Spans of OpenTelemetry's. Of an exception the class alone is kept: its text may quote what nobody should read."""

    tracer: Tracer

    @contextlib.contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[Span]:
        """A span while the block runs."""
        told = {f"gpic.{key}": value for key, value in attributes.items()}
        with self.tracer.start_as_current_span(
            name, attributes=told, record_exception=False, set_status_on_exception=False
        ) as inner:
            try:
                yield TracedSpan(inner)
            except BaseException as failure:
                inner.set_attribute("gpic.failure", type(failure).__name__)
                raise


@contextlib.contextmanager
def tracing(exporter: str, role: str, version: str) -> Iterator[Spans]:
    """Spans to *exporter*, an entry point's name ("console", "otlp_proto_http"); "" traces nothing. Raises TracingUnfit.

    Where to is the exporter's to know, by the OTEL_EXPORTER_… variables. What is not yet sent is sent at the end.
    """
    if not exporter:
        yield NoSpans()
        return
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise TracingUnfit("Traces need the package opentelemetry-sdk: install gpic[traces].") from None
    found = entry_points(group=EXPORTERS, name=exporter)
    if not found:
        raise TracingUnfit(f"No exporter {exporter} of traces is installed.")
    resource = Resource.create({"service.name": f"gpic-{role}", "service.version": version})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(next(iter(found)).load()()))
    try:
        yield TracedSpans(provider.get_tracer("gpic", version))
    finally:
        provider.shutdown()
