"""
The picture of a network: four columns, from intimate to connected, in which people sink the longer nobody was in touch.

A cell of few people is a blob of dots, one of many a disc with their number: the picture of 20,000 people has no more parts
than that of 200. Units are those of the drawing; the origin is at the top left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from math import cos, log, pi, sin, sqrt
from typing import Final

from services.notifier.domain.network import ENDS_DAYS, Acquaintance, Band, Level, band_of, days_since, drift_of, rhythm_of
from shared.messages.values import Closeness

CELL_DOTS: Final = 24
"""People of a cell who are drawn one by one; what is more becomes a disc."""
DOTS_MAX: Final = 320
"""People who are drawn one by one in the whole picture."""
WIDTH: Final = 400.0
GUTTER: Final = 68.0
"""On the left, for the names of the bands."""
HEAD: Final = 46.0
"""Above, for the names of the columns."""
ROW: Final = 60.0
DOT_R: Final = 4.2
SPREAD: Final = 5.3
"""Distance of the dots of a blob: the outermost of a full one lies within its cell."""
DISC_MIN_R: Final = 15.0
DISC_MAX_R: Final = 27.0
EDGE: Final = 0.5
"""Less is the same depth."""
GOLDEN_ANGLE: Final = pi * (3 - sqrt(5))

Cell = tuple[Closeness, Band]


class Standing(StrEnum):
    """How somebody, or everybody of a disc, stands beside the rhythm."""

    IN_TOUCH = "in_touch"
    DRIFTING = "drifting"
    UNKNOWN = "unknown"
    """No contact is noted."""
    LOOSE = "loose"
    """There is no rhythm for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A band: its upper edge and its middle."""

    band: Band
    top: float
    middle: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A closeness. `rhythm_y` is how deep people may sink before they are overdue; None where they may do so for ever."""

    level: Level
    left: float
    middle: float
    width: float
    rhythm_y: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A person: `days` since the last contact, None where none is noted."""

    person: Acquaintance
    x: float
    y: float
    days: int | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """Many people of one cell; they are drifting when all of them are beyond the rhythm of their closeness."""

    closeness: Closeness
    band: Band
    count: int
    x: float
    y: float
    r: float
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything that is drawn."""

    width: float
    height: float
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    dots: tuple[Dot, ...]
    discs: tuple[Disc, ...]

    @property
    def has_loose(self) -> bool:
        """Whether anybody is drawn who has no rhythm."""
        standings = {*(dot.standing for dot in self.dots), *(disc.standing for disc in self.discs)}
        return Standing.LOOSE in standings


def single_cells(levels: Iterable[Level]) -> list[Cell]:
    """Return the cells whose people are drawn one by one: of the smaller ones as many as the picture holds."""
    counts = {(level.closeness, band): count for level in levels for band, count in level.bands.items() if count}
    chosen: list[Cell] = []
    left = DOTS_MAX
    for cell, count in sorted(counts.items(), key=lambda each: each[1]):
        if count > CELL_DOTS or count > left:
            break
        chosen.append(cell)
        left -= count
    return chosen


def draw(
    *, levels: Sequence[Level], people: Iterable[Acquaintance], cadence_days: Mapping[Closeness, int], now: datetime
) -> Picture:
    """
    Return the picture.

    Args:
        levels: The counts, of all closenesses, the closest first.
        people: Everybody in the cells that `single_cells` chose; whoever is in another cell is left out.
        cadence_days: The owner's rhythms by closeness.
        now: The present instant.
    """
    singles = set(single_cells(levels))
    width = (WIDTH - GUTTER) / len(levels)
    columns = tuple(_column(level, left=GUTTER + index * width, width=width) for index, level in enumerate(levels))
    rows = tuple(Row(band=band, top=HEAD + index * ROW, middle=HEAD + (index + 0.5) * ROW) for index, band in enumerate(Band))
    blobs: dict[Cell, list[Acquaintance]] = {cell: [] for cell in singles}
    for person in people:
        cell = (person.closeness, band_of(last_contact_at=person.last_contact_at, now=now))
        if cell in blobs:
            blobs[cell].append(person)
    dots: list[Dot] = []
    discs: list[Disc] = []
    for column in columns:
        for row in rows:
            cell = (column.level.closeness, row.band)
            if cell in blobs:
                dots += _blob(blobs[cell], column=column, row=row, cadence_days=cadence_days, now=now)
            elif count := column.level.bands.get(row.band, 0):
                discs.append(_disc(count, column=column, row=row, most=_most(levels)))
    return Picture(width=WIDTH, height=HEAD + ROW * len(Band), rows=rows, columns=columns, dots=tuple(dots), discs=tuple(discs))


def depth_of(days: int) -> float:
    """Return how deep a contact of *days* ago lies: evenly within each band."""
    edges = [0, *ENDS_DAYS.values()]
    for index, (start, end) in enumerate(pairwise(edges)):
        if days <= end:
            return HEAD + ROW * (index + (days - start) / (end - start))
    # Older than the bands with an end: the fifth year is at the bottom.
    years = log(days / edges[-1]) / log(5)
    return HEAD + ROW * (len(ENDS_DAYS) + min(years, 1.0))


def _column(level: Level, *, left: float, width: float) -> Column:
    rhythm_y = depth_of(level.rhythm_days) if level.rhythm_days else None
    return Column(level=level, left=left, middle=left + width / 2, width=width, rhythm_y=rhythm_y)


def _blob(
    people: Iterable[Acquaintance], *, column: Column, row: Row, cadence_days: Mapping[Closeness, int], now: datetime
) -> Iterable[Dot]:
    """Yield the people of a cell as the seeds of a sunflower, those with the latest contact in the middle."""
    latest = sorted(people, key=lambda each: (each.last_contact_at is None, _age(each, now=now) or 0, each.contact))
    for index, person in enumerate(latest):
        # A single one stands in the middle, several around it.
        distance = SPREAD * sqrt(index + 0.5) if len(latest) > 1 else 0.0
        yield Dot(
            person=person,
            x=column.middle + distance * cos(index * GOLDEN_ANGLE),
            y=row.middle + distance * sin(index * GOLDEN_ANGLE),
            days=_age(person, now=now),
            standing=_standing(person, cadence_days=cadence_days, now=now),
        )


def _standing(person: Acquaintance, *, cadence_days: Mapping[Closeness, int], now: datetime) -> Standing:
    if person.last_contact_at is None:
        return Standing.UNKNOWN
    if rhythm_of(person=person, cadence_days=cadence_days) is None:
        return Standing.LOOSE
    is_late = drift_of(person=person, cadence_days=cadence_days, now=now) is not None
    return Standing.DRIFTING if is_late else Standing.IN_TOUCH


def _age(person: Acquaintance, *, now: datetime) -> int | None:
    return None if person.last_contact_at is None else days_since(at=person.last_contact_at, now=now)


def _disc(count: int, *, column: Column, row: Row, most: int) -> Disc:
    # The area grows with the number, from the least that is a disc to the most that there is.
    share = (sqrt(count) - sqrt(CELL_DOTS)) / max(sqrt(most) - sqrt(CELL_DOTS), 1.0)
    return Disc(
        closeness=column.level.closeness,
        band=row.band,
        count=count,
        x=column.middle,
        y=row.middle,
        r=DISC_MIN_R + (DISC_MAX_R - DISC_MIN_R) * min(max(share, 0.0), 1.0),
        standing=_standing_of_all(column, row),
    )


def _standing_of_all(column: Column, row: Row) -> Standing:
    if row.band is Band.UNKNOWN:
        return Standing.UNKNOWN
    if column.rhythm_y is None:
        return Standing.LOOSE
    return Standing.DRIFTING if row.top >= column.rhythm_y - EDGE else Standing.IN_TOUCH


def _most(levels: Iterable[Level]) -> int:
    return max(count for level in levels for count in level.bands.values())
