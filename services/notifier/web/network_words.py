"""The words of the network page."""

from collections.abc import Iterable
from typing import Final

from services.notifier.domain.network import Band, Drift, Level
from services.notifier.domain.network_picks import Pick, Reason, Why
from shared.messages.values import Closeness

COLUMNS: Final[dict[Closeness, str]] = {
    Closeness.INTIMATE: "Intimate",
    Closeness.WELL: "Well",
    Closeness.MODERATE: "Moderate",
    Closeness.CONNECTED: "Connected",
}
"""Short enough for the head of a column on a phone."""
PEOPLE: Final[dict[Closeness, str]] = {
    Closeness.INTIMATE: "close to you",
    Closeness.WELL: "you know well",
    Closeness.MODERATE: "you know moderately well",
    Closeness.CONNECTED: "you are connected with",
}
BANDS: Final[dict[Band, str]] = {
    Band.WEEK: "a week",
    Band.MONTH: "a month",
    Band.QUARTER: "3 months",
    Band.HALF_YEAR: "6 months",
    Band.YEAR: "a year",
    Band.LONGER: "longer",
    Band.UNKNOWN: "not noted",
}
WEEK_DAYS: Final = 7
MONTH_DAYS: Final = 30.44
YEAR_DAYS: Final = 365.25


def how_long(days: int) -> str:
    """Return a number of days as one says it: `12 days`, `5 weeks`, `7 months`, `2 years`."""
    if days < 3 * WEEK_DAYS:
        return _counted(days, "day")
    if days < 3 * MONTH_DAYS:
        return _counted(round(days / WEEK_DAYS), "week")
    if days < 2 * YEAR_DAYS:
        return _counted(round(days / MONTH_DAYS), "month")
    return _counted(round(days / YEAR_DAYS), "year")


def because_of_drift(drift: Drift) -> str:
    """Return why somebody is among those who drift."""
    return f"because you were last in touch {how_long(drift.days)} ago and mean to be every {_counted(drift.rhythm_days, 'day')}"


def because_of_pick(pick: Pick) -> str:
    """Return why somebody is picked."""
    return f"because {_joined(reason_text(reason) for reason in pick.reasons)}"


def reason_text(reason: Reason) -> str:
    """Return one reason; completes "because"."""
    match reason:
        case Reason(why=Why.OVERDUE, days=int(days), rhythm_days=int(rhythm_days)):
            return f"you were last in touch {how_long(days)} ago and mean to be every {_counted(rhythm_days, 'day')}"
        case Reason(why=Why.LONG_AGO, days=int(days)):
            return f"you were last in touch {how_long(days)} ago"
        case Reason(why=Why.CLOSE, closeness=Closeness.INTIMATE):
            return "they are close to you"
        case Reason(why=Why.CLOSE):
            return "you know them well"
        case _:
            return "no contact with them is noted yet"


def in_touch_text(level: Level) -> str:
    """Return how many people of one closeness heard from the owner within the rhythm."""
    people = f"{level.people:,} {'person' if level.people == 1 else 'people'} {PEOPLE[level.closeness]}"
    if level.rhythm_days is None:
        return f"{people}: no rhythm is set."
    return f"Of {people}, {level.in_touch:,} heard from you within {_counted(level.rhythm_days, 'day')}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else noun + 's'}"


def _joined(parts: Iterable[str]) -> str:
    return ", and ".join(parts)
