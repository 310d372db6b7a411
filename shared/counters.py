"""
What a service did, in numbers: counts by name for its `health` request, counts with labels and durations for Prometheus.

One object is handed to everything that counts. Counting is adding to a dictionary; what a scrape shows is made when one comes
(`shared/exposition.py`). Which metrics there are is said in one place, `shared/metrics.py`.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

Labels = tuple[str, ...]
"""The values of a metric's labels, in its order. They come from the code, never from data: their number is bounded."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Count:
    """
    A metric that only grows.

    `counted_as` names the count by name that it shows, instead of one of its own: `armed`, or, for the one label that such a
    metric may have, a family like `skipped.*`. `known` are labels that are shown from the start, as 0.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    counted_as: str | None = None
    known: tuple[Labels, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Durations:
    """A metric of how long something took, in seconds, by upper bounds."""

    name: str
    help: str
    bounds_s: tuple[float, ...]
    labels: tuple[str, ...] = ()


@dataclass(slots=True)
class Spread:
    """How many durations fell up to each bound, the last place being for those above all, and their sum."""

    counts: list[int]
    sum_s: float = 0.0


@dataclass(slots=True)
class _Kept:
    names: Counter[str] = field(default_factory=Counter)
    counts: dict[Count, Counter[Labels]] = field(default_factory=dict)
    spreads: dict[Durations, dict[Labels, Spread]] = field(default_factory=dict)


class Counters:
    """Counts since the process started."""

    def __init__(self) -> None:
        self._kept = _Kept()

    def add(self, name: str, count: int = 1) -> None:
        """Count *count* more of *name*, a dotted name such as `armed` or `skipped.muted` that comes from the code."""
        self._kept.names[name] += count

    def snapshot(self) -> dict[str, int]:
        """Return a copy of all counts by name, sorted."""
        return dict(sorted(self._kept.names.items()))

    def count(self, metric: Count, *labels: str, by: int = 1) -> None:
        """Count *by* more of *metric* under *labels*."""
        self._kept.counts.setdefault(metric, Counter())[labels] += by

    def observe(self, metric: Durations, seconds: Iterable[float], *labels: str) -> None:
        """Note durations under *labels*; a whole batch costs one call."""
        spreads = self._kept.spreads.setdefault(metric, {})
        if (spread := spreads.get(labels)) is None:
            spread = spreads[labels] = Spread([0] * (len(metric.bounds_s) + 1))
        for each in seconds:
            spread.counts[bisect_left(metric.bounds_s, each)] += 1
            spread.sum_s += each

    def counted(self, metric: Count) -> dict[Labels, int]:
        """Return the counts of *metric* by its labels, those that are known from the start included."""
        start: dict[Labels, int] = dict.fromkeys(metric.known, 0) if metric.labels else {(): 0}
        if metric.counted_as is None:
            return start | self._kept.counts.get(metric, {})
        if not metric.labels:
            return {(): self._kept.names[metric.counted_as]}
        family = metric.counted_as.removesuffix("*")
        return start | {
            (name.removeprefix(family),): count for name, count in self._kept.names.items() if name.startswith(family)
        }

    def observed(self, metric: Durations) -> dict[Labels, Spread]:
        """Return what was noted of *metric* by its labels."""
        return self._kept.spreads.get(metric, {})
