"""The picture of a network: bounded, within its frame, and of everybody once."""

from collections import Counter
from math import dist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.network import Acquaintance, Band, Level, band_of
from services.notifier.domain.network_picture import (
    CELL_DOTS,
    DOT_R,
    DOTS_MAX,
    HEAD,
    ROW,
    Standing,
    depth_of,
    draw,
    single_cells,
)
from shared.messages.snapshots import DEFAULT_CADENCE_DAYS
from shared.messages.values import Closeness
from tests.unit.notifier.domain.test_network import NOW, person


def levels(people: list[Acquaintance]) -> list[Level]:
    """Return how many of *people* are where."""
    counts = Counter((each.closeness, band_of(last_contact_at=each.last_contact_at, now=NOW)) for each in people)
    return [
        Level(
            closeness=closeness,
            rhythm_days=DEFAULT_CADENCE_DAYS[closeness] or None,
            in_touch=0,
            drifting=0,
            bands={band: counts[closeness, band] for band in Band},
        )
        for closeness in Closeness
    ]


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 3_000)), st.sampled_from(Closeness)), max_size=120))
def test_everybody_is_drawn_once_within_the_frame(drawn: list[tuple[int | None, Closeness]]) -> None:
    """As a dot or as one of a disc; every part lies in the column and the row of its cell."""
    people = [person(days, closeness, who=f"c{place}") for place, (days, closeness) in enumerate(drawn)]
    picture = draw(levels=levels(people), people=people, cadence_days=DEFAULT_CADENCE_DAYS, now=NOW)
    assert len(picture.dots) + sum(disc.count for disc in picture.discs) == len(people)
    assert len({dot.person.contact for dot in picture.dots}) == len(picture.dots)
    columns = {column.level.closeness: column for column in picture.columns}
    rows = {row.band: row for row in picture.rows}
    for dot in picture.dots:
        column = columns[dot.person.closeness]
        row = rows[band_of(last_contact_at=dot.person.last_contact_at, now=NOW)]
        assert column.left + DOT_R <= dot.x <= column.left + column.width - DOT_R
        assert row.top + DOT_R <= dot.y <= row.top + ROW - DOT_R


def test_a_large_network_has_no_larger_picture() -> None:
    """Of many people with as many in each cell as are drawn one by one, no more are than the picture holds."""
    every: list[int | None] = [3, 20, 60, 120, 300, 900, None]
    people = [
        person(days, closeness, who=f"{closeness}{days}{number}")
        for closeness in Closeness
        for days in every
        for number in range(CELL_DOTS)
    ]
    cells = single_cells(levels(people))
    assert len(cells) * CELL_DOTS <= DOTS_MAX
    picture = draw(levels=levels(people), people=people, cadence_days=DEFAULT_CADENCE_DAYS, now=NOW)
    assert len(picture.dots) <= DOTS_MAX
    assert len(picture.dots) + sum(disc.count for disc in picture.discs) == len(people)


def test_dots_of_a_blob_keep_apart() -> None:
    """No two people hide each other."""
    people = [person(3, who=f"c{number}") for number in range(CELL_DOTS)]
    dots = draw(levels=levels(people), people=people, cadence_days=DEFAULT_CADENCE_DAYS, now=NOW).dots
    apart = [dist((a.x, a.y), (b.x, b.y)) for a in dots for b in dots if a is not b]
    assert min(apart) > DOT_R


@pytest.mark.parametrize(
    ("days", "closeness", "standing"),
    [
        (3, Closeness.WELL, Standing.IN_TOUCH),
        (200, Closeness.WELL, Standing.DRIFTING),
        (None, Closeness.WELL, Standing.UNKNOWN),
        (200, Closeness.CONNECTED, Standing.LOOSE),
    ],
)
@pytest.mark.parametrize("count", [1, 500])
def test_colours_say_how_people_stand(days: int | None, closeness: Closeness, standing: Standing, count: int) -> None:
    """A dot and a disc of the same people stand alike."""
    people = [person(days, closeness, who=f"c{number}") for number in range(count)]
    picture = draw(levels=levels(people), people=people, cadence_days=DEFAULT_CADENCE_DAYS, now=NOW)
    assert {*(dot.standing for dot in picture.dots), *(disc.standing for disc in picture.discs)} == {standing}


def test_deeper_is_longer_ago() -> None:
    """The line of a rhythm lies at the edge of the band that ends there, and never beyond the last dated band."""
    depths = [depth_of(days) for days in range(1, 6_000)]
    assert depths == sorted(depths)
    assert depth_of(30) == HEAD + 2 * ROW
    assert depth_of(180) == HEAD + 4 * ROW
    assert depths[-1] <= HEAD + 6 * ROW
