"""Looking at a few days before looking at a year: of a large network the nearest days fill a page."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, TypeVar

DayT = TypeVar("DayT", bound=date)
FIRST_SPAN: Final = timedelta(days=2)
GROWTH: Final = 4
"""Even of a year, looked at in vain, no more than a fourth is looked at twice."""


def widening(*, first: DayT, last: DayT) -> Iterator[DayT]:
    """Yield the ends of ever longer spans that begin at *first*, dates or instants; the last of them is *last* itself."""
    span = FIRST_SPAN
    while first + span < last:
        yield first + span
        span *= GROWTH
    yield last
