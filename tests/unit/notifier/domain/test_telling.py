"""When an owner is told: zones, both changes of clocks, quiet hours, and exactly one digest a date."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.telling import (
    EARLY,
    LATE,
    DigestDue,
    NoDigest,
    digest_at,
    goes_at_once,
    is_quiet,
    judge_digest,
    keeps_quiet,
    missed_digest,
    near_digest_on,
    next_digest_at,
    quiet_ends_at,
    zone_of,
)
from shared.messages.snapshots import ContactSnapshot, Job, OwnerProfile
from shared.messages.telling import DEFAULT_AT_ONCE, AtOnce, Telling, Weekday
from shared.messages.values import Closeness, Occasion

SINCE, UNTIL = datetime(2026, 1, 1), datetime(2027, 12, 1)  # noqa: DTZ001  # hypothesis gives them their zone
ZONES = ("America/Toronto", "Asia/Kolkata", "Pacific/Chatham")


def a_profile(zone: str = "UTC", *, at: time = time(9, 0), **telling: Any) -> OwnerProfile:
    """Return an owner who wants the digest at *at*."""
    return OwnerProfile(owner="sam", rev=1, name="Sam Sample", timezone=zone, deliver_at=at, telling=Telling(**telling))


def instants(profile: OwnerProfile, *, start: datetime, end: datetime) -> list[datetime]:
    """Return every digest from *start* to *end*, as they follow each other."""
    found: list[datetime] = []
    now = start
    while (at := next_digest_at(profile=profile, now=now)) is not None and at < end:
        found.append(at)
        now = at
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(9, 0), time(2, 30), time(0, 0), time(23, 59), time(3, 15)])
def test_one_digest_a_date_all_year_round(zone: str, at: time) -> None:
    """Each local date of two years has exactly one digest, at the owner's hour or, where that is skipped, right after the gap."""
    profile = a_profile(zone, at=at)
    found = instants(profile, start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2028, 1, 1, tzinfo=UTC))
    local = [instant.astimezone(zone_of(profile)) for instant in found]
    dates = [each.date() for each in local]
    assert dates == [dates[0] + timedelta(days=number) for number in range(len(dates))]
    assert len(dates) in (729, 730)
    # At most the two days of each year on which an hour is skipped are told at another hour, and then later.
    odd = [each for each in local if each.time() != at]
    assert len(odd) <= 2
    assert all(each.time() > at for each in odd)


@pytest.mark.parametrize(
    ("zone", "at", "on", "expected"),
    [
        ("America/Toronto", time(9, 0), date(2026, 3, 7), "2026-03-07T14:00:00+00:00"),
        ("America/Toronto", time(9, 0), date(2026, 3, 8), "2026-03-08T13:00:00+00:00"),
        ("America/Toronto", time(2, 30), date(2026, 3, 8), "2026-03-08T07:00:00+00:00"),
        ("America/Toronto", time(1, 30), date(2026, 11, 1), "2026-11-01T05:30:00+00:00"),
        ("America/Toronto", time(9, 0), date(2026, 11, 1), "2026-11-01T14:00:00+00:00"),
        ("Asia/Kolkata", time(9, 0), date(2026, 3, 8), "2026-03-08T03:30:00+00:00"),
        ("Asia/Kolkata", time(9, 0), date(2026, 11, 1), "2026-11-01T03:30:00+00:00"),
        ("Pacific/Chatham", time(9, 0), date(2026, 4, 4), "2026-04-03T19:15:00+00:00"),
        ("Pacific/Chatham", time(9, 0), date(2026, 4, 5), "2026-04-04T20:15:00+00:00"),
        ("Pacific/Chatham", time(3, 0), date(2026, 4, 5), "2026-04-04T13:15:00+00:00"),
        ("Pacific/Chatham", time(3, 0), date(2026, 9, 27), "2026-09-26T14:00:00+00:00"),
        ("Pacific/Chatham", time(9, 0), date(2026, 9, 27), "2026-09-26T19:15:00+00:00"),
    ],
)
def test_the_hour_across_changes_of_clocks(zone: str, at: time, on: date, expected: str) -> None:
    """The digest comes at the local hour on the days before, at and after both changes; a skipped hour is the end of the gap."""
    assert digest_at(profile=a_profile(zone, at=at), on=on) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("zone", ZONES)
@given(start=st.datetimes(SINCE, UNTIL, timezones=st.just(UTC)), seconds=st.integers(30, 4000))
def test_firings_at_any_time_bring_one_digest_a_date(zone: str, start: datetime, seconds: int) -> None:
    """However often the timer fires, each date with a firing after its hour has one digest, and none comes before its hour."""
    profile = a_profile(zone, at=time(2, 30), quiet_from=time(0), quiet_until=time(0))
    told: set[date] = set()
    for number in range(200):
        now = start + timedelta(seconds=seconds * number)
        judged = judge_digest(profile=profile, now=now)
        if isinstance(judged, DigestDue):
            assert judged.due_at <= now + EARLY
            assert judged.on == now.astimezone(zone_of(profile)).date()
            told.add(judged.on)
        else:
            assert judged is NoDigest.TOO_EARLY
            assert now.astimezone(zone_of(profile)).time() < time(3, 31)
    assert len(told) <= (timedelta(seconds=seconds * 200).days + 2)


def test_days() -> None:
    """The digest comes on the chosen days and on that of the heartbeat, and never where neither is wanted."""
    profile = a_profile(digest_days=(Weekday.TUESDAY, Weekday.FRIDAY), heartbeat_on=Weekday.SUNDAY)
    found = instants(profile, start=datetime(2026, 5, 4, tzinfo=UTC), end=datetime(2026, 5, 11, tzinfo=UTC))
    assert [each.date().isoformat() for each in found] == ["2026-05-05", "2026-05-08", "2026-05-10"]
    assert judge_digest(profile=profile, now=datetime(2026, 5, 4, 10, tzinfo=UTC)) is NoDigest.NOT_THIS_DAY
    never = a_profile(digest_days=(), heartbeat_on="never")
    assert next_digest_at(profile=never, now=datetime(2026, 5, 4, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        ((8, 59, 29), NoDigest.TOO_EARLY),
        ((8, 59, 59), DigestDue),
        ((9, 0, 0), DigestDue),
        ((20, 59, 0), DigestDue),
        ((21, 0, 0), NoDigest.QUIET),
        ((23, 59, 59), NoDigest.QUIET),
    ],
)
def test_a_firing_is_a_hint(hour: tuple[int, int, int], expected: object) -> None:
    """Too early is no digest, a moment before its hour is one by the broker's clock; late is one, but not in quiet hours."""
    judged = judge_digest(profile=a_profile(), now=datetime(2026, 5, 4, *hour, tzinfo=UTC))
    assert judged is expected or (expected is DigestDue and isinstance(judged, DigestDue))


def test_a_digest_that_is_wanted_at_night() -> None:
    """Whoever sets the digest into their quiet hours gets it then, also when it is late."""
    profile = a_profile(digest_at=time(22, 0))
    assert isinstance(judge_digest(profile=profile, now=datetime(2026, 5, 4, 23, 30, tzinfo=UTC)), DigestDue)


@pytest.mark.parametrize(
    ("due", "now", "kept"),
    [
        ((20, 40), (20, 59), False),
        ((20, 40), (21, 9), False),
        ((20, 40), (21, 11), True),
        ((21, 0), (23, 30), False),
    ],
)
def test_what_is_late_keeps_quiet_hours(due: tuple[int, int], now: tuple[int, int], kept: bool) -> None:
    """What did not get through before the quiet hours waits for their end; what was due in them goes out in them."""
    due_at, present = datetime(2026, 5, 4, *due, tzinfo=UTC), datetime(2026, 5, 4, *now, tzinfo=UTC)
    assert keeps_quiet(profile=a_profile(), due_at=due_at, now=present, grace=LATE) is kept


def test_a_missed_digest_is_made_up_for() -> None:
    """A timer that did not come is waited for, then its digest is due for some hours."""
    at = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
    assert missed_digest(profile=a_profile(), now=at + timedelta(minutes=4)) is None
    assert missed_digest(profile=a_profile(), now=at + timedelta(minutes=5)) == DigestDue(on=date(2026, 5, 4), due_at=at)
    assert missed_digest(profile=a_profile(), now=at + timedelta(hours=7)) is None
    skipped = a_profile("America/Toronto", at=time(2, 30), quiet_from=time(0), quiet_until=time(0))
    gap_ends = datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
    assert missed_digest(profile=skipped, now=gap_ends + timedelta(minutes=6)) == DigestDue(on=date(2026, 3, 8), due_at=gap_ends)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet", "ends"),
    [
        (20, 59, False, "2026-05-05T08:00:00+00:00"),
        (21, 0, True, "2026-05-05T08:00:00+00:00"),
        (3, 0, True, "2026-05-04T08:00:00+00:00"),
        (7, 59, True, "2026-05-04T08:00:00+00:00"),
        (8, 0, False, "2026-05-05T08:00:00+00:00"),
    ],
)
def test_quiet_hours(hour: int, minute: int, quiet: bool, ends: str) -> None:
    """From nine in the evening to eight in the morning is quiet, the end not included."""
    now = datetime(2026, 5, 4, hour, minute, tzinfo=UTC)
    assert is_quiet(profile=a_profile(), now=now) is quiet
    assert quiet_ends_at(profile=a_profile(), now=now) == datetime.fromisoformat(ends)


@given(
    now=st.datetimes(SINCE, UNTIL, timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
    start=st.times(),
    end=st.times(),
)
def test_quiet_hours_end(now: datetime, zone: str, start: time, end: time) -> None:
    """Quiet hours end, after now and within two days; the same time twice is never quiet."""
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    profile = a_profile(zone, quiet_from=start, quiet_until=end)
    ends = quiet_ends_at(profile=profile, now=now)
    assert now < ends <= now + timedelta(days=2)
    assert not (start == end and is_quiet(profile=profile, now=now))


def test_near_the_digest() -> None:
    """What comes within a quarter of an hour of the digest of its date is left to it."""
    at = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
    assert near_digest_on(profile=a_profile(), now=at - timedelta(minutes=15)) == date(2026, 5, 4)
    assert near_digest_on(profile=a_profile(), now=at + timedelta(minutes=16)) is None
    assert near_digest_on(profile=a_profile(digest_days=(Weekday.SUNDAY,), heartbeat_on="never"), now=at) is None


def a_person(closeness: Closeness, **changes: Any) -> ContactSnapshot:
    """Return somebody known that well."""
    return ContactSnapshot(owner="sam", id="anna", rev=1, name="Anna Example", closeness=closeness, **changes)


@pytest.mark.parametrize(
    ("occasion", "person", "expected"),
    [
        (Occasion.BIRTHDAY, a_person(Closeness.INTIMATE), True),
        (Occasion.BIRTHDAY, a_person(Closeness.WELL), True),
        (Occasion.BIRTHDAY, a_person(Closeness.MODERATE), False),
        (Occasion.BIRTHDAY, None, False),
        (Occasion.STAY_IN_TOUCH, a_person(Closeness.INTIMATE), False),
        (Occasion.NEW_CONNECTION, a_person(Closeness.CONNECTED), False),
        (Occasion.NEW_CONNECTION, a_person(Closeness.CONNECTED, connection_deliver_now=True), True),
        (
            Occasion.NEW_JOB,
            a_person(
                Closeness.MODERATE,
                job=Job(company="Example Ltd", seen_at=datetime(2026, 5, 4, tzinfo=UTC), source="x", deliver_now=True),
            ),
            True,
        ),
        (Occasion.NEW_JOB, a_person(Closeness.INTIMATE), False),
    ],
)
def test_what_goes_at_once(occasion: Occasion, person: ContactSnapshot | None, expected: bool) -> None:
    """By default: birthdays of those who are close, and what an emitter asked to be told now."""
    assert goes_at_once(rules=DEFAULT_AT_ONCE, occasion=occasion, person=person) is expected


def test_rules_of_their_own() -> None:
    """An empty list is any, and no rule is nothing."""
    anybody = a_person(Closeness.CONNECTED)
    assert goes_at_once(rules=(AtOnce(),), occasion=Occasion.CUSTOM, person=anybody)
    assert not goes_at_once(rules=(), occasion=Occasion.BIRTHDAY, person=a_person(Closeness.INTIMATE))
