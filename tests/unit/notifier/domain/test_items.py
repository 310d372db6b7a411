"""Tests of when an item is late."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.notifier.domain.items import is_belated, reads_belated, today_of
from shared.messages.reminders import ItemState, ReminderKind
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Occasion
from tests.unit.notifier.make import ON, an_item


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("UTC", date(2026, 5, 4)), ("Pacific/Auckland", date(2026, 5, 5)), ("America/Los_Angeles", date(2026, 5, 4))],
)
def test_today_is_the_owners(zone: str, expected: date) -> None:
    """The same instant is another date for an owner on the other side of the world."""
    profile = OwnerProfile(owner="sam", rev=1, name="Sam", timezone=zone)
    assert today_of(profile, now=datetime(2026, 5, 4, 20, tzinfo=UTC)) == expected


def test_an_owner_without_a_profile_lives_in_utc() -> None:
    """Until the profile arrives the date is that of UTC."""
    assert today_of(None, now=datetime(2026, 5, 4, 23, 59, tzinfo=UTC)) == date(2026, 5, 4)


@pytest.mark.parametrize(("days", "expected"), [(-1, False), (0, False), (1, True), (7, True)])
def test_a_firing_after_its_day_is_belated(days: int, expected: bool) -> None:
    """Belated begins with the day after the date."""
    assert is_belated(on=ON, kind=ReminderKind.DAY, today=ON + timedelta(days=days)) is expected
    assert not is_belated(on=ON, kind=ReminderKind.AHEAD, today=ON + timedelta(days=days))


@pytest.mark.parametrize("occasion", Occasion)
def test_an_item_left_lying_turns_belated_where_the_day_matters(occasion: Occasion) -> None:
    """A birthday that lay unsent overnight is late; a check-in is as good as yesterday."""
    dated = occasion in (Occasion.BIRTHDAY, Occasion.WORK_ANNIVERSARY, Occasion.CUSTOM)
    assert reads_belated(an_item(occasion=occasion), today=ON + timedelta(days=1)) is dated


def test_a_sent_item_keeps_what_it_was() -> None:
    """A greeting sent in time does not become late afterwards."""
    assert not reads_belated(an_item(state=ItemState.SENT), today=ON + timedelta(days=9))
