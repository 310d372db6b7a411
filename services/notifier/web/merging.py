"""`/people/{contact}/merge`: choose the other entry of the same person, see what the two become, confirm."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.use_cases.curation import candidates, merge
from services.notifier.use_cases.person_lookup import find_person
from services.notifier.web import wording
from services.notifier.web.pages import redirect, render
from services.notifier.web.person_words import PersonWords
from services.notifier.web.session import Form, Viewer
from services.notifier.web.site import OurSite
from shared.errors import InvalidMessage
from shared.messages.snapshots import ContactSnapshot

PATH: Final = "/people/{contact}/merge"
WORDS_MAX: Final = 200
ID: Final = r"^[A-Za-z0-9_-]{1,64}$"

router: Final = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field of both entries, and of the person that they become."""

    label: str
    left: str
    right: str
    together: str


@router.get(PATH)
async def ask_merge(
    request: Request,
    site: OurSite,
    viewer: Viewer,
    contact: str,
    words: Annotated[str | None, Query(alias="q", max_length=WORDS_MAX)] = None,
    other: Annotated[str | None, Query(pattern=ID)] = None,
) -> Response:
    """Show whom it could be, or, once that is chosen, what the two become."""
    person = await find_person(site.tools, owner=viewer.owner, contact=contact)
    if other is None:
        words = (words or "").strip() or None
        found = await candidates(site.tools, person=person, words=words)
        return await render(request, "merge_choice.html", person=person, found=found, words=words, says=PersonWords(viewer))
    second = await find_person(site.tools, owner=viewer.owner, contact=other)
    if second.id == person.id:
        raise InvalidMessage("these two are one person already")
    told = await merge(site.tools, owner=viewer.owner, contact=person.id, other=second.id, preview=True)
    rows = list(_rows(person, second, told.contact, PersonWords(viewer)))
    return await render(request, "merge_preview.html", person=person, other=second, together=told.contact, rows=rows)


@router.post(PATH)
async def merge_two(site: OurSite, viewer: Viewer, form: Form, contact: str) -> Response:
    """Make one person of the two, and show them."""
    person = await find_person(site.tools, owner=viewer.owner, contact=contact)
    other = await find_person(site.tools, owner=viewer.owner, contact=form.get("other", ""))
    if other.id == person.id:  # sent twice
        return redirect(f"/people/{person.id}?did=merged")
    merged = await merge(site.tools, owner=viewer.owner, contact=person.id, other=other.id)
    return redirect(f"/people/{merged.contact.id}?did=merged")


def _rows(left: ContactSnapshot, right: ContactSnapshot, together: ContactSnapshot, words: PersonWords) -> Iterator[Row]:
    """Yield each field in which at least one of the entries has something to say."""
    texts = [_texts(each, words) for each in (left, right, together)]
    for label in texts[0]:
        values = [each[label] for each in texts]
        if any(values):
            yield Row(label=label, left=values[0], right=values[1], together=values[2])


def _texts(person: ContactSnapshot, words: PersonWords) -> dict[str, str]:
    job = person.job
    return {
        "Name": person.name,
        "Nickname": person.nickname or "",
        "Closeness": wording.CLOSENESS[person.closeness],
        "Birthday": words.partial(person.birthday) if person.birthday else "",
        "Job": " at ".join(part for part in (job.title, job.company) if part) if job else "",
        "Email": "\n".join(person.emails),
        "Phone": "\n".join(person.phones),
        "LinkedIn": person.linkedin_url or "",
        "Place": person.location or "",
        "Dates": "\n".join(f"{date.label}: {words.partial(date.on)}" for date in person.dates),
        "Tags": ", ".join(person.tags),
        "Interests": ", ".join(person.interests),
        "Causes": ", ".join(person.causes),
        "Schools": ", ".join(person.schools),
        "Notes": person.notes or "",
        "Connected": words.partial(person.connected_on) if person.connected_on else "",
        "In touch": _contacts(person, words),
        "No reminders of": ", ".join(wording.OCCASIONS[occasion] for occasion in person.muted),
        "Greetings": "never" if person.is_silenced else "",
    }


def _contacts(person: ContactSnapshot, words: PersonWords) -> str:
    if person.last_contact_at is None:
        return ""
    count = len(person.interactions)
    return f"{count} {'time' if count == 1 else 'times'}, last on {words.day_of(person.last_contact_at)}"
