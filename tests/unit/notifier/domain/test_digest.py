"""What a digest holds, and in which order."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from services.notifier.domain.digest import Digest, Entry, Watched, build_digest, entry_of, excerpt_of, most_important
from shared.messages.rpc import Draft
from shared.messages.values import Closeness, Occasion
from tests.unit.notifier.make import ON, a_snapshot, an_item


def an_entry(**changes: Any) -> Entry:
    """Return a birthday of today of somebody known well."""
    values: dict[str, Any] = {
        "item": "anna:birthday:2026-05-04",
        "name": "Anna Example",
        "occasion": Occasion.BIRTHDAY,
        "closeness": Closeness.WELL,
        "on": ON,
        "days_left": 0,
    } | changes
    return Entry(**values)


def test_the_most_important_first() -> None:
    """Closeness goes before all, then today's, round milestones, what is late, the date and the name, from any order."""
    wanted = [
        an_entry(name="1", closeness=Closeness.INTIMATE, days_left=3, on=ON + timedelta(days=3)),
        an_entry(name="2", is_round=True),
        an_entry(name="3"),
        an_entry(name="4", days_left=-1, on=ON - timedelta(days=1), is_round=True, is_belated=True),
        an_entry(name="5", days_left=-2, on=ON - timedelta(days=2), is_belated=True),
        an_entry(name="6", closeness=Closeness.CONNECTED),
    ]
    for order in permutations(wanted):
        assert [each.name for each in most_important(order)] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("on", "days_left", "is_belated"),
    [(ON, 0, False), (ON + timedelta(days=7), 7, False), (ON - timedelta(days=2), -2, True)],
)
def test_an_item_as_an_entry(on: Any, days_left: int, is_belated: bool) -> None:
    """How many days are left is counted from the owner's date; an item whose day passed while it lay open is late."""
    entry = entry_of(item=an_item(on=on, milestone=40), person=a_snapshot(), name="Anna", today=ON)
    assert (entry.days_left, entry.is_belated, entry.is_round) == (days_left, is_belated, True)


def test_undated_occasions_have_no_day() -> None:
    """A check-in belongs to no day, and nothing known of the person is the least close."""
    entry = entry_of(item=an_item(occasion=Occasion.STAY_IN_TOUCH), person=None, name="anna", today=ON)
    assert entry.days_left is None
    assert entry.closeness is Closeness.CONNECTED


def test_the_excerpt_is_what_goes_out() -> None:
    """Lines for the owner's eye are not quoted, and a long draft is cut at a word."""
    draft = Draft(subject="x", body="Happy birthday, Anna!\n\n[Add a personal line]\n\n" + "word " * 60)
    excerpt = excerpt_of(draft)
    assert excerpt.startswith("Happy birthday, Anna! word")
    assert excerpt.endswith(" …")
    assert "[" not in excerpt


def test_nothing_to_say() -> None:
    """What waits from before, or is merely coming, is no reason for a digest; the heartbeat is."""
    empty = build_digest(entries=(), more=0, earlier=7, coming=(), watched=None)
    assert not empty.says_something
    assert build_digest(entries=(an_entry(),), more=2, earlier=0, coming=(), watched=None).reminders == 3
    assert Digest(entries=(), more=0, earlier=0, coming=(), watched=a_week()).says_something


def a_week(**changes: Any) -> Watched:
    """Return a week in which all was well."""
    counts: dict[str, Any] = {
        "people": 3,
        "dates": 4,
        "timers": 4,
        "expected": 4,
        "came": 1,
        "acted": 1,
        "waiting": 0,
        "late": 0,
        "troubled": 0,
    }
    return Watched(**(counts | changes))


@pytest.mark.parametrize("trouble", [{"timers": 3}, {"late": 1}, {"troubled": 1}])
def test_a_week_with_trouble(trouble: dict[str, int]) -> None:
    """A missing timer, a late reminder or a greeting in doubt is told; without any, nothing was missed."""
    assert a_week().is_well
    assert not a_week(**trouble).is_well
