"""What a run found, as values: the rounds as measured, and what is reported of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from bench.watch import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The same work by Hobnob and by the raw clients, in seconds, one of each a round."""

    what: str
    raw_is: str
    count: int
    ours_s: tuple[float, ...]
    raw_s: tuple[float, ...]

    @property
    def ours_per_s(self) -> float:
        """Items a second in the median round of ours."""
        return self.count / median(self.ours_s)

    @property
    def raw_per_s(self) -> float:
        """Items a second in the median round of the raw clients."""
        return self.count / median(self.raw_s)

    @property
    def ratio(self) -> float:
        """Median over the rounds of ours beside raw: what the machine did meanwhile to one it did to the other."""
        return median(raw / ours for raw, ours in zip(self.raw_s, self.ours_s, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How long after their due instant the reminders of a burst were taken for the inbox, in seconds."""

    p50_s: float
    p99_s: float
    max_s: float

    @classmethod
    def of(cls, late_s: Sequence[float]) -> "Lateness":
        """Summarise one round."""
        return cls(p50_s=median(late_s), p99_s=quantiles(late_s, n=100)[98], max_s=max(late_s))

    @classmethod
    def median_of(cls, rounds: Sequence["Lateness"]) -> "Lateness":
        """Return the median of each figure over the rounds."""
        return cls(
            p50_s=median(r.p50_s for r in rounds), p99_s=median(r.p99_s for r in rounds), max_s=median(r.max_s for r in rounds)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was there after a burst: items, people who have one, people who are armed again for a later day."""

    in_inbox: int
    distinct_people: int
    armed_again: int

    def is_exact(self, people: int) -> bool:
        """Whether nobody was lost, doubled or forgotten."""
        return self == Counted(in_inbox=people, distinct_people=people, armed_again=people)


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstRound:
    """One burst through scheduler and notifier: seconds from the due instant."""

    arming_s: float
    inbox_s: float
    rearmed_s: float
    lateness: Lateness
    counted: Counted
    peaks_mb: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBurstRound:
    """One burst into the raw consumer, the scheduler arming again beside it."""

    inbox_s: float
    rearmed_s: float
    lateness: Lateness


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """The bursts of one size."""

    people: int
    ours: tuple[BurstRound, ...]
    raw: tuple[RawBurstRound, ...]

    @property
    def comparison(self) -> Comparison:
        """Due instant to the last inbox item, both services working."""
        return Comparison(
            what="burst",
            raw_is="the raw consumer in the notifier's place; both: due to inbox, the scheduler arming again",
            count=self.people,
            ours_s=tuple(r.inbox_s for r in self.ours),
            raw_s=tuple(r.inbox_s for r in self.raw),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """The imports of one size, and the most memory that each process held in any of them."""

    comparison: Comparison
    peaks_mb: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """What the five processes use while nothing happens, *armed* timers waiting."""

    armed: int
    usage: Mapping[str, Usage]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTimes:
    """How long a page took, each time it was asked for, and how large it is."""

    what: str
    times_s: tuple[float, ...]
    bytes: int

    @property
    def p50_ms(self) -> float:
        """The median, in milliseconds."""
        return 1e3 * median(self.times_s)

    @property
    def p95_ms(self) -> float:
        """What 95 of 100 stay below, in milliseconds."""
        return 1e3 * quantiles(self.times_s, n=20)[18]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTimes:
    """The pages of a network of some size, and a route that does nothing."""

    people: int
    items: int
    routes: tuple[RouteTimes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A whole run."""

    started_at: str
    machine: Mapping[str, str | int | float]
    comparisons: tuple[Comparison, ...]
    imports: tuple[Import, ...]
    bursts: tuple[Burst, ...]
    idle: tuple[Idle, ...]
    first_sweep_cpu_s: Mapping[str, float]
    """Processor time of a sweep over everybody of the largest burst, by process."""
    pages: PageTimes

    @property
    def all_comparisons(self) -> tuple[Comparison, ...]:
        """Every comparison with a raw limit, those of imports and bursts included."""
        return (
            *self.comparisons,
            *(found.comparison for found in self.imports),
            *(burst.comparison for burst in self.bursts),
        )
