"""
What a digest holds: the reminders that came, most important first, what is coming, and once a week what was watched.

Nothing here is put into words; `notices.py` does that, in the owner's language.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.notifier.domain.addressing import one_line
from services.notifier.domain.items import DATED, Item, reads_belated
from services.notifier.domain.owner_lines import without_owner_lines
from services.notifier.domain.wording import is_round
from shared.messages.reminders import Planned
from shared.messages.rpc import Draft
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness, Confidence, Occasion

SHOWN: Final = 10
"""Reminders, and coming dates, in one message; the inbox has them all."""
EXCERPT_CHARS: Final = 90
VALUE_CHARS: Final = 80
TELLS_BACK: Final = timedelta(days=15)
"""A digest tells of nothing older: enough for a weekly one that was missed once, on weeks with a change of clocks."""
LOOKS_BACK: Final = timedelta(days=7)
"""What a heartbeat looks back upon, and a digest on demand."""
LOOKS_AHEAD: Final = timedelta(days=7)

_ORDER: Final = tuple(Closeness)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One reminder, as a message to the owner tells it. Texts are one clean line each, empty where nothing is known.

    `days_left` is from the owner's date to that of the occasion, negative once that has passed, None where the day is of no
    importance. `excerpt` is how the draft begins.
    """

    item: str
    name: str
    occasion: Occasion
    closeness: Closeness
    on: date
    days_left: int | None
    milestone: int | None = None
    is_round: bool = False
    is_belated: bool = False
    is_derived: bool = False
    label: str = ""
    company: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A date that is planned within the next days."""

    name: str
    occasion: Occasion
    on: date
    milestone: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """
    What was watched for an owner, and what became of it, since a week before.

    `timers` are armed in the broker, `expected` should be. `came` counts reminders, `acted` those that were sent or dismissed,
    `waiting` are open, `troubled` are greetings that failed or of which nobody knows. `late` counts timers that were heard long
    after they were due, by `latest` at the most.
    """

    people: int
    dates: int
    timers: int
    expected: int
    came: int
    acted: int
    waiting: int
    late: int
    troubled: int
    latest: timedelta = timedelta()
    next_on: date | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing was missed and nothing is in doubt."""
        return self.timers >= self.expected and not self.late and not self.troubled


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest: *entries* are shown, *more* came besides, *earlier* still wait from before."""

    entries: tuple[Entry, ...]
    more: int
    earlier: int
    coming: tuple[Coming, ...]
    coming_more: int = 0
    watched: Watched | None = None

    @property
    def reminders(self) -> int:
        """How many reminders it tells of."""
        return len(self.entries) + self.more

    @property
    def says_something(self) -> bool:
        """Whether it is worth sending: what is merely coming, or waits already, is not told again every day."""
        return bool(self.entries) or self.watched is not None


def entry_of(*, item: Item, person: ContactSnapshot | None, name: str, today: date) -> Entry:
    """
    Return an item as an entry, its excerpt still empty.

    Args:
        item: The item.
        person: The contact now; None when nothing is known of them.
        name: How lists show them.
        today: The owner's date.
    """
    job = person.job if person else None
    milestone = item.milestone if item.milestone and item.milestone > 0 else None
    return Entry(
        item=item.id,
        name=one_line(name, chars=VALUE_CHARS),
        occasion=item.occasion,
        closeness=person.closeness if person else Closeness.CONNECTED,
        on=item.on,
        days_left=(item.on - today).days if item.occasion in DATED else None,
        milestone=milestone,
        is_round=milestone is not None and not item.approximate and is_round(milestone, occasion=item.occasion),
        is_belated=reads_belated(item, today=today),
        is_derived=bool(job and item.occasion is Occasion.NEW_JOB and job.confidence is Confidence.DERIVED),
        label=one_line(item.label, chars=VALUE_CHARS),
        company=one_line(job.company, chars=VALUE_CHARS) if job else "",
    )


def coming_of(*, line: Planned, name: str) -> Coming:
    """Return a planned occurrence as a digest shows it."""
    return Coming(
        name=one_line(name, chars=VALUE_CHARS),
        occasion=line.occasion,
        on=line.on,
        milestone=line.milestone if line.milestone and line.milestone > 0 else None,
        label=one_line(line.label, chars=VALUE_CHARS),
    )


def most_important(entries: Iterable[Entry]) -> list[Entry]:
    """Return *entries*, the most important first: by closeness, then today's, round milestones, what is late, and the date."""
    return sorted(entries, key=_importance)


def _importance(entry: Entry) -> tuple[int, bool, bool, bool, date, str, str]:
    return (
        _ORDER.index(entry.closeness),
        entry.days_left != 0,
        not entry.is_round,
        not entry.is_belated,
        entry.on,
        entry.name,
        entry.item,
    )


def excerpt_of(draft: Draft) -> str:
    """Return how a draft begins, as it would go out, in one line."""
    return one_line(without_owner_lines(draft).body, chars=EXCERPT_CHARS)


def build_digest(
    *, entries: Sequence[Entry], more: int, earlier: int, coming: Sequence[Coming], watched: Watched | None
) -> Digest:
    """
    Return the digest.

    Args:
        entries: Those that are shown, in order.
        more: How many came besides.
        earlier: How many wait from before.
        coming: What is planned within the next days, the next first; more than fit are counted.
        watched: On the day of the heartbeat.
    """
    return Digest(
        entries=tuple(entries),
        more=more,
        earlier=earlier,
        coming=tuple(coming[:SHOWN]),
        coming_more=max(0, len(coming) - SHOWN),
        watched=watched,
    )
