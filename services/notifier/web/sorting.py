"""`/import/sort`: how close is this person? One at a time, by button or by key."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.sorting import Reason
from services.notifier.store.sorting import MarkState
from services.notifier.use_cases.sorting import Asked
from services.notifier.web.desk import Desk
from services.notifier.web.pages import redirect, render, wants_page
from services.notifier.web.person_words import PersonWords
from services.notifier.web.session import Form, OwnForm, Viewer
from services.notifier.web.wording import CLOSENESS
from shared.errors import InvalidMessage
from shared.messages.values import Closeness, Id

PATH: Final = "/import/sort"
CARDS: Final = 12
"""People on one page: the first is shown, the others are ready for whoever is faster than the line."""
NOTES_CHARS: Final = 240
CHOICES: Final = (
    (Closeness.INTIMATE, "1", "Family and closest friends"),
    (Closeness.WELL, "2", "Friends, and people you work with"),
    (Closeness.MODERATE, "3", "You would stop and talk"),
    (Closeness.CONNECTED, "4", "A name you know"),
)
"""Each with its key, and what it means."""
REASONS: Final[dict[Reason, str]] = {
    Reason.RECENT: "in touch lately",
    Reason.OFTEN: "in touch often",
    Reason.MET: "you met",
    Reason.SHARED: "common ground",
    Reason.REFERENCE: "your reference",
    Reason.NICKNAME: "you know the nickname",
    Reason.BIRTHDAY: "you know the birthday",
    Reason.NOTES: "you took notes",
    Reason.PHONE: "you have the number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SortCard:
    """A person as the page asks about them."""

    id: str
    name: str
    job: str
    asked: Asked
    reasons: tuple[str, ...]
    notes: str
    times: int


def sorting_router(desk: Desk) -> APIRouter:
    """Return the routes; they come before that of a single import."""
    router = APIRouter(include_in_schema=False)
    sorting = desk.sorting

    @router.get(PATH)
    async def page(request: Request, viewer: Viewer, fresh: bool = False) -> Response:
        found = await sorting.next_up(profile=viewer.profile, limit=CARDS)
        if fresh and not found.asked:
            # Right after an import the people may be on their way from contacts to here.
            await sorting.until_somebody(owner=viewer.owner)
            found = await sorting.next_up(profile=viewer.profile, limit=CARDS)
        return await render(
            request,
            "sort.html",
            round=found,
            partial=PersonWords(viewer).partial,
            cards=[_card(asked) for asked in found.asked],
            choices=[(closeness.value, CLOSENESS[closeness], key, meaning) for closeness, key, meaning in CHOICES],
            latest=found.latest,
            latest_words=_latest(found.latest.state, found.latest.placed) if found.latest else "",
        )

    @router.post(PATH, dependencies=[OwnForm])
    async def again(viewer: Viewer) -> Response:
        await sorting.ask_again(owner=viewer.owner)
        return redirect(PATH)

    @router.post(PATH + "/{contact}")
    async def sort(request: Request, viewer: Viewer, form: Form, contact: Id) -> Response:
        match form.get("to"):
            case "skip":
                await sorting.skip(owner=viewer.owner, contact=contact)
            case "undo":
                await sorting.take_back(owner=viewer.owner, contact=contact)
            case ("intimate" | "well" | "moderate" | "connected") as said:
                await sorting.place(owner=viewer.owner, contact=contact, closeness=Closeness(said))
            case _:
                raise InvalidMessage("to: one of intimate, well, moderate, connected, skip, undo")
        return redirect(PATH) if wants_page(request) else Response(status_code=HTTPStatus.NO_CONTENT)

    return router


def _card(asked: Asked) -> SortCard:
    person = asked.person
    job = person.job
    notes = " ".join((person.notes or "").split())
    return SortCard(
        id=person.id,
        name=person.name or "Somebody without a name",
        job=", ".join(part for part in (job.title, job.company) if part) if job else "",
        asked=asked,
        reasons=tuple(REASONS[reason] for reason in asked.guess.reasons[:3]),
        notes=notes if len(notes) <= NOTES_CHARS else f"{notes[: NOTES_CHARS - 1]}…",
        times=len(person.interactions),
    )


def _latest(state: MarkState, placed: Closeness | None) -> str:
    if state is MarkState.SKIPPED or placed is None:
        return "skipped"
    return CLOSENESS[placed].lower()
