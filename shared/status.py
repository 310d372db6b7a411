"""What a service says of itself to whoever runs it: whether it lives, whether it can work, and its metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.counters import Counters
from shared.exposition import Exposition, Read, Reading
from shared.health import Readiness
from shared.metrics import CHECK_FAILING


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """
    The state of one service.

    It is there before anything is connected, and says "not ready" until `readiness` has its checks. `reads` grows with what
    the service opens.
    """

    service: str
    counters: Counters
    readiness: Readiness = field(default_factory=Readiness)
    reads: list[Read] = field(default_factory=list)

    async def metrics(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        exposition = Exposition(service=self.service, counters=self.counters, reads=[self._checks, *self.reads])
        return await exposition.text()

    async def _checks(self) -> Sequence[Reading]:
        found = await self.readiness.look()
        return [Reading(CHECK_FAILING, float(bool(said)), (name,)) for name, said in found.items()]
