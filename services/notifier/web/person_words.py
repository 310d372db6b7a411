"""The sentences of the page about a person: dates of which a part may be unknown, and why something is planned or not."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from babel.dates import format_date, format_skeleton, get_month_names

from services.notifier.domain.person_jobs import Stint
from services.notifier.domain.person_plans import Cadence, Plan, Unplanned, Why, WhyNot
from services.notifier.web.session import SignedIn
from services.notifier.web.wording import OCCASIONS
from shared.messages.reminders import Via
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness, Direction, Occasion, PartialDate

CHANNELS: Final = {
    "met": "Met",
    "call": "Called",
    "message": "Wrote",
    "coffee": "Coffee",
    "greeting": "Greeting",
    "linkedin": "LinkedIn",
    "email": "Email",
}
"""The usual ways to be in touch; any other is shown as it was stated."""
QUICK: Final = ("met", "call", "message", "coffee")
"""Those that one click notes."""
DIRECTIONS: Final = {
    Direction.NEUTRAL: "Neither",
    Direction.GAVE: "I gave",
    Direction.RECEIVED: "I received",
}
CLOSE_SHORT: Final = {
    Closeness.INTIMATE: "Intimate",
    Closeness.WELL: "Well",
    Closeness.MODERATE: "Moderate",
    Closeness.CONNECTED: "Connected",
}
_CLOSE_PEOPLE: Final = {
    Closeness.INTIMATE: "people you know intimately",
    Closeness.WELL: "people you know well",
    Closeness.MODERATE: "people you know moderately",
    Closeness.CONNECTED: "people you are merely connected with",
}
RECURRENCES: Final = {
    "": "Every year",
    "once": "Once",
    "FREQ=MONTHLY": "Every month",
    "FREQ=MONTHLY;INTERVAL=3": "Every three months",
    "FREQ=WEEKLY": "Every week",
}
"""What can be chosen for a date of one's own; any other rule is shown as it was stated."""
REMINDABLE: Final = (
    Occasion.BIRTHDAY,
    Occasion.WORK_ANNIVERSARY,
    Occasion.NEW_JOB,
    Occasion.NEW_CONNECTION,
    Occasion.STAY_IN_TOUCH,
    Occasion.CUSTOM,
)
"""Occasions that can be muted for one person."""
_WHY_NOT: Final = {
    WhyNot.DECEASED: "They have died: nobody greets them any more.",
    WhyNot.DEPARTED: "They have left your network: nobody greets them any more.",
    WhyNot.DO_NOT_GREET: "They are not to be greeted.",
    WhyNot.MUTED: "Muted for this person.",
    WhyNot.NO_BIRTHDAY: "Their birthday is not known.",
    WhyNot.BIRTHDAY_YEAR_ONLY: "Only the year of their birth is known, not the day.",
    WhyNot.NO_JOB: "It is not known where they work.",
    WhyNot.NO_JOB_START: "It is not known when this job began.",
    WhyNot.JOB_YEAR_ONLY: "Only the year in which this job began is known.",
    WhyNot.OWN_NO_CADENCE: "You want no check-ins with this person.",
    WhyNot.NO_DAY_AHEAD: "This date has passed, or its rule has no day ahead.",
    WhyNot.SOON: "It is being planned: look again in a moment.",
}
EDITED_AT: Final = {
    WhyNot.NO_BIRTHDAY: "dates",
    WhyNot.BIRTHDAY_YEAR_ONLY: "dates",
    WhyNot.NO_JOB: "jobs",
    WhyNot.NO_JOB_START: "jobs",
    WhyNot.JOB_YEAR_ONLY: "jobs",
    WhyNot.DECEASED: "greetings",
    WhyNot.DEPARTED: "greetings",
    WhyNot.DO_NOT_GREET: "greetings",
    WhyNot.MUTED: "greetings",
    WhyNot.NO_CADENCE: "greetings",
    WhyNot.OWN_NO_CADENCE: "greetings",
    WhyNot.NO_DAY_AHEAD: "dates",
}
"""The part of the page in which a reason can be changed."""
ADDABLE: Final = frozenset({WhyNot.NO_BIRTHDAY, WhyNot.NO_JOB, WhyNot.NO_JOB_START})
"""Reasons that are gone once something is added."""


@dataclass(frozen=True, slots=True)
class PersonWords:
    """Writes for the owner who looks at the page: in their zone, dates as they read them."""

    viewer: SignedIn

    @property
    def today(self) -> date:
        """The owner's date."""
        return self.viewer.now.astimezone(self.viewer.zone).date()

    @property
    def months(self) -> dict[int, str]:
        """The months by number."""
        names = get_month_names("wide", context="stand-alone", locale=self.viewer.locale)
        return {number: str(names[number]) for number in range(1, 13)}

    def partial(self, value: PartialDate) -> str:
        """Write what is known of a date: 3 March 1985, 3 March, March 1985 or 1985."""
        if value.month is None:
            return str(value.year)
        # 2000 had a 29 February.
        day = date(value.year or 2000, value.month, value.day or 1)
        if value.full:
            return str(format_date(day, "long", locale=self.viewer.locale))
        return str(format_skeleton("MMMMd" if value.day else "yMMMM", day, locale=self.viewer.locale))

    def day(self, value: date) -> str:
        """Write a date, with its year unless it is the present one."""
        if value.year != self.today.year:
            return str(format_date(value, "long", locale=self.viewer.locale))
        return str(format_skeleton("MMMMd", value, locale=self.viewer.locale))

    def day_of(self, value: datetime) -> str:
        """Write the date of an instant where the owner lives."""
        return self.day(value.astimezone(self.viewer.zone).date())

    def age(self, person: ContactSnapshot) -> int | None:
        """Return how old somebody is, where the whole date of birth is known."""
        born = person.birthday.full if person.birthday else None
        if born is None or person.deceased:
            return None
        years = self.today.year - born.year - ((self.today.month, self.today.day) < (born.month, born.day))
        return years if years >= 0 else None

    def because(self, plan: Plan) -> str:
        """Say why something is planned."""
        on = self.partial(plan.on) if plan.on else ""
        at = self.day_of(plan.at) if plan.at else ""
        match plan.why:
            case Why.BIRTHDAY:
                return f"Because their birthday is known: {on}."
            case Why.JOB_START:
                return f"Because this job began {_in(plan.on)} {on}."
            case Why.JOB_SEEN:
                return f"Because you heard of this job on {at}; when it began is not known, so the years are a guess."
            case Why.JOB_CHANGE:
                return f"Because you heard on {at} that they changed jobs."
            case Why.CONNECTION:
                return f"Because you connected on {at or on}."
            case Why.LAST_CONTACT if plan.cadence:
                return f"Because your last contact was on {at}, and {_every(plan.cadence)}."
            case Why.NOT_ANSWERED if plan.cadence:
                return f"Because your last contact, on {at}, is long ago, and {_every(plan.cadence)}."
            case Why.NEVER_IN_TOUCH if plan.cadence:
                return (
                    f"Because no contact with them is noted, and {_every(plan.cadence)}. "
                    "First check-ins are spread over that time, so that they do not come all at once."
                )
            case Why.OWN_DATE:
                return f"Because you added this date: {on}."
            case _:
                return "Because of what is known about them."

    def because_not(self, unplanned: Unplanned, *, cadence: Cadence) -> str:
        """Say why something is not planned."""
        if unplanned.why is WhyNot.NO_CADENCE and cadence.closeness:
            return f"There are no check-ins with {_CLOSE_PEOPLE[cadence.closeness]}."
        return _WHY_NOT[unplanned.why]

    def what(self, unplanned: Unplanned) -> str:
        """Return the occasion in words."""
        if unplanned.occasion is None:
            return "Nothing"
        return unplanned.label or OCCASIONS[unplanned.occasion]

    def cadence(self, cadence: Cadence) -> str:
        """Say how often the owner is reminded to be in touch."""
        often = "never" if cadence.days <= 0 else f"every {cadence.days} days" if cadence.days > 1 else "every day"
        return f"{often}, as for all {_CLOSE_PEOPLE[cadence.closeness]}" if cadence.closeness else often

    def span(self, stint: Stint) -> str:
        """Return from when to when somebody had a job."""
        since = self.partial(stint.since) if stint.since else f"heard of {self.day_of(stint.seen_at)}"
        if stint.is_present:
            return f"since {since}" if stint.since else since
        until = self.partial(stint.until) if stint.until else f"before {self.day_of(stint.until_by)}" if stint.until_by else ""
        return f"{since} – {until}" if until else since

    def told_by(self, stint: Stint) -> str:
        """Say who told of a job, and whether it was concluded."""
        if stint.is_derived:
            return "concluded from two exports, so check it"
        return f"from {_SOURCES.get(stint.source, stint.source)}"

    def channel(self, text: str | None) -> str:
        """Return how the two were in touch."""
        return CHANNELS.get((text or "").casefold(), text) or "In touch"

    def recurrence(self, rule: str | None) -> str:
        """Return how often a date of the owner's own comes."""
        return RECURRENCES.get(rule or "", rule or "")

    def sent_by(self, via: Via | None) -> str:
        """Return how a greeting went out."""
        return {Via.EMAIL: "by email", Via.HAND: "by hand"}.get(via, "") if via else ""


_SOURCES: Final = {
    "hobnob/web": "you",
    "hobnob/notifier": "you",
    "hobnob/cli": "you",
    "hobnob/sample": "the sample network",
    "linkedin": "LinkedIn",
    "google": "Google",
    "outlook": "Outlook",
    "thunderbird": "Thunderbird",
    "vcard": "a vCard",
    "jcard": "a jCard",
    "ics": "a calendar",
}
"""Who stated something, by the `source` of the fact."""


def _in(value: PartialDate | None) -> str:
    return "on" if value and value.day else "in"


def _every(cadence: Cadence) -> str:
    often = f"every {cadence.days} days" if cadence.days > 1 else "every day"
    if cadence.closeness is None:
        return f"you want to be in touch with them {often}"
    return f"you keep in touch with {_CLOSE_PEOPLE[cadence.closeness]} {often}"
