"""The sentences of the list of people."""

from typing import Final

from services.notifier.domain.people_bulk import BulkChange, BulkKind
from services.notifier.domain.people_list import PeopleFilter, Silence, Sort
from services.notifier.use_cases.people_page import BULK_MAX
from services.notifier.web.wording import CLOSENESS, OCCASIONS
from shared.messages.snapshots import ContactSnapshot

SILENCES: Final = {
    Silence.MONTH: "Over a month ago",
    Silence.QUARTER: "Over 3 months ago",
    Silence.HALF_YEAR: "Over 6 months ago",
    Silence.YEAR: "Over a year ago",
    Silence.NEVER: "Never noted",
}
SORTS: Final = {Sort.NAME: "By name", Sort.SILENCE: "Longest silence first", Sort.CLOSENESS: "Closest first"}


def people_count(count: int) -> str:
    """Return a number of people; above what is counted, that they are more."""
    if count > BULK_MAX:
        return f"more than {BULK_MAX:,} people"
    return "1 person" if count == 1 else f"{count:,} people"


def filter_words(filters: PeopleFilter) -> str:
    """Return whom a filter shows, as the end of "These are all …"; empty for everybody."""
    parts = [
        f"found by “{filters.search}”" if filters.search else "",
        f"whose closeness is: {CLOSENESS[filters.closeness].lower()}" if filters.closeness else "",
        f"with the tag “{filters.tag}”" if filters.tag else "",
        f"at the company “{filters.company}”" if filters.company else "",
        f"whose last contact was: {SILENCES[filters.silence].lower()}" if filters.silence else "",
    ]
    return ", ".join(part for part in parts if part)


def change_words(change: BulkChange) -> str:
    """Return what is to be done to people, as the end of "… for 12 people"."""
    occasions = ", ".join(OCCASIONS[each].lower() for each in change.occasions)
    match change.kind:
        case BulkKind.CLOSENESS:
            return f"Set closeness to {CLOSENESS[change.closeness].lower()}" if change.closeness else "Set closeness"
        case BulkKind.ADD_TAG:
            return f"Add the tag “{change.tag}”"
        case BulkKind.REMOVE_TAG:
            return f"Remove the tag “{change.tag}”"
        case BulkKind.MUTE:
            return f"Mute {occasions}"
        case BulkKind.UNMUTE:
            return f"Remind again of {occasions}"


def marks(person: ContactSnapshot) -> list[tuple[str, bool]]:
    """Return what stands in the way of greetings, and whether it is all of them."""
    if person.deceased:
        return [("Has died", True)]
    if person.departed:
        return [("Left your network", True)]
    if person.do_not_greet:
        return [("Not to be greeted", True)]
    if not person.muted:
        return []
    names = ", ".join(OCCASIONS[each].lower() for each in person.muted)
    return [(f"Muted: {names}" if len(person.muted) <= 2 else f"{len(person.muted)} occasions muted", False)]
