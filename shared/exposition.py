"""What Prometheus is shown when it asks: the counts of a service, and what is read at that moment."""

import importlib.metadata
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from shared.counters import Count, Counters, Durations, Labels, Spread
from shared.errors import TransientError
from shared.logging import get_logger
from shared.metrics import BUILD, CATALOGUE, EVENTS, Gauge

log = get_logger(__name__)

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
"""Not the library's choice by `Accept`: it fails on versions that are none (0.26), and every scraper reads this one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a gauge showed."""

    gauge: Gauge
    value: float
    labels: Labels = ()


Read = Callable[[], Awaitable[Sequence[Reading]]]
"""Reads gauges; raises `TransientError` when nobody knows: they are absent then, rather than 0."""


class Exposition:
    """Writes what a service shows."""

    def __init__(self, *, service: str, counters: Counters, reads: Sequence[Read] = ()) -> None:
        self._service = service
        self._counters = counters
        self._reads = reads
        # Memory, processor time, open files and start of this process, under the names that dashboards everywhere know.
        self._process = ProcessCollector(registry=None)

    async def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        readings = [Reading(BUILD, 1, (self._service, importlib.metadata.version("hobnob")))]
        for read in self._reads:
            try:
                readings += await read()
            except TransientError as exc:
                log.warning("gauge_unknown", reason=str(exc))
        registry = CollectorRegistry()
        registry.register(_Scrape(self._service, self._counters, readings))
        registry.register(self._process)
        return generate_latest(registry)


class _Scrape(Collector):
    """What one scrape shows."""

    def __init__(self, service: str, counters: Counters, readings: Sequence[Reading]) -> None:
        self._service = service
        self._counters = counters
        self._readings = readings

    def collect(self) -> Iterator[Family]:
        for metric in CATALOGUE[self._service]:
            match metric:
                case Count():
                    yield self._count(metric)
                case Durations():
                    yield self._durations(metric)
                case Gauge():
                    yield from self._gauge(metric)

    def _count(self, metric: Count) -> Family:
        family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        counts = (
            {(name,): count for name, count in self._counters.snapshot().items()}
            if metric is EVENTS
            else self._counters.counted(metric)
        )
        for labels, count in sorted(counts.items()):
            family.add_metric(labels, count)
        return family

    def _durations(self, metric: Durations) -> Family:
        family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        # Without labels it is there from the start, so that the first observation counts as an increase.
        empty = {} if metric.labels else {(): Spread([0] * (len(metric.bounds_s) + 1))}
        for labels, spread in sorted((empty | self._counters.observed(metric)).items()):
            total, buckets = 0, []
            for bound, count in zip((*map(str, metric.bounds_s), "+Inf"), spread.counts, strict=True):
                total += count
                buckets.append((bound, total))
            family.add_metric(labels, buckets, sum_value=spread.sum_s)
        return family

    def _gauge(self, metric: Gauge) -> Iterator[Family]:
        found = [reading for reading in self._readings if reading.gauge is metric]
        if found:
            family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for reading in found:
                family.add_metric(reading.labels, reading.value)
            yield family
