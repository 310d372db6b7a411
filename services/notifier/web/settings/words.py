"""The templates of drafts: which there are, what each says for somebody, and the owner's own words in their place."""

from collections.abc import Mapping
from http import HTTPStatus
from itertools import groupby
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.languages import language_of
from services.notifier.drafts import Drafted
from services.notifier.drafts.checking import SOURCE_BYTES_MAX
from services.notifier.drafts.sources import Origin, is_template_name
from services.notifier.use_cases.own_templates import (
    MILESTONE,
    FaultyTemplate,
    TemplateInfo,
    list_templates,
    read_template,
    reset_template,
    save_template,
    try_template,
)
from services.notifier.use_cases.previewing import preview_drafts
from services.notifier.web.desk import Desk
from services.notifier.web.pages import redirect
from services.notifier.web.session import Form, SignedIn, Viewer
from services.notifier.web.settings.sections import WORDS, show
from services.notifier.web.wording import OCCASIONS
from shared.errors import Conflict, NotFound, TooLarge
from shared.messages.rpc import ContactPage, ListContacts, PreviewDraft
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Occasion

TONES: Final = {"close": "Intimate and well known", "default": "Everybody else"}
SAMPLE_NAME: Final = "Alex Example"
NEW: Final = "mine"
"""How the owner's own variants are called: `mine`, `mine-2`, …"""
SEARCH_MAX: Final = 200


def words_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(WORDS.url)
    async def ask(request: Request, viewer: Viewer, language: str = "") -> Response:
        """List the templates of one language."""
        found = await list_templates(desk.tools, owner=viewer.owner)
        languages = sorted({each.language for each in found})
        own = language_of(viewer.profile.language)
        chosen = next((each for each in (language, own, "en") if each in languages), languages[0])
        listed = [each for each in found if each.language == chosen]
        return await show(
            request,
            WORDS,
            languages=languages,
            chosen=chosen,
            groups=[(occasion, list(group)) for occasion, group in groupby(listed, key=lambda each: each.occasion)],
            subjects=await _subjects(viewer.owner, chosen),
            problems=desk.tools.drafter.library.problems(owner=viewer.owner),
            tones=TONES,
            Origin=Origin,
            info=None,
        )

    @router.get(WORDS.url + "/new")
    async def begin(viewer: Viewer, language: str, occasion: str, tone: str) -> Response:
        """Lead to a new variant, which begins with the words of the first there is."""
        taken = {each.name for each in await list_templates(desk.tools, owner=viewer.owner)}
        beginning = f"{language}/{occasion}.{tone}."
        first = next((name for name in sorted(taken) if name.startswith(beginning)), None)
        names = (f"{beginning}{NEW}{f'-{number}' if number > 1 else ''}.j2" for number in range(1, len(taken) + 2))
        free = next(name for name in names if name not in taken)
        if first is None or not is_template_name(free):
            raise NotFound("there is no such occasion in this language")
        return redirect(f"{WORDS.url}/{free}")

    @router.get(WORDS.url + "/{language}/{file}")
    async def look(request: Request, viewer: Viewer, language: str, file: str) -> Response:
        """Show one with what it says for a made-up person."""
        info, text = await _read(viewer, f"{language}/{file}")
        return await _show(request, viewer, name=f"{language}/{file}", info=info, text=text, form={})

    @router.post(WORDS.url + "/{language}/{file}")
    async def change(request: Request, viewer: Viewer, form: Form, language: str, file: str) -> Response:
        """Show what a text would say, keep it, or put back what was there before."""
        name, text = f"{language}/{file}", form.get("text", "")
        info, _ = await _read(viewer, name)
        match form.get("then"):
            case "reset":
                await reset_template(desk.tools, owner=viewer.owner, name=name)
                has_other = info is not None and info.has_other
                return redirect(f"{WORDS.url}/{name}?did=reset" if has_other else f"{WORDS.url}?language={language}&did=reset")
            case "save":
                try:
                    await save_template(desk.tools, owner=viewer.owner, name=name, text=text)
                except (FaultyTemplate, TooLarge) as exc:
                    return await _show(request, viewer, name=name, info=info, text=text, form=form, error=str(exc))
                return redirect(f"{WORDS.url}/{name}?did=saved")
        return await _show(request, viewer, name=name, info=info, text=text, form=form)

    async def _subjects(owner: str, language: str) -> dict[str, str]:
        """Return how each template begins, for the made-up person."""
        asked = PreviewDraft(owner=owner, language=language, every_variant=True, milestone=MILESTONE)
        try:
            found = await preview_drafts(desk.tools, request=asked)
        except TooLarge:
            return {}
        return {each.variant: each.draft.subject for each in found.previews}

    async def _read(viewer: SignedIn, name: str) -> tuple[TemplateInfo | None, str]:
        """Return a template; of a new variant of an occasion that there is, none, and the words it begins with."""
        try:
            return await read_template(desk.tools, owner=viewer.owner, name=name)
        except NotFound:
            beginning = name.rpartition(".j2")[0].rpartition(".")[0] + "."
            taken = await list_templates(desk.tools, owner=viewer.owner)
            first = next((each.name for each in taken if each.name.startswith(beginning)), None)
            if first is None or not is_template_name(name):
                raise
            return None, (await read_template(desk.tools, owner=viewer.owner, name=first))[1]

    async def _show(
        request: Request,
        viewer: SignedIn,
        *,
        name: str,
        info: TemplateInfo | None,
        text: str,
        form: Mapping[str, str],
        error: str | None = None,
    ) -> Response:
        sought = form.get("person", "").strip()[:SEARCH_MAX]
        person, trouble = await _person(viewer, sought), None
        if sought and person is None:
            trouble = f"Nobody of yours is called “{sought}”."
        try:
            drafted: Drafted | None = await try_template(
                desk.tools, profile=viewer.profile, name=name, text=text, person=person, is_belated="belated" in form
            )
        except Conflict as exc:
            drafted, trouble = None, str(exc).capitalize() + "."
        if drafted and drafted.problem:
            at = f"Line {drafted.problem.line}: " if drafted.problem.line else ""
            trouble, drafted = f"{at}{drafted.problem.reason}", None
        return await show(
            request,
            WORDS,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
            info=info,
            name=name,
            occasion_name=OCCASIONS[Occasion(name.partition("/")[2].split(".")[0])],
            text=text,
            drafted=drafted,
            trouble=trouble,
            about=person.name if person else SAMPLE_NAME,
            sought=sought,
            is_belated="belated" in form,
            errors={"text": error} if error else {},
            variables=sorted(desk.tools.drafter.library.variables),
            most=SOURCE_BYTES_MAX,
            tones=TONES,
            Origin=Origin,
        )

    async def _person(viewer: SignedIn, sought: str) -> ContactSnapshot | None:
        if not sought:
            return None
        found = await desk.contacts("list", ListContacts(owner=viewer.owner, search=sought, limit=1), ContactPage)
        return found.contacts[0] if found.contacts else None

    return router
