"""How much is measured: the whole run, and a small one that only shows that the bench works."""

from dataclasses import dataclass

LARGE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of people and rounds. Every number that is reported is the median of its rounds."""

    import_rows: tuple[int, ...]
    burst_people: tuple[int, ...]
    hop_reminders: int
    emitted_facts: int
    rounds: int
    large_rounds: int
    """Rounds of whatever has `LARGE` items or more: a single one takes minutes, and varies less."""
    idle_s: float
    """Length of the window in which idle processes are watched."""
    page_people: int
    page_items: int
    page_requests: int
    """Of each page; the first two are the size of the network whose pages are asked for."""

    def rounds_of(self, count: int) -> int:
        """Return how many rounds work of *count* items has."""
        return self.large_rounds if count >= LARGE else self.rounds


FULL = Sizes(
    import_rows=(10_000, 100_000),
    burst_people=(10_000, 100_000),
    hop_reminders=50_000,
    emitted_facts=100_000,
    rounds=3,
    large_rounds=3,
    idle_s=30.0,
    page_people=20_000,
    page_items=100_000,
    page_requests=300,
)
QUICK = Sizes(
    import_rows=(500,),
    burst_people=(1_000,),
    hop_reminders=2_000,
    emitted_facts=2_000,
    rounds=1,
    large_rounds=1,
    idle_s=1.0,
    page_people=300,
    page_items=1_000,
    page_requests=20,
)
