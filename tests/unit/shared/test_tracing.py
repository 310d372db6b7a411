"""Spans: none where nobody traces, and below the message's parent where somebody does."""

import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased

from shared.opentelemetry_spans import OpenTelemetryTracing
from shared.trace_context import is_sampled, read_traceparent, trace_id_of
from shared.tracing import Kind, TracingUnavailable, open_tracing

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNSAMPLED = PARENT[:-1] + "0"


def test_nothing_is_traced_unless_asked_for() -> None:
    """Off, there is nothing that could start a span."""
    assert open_tracing("off", service="contacts") is None


def test_missing_packages_are_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tracing is on and not installed, the error says what to install."""
    monkeypatch.delitem(sys.modules, "shared.opentelemetry_spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(TracingUnavailable, match=r"hobnob\[otel\]"):
        open_tracing("otlp", service="contacts")


def test_a_span_is_below_its_message_and_names_what_comes_of_it() -> None:
    """It has the trace of its parent, passes on its own id, and ends with what became of the message."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = OpenTelemetryTracing(provider)
    span = tracing.start("contacts_intake process", parent=PARENT, kind=Kind.CONSUMER, attributes={"hobnob.deliveries": 1})
    assert span is not None
    carried = span.traceparent
    assert read_traceparent(carried) == carried
    assert is_sampled(carried)
    span.end(result="buried", is_failure=True)
    (recorded,) = exporter.get_finished_spans()
    assert recorded.parent is not None
    assert f"{recorded.parent.span_id:016x}" == "00f067aa0ba902b7"
    assert f"{recorded.context.trace_id:032x}" == trace_id_of(PARENT) == trace_id_of(carried)
    assert recorded.attributes == {"hobnob.deliveries": 1, "hobnob.result": "buried"}
    assert not recorded.status.is_ok
    tracing.close()


def test_what_its_sender_does_not_record_is_not_recorded() -> None:
    """The sampler decides for new traces, the sender's flag for all others."""
    provider = TracerProvider(sampler=ParentBased(ALWAYS_OFF))
    tracing = OpenTelemetryTracing(provider)
    assert tracing.start("x", parent=UNSAMPLED, kind=Kind.SERVER, attributes={}) is None
    assert tracing.start("x", parent=None, kind=Kind.SERVER, attributes={}) is None
    assert tracing.start("x", parent=PARENT, kind=Kind.SERVER, attributes={}) is not None
    tracing.close()
