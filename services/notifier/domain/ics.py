"""
The calendar feed: occasions as all-day events that any calendar program reads.

Escaping, folding and encoding are the library's. What is built depends on its arguments alone: the same occasions are the same
bytes, so that a program which asks again learns that nothing has changed.

Source:
    RFC 5545 (iCalendar), RFC 7986 (properties of a calendar as a whole).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from icalendar import Alarm, Calendar, Event, vDuration

PRODUCT: Final = "-//Hobnob//Feed 1//EN"
"""Goes into the fingerprint: raise its number when what is written changes."""
REFRESH: Final = timedelta(hours=6)
"""How often a program is asked to look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """
    One occasion in a feed.

    `id` is the reminder's (ADR 0003). `revision` never goes down while the id stays. `is_past`: nobody needs an alarm any more.
    """

    id: str
    on: date
    summary: str
    category: str
    revision: int
    changed_at: datetime
    url: str | None = None
    is_past: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """An owner's feed: its name as calendar programs show it, the owner's zone and hour, and the events, each id once."""

    name: str
    timezone: str
    deliver_at: time
    events: tuple[FeedEvent, ...]

    @property
    def fingerprint(self) -> str:
        """A digest of everything that `write_feed` would write; it costs much less than writing it."""
        return sha256(repr((PRODUCT, self)).encode()).hexdigest()[:32]


def event_uid(*, reminder: str) -> str:
    """Return the UID of a reminder's event: always the same for one reminder, and not telling whose it is."""
    return str(uuid5(NAMESPACE_URL, f"hobnob:reminder:{reminder}"))


def merged(*, planned: Iterable[FeedEvent], recent: Iterable[FeedEvent], limit: int) -> tuple[FeedEvent, ...]:
    """
    Return each reminder once, in the order of their dates.

    Args:
        planned: What is coming; where there are too many, the furthest are left out.
        recent: What came; of a reminder that is among both, this one counts.
        limit: How many events at most.
    """
    by_id = {event.id: event for event in (*planned, *recent)}
    return tuple(sorted(by_id.values(), key=lambda event: (event.on, event.id))[:limit])


def write_feed(feed: Feed) -> bytes:
    """Return *feed* as an iCalendar document."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", feed.name)
    calendar.add("x-wr-calname", feed.name)
    calendar.add("x-wr-timezone", feed.timezone)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for component in _components(feed.events, deliver_at=feed.deliver_at):
        calendar.add_component(component)
    return bytes(calendar.to_ical())


def _components(events: Sequence[FeedEvent], *, deliver_at: time) -> Iterable[Event]:
    since_midnight = timedelta(hours=deliver_at.hour, minutes=deliver_at.minute, seconds=deliver_at.second)
    for each in events:
        event = Event()
        event.add("uid", event_uid(reminder=each.id))
        # Without METHOD, DTSTAMP is when the event was revised last (RFC 5545, section 3.8.7.2).
        event.add("dtstamp", each.changed_at)
        event.add("last-modified", each.changed_at)
        event.add("sequence", each.revision)
        event.add("dtstart", each.on)
        event.add("dtend", each.on + timedelta(days=1))
        event.add("summary", each.summary)
        event.add("categories", [each.category])
        event.add("transp", "TRANSPARENT")
        event.add("class", "PRIVATE")
        if each.url:
            event.add("url", each.url)
        if not each.is_past:
            event.add_component(_alarm(each.summary, after=since_midnight))
        yield event


def _alarm(text: str, *, after: timedelta) -> Alarm:
    """Return an alarm on the day itself; an all-day event begins at midnight wherever the reader is."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", after)
    return alarm
