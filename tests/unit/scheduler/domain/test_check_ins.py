"""Check-ins: the cadence, and no crowds."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.check_ins import next_check_in

TODAY = date(2026, 11, 24)


def check_in(contact: str = "bo", **values: Any) -> date:
    """Return the next check-in of somebody who was never in touch, known since today."""
    base: dict[str, Any] = {"cadence_days": 90, "today": TODAY, "grace_days": 7, "last_contact_on": None, "known_on": TODAY}
    return next_check_in(contact=contact, **(base | {"last_nudge_on": None, "promised_on": None} | values))


def test_one_cadence_after_the_last_contact() -> None:
    """Talking to somebody moves the check-in to a cadence from then."""
    assert check_in(last_contact_on=date(2026, 11, 1)) == date(2027, 1, 30)


def test_a_check_in_missed_within_the_grace_is_made_up_for() -> None:
    """A date a few days back is returned as it is."""
    assert check_in(last_contact_on=TODAY - timedelta(days=95)) == TODAY - timedelta(days=5)


def test_after_a_nudge_the_next_is_a_cadence_later() -> None:
    """Nobody is nudged every day about the same silence."""
    assert check_in(last_contact_on=date(2026, 1, 1), last_nudge_on=TODAY) == TODAY + timedelta(days=90)
    assert check_in(last_nudge_on=TODAY) == TODAY + timedelta(days=90)


@pytest.mark.parametrize("cadence_days", [30, 90])
@pytest.mark.parametrize("last_contact_on", [None, date(2023, 5, 1)], ids=["never", "long ago"])
def test_a_crowd_is_spread(cadence_days: int, last_contact_on: date | None) -> None:
    """Of 2,000 people imported today no day gets more than twice the even share, and none lies beyond one cadence."""
    days = Counter(check_in(f"contact-{n}", cadence_days=cadence_days, last_contact_on=last_contact_on) for n in range(2000))
    assert max(days.values()) <= 2 * 2000 / cadence_days
    assert min(days) >= TODAY
    assert max(days) <= TODAY + timedelta(days=cadence_days)


@given(st.integers(1, 400), st.uuids().map(lambda u: u.hex), st.none() | st.dates(date(2015, 1, 1), date(2025, 1, 1)))
def test_the_date_stands_still(cadence_days: int, contact: str, last_contact_on: date | None) -> None:
    """Planning again on each following day gives the same date until that date has come."""
    if last_contact_on and last_contact_on + timedelta(days=cadence_days) >= TODAY - timedelta(days=7):
        last_contact_on = None
    on = check_in(contact, cadence_days=cadence_days, last_contact_on=last_contact_on)
    for days in range(0, (on - TODAY).days + 1, max(1, cadence_days // 7)):
        later = check_in(contact, cadence_days=cadence_days, last_contact_on=last_contact_on, today=TODAY + timedelta(days=days))
        assert later == on


def test_a_promised_check_in_that_was_missed_is_made_up_for() -> None:
    """A spread date that passed unseen counts when an agenda had announced it, and only then."""
    on = check_in(known_on=date(2026, 1, 1))
    later = on + timedelta(days=3)
    assert check_in(known_on=date(2026, 1, 1), today=later, promised_on=on) == on
    assert check_in(known_on=date(2026, 1, 1), today=later) == on + timedelta(days=90)
    assert check_in(known_on=date(2026, 1, 1), today=later, promised_on=on, last_nudge_on=on) == on + timedelta(days=90)


def test_a_shorter_cadence_makes_no_crowd() -> None:
    """When the cadence shrinks, what is long overdue by it is spread, not all due today."""
    days = Counter(check_in(f"c{n}", cadence_days=30, last_nudge_on=TODAY - timedelta(days=100)) for n in range(2000))
    assert max(days.values()) <= 2 * 2000 / 30
