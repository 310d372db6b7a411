"""Times as people write them: `2h`, `3d`, `tomorrow`, `friday`, `2026-12-01`, `18:30`."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import typer

_SPAN = re.compile(r"(\d{1,4})\s*(m|min|h|d|w)")
_UNITS = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def parse_span(text: str) -> timedelta:
    """
    Read a span of time: minutes, hours, days or weeks.

    Raises:
        typer.BadParameter: it is none.
    """
    found = _SPAN.fullmatch(text.strip().lower())
    if not found or int(found[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no span of time: write 30m, 2h, 3d or 1w")
    return int(found[1]) * _UNITS[found[2]]


def read_clock(text: str) -> time:
    """
    Read `HH:MM`.

    Raises:
        typer.BadParameter: it is no time of the day.
    """
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  # a wall-clock time has no zone
    except ValueError as exc:
        raise typer.BadParameter(f"{text!r} is no time of the day: write HH:MM, such as 09:00") from exc


def parse_until(text: str, *, now: datetime, zone: ZoneInfo, deliver_at: time) -> datetime:
    """
    Read an instant to come, in the owner's zone; a day without a time means the owner's delivery hour.

    `tomorrow` and weekdays are the next such day, never today; `18:30` is today, or tomorrow when it has passed.

    Raises:
        typer.BadParameter: it is none.
    """
    word = text.strip().lower()
    today = now.astimezone(zone).date()
    if clock := _CLOCK.fullmatch(word):
        at = time(int(clock[1]), int(clock[2]))
        instant = _at(today, at, zone)
        return instant if instant > now else _at(today + timedelta(days=1), at, zone)
    if word == "tomorrow":
        return _at(today + timedelta(days=1), deliver_at, zone)
    matching = [index for index, name in enumerate(_WEEKDAYS) if len(word) >= 3 and name.startswith(word)]
    if matching:
        days = (matching[0] - today.weekday() - 1) % 7 + 1
        return _at(today + timedelta(days=days), deliver_at, zone)
    try:
        if len(word) == len("2026-12-01"):
            return _at(date.fromisoformat(word), deliver_at, zone)
        instant = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise typer.BadParameter(f"{text!r} is no time: write tomorrow, friday, 18:30, 2026-12-01 or 2026-12-01T18:30") from exc
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
