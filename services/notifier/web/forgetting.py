"""`/people/{contact}/forget`: erase somebody everywhere, and say what that was and what it cannot reach."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.use_cases.curation import forget
from services.notifier.use_cases.person_lookup import find_person
from services.notifier.web.pages import redirect, render
from services.notifier.web.session import Form, Viewer
from services.notifier.web.site import OurSite
from shared.errors import NotFound
from shared.messages.curation import PLACES, Forgotten

PATH: Final = "/people/{contact}/forget"
COUNT: Final = re.compile(r"(?P<place>[A-Za-z_.]{1,40}):(?P<count>\d{1,7})")

router: Final = APIRouter(include_in_schema=False)


@router.get(PATH)
async def ask_forget(
    request: Request,
    site: OurSite,
    viewer: Viewer,
    contact: str,
    erased: Annotated[tuple[str, ...], Query(max_length=len(PLACES))] = (),
    did: Annotated[str | None, Query(max_length=20)] = None,
    later: Annotated[bool, Query()] = False,
) -> Response:
    """Say what is erased and what is not, and ask; or, where somebody is forgotten, say what was erased."""
    try:
        person = await find_person(site.tools, owner=viewer.owner, contact=contact)
    except NotFound:
        if did != "forgotten":
            raise
        return await render(request, "forgotten.html", counts=_counts(erased), later=later)
    return await render(request, "forget.html", person=person, unsure=did == "unsure")


@router.post(PATH)
async def forget_person(request: Request, site: OurSite, viewer: Viewer, form: Form, contact: str) -> Response:
    """Erase somebody, once the owner has ticked that they mean it."""
    person = await find_person(site.tools, owner=viewer.owner, contact=contact)
    if form.get("sure") != "yes":
        return await render(request, "forget.html", status=HTTPStatus.UNPROCESSABLE_ENTITY, person=person, unsure=True)
    done = await forget(site.tools, owner=viewer.owner, contact=person.id)
    return redirect(f"/people/{person.id}/forget?{_told(done)}")


def _told(done: Forgotten) -> str:
    """Write what was erased into an address: nothing is kept of somebody who is forgotten, not even that."""
    counts = [("erased", f"{place}:{count}") for place, count in done.erased.items() if place in PLACES]
    return urlencode([("did", "forgotten"), *([("later", "true")] if done.unfinished else []), *counts])


def _counts(erased: Sequence[str]) -> list[tuple[int, str]]:
    """Return how much of what was erased; an address says only numbers, the words are ours."""
    found = [match for each in erased if (match := COUNT.fullmatch(each)) and match["place"] in PLACES]
    return [(int(match["count"]), PLACES[match["place"]]) for match in found]
