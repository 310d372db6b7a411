"""Channels, credentials, dead letters, templates and the heartbeat below `/api/v1`: what the settings pages do, for programs."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.channels.apprise import ChannelFailed
from services.notifier.domain.digest import Watched
from services.notifier.use_cases.own_templates import (
    list_templates,
    read_template,
    reset_template,
    save_template,
    try_template,
)
from services.notifier.use_cases.people import profiles_of
from services.notifier.use_cases.pulse import feel_pulse
from services.notifier.web.api.routing import PROBLEMS, READING, ApiRoute, answer
from services.notifier.web.api.settings_bodies import (
    ChannelAdding,
    CredentialMaking,
    DeadLetterInfo,
    DeadLetterList,
    DeadLetterWhole,
    Heartbeat,
    Replaying,
    TemplateDraft,
    TemplateEntry,
    TemplateList,
    TemplateSaving,
    TemplateText,
    TemplateTrying,
    WatchedWeek,
)
from services.notifier.web.desk import Desk
from services.notifier.web.problems import Refusal
from services.notifier.web.session import ApiCaller
from shared.dead_letters import DeadLetter
from shared.errors import NotFound
from shared.messages.access import (
    CredentialIssued,
    CredentialPage,
    IssueCredential,
    ListCredentials,
    RevokeCredential,
    Scope,
)
from shared.messages.rpc import ContactReply, Cursor, Draft, GetContact, Limit, Ok
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import AddChannel, ChannelAction, ChannelInfo, ChannelList, ListChannels
from shared.messages.values import Id

LETTERS_MAX: Final = 200
Language = Annotated[str, Path(pattern="^[a-z]{2,3}$")]
File = Annotated[str, Path(max_length=120)]
Letter = Annotated[str, Path(max_length=20)]


def channels_api(desk: Desk) -> APIRouter:
    """Return the routes about channels."""
    router = APIRouter(prefix="/channels", tags=["channels"], route_class=ApiRoute)

    @router.get("", response_model=ChannelList, responses=READING, summary="List where you are told")
    async def list_channels(request: Request, caller: ApiCaller) -> Response:
        return answer(request, await desk.upkeep.channels.list(ListChannels(owner=caller.owner)))

    @router.post("", response_model=ChannelInfo, responses=PROBLEMS, summary="Add a channel")
    async def add_channel(request: Request, caller: ApiCaller, body: ChannelAdding) -> Response:
        """The address is kept encrypted and never answered with."""
        asked = AddChannel(owner=caller.owner, url=body.url, name=body.name, order=body.order)
        return answer(request, (await desk.upkeep.channels.add(asked)).channel)

    @router.post("/{name}/test", response_model=ChannelInfo, responses=PROBLEMS, summary="Send a message through a channel")
    async def test_channel(request: Request, caller: ApiCaller, name: Id) -> Response:
        """409 with the reason when the channel does not take it."""
        try:
            tested = await desk.upkeep.channels.test(ChannelAction(owner=caller.owner, name=name))
        except ChannelFailed as exc:
            raise Refusal(HTTPStatus.CONFLICT, "channel-failed", exc.reason) from exc
        return answer(request, tested.channel)

    @router.delete("/{name}", response_model=ChannelInfo, responses=PROBLEMS, summary="Forget a channel")
    async def remove_channel(request: Request, caller: ApiCaller, name: Id) -> Response:
        removed = await desk.upkeep.channels.remove(ChannelAction(owner=caller.owner, name=name))
        return answer(request, removed.channel)

    return router


def credentials_api(desk: Desk) -> APIRouter:
    """Return the routes about tokens and emitters."""
    router = APIRouter(prefix="/credentials", tags=["credentials"], route_class=ApiRoute)

    @router.get("", response_model=CredentialPage, responses=READING, summary="List tokens and emitters")
    async def list_credentials(
        request: Request, caller: ApiCaller, cursor: Annotated[Cursor | None, Query()] = None, limit: Limit = 100
    ) -> Response:
        asked = ListCredentials(owner=caller.owner, cursor=cursor, limit=limit)
        return answer(request, await desk.upkeep.access.list(request=asked))

    @router.post("", response_model=CredentialIssued, responses=PROBLEMS, summary="Let another system state facts")
    async def make_credential(request: Request, caller: ApiCaller, body: CredentialMaking) -> Response:
        """
        The secret is told once. A token makes emitters only: one that made tokens could outlive its own end. Those are made on
        the settings page, or with `hobnob owner token`.
        """
        if body.scope is Scope.OWNER and caller.session is None:
            raise Refusal(HTTPStatus.FORBIDDEN, "scope", "a token makes no tokens; make one on the settings page")
        asked = IssueCredential(owner=caller.owner, name=body.name, scope=body.scope)
        return answer(request, await desk.upkeep.access.issue(request=asked))

    @router.delete("/{name}", response_model=Ok, responses=PROBLEMS, summary="End a token or an emitter")
    async def revoke_credential(request: Request, caller: ApiCaller, name: Id) -> Response:
        """Whoever uses it is cut off at once."""
        return answer(request, await desk.upkeep.access.revoke(request=RevokeCredential(owner=caller.owner, name=name)))

    return router


def dead_letters_api(desk: Desk) -> APIRouter:
    """Return the routes about what could not be processed."""
    router = APIRouter(prefix="/dead-letters", tags=["dead letters"], route_class=ApiRoute)

    @router.get("", response_model=DeadLetterList, responses=READING, summary="List what could not be processed")
    async def list_letters(
        request: Request, caller: ApiCaller, limit: Annotated[int, Query(ge=1, le=LETTERS_MAX)] = 50
    ) -> Response:
        """The newest of yours, at most *limit*."""
        found = await desk.upkeep.dead_letters.newest(owner=caller.owner, limit=limit)
        return answer(request, DeadLetterList(letters=tuple(DeadLetterInfo(**_letter(each)) for each in found)))

    @router.get("/{letter}", response_model=DeadLetterWhole, responses=READING, summary="Read one with its data")
    async def get_letter(request: Request, caller: ApiCaller, letter: Letter) -> Response:
        found = await desk.upkeep.dead_letters.get(owner=caller.owner, id=letter)
        data = (found.body or b"").decode("utf-8", "replace")
        return answer(request, DeadLetterWhole(**_letter(found), headers=found.original_headers, data=data))

    @router.post("/{letter}/replay", response_model=Ok, responses=PROBLEMS, summary="Give a fact back to the intake")
    async def replay_letter(request: Request, caller: ApiCaller, letter: Letter, body: Replaying | None = None) -> Response:
        """With `data`, which is the text of the whole payload, in place of what it held."""
        payload = body.data.encode() if body and body.data is not None else None
        await desk.upkeep.dead_letters.replay(owner=caller.owner, id=letter, payload=payload)
        return answer(request, Ok())

    @router.delete("/{letter}", response_model=Ok, responses=PROBLEMS, summary="Drop one for good")
    async def drop_letter(request: Request, caller: ApiCaller, letter: Letter) -> Response:
        await desk.upkeep.dead_letters.drop(owner=caller.owner, id=letter)
        return answer(request, Ok())

    return router


def templates_api(desk: Desk) -> APIRouter:
    """Return the routes about the words of drafts."""
    router = APIRouter(prefix="/templates", tags=["templates"], route_class=ApiRoute)

    @router.get("", response_model=TemplateList, responses=READING, summary="List the templates of drafts")
    async def list_them(request: Request, caller: ApiCaller) -> Response:
        found = await list_templates(desk.tools, owner=caller.owner)
        return answer(request, TemplateList(templates=tuple(TemplateEntry.of(each) for each in found)))

    @router.get("/{language}/{file}", response_model=TemplateText, responses=READING, summary="Read a template")
    async def get_template(request: Request, caller: ApiCaller, language: Language, file: File) -> Response:
        info, text = await read_template(desk.tools, owner=caller.owner, name=f"{language}/{file}")
        return answer(request, TemplateText(**TemplateEntry.of(info).model_dump(), text=text))

    @router.put("/{language}/{file}", response_model=TemplateText, responses=PROBLEMS, summary="Say it in your own words")
    async def put_template(request: Request, caller: ApiCaller, language: Language, file: File, body: TemplateSaving) -> Response:
        """In place of the template of that name, or as one more. It is tried before it is kept."""
        await save_template(desk.tools, owner=caller.owner, name=f"{language}/{file}", text=body.text)
        info, text = await read_template(desk.tools, owner=caller.owner, name=f"{language}/{file}")
        return answer(request, TemplateText(**TemplateEntry.of(info).model_dump(), text=text))

    @router.delete("/{language}/{file}", response_model=Ok, responses=PROBLEMS, summary="Put back what was there")
    async def delete_template(request: Request, caller: ApiCaller, language: Language, file: File) -> Response:
        await reset_template(desk.tools, owner=caller.owner, name=f"{language}/{file}")
        return answer(request, Ok())

    @router.post(
        "/{language}/{file}/preview", response_model=TemplateDraft, responses=PROBLEMS, summary="See what a text would say"
    )
    async def preview_template(
        request: Request, caller: ApiCaller, language: Language, file: File, body: TemplateTrying
    ) -> Response:
        """For the person of that id, or for a made-up one. Nothing is kept."""
        person = None
        if body.contact is not None:
            person = (await desk.contacts("get", GetContact(owner=caller.owner, id=body.contact), ContactReply)).contact
        drafted = await try_template(
            desk.tools,
            profile=await _profile(desk, caller.owner),
            name=f"{language}/{file}",
            text=body.text,
            person=person,
            is_belated=body.belated,
        )
        problem = drafted.problem
        document = TemplateDraft(
            draft=Draft(subject=drafted.draft.subject, body=drafted.draft.body) if problem is None else None,
            line=problem.line if problem else None,
            reason=problem.reason if problem else None,
        )
        return answer(request, document)

    return router


def heartbeat_api(desk: Desk) -> APIRouter:
    """Return the route that says whether all is alive."""
    router = APIRouter(prefix="/heartbeat", tags=["heartbeat"], route_class=ApiRoute)

    @router.get("", response_model=Heartbeat, responses=READING, summary="See whether everything is alive")
    async def heartbeat(request: Request, caller: ApiCaller) -> Response:
        pulse = await feel_pulse(desk.upkeep.telling, profile=await _profile(desk, caller.owner))
        document = Heartbeat(
            is_well=pulse.watched.is_well and pulse.mail_trouble is None,
            last_reminder_at=pulse.last_reminder_at,
            next_due_at=pulse.next_due_at,
            next_digest_at=pulse.next_digest_at,
            week=_week(pulse.watched),
            channels=pulse.channels,
            has_mail=pulse.has_mail,
            mail_trouble=pulse.mail_trouble,
        )
        return answer(request, document)

    return router


def settings_apis(desk: Desk) -> Iterator[APIRouter]:
    """Yield all of the above."""
    for part in (channels_api, credentials_api, dead_letters_api, templates_api, heartbeat_api):
        yield part(desk)


async def _profile(desk: Desk, owner: str) -> OwnerProfile:
    found = (await profiles_of(desk.tools, owners={owner})).get(owner)
    if found is None:
        raise NotFound("nothing is known of this owner")
    return found


def _letter(letter: DeadLetter) -> dict[str, Any]:
    names = ("id", "service", "subject", "reason", "attempts", "at")
    return {name: getattr(letter, name) for name in names}


def _week(watched: Watched) -> WatchedWeek:
    names = ("people", "dates", "timers", "expected", "came", "acted", "waiting", "late", "troubled")
    return WatchedWeek(**{name: getattr(watched, name) for name in names}, worst_delay_s=watched.latest.total_seconds())
