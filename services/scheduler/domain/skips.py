"""Why something that could have been planned was not, by name."""

from dataclasses import dataclass
from enum import StrEnum

from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Occasion


class SkipReason(StrEnum):
    """The reasons; each is counted as `skipped.<reason>`."""

    DELETED = "deleted"
    """The owner no longer keeps this person."""
    NO_SNAPSHOT = "no_snapshot"
    """Nothing is known of this contact."""
    UNREADABLE_SNAPSHOT = "unreadable_snapshot"
    """The stored snapshot does not follow its schema; what was planned stays."""
    UNREADABLE_PROFILE = "unreadable_profile"
    """The stored settings of the owner do not follow their schema; the defaults hold until they do."""
    UNREADABLE_AGENDA = "unreadable_agenda"
    """The stored agenda does not follow its schema; the contact is planned without a memory."""
    DECEASED = "deceased"
    DEPARTED = "departed"
    DO_NOT_GREET = "do_not_greet"
    MUTED = "muted"
    """The owner wants no reminder of this occasion for this person."""
    STALE = "stale"
    """A timer fired that no longer says what is true (ADR 0001, rule 1)."""
    YEAR_ONLY = "year_only"
    """The date does not say when in the year it is."""
    PARTIAL_DATE = "partial_date"
    """A thing that happened once, of which the day is not known."""
    NO_JOB = "no_job"
    """The present job has neither a company nor a title: nothing to congratulate on."""
    FIRST_SIGHT = "first_sight"
    """A job without a start that was simply known when we first saw it."""
    TOO_LATE = "too_late"
    """It passed by more than the grace."""
    NO_CADENCE = "no_cadence"
    """People this close are not checked in with."""
    BAD_RULE = "bad_rule"
    """The recurrence cannot be read, or repeats within a day."""
    NO_DAY_AHEAD = "no_day_ahead"
    """The recurrence has no day within five years."""
    ONCE_WITHOUT_YEAR = "once_without_year"
    """`once` needs a year to be once in."""
    BEYOND_CALENDAR = "beyond_calendar"
    """The broker cannot hold a timer from 2262 on: it would fire at once."""


@dataclass(frozen=True, slots=True)
class Skip:
    """One thing not planned; without an occasion, the whole person."""

    reason: SkipReason
    occasion: Occasion | None = None


def silence(snapshot: ContactSnapshot) -> SkipReason | None:
    """Return why nobody may be greeted here, if so; the same as `ContactSnapshot.is_silenced`, with its reason."""
    if snapshot.deleted:
        return SkipReason.DELETED
    if snapshot.deceased:
        return SkipReason.DECEASED
    if snapshot.departed:
        return SkipReason.DEPARTED
    return SkipReason.DO_NOT_GREET if snapshot.do_not_greet else None
