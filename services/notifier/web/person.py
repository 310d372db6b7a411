"""`/people/{contact}`: one person, everything that is known and planned, and every change of it as a plain form."""

from collections.abc import Mapping
from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.person_reach import ways_to
from services.notifier.use_cases.inbox_page import Card, cards_of
from services.notifier.use_cases.person_edits import Stated, edit_person, log_interaction, take_back_interaction, tell_new_job
from services.notifier.use_cases.person_lookup import find_person
from services.notifier.use_cases.person_page import view_person
from services.notifier.web import person_words, wording
from services.notifier.web.pages import redirect, render
from services.notifier.web.person_forms import date_wish, job_of, wish_of
from services.notifier.web.person_words import PersonWords
from services.notifier.web.rules import RULES
from services.notifier.web.session import Form, SignedIn, Viewer
from services.notifier.web.site import OurSite, Site
from shared.errors import Conflict, InvalidMessage
from shared.messages.reminders import ItemState
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness, Direction

PATH: Final = "/people/{contact}"
PARTS: Final = ("dates", "jobs", "new-jobs", "reach", "about", "greetings", "notes", "timeline", "name")
"""The parts of the page that can be changed, by the id of their element."""
MORE: Final = (
    (PATH + "/sources", "Where each value came from", False),
    (PATH + "/merge", "Merge with another entry", False),
    (PATH + "/forget", "Forget this person", True),
)
"""Pages about the person that are shown where there are such: path, label, and whether it destroys something."""
LATELY_SHOWN: Final = 6
"""Interactions that are shown before the others are asked for."""
WORD_MAX: Final = 40

router: Final = APIRouter(include_in_schema=False)


@router.get(PATH)
async def show_person(
    request: Request,
    site: OurSite,
    viewer: Viewer,
    contact: str,
    did: Annotated[str | None, Query(max_length=WORD_MAX)] = None,
    item: Annotated[str | None, Query(max_length=200)] = None,
    edit: Annotated[str | None, Query(max_length=WORD_MAX)] = None,
    entry: Annotated[str | None, Query(max_length=WORD_MAX)] = None,
) -> Response:
    """Show one person, and what the last form did."""
    return await _show(request, site, viewer, contact, did=did, item=item, edit=edit, entry=entry)


@router.post(PATH + "/edit")
async def change_person(request: Request, site: OurSite, viewer: Viewer, form: Form, contact: str) -> Response:
    """Take over the fields of a form that the owner changed."""
    try:
        wish = wish_of(form, request.state.fields)
        stated = await edit_person(site.tools, owner=viewer.owner, contact=contact, wish=wish)
    except (InvalidMessage, Conflict) as exc:
        return await _show_again(request, site, viewer, contact, form, exc)
    return _back(stated, did="saved", part=form.get("part"))


@router.post(PATH + "/dates")
async def change_date(request: Request, site: OurSite, viewer: Viewer, form: Form, contact: str) -> Response:
    """Add a date of the owner's own, correct it, or take it away."""
    try:
        stated = await edit_person(site.tools, owner=viewer.owner, contact=contact, wish=date_wish(form))
    except InvalidMessage as exc:
        return await _show_again(request, site, viewer, contact, form, exc)
    return _back(stated, did="saved", part="dates")


@router.post(PATH + "/jobs")
async def add_job(request: Request, site: OurSite, viewer: Viewer, form: Form, contact: str) -> Response:
    """Take over that they have a new job."""
    try:
        stated = await tell_new_job(site.tools, owner=viewer.owner, contact=contact, job=job_of(form))
    except InvalidMessage as exc:
        return await _show_again(request, site, viewer, contact, form, exc)
    return _back(stated, did="job", part="jobs")


@router.post(PATH + "/interactions")
async def log(request: Request, site: OurSite, viewer: Viewer, form: Form, contact: str) -> Response:
    """Note that the two were in touch, now or on another day."""
    before = await find_person(site.tools, owner=viewer.owner, contact=contact)
    try:
        stated = await log_interaction(
            site.tools,
            owner=viewer.owner,
            contact=contact,
            channel=form.get("channel", "").strip() or None,
            direction=_direction(form),
            note=form.get("note", "").replace("\r\n", "\n").strip() or None,
            on=_day(form.get("on", "")),
        )
    except InvalidMessage as exc:
        return await _show_again(request, site, viewer, contact, form, exc)
    return _back(stated, did="logged", part=None, entry=_noted(before, stated.person))


@router.post(PATH + "/interactions/remove")
async def take_back(site: OurSite, viewer: Viewer, form: Form, contact: str) -> Response:
    """Take back that the two were in touch."""
    stated = await take_back_interaction(site.tools, owner=viewer.owner, contact=contact, interaction=form.get("interaction", ""))
    return _back(stated, did="unlogged", part="timeline")


async def _show(
    request: Request,
    site: Site,
    viewer: SignedIn,
    contact: str,
    *,
    did: str | None = None,
    item: str | None = None,
    edit: str | None = None,
    entry: str | None = None,
    kept: Mapping[str, str] | None = None,
    error: str | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    """Show the page; with *kept*, the fields of a form that was refused, and the *error* that says why."""
    view = await view_person(site.tools, profile=viewer.profile, contact=contact)
    here = PATH.format(contact=view.person.id)
    if view.person.id != contact and error is None:
        return redirect(f"{here}?{request.url.query}" if request.url.query else here)
    person = view.person
    return await render(
        request,
        "person.html",
        status=status,
        view=view,
        person=person,
        name=person.name or next(iter(person.emails), person.id),
        ways=ways_to(person),
        words=PersonWords(viewer),
        says=person_words,
        here=here,
        back=here,
        more=[(path.format(contact=person.id), label, is_bad) for path, label, is_bad in MORE if path in RULES],
        done=await _done(site, viewer, did=did, item=item),
        did=did if did else None,
        entry=entry if entry in {each.id for each in person.interactions} else None,
        edit=edit if edit in PARTS else None,
        kept=kept or {},
        error=error,
        lately=LATELY_SHOWN,
        tomorrow=viewer.now.astimezone(viewer.zone).date() + timedelta(days=1),
        wording=wording,
        Closeness=Closeness,
        Direction=Direction,
        ItemState=ItemState,
    )


async def _show_again(
    request: Request, site: Site, viewer: SignedIn, contact: str, form: Mapping[str, str], exc: InvalidMessage | Conflict
) -> Response:
    """Show the page with the form that was refused still filled in, and why it was."""
    status = HTTPStatus.CONFLICT if isinstance(exc, Conflict) else HTTPStatus.UNPROCESSABLE_ENTITY
    part = form.get("part")
    return await _show(request, site, viewer, contact, edit=part, kept=form, error=str(exc), status=status)


async def _done(site: Site, viewer: SignedIn, *, did: str | None, item: str | None) -> Card | None:
    """Return the item that a button of a card was about."""
    if did is None or item is None or (found := await site.tools.inbox.find(owner=viewer.owner, item=item)) is None:
        return None
    return (await cards_of(site.tools, profile=viewer.profile, items=[found]))[0]


def _noted(before: ContactSnapshot, person: ContactSnapshot) -> str | None:
    """Return the id of what was noted since *before*, so that one click takes it back; None where it is not seen yet."""
    known = {each.id for each in before.interactions}
    new = [each.id for each in person.interactions if each.id not in known]
    return new[0] if len(new) == 1 else None


def _back(stated: Stated, *, did: str, part: str | None, entry: str | None = None) -> Response:
    """Lead back to the part of the page that was changed; *entry* is an interaction that can be taken back at once."""
    query = urlencode({"did": did if stated.is_seen else "later"} | ({"entry": entry} if entry else {}))
    place = f"#{part}" if part in PARTS else ""
    return redirect(f"{PATH.format(contact=stated.person.id)}?{query}{place}")


def _direction(form: Mapping[str, str]) -> Direction:
    try:
        return Direction(form.get("direction") or Direction.NEUTRAL)
    except ValueError as exc:
        raise InvalidMessage("direction: choose one of those that are offered") from exc


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError as exc:
        raise InvalidMessage("on: choose a date, such as 2026-12-01") from exc
