"""
Birthday calendars: yearly events whose title names a birthday, each taken as a person.

A series with changed single dates (Google's birthday feed has dozens a person) counts once, by UID. A start in the last
years is the year of an occurrence, not of a birth: Google never gives the year of birth. iCalendar's own grammar is left
to the icalendar library; the file is cut into events here, so that one broken event costs only itself.

Source:
    RFC 5545 sections 3.6.1 and 3.8.4.4; the X- properties of Google's and Nextcloud's birthday calendars.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from icalendar import Event
from icalendar.prop import vCategory, vDDDTypes, vRecur

from services.contacts.importers.birthday_titles import birth_year_in, name_in
from services.contacts.importers.blob import Blob
from services.contacts.importers.card import Card
from services.contacts.importers.dates import YEARLESS, DateOrder, Reading, read_date
from services.contacts.importers.encoding import Encoding, open_text
from services.contacts.importers.people import CardItem, people
from services.contacts.importers.rows import Item, ParsedFile, Remark, Skipped
from services.contacts.importers.text import shortened
from shared.messages.values import FIRST_YEAR, LAST_YEAR, PartialDate

FORMAT = "ics"

MAX_EVENT_CHARS = 256 * 1024
"""A longer event is skipped: no birthday is."""
RECENT_YEARS = 5
"""A start this close to the newest stamp of the file is an occurrence, not a birth."""

FIRST_FEED_YEAR = 2008
"""Calendars that file birthdays by occurrence are younger: an earlier start is a birth, however old the file's stamps."""

_BEGIN, _END = "BEGIN:VEVENT", "END:VEVENT"
_STAMP = re.compile(r"(?:DTSTART|DTSTAMP|CREATED|LAST-MODIFIED)[;:](?:.*:)?(\d{4})\d{4}", re.IGNORECASE)
_GOOGLE = ("X-GOOGLE-CALENDAR-CONTENT-TITLE", "X-GOOGLE-CALENDAR-CONTENT-DISPLAY", "X-GOOGLE-CALENDAR-CONTENT-ICON")


@dataclass(frozen=True, slots=True)
class _Lines:
    """The text of one event; None where it is too long."""

    line: int
    text: str | None


def open_ics(blob: Blob, encoding: Encoding, *, order: DateOrder | None) -> ParsedFile:
    """Return the people whose birthdays a calendar holds."""

    def read() -> Iterator[Item]:
        if encoding.remark:
            yield Remark(line=0, text=encoding.remark)
        recent_from = max(FIRST_FEED_YEAR, _newest_year(blob, encoding) - RECENT_YEARS + 1)
        yield from people(lambda: _cards(blob, encoding, recent_from=recent_from, order=order))

    return ParsedFile(file=blob.name, format=FORMAT, read=read)


def _newest_year(blob: Blob, encoding: Encoding) -> int:
    newest = FIRST_YEAR
    with open_text(blob, encoding.codec) as stream:
        while line := stream.readline(MAX_EVENT_CHARS):
            if (found := _STAMP.match(line)) and int(found[1]) <= LAST_YEAR:
                newest = max(newest, int(found[1]))
    return newest


def _cards(blob: Blob, encoding: Encoding, *, recent_from: int, order: DateOrder | None) -> Iterator[CardItem]:
    first_line: dict[str, int] = {}
    overrides = 0
    for found in _events(blob, encoding):
        if found.text is None:
            yield Skipped(line=found.line, reason=f"the event has more than {MAX_EVENT_CHARS:,} characters")
            continue
        try:
            event = Event.from_ical(found.text)
        except ValueError as exc:
            yield Skipped(line=found.line, reason=f"the event cannot be read ({shortened(str(exc))})")
            continue
        if "RECURRENCE-ID" in event:
            overrides += 1
            continue
        uid = str(event.get("UID", ""))
        if uid and first_line.setdefault(uid, found.line) != found.line:
            yield Skipped(line=found.line, reason=f"the same event as in line {first_line[uid]}")
            continue
        yield _card(event, found.line, recent_from=recent_from, order=order)
    if overrides:
        yield Remark(line=0, text=f"{overrides} changed single dates of yearly events are left out: their series counts")


def _events(blob: Blob, encoding: Encoding) -> Iterator[_Lines]:
    lines: list[str] | None = None
    begun = size = 0
    number, is_line_open = 0, False
    with open_text(blob, encoding.codec) as stream:
        while line := stream.readline(MAX_EVENT_CHARS):
            number += not is_line_open
            is_line_open = line[-1] not in "\r\n"
            marker = line.strip().upper()
            if marker == _BEGIN:
                if lines:
                    yield _Lines(begun, "".join((*lines, _END)))  # its end is missing: what is there counts
                lines, begun, size = [line], number, 0
            elif lines is not None:
                size += len(line)
                if size <= MAX_EVENT_CHARS:
                    lines.append(line)
                if marker == _END:
                    yield _Lines(begun, "".join(lines) if size <= MAX_EVENT_CHARS else None)
                    lines = None
    if lines:
        whole = lines if lines[-1].endswith(("\n", "\r")) else lines[:-1]
        yield _Lines(begun, "".join((*whole, _END)))


def _card(event: Any, line: int, *, recent_from: int, order: DateOrder | None) -> CardItem:
    title, description = str(event.get("SUMMARY", "")), str(event.get("DESCRIPTION", ""))
    kind = str(event.get("X-NEXTCLOUD-BC-FIELD-TYPE", "")).upper()
    said = shortened(title) or "without a title"
    if kind in ("DEATHDATE", "ANNIVERSARY"):
        return Skipped(line=line, reason=f"no birthday: {said}")
    is_marked = kind == "BDAY" or _is_filed_as_birthday(event)
    if not (is_marked or _is_yearly(event) or any(key in event for key in _GOOGLE)):
        return Skipped(line=line, reason=f"not a yearly event: {said}")
    name = name_in(title, is_known_birthday=is_marked) or name_in(str(event.get("X-GOOGLE-CALENDAR-CONTENT-TITLE", "")))
    if not name:
        return Skipped(line=line, reason=f"no birthday: {said}")
    stated_year = _stated_year(event) or birth_year_in(title, description)
    return Card(line=line, name=name, birthdays=(_birthday(event, stated_year, recent_from=recent_from, order=order),))


def _birthday(event: Any, stated_year: int | None, *, recent_from: int, order: DateOrder | None) -> Reading:
    start = event.get("DTSTART")
    if isinstance(start, list):
        start = start[0]
    value = start.dt if isinstance(start, vDDDTypes) else None
    if not isinstance(value, date):
        # The library keeps what it cannot read as text.
        return read_date(str(start), order=order) if start else Reading("?", problem="the event has no date")
    day = value.date() if isinstance(value, datetime) else value
    is_unknown = str(event.get("X-NEXTCLOUD-BC-UNKNOWN-YEAR", "")) == "1" or day.year in YEARLESS or day.year >= recent_from
    year = stated_year or (None if is_unknown else day.year)
    try:
        return Reading(day.isoformat(), on=PartialDate(year=year, month=day.month, day=day.day))
    except ValueError as exc:
        return Reading(day.isoformat(), problem=str(exc))


def _is_yearly(event: Any) -> bool:
    rule = event.get("RRULE")
    return isinstance(rule, vRecur) and [str(part).upper() for part in rule.get("FREQ", [])] == ["YEARLY"]


def _is_filed_as_birthday(event: Any) -> bool:
    categories = event.get("CATEGORIES", [])
    listed = categories if isinstance(categories, list) else [categories]
    return any(
        str(entry).strip().upper() == "BIRTHDAY" for group in listed if isinstance(group, vCategory) for entry in group.cats
    )


def _stated_year(event: Any) -> int | None:
    year = str(event.get("X-NEXTCLOUD-BC-YEAR", ""))
    if str(event.get("X-NEXTCLOUD-BC-UNKNOWN-YEAR", "")) == "1":
        return None
    return int(year) if year.isdecimal() and len(year) == 4 and int(year) not in YEARLESS else None
