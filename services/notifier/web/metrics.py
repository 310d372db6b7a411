"""`GET /metrics`: what this service counted, and how many dead letters wait, for Prometheus."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from shared.counters import Counters
from shared.errors import TransientError
from shared.logging import get_logger

log = get_logger(__name__)

CountDead = Callable[[], Awaitable[int]]
"""Returns how many dead letters wait; raises `TransientError` when nobody knows."""
PREFIX: Final = "hobnob"


class Reading(Collector):
    """What one scrape shows. Names of counts come from the code: their number is bounded."""

    def __init__(self, *, counts: dict[str, int], dead_letters: int | None) -> None:
        self._counts = counts
        self._dead_letters = dead_letters

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; dead letters are absent when their number is not known, rather than 0."""
        events = CounterMetricFamily(f"{PREFIX}_events", "What the service did and why it skipped things.", labels=["name"])
        for name, count in self._counts.items():
            events.add_metric([name], count)
        yield events
        if self._dead_letters is not None:
            yield GaugeMetricFamily(f"{PREFIX}_dead_letters", "Messages that could not be processed.", value=self._dead_letters)


def metrics_router(*, counters: Counters, count_dead: CountDead) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        registry = CollectorRegistry()
        registry.register(Reading(counts=counters.snapshot(), dead_letters=await _dead_letters(count_dead)))
        # Not the library's choice by `Accept`: it fails on versions that are none (0.26), and every scraper reads this one.
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    return router


async def _dead_letters(count_dead: CountDead) -> int | None:
    try:
        return await count_dead()
    except TransientError as exc:
        log.warning("dead_letters_unknown", reason=str(exc))
        return None
