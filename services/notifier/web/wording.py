"""The words of the pages for what messages name by a code."""

from typing import Final

from shared.messages.reminders import ItemState
from shared.messages.values import Closeness, Occasion

CLOSENESS: Final[dict[Closeness, str]] = {
    Closeness.INTIMATE: "Intimate",
    Closeness.WELL: "Well known",
    Closeness.MODERATE: "Moderately known",
    Closeness.CONNECTED: "Connected",
}
OCCASIONS: Final[dict[Occasion, str]] = {
    Occasion.BIRTHDAY: "Birthday",
    Occasion.WORK_ANNIVERSARY: "Work anniversary",
    Occasion.NEW_JOB: "New job",
    Occasion.NEW_CONNECTION: "New connection",
    Occasion.STAY_IN_TOUCH: "Stay in touch",
    Occasion.MEETING_PREP: "Meeting ahead",
    Occasion.MEETING_FOLLOW_UP: "After your meeting",
    Occasion.REFERENCE_THANKS: "Thanks for a reference",
    Occasion.OPPORTUNITY: "Opportunity",
    Occasion.OPPORTUNITY_DEADLINE: "Deadline of an opportunity",
    Occasion.SEARCH_CLOSED: "Job search ended",
    Occasion.SEARCH_CHANGED: "Job search changed",
    Occasion.WEEKLY_PICKS: "This week's pick",
    Occasion.CUSTOM: "Your own date",
}
STATES: Final[dict[ItemState, str]] = {
    ItemState.UNREAD: "Open",
    ItemState.SENT: "Sent",
    ItemState.DISMISSED: "Dismissed",
    ItemState.SNOOZED: "Snoozed",
    ItemState.WITHDRAWN: "Withdrawn",
    ItemState.SCHEDULED: "Scheduled",
    ItemState.SENDING: "Being sent",
    ItemState.FAILED: "Not sent",
    ItemState.UNCONFIRMED: "Unconfirmed",
}
LINKS: Final[dict[str, str]] = {
    "email": "Write in my mail program",
    "sms": "Text message",
    "whatsapp": "WhatsApp",
    "linkedin": "LinkedIn",
}


def occasion_text(occasion: Occasion, *, milestone: int | None, label: str | None) -> str:
    """Return what an item is about in a few words, with its milestone where it is known."""
    if occasion is Occasion.CUSTOM and label:
        return f"{label} ({milestone})" if milestone else label
    text = OCCASIONS[occasion]
    if not milestone:
        return text
    if occasion is Occasion.BIRTHDAY:
        return f"{text}, turns {milestone}"
    if occasion is Occasion.WORK_ANNIVERSARY:
        return f"{text}, {milestone} {'year' if milestone == 1 else 'years'}"
    return text
