"""`/people/{contact}/sources`: where each value of somebody comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.use_cases.curation import provenance
from services.notifier.use_cases.person_lookup import find_person
from services.notifier.web import wording
from services.notifier.web.pages import render
from services.notifier.web.person_words import PersonWords
from services.notifier.web.session import Viewer
from services.notifier.web.site import OurSite
from shared.messages.curation import StatedValue, Statement
from shared.messages.values import Closeness, Instant, Occasion, PartialDate

PATH: Final = "/people/{contact}/sources"
LABELS: Final[Mapping[str, str]] = {
    "name": "Name",
    "given_name": "Given name",
    "family_name": "Family name",
    "nickname": "Nickname",
    "linkedin_url": "LinkedIn",
    "birthday": "Birthday",
    "connected_on": "Connected on",
    "connection_accepted_at": "Connected",
    "closeness": "Closeness",
    "timezone": "Time zone",
    "language": "Language",
    "location": "Place",
    "tags": "Tags",
    "interests": "Interests",
    "causes": "Causes",
    "schools": "Schools",
    "notes": "Notes",
    "is_reference": "A reference of yours",
    "cadence_days": "Days between check-ins",
    "lead_days": "Days of warning",
    "muted": "No reminders of",
    "do_not_greet": "Not to be greeted",
    "deceased": "Has died",
    "departed": "Has left the network",
    "job": "Job",
    "last_contact_at": "Last contact",
    "emails": "Email",
    "phones": "Phone",
    "dates": "Date",
    "search": "Looks for a job",
}
SOURCES: Final[Mapping[str, str]] = {
    "linkedin": "LinkedIn import",
    "google": "Google import",
    "outlook": "Outlook import",
    "thunderbird": "Thunderbird import",
    "vcard": "vCard import",
    "jcard": "jCard import",
    "ics": "Calendar import",
    "hobnob/web": "You, on these pages",
    "hobnob/cli": "You, on the command line",
    "hobnob/import": "A comparison of two imports",
    "hobnob/opt-out": "They themselves, by the link in a greeting",
    "hobnob/notifier": "A greeting that was sent",
    "hobnob/sample": "The sample network",
}
"""Those of Hobnob itself; any other is called what it calls itself."""
_INSTANT: Final[TypeAdapter[datetime]] = TypeAdapter(Instant)

router: Final = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One value and where it comes from; *others* are what other sources say, each with its value."""

    label: str
    detail: str
    value: str
    source: str
    by: Statement | None
    others: tuple[tuple[str, str], ...]


@router.get(PATH)
async def show_sources(request: Request, site: OurSite, viewer: Viewer, contact: str) -> Response:
    """Show each value with the fact that decided it."""
    person = await find_person(site.tools, owner=viewer.owner, contact=contact)
    found = await provenance(site.tools, owner=viewer.owner, contact=person.id)
    words = PersonWords(viewer)
    return await render(
        request,
        "sources.html",
        person=person,
        lines=[_line(value, words) for value in found.values],
        sources=sorted({source_text(source) for source in found.sources}),
        words=words,
    )


def source_text(source: str | None) -> str:
    """Return who said something, in words."""
    return SOURCES.get(source, source) if source else "Not known any more"


def _line(value: StatedValue, words: PersonWords) -> Line:
    field, _, entry = value.field.partition(".")
    shows_entry = field in ("dates", "search")
    return Line(
        label=LABELS.get(field, field),
        detail=entry.replace("_", " ") if shows_entry else "",
        value=value_text(field, value.value, words),
        source=source_text(value.by.source) if value.by else "How a fact named them",
        by=value.by,
        others=tuple((source_text(each.source), value_text(field, each.value, words)) for each in value.others),
    )


def value_text(field: str, value: Any, words: PersonWords) -> str:
    """Return a value as a person reads it."""
    match field, value:
        case "birthday" | "connected_on" | "dates", str():
            return _date(value, words)
        case "closeness", str():
            return wording.CLOSENESS[Closeness(value)]
        case "muted", list():
            return ", ".join(wording.OCCASIONS[Occasion(each)] for each in value) or "nothing"
        case "last_contact_at" | "connection_accepted_at", str():
            return words.day_of(_INSTANT.validate_python(value))
        case "job", dict():
            since = f", since {_date(str(value['started_on']), words)}" if value.get("started_on") else ""
            return " at ".join(str(value[part]) for part in ("title", "company") if value.get(part)) + since
        case _, bool():
            return "yes" if value else "no"
        case _, list():
            return ", ".join(str(each) for each in value) or "none"
        case _:
            return str(value)


def _date(text: str, words: PersonWords) -> str:
    try:
        return words.partial(PartialDate.parse(text))
    except (ValueError, ValidationError):
        return text
