"""
Spans, for whoever traces: off, there are none, and nothing of OpenTelemetry is imported.

The parent of a span is the `traceparent` that its message carried, never what happens to be under way: a batch holds messages
of many traces.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, Protocol

from shared.errors import PermanentError

OFF: Final = "off"


class Kind(Enum):
    """What a span does for others."""

    SERVER = "server"
    """It answers somebody who waits."""
    CONSUMER = "consumer"
    """It takes a message whose sender has long gone on."""


class Span(Protocol):
    """Something that takes its time."""

    @property
    def traceparent(self) -> str:
        """What a message carries that comes of it."""
        ...

    def end(self, *, result: str, is_failure: bool = False) -> None:
        """End it now, and say what became of it."""
        ...


class Tracing(Protocol):
    """Starts spans."""

    def start(self, name: str, *, parent: str | None, kind: Kind, attributes: Mapping[str, str | int]) -> Span | None:
        """Start a span below the `traceparent` *parent*, or at the root of a new trace; None when this trace is not recorded."""
        ...

    def close(self) -> None:
        """Send what is left."""
        ...


class TracingUnavailable(PermanentError):
    """HOBNOB_TRACING is on, but OpenTelemetry is not installed: install `hobnob[otel]`."""


def open_tracing(setting: str, *, service: str) -> Tracing | None:
    """
    Return what starts spans, None where *setting* is `off`.

    Raises:
        TracingUnavailable: it is on, and the optional packages are not installed.
    """
    if setting == OFF:
        return None
    try:
        from shared.opentelemetry_spans import otlp_tracing
    except ModuleNotFoundError as exc:
        raise TracingUnavailable from exc
    return otlp_tracing(service)
