"""What the wiring measures with."""

from dataclasses import dataclass, field

from shared.counters import Counters
from shared.tracing import Tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """Counts, and spans where they are recorded."""

    counters: Counters = field(default_factory=Counters)
    tracing: Tracing | None = None
