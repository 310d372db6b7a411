"""Spans by OpenTelemetry: the optional packages `hobnob[otel]`, imported only where traces are sent."""

import importlib.metadata
from collections.abc import Mapping
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation import set_span_in_context

from shared.trace_context import trace_id_of
from shared.tracing import Kind, Span

_KINDS: Final = {Kind.SERVER: trace.SpanKind.SERVER, Kind.CONSUMER: trace.SpanKind.CONSUMER}


class OpenTelemetrySpan:
    """A span that is recorded."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """What a message carries that comes of it."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def end(self, *, result: str, is_failure: bool = False) -> None:
        """End it now, and say what became of it."""
        self._span.set_attribute("hobnob.result", result)
        if is_failure:
            self._span.set_status(trace.StatusCode.ERROR, result)
        self._span.end()


class OpenTelemetryTracing:
    """Starts spans at a provider, which samples, collects and sends them."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("hobnob", importlib.metadata.version("hobnob"))

    def start(self, name: str, *, parent: str | None, kind: Kind, attributes: Mapping[str, str | int]) -> Span | None:
        """Start a span below the `traceparent` *parent*, or at the root of a new trace; None when this trace is not recorded."""
        # An empty context where there is no parent: what happens to be current is of another message.
        above = _context_of(parent) if parent else Context()
        span = self._tracer.start_span(name, context=above, kind=_KINDS[kind], attributes=dict(attributes))
        return OpenTelemetrySpan(span) if span.is_recording() else None

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def otlp_tracing(service: str) -> OpenTelemetryTracing:
    """Return what sends spans by OTLP over HTTP, as the environment's `OTEL_…` variables say where and which."""
    resource = Resource.create({"service.name": f"hobnob-{service}", "service.namespace": "hobnob"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetryTracing(provider)


def _context_of(traceparent: str) -> Context:
    context = trace.SpanContext(
        trace_id=int(trace_id_of(traceparent), 16),
        span_id=int(traceparent[36:52], 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(traceparent[53:], 16)),
    )
    return set_span_in_context(trace.NonRecordingSpan(context), Context())
