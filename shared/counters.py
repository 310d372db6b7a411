"""Named counts of what a service did and why it skipped things; shown by its `health` request."""

from collections import Counter


class Counters:
    """
    Counts by dotted name, such as `armed` or `skipped.muted`, since the process started.

    Names come from the code, never from data: their number is bounded.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, count: int = 1) -> None:
        """Count *count* more of *name*."""
        self._counts[name] += count

    def snapshot(self) -> dict[str, int]:
        """Return a copy of all counts, sorted by name."""
        return dict(sorted(self._counts.items()))
