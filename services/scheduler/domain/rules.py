"""
Recurrence rules of RFC 5545, read as rules about days.

dateutil does the calendar; this adds a bound. A rule such as "every 30 February" has no days, and dateutil looks for them
until the year 9999; `INTERVAL=0` never ends at all. Rules come from outside, so the work for one must not depend on it.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice

from dateutil.rrule import rrule, rrulestr

HORIZON = timedelta(days=5 * 366)
"""A rule that has no day within five years has none."""
MAX_PERIODS = 20_000
"""Periods (days, weeks, months, years) looked at for one rule, of 3 to 60 µs each: 55 years of a daily rule with a COUNT."""
MAX_DAYS = 200
"""Days computed at once: more than anybody is shown (60 coming, and the grace before)."""
MAX_INTERVAL = 100_000
"""A larger one has no second period before the calendar ends; dateutil would count its way there month by month."""

PERIOD_DAYS = {"YEARLY": 365, "MONTHLY": 28, "WEEKLY": 7, "DAILY": 1}
"""The frequencies understood, each with the fewest days its period can have."""

NOT_A_RULE = (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError)
"""What dateutil raises, here and there, for a rule that makes no sense (such as the ninth Sunday of a month)."""

_UNTIL = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T\d{6}Z?)?")
_LEFT_OUT = ("BYHOUR", "BYMINUTE", "BYSECOND", "UNTIL")


class BadRuleError(ValueError):
    """The text is no recurrence rule, or one about hours, minutes or seconds."""


class _Exhausted(Exception):  # a signal between two parts of this module, not an error
    """The rule was followed as far as its horizon."""


class _CountedInterval(int):
    """
    An interval that raises `_Exhausted` once it has been added as often as there are periods to look at.

    dateutil adds the interval once per period and gives no other hook in a search that finds nothing.
    """

    periods_left: int

    def __new__(cls, value: int, *, periods: int) -> "_CountedInterval":
        interval = super().__new__(cls, value)
        interval.periods_left = periods
        return interval

    def _spend(self) -> None:
        self.periods_left -= 1
        if self.periods_left < 0:
            raise _Exhausted

    def __radd__(self, other: int) -> int:
        self._spend()
        return int(self) + other

    def __mul__(self, other: int) -> int:
        self._spend()
        return int(self) * other


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule that was read: what dateutil made of it, and the parts that bound the work."""

    rrule: rrule
    period_days: int
    interval: int
    is_counted: bool
    until: date | None


def rule_days(*, rule: str, start: date, since: date) -> tuple[date, ...]:
    """
    Return the days of *rule* from *since* on, in order: at most `MAX_DAYS`, none more than five years ahead.

    The time of day is the owner's delivery hour: BYHOUR, BYMINUTE, BYSECOND and the time in UNTIL are left out. Day 31 of a
    monthly rule exists in months that have one (RFC 5545, section 3.3.10: invalid dates are ignored), so it never drifts.

    Args:
        rule: RRULE text, with or without the `RRULE:` before it.
        start: DTSTART.
        since: First day wanted.

    Raises:
        BadRuleError: *rule* cannot be read, or repeats within a day.
    """
    month = since.replace(day=1)  # so that the days of a rule are computed once a month, not once a plan
    return tuple(day for day in _days_from(rule, start, month) if day >= since)


@lru_cache(maxsize=2048)
def _days_from(rule: str, start: date, since: date) -> tuple[date, ...]:
    parsed = _parse(rule, start)
    until = since + HORIZON
    if parsed.until:
        until = min(until, parsed.until)
    step_days = parsed.period_days * parsed.interval
    first = start
    if not parsed.is_counted and parsed.period_days in (PERIOD_DAYS["DAILY"], PERIOD_DAYS["WEEKLY"]):
        # Leaping by whole periods changes nothing but the work.
        first += timedelta(days=max(0, ((since - start).days // step_days - 1) * step_days))
    periods = min(MAX_PERIODS, max(0, (until - first).days) // step_days + 1)
    bounded = parsed.rrule.replace(
        dtstart=_midnight(first), interval=_CountedInterval(parsed.interval, periods=periods), until=None
    )
    days: list[date] = []
    try:
        for found in islice(bounded, MAX_PERIODS):
            if found.date() > until or len(days) == MAX_DAYS:
                break
            if found.date() >= since:
                days.append(found.date())
    except _Exhausted:
        pass  # there is no more within the horizon
    except NOT_A_RULE as exc:
        raise BadRuleError(f"{rule[:80]!r} has no days that can be computed: {exc}") from exc
    return tuple(days)


def _parse(rule: str, start: date) -> _Rule:
    parts = [part.partition("=") for part in rule.upper().removeprefix("RRULE:").split(";") if part]
    fields = {name.strip(): value.strip() for name, _, value in parts}
    frequency, interval = fields.get("FREQ", ""), fields.get("INTERVAL", "1")
    if frequency not in PERIOD_DAYS or not interval.isdecimal() or int(interval) < 1:
        raise BadRuleError(f"{rule[:80]!r} does not repeat by days, weeks, months or years")
    if "COUNT" in fields and "UNTIL" in fields:
        raise BadRuleError(f"{rule[:80]!r} has both COUNT and UNTIL")
    fields["INTERVAL"] = str(min(int(interval), MAX_INTERVAL))
    text = ";".join(f"{name}={value}" for name, value in fields.items() if name not in _LEFT_OUT)
    try:
        parsed = rrulestr(text, dtstart=_midnight(start))
    except NOT_A_RULE as exc:
        raise BadRuleError(f"{rule[:80]!r} is no RRULE of RFC 5545: {exc}") from exc
    if not isinstance(parsed, rrule):
        raise BadRuleError(f"{rule[:80]!r} is more than one RRULE")
    return _Rule(
        rrule=parsed,
        period_days=PERIOD_DAYS[frequency],
        interval=int(fields["INTERVAL"]),
        is_counted="COUNT" in fields,
        until=_until(fields["UNTIL"]) if "UNTIL" in fields else None,
    )


def _until(text: str) -> date:
    if not (found := _UNTIL.fullmatch(text)):
        raise BadRuleError(f"UNTIL={text[:20]} is no date")
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError as exc:
        raise BadRuleError(f"UNTIL={text[:20]} is no date") from exc


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)
