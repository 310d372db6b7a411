"""The calendar feed, read back by a calendar library."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from services.notifier.domain.ics import REFRESH, Feed, FeedEvent, event_uid, merged, write_feed

CHANGED = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LINE_BYTES = 75


def an_event(**changes: Any) -> FeedEvent:
    """Return Anna's birthday."""
    values: dict[str, Any] = {
        "id": "anna:birthday:2026-05-04",
        "on": date(2026, 5, 4),
        "summary": "Anna Example: 36th birthday",
        "category": "birthday",
        "revision": 3,
        "changed_at": CHANGED,
    }
    return FeedEvent(**(values | changes))


def a_feed(*events: FeedEvent, **changes: Any) -> Feed:
    """Return a feed of *events*."""
    values: dict[str, Any] = {"name": "Hobnob: Sam", "timezone": "Europe/Berlin", "deliver_at": time(8, 30)}
    return Feed(events=events, **(values | changes))


def read(feed: Feed) -> Any:
    """Return the calendar that a library reads; it finds nothing wrong with it."""
    calendar = Calendar.from_ical(write_feed(feed))
    assert [component.errors for component in calendar.walk()] == [[]] * len(calendar.walk())
    return calendar


def test_an_occasion_is_an_all_day_event_with_an_alarm() -> None:
    """Whatever zone its reader is in, it is on the day itself, and rings at the owner's hour."""
    calendar = read(a_feed(an_event(url="https://hobnob.example.org/inbox#a")))
    (event,) = calendar.walk("VEVENT")
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2026, 5, 4), date(2026, 5, 5))
    assert (event["sequence"], event["last-modified"].dt, event["dtstamp"].dt) == (3, CHANGED, CHANGED)
    assert (event["transp"], event["class"], event["url"]) == ("TRANSPARENT", "PRIVATE", "https://hobnob.example.org/inbox#a")
    (alarm,) = event.walk("VALARM")
    assert (alarm["action"], alarm["trigger"].dt) == ("DISPLAY", timedelta(hours=8, minutes=30))


def test_what_has_passed_does_not_ring() -> None:
    """A program that subscribes today sounds no alarm of last week."""
    assert read(a_feed(an_event(is_past=True))).walk("VALARM") == []


def test_a_program_learns_what_the_calendar_is_and_when_to_come_back() -> None:
    """In the words of the standard, and in those that programs knew before."""
    calendar = read(a_feed())
    assert (calendar["name"], calendar["x-wr-calname"], calendar["x-wr-timezone"]) == (
        "Hobnob: Sam",
        "Hobnob: Sam",
        "Europe/Berlin",
    )
    assert calendar["refresh-interval"].dt == REFRESH
    assert calendar["refresh-interval"].params["VALUE"] == "DURATION"


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=200))
def test_any_name_arrives_as_it_is(name: str) -> None:
    """Whatever it contains is no syntax, and no line is longer than the standard allows."""
    feed = a_feed(an_event(summary=name))
    (event,) = read(feed).walk("VEVENT")
    assert event["summary"] == name
    assert all(len(line) <= LINE_BYTES for line in write_feed(feed).split(b"\r\n"))


@pytest.mark.parametrize("name", ["A\nBEGIN:VEVENT", "A;B,C\\N", 'A"B:C', "🎂" * 60])
def test_a_name_cannot_begin_an_event(name: str) -> None:
    """What looks like syntax stays text."""
    assert len(read(a_feed(an_event(summary=name))).walk("VEVENT")) == 1


def test_uids_are_of_the_reminder_alone() -> None:
    """The same reminder has the same UID for ever, two have two, and none tells whose it is."""
    assert event_uid(reminder="anna:birthday:2026-05-04") == "2b61ffee-48fe-511d-863c-c178e433ab2c"
    assert event_uid(reminder="anna:birthday:2027-05-04") != event_uid(reminder="anna:birthday:2026-05-04")


def test_the_fingerprint_is_of_everything_that_is_written() -> None:
    """Equal feeds have equal ones and are written alike; any other value makes another."""
    feed = a_feed(an_event())
    assert feed.fingerprint == a_feed(an_event()).fingerprint
    assert write_feed(feed) == write_feed(a_feed(an_event()))
    others = [
        a_feed(an_event(), name="Hobnob: Kim"),
        a_feed(an_event(), deliver_at=time(9)),
        a_feed(),
        *(a_feed(replace(an_event(), **each)) for each in ({"revision": 4}, {"summary": "x"}, {"is_past": True}, {"url": "u"})),
    ]
    assert len({other.fingerprint for other in (feed, *others)}) == len(others) + 1


def test_a_reminder_is_in_it_once_and_the_furthest_are_left_out() -> None:
    """What came counts more than what was planned; the order is that of the dates."""
    planned = [an_event(id=f"x:birthday:{day}", on=date(2026, 5, day)) for day in (9, 3, 6)]
    recent = [an_event(id="x:birthday:3", on=date(2026, 5, 3), summary="came")]
    found = merged(planned=planned, recent=recent, limit=2)
    assert [(event.on.day, event.summary) for event in found] == [(3, "came"), (6, "Anna Example: 36th birthday")]
