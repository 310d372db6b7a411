"""`/import`: bring files, see how far they are, read what became of every row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.notifier.web.desk import Desk
from services.notifier.web.import_advice import SkippedGroup, grouped
from services.notifier.web.import_uploads import received, spoken_size
from services.notifier.web.pages import redirect, render, wants_page
from services.notifier.web.session import CSRF_FIELD, CSRF_HEADER, SignedIn, Viewer, expect_csrf
from shared.errors import InvalidMessage, TransientError
from shared.messages.imports import ImportPage, ImportProgress, ImportState, Receipt
from shared.messages.rpc import Cursor
from shared.messages.values import Id

PATH: Final = "/import"
LISTED: Final = 20
LINES_SHOWN: Final = 12
"""Lines of a reason that are shown without unfolding the others."""
COUNT_MAX: Final = 1_000
NOTHING_CHOSEN: Final = "Choose a file first."
FORMATS: Final[dict[str, str]] = {
    "linkedin": "LinkedIn connections",
    "linkedin_contacts": "LinkedIn address book",
    "linkedin_messages": "LinkedIn messages",
    "linkedin_invitations": "LinkedIn invitations",
    "linkedin_notes": "LinkedIn notes",
    "linkedin_recommendations": "LinkedIn recommendations",
    "google": "Google contacts",
    "outlook": "Outlook contacts",
    "thunderbird": "Thunderbird address book",
    "vcard": "vCards",
    "jcard": "jCards",
    "ics": "Calendar of birthdays",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """A receipt in words; `file` is its name, where that is not the one of the whole import."""

    receipt: Receipt
    what: str
    file: str
    skipped: Sequence[SkippedGroup]

    @property
    def told(self) -> str:
        """What became of its rows, in a sentence."""
        counts = [f"{count:,} {word}" for word, count in _counts(self.receipt).items() if count]
        rows = "1 row" if self.receipt.read == 1 else f"{self.receipt.read:,} rows"
        return f"{rows} read: {', '.join(counts)}." if counts else f"{rows} read."


def import_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)
    importing = desk.importing

    @router.get(PATH)
    async def page(
        request: Request,
        viewer: Viewer,
        cursor: Annotated[Cursor | None, Query()] = None,
        did: Annotated[str | None, Query(max_length=40)] = None,
        count: Annotated[int, Query(ge=0, le=COUNT_MAX)] = 0,
    ) -> Response:
        listed = await _listed(desk, viewer, cursor)
        return await render(
            request,
            "import.html",
            listed=listed,
            is_running=listed is not None and any(each.state is ImportState.RUNNING for each in listed.imports),
            older=f"{PATH}?{urlencode({'cursor': listed.cursor})}" if listed and listed.cursor else None,
            is_first=cursor is None,
            waiting=await desk.sorting.count(owner=viewer.owner),
            did=did,
            count=count,
            max_bytes=importing.max_bytes,
            max_size=spoken_size(importing.max_bytes),
            nothing_chosen=NOTHING_CHOSEN,
            ImportState=ImportState,
        )

    @router.post(PATH)
    async def take(request: Request, viewer: Viewer) -> Response:
        sent = request.headers.get(CSRF_HEADER)
        if sent is not None:
            expect_csrf(viewer, sent)
        async with received(request, room=desk.uploads, limit_bytes=importing.max_bytes) as form:
            if sent is None:
                expect_csrf(viewer, form.fields.get(CSRF_FIELD, ""))
            if not form.uploads:
                if wants_page(request):
                    return redirect(f"{PATH}?did=nothing")
                raise InvalidMessage(NOTHING_CHOSEN)
            ids = await importing.take(owner=viewer.owner, uploads=form.uploads, date_order=form.date_order)
        url = await _after(desk, viewer, ids)
        return redirect(url) if wants_page(request) else JSONResponse({"url": url}, status_code=HTTPStatus.ACCEPTED)

    @router.get(PATH + "/{import_id}")
    async def receipt(request: Request, viewer: Viewer, import_id: Id) -> Response:
        progress = await importing.get(owner=viewer.owner, import_id=import_id)
        return await render(
            request,
            "import_receipt.html",
            progress=progress,
            name=_name(progress),
            views=[_view(each, of=_name(progress)) for each in progress.receipts],
            totals=_totals(progress),
            waiting=await desk.sorting.count(owner=viewer.owner),
            has_new=any(each.created for each in progress.receipts),
            lines_shown=LINES_SHOWN,
            ImportState=ImportState,
        )

    return router


async def _listed(desk: Desk, viewer: SignedIn, cursor: str | None) -> ImportPage | None:
    """Return former imports; None while contacts does not answer: files can be brought all the same."""
    try:
        return await desk.importing.list(owner=viewer.owner, cursor=cursor, limit=LISTED)
    except TransientError:
        return None


async def _after(desk: Desk, viewer: SignedIn, ids: Sequence[str]) -> str:
    """Return the page that follows an upload, once it has something to show."""
    # They are known in their order; waiting for each would be too long where contacts does not answer.
    is_known = await desk.importing.until_known(owner=viewer.owner, import_id=ids[-1])
    if len(ids) == 1 and is_known:
        return f"{PATH}/{ids[0]}"
    return f"{PATH}?{urlencode({'did': 'accepted', 'count': len(ids)})}"


def _name(progress: ImportProgress) -> str:
    """Return what an import is called; one from before names were kept is called after its file."""
    return progress.filename or (progress.receipts[0].file if progress.receipts else "Import")


def _view(receipt: Receipt, *, of: str) -> ReceiptView:
    return ReceiptView(
        receipt=receipt,
        what=FORMATS.get(receipt.format, receipt.format),
        file="" if receipt.file == of else receipt.file.removeprefix(f"{of}/"),
        skipped=grouped(receipt.skipped),
    )


def _totals(progress: ImportProgress) -> Mapping[str, int]:
    """Return the counts of all receipts together."""
    totals = _counts(Receipt(file="", format=""))
    for each in progress.receipts:
        totals.update(_counts(each))
    return totals


def _counts(receipt: Receipt) -> Counter[str]:
    """Return what became of the rows, in words."""
    return Counter(
        {
            "new": receipt.created,
            "updated": receipt.updated,
            "joined with somebody known": receipt.merged,
            "unchanged": receipt.unchanged,
            "skipped": len(receipt.skipped) + receipt.skipped_more,
        }
    )
