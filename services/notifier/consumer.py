"""What arrives over NATS: parse, call one use case, return."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from faststream.nats import NatsBroker
from nats.aio.msg import Msg

from services.notifier.use_cases.access import Access
from services.notifier.use_cases.actions import dismiss_item, edit_item, send_item, snooze_item
from services.notifier.use_cases.agenda import take_agendas
from services.notifier.use_cases.due import take_firings
from services.notifier.use_cases.listing import list_inbox, list_upcoming
from services.notifier.use_cases.people import take_people
from services.notifier.use_cases.previewing import preview_drafts
from services.notifier.use_cases.tools import Tools
from shared import subjects
from shared.broker import Received, Refused, answer_requests, subscribe_batches
from shared.errors import InvalidMessage
from shared.messages.access import IssueCredential, ListCredentials, RevokeCredential
from shared.messages.reminders import Agenda, Reminder, ReminderKind
from shared.messages.rpc import EditItem, ItemAction, ListInbox, ListUpcoming, PreviewDraft, SnoozeItem
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Message
from shared.streams import NOTIFIER_AGENDA, NOTIFIER_DUE, NOTIFIER_PEOPLE

SERVICE = "notifier"

BodyT = TypeVar("BodyT", bound=Message)

_PROFILE_DOTS = subjects.profile("owner").count(".")


def read_person(raw: Msg) -> ContactSnapshot | OwnerProfile:
    """Read a snapshot; raise `InvalidMessage` when it is not of the owner and contact that its subject names."""
    body: ContactSnapshot | OwnerProfile
    if raw.subject.count(".") == _PROFILE_DOTS:
        body = OwnerProfile.model_validate_json(raw.data)
        expected = subjects.profile(body.owner)
    else:
        body = ContactSnapshot.model_validate_json(raw.data)
        expected = subjects.person(body.owner, body.id)
    return _belonging(body, expected == raw.subject)


def read_agenda(raw: Msg) -> Agenda:
    """Read an agenda; raise `InvalidMessage` when it is not of the owner and contact that its subject names."""
    body = Agenda.model_validate_json(raw.data)
    return _belonging(body, subjects.agenda(body.owner, body.contact) == raw.subject)


def read_firing(raw: Msg) -> Reminder:
    """Read a fired timer; raise `InvalidMessage` when it is not of the owner and contact that its subject names."""
    body = Reminder.model_validate_json(raw.data)
    timer = subjects.parse_timer(raw.subject)
    contact, _, rest = body.id.partition(":")
    # After a merge an item keeps its id, so that the end of its snooze names the survivor beside another contact's id.
    is_own = contact == body.contact or body.kind is ReminderKind.SNOOZE
    is_whole = timer.contact == body.contact and timer.owner == body.owner and is_own and rest.count(":") == 1
    return _belonging(body, is_whole)


def register(broker: NatsBroker, *, tools: Callable[[], Tools], access: Callable[[], Access]) -> None:
    """
    Register every subscriber of this service.

    Args:
        broker: Not yet connected.
        tools: Returns what the use cases work with; asked only once messages arrive.
        access: The same for the use cases about credentials.
    """

    async def on_people(items: Sequence[Received[ContactSnapshot | OwnerProfile]]) -> Sequence[Refused]:
        bodies = [item.body for item in items]
        await take_people(
            tools(),
            snapshots=[body for body in bodies if isinstance(body, ContactSnapshot)],
            profiles=[body for body in bodies if isinstance(body, OwnerProfile)],
        )
        return ()

    async def on_agendas(items: Sequence[Received[Agenda]]) -> Sequence[Refused]:
        await take_agendas(tools(), agendas=[(item.body, item.stored_at) for item in items])
        return ()

    async def on_firings(items: Sequence[Received[Reminder]]) -> Sequence[Refused]:
        await take_firings(tools(), reminders=[item.body for item in items])
        return ()

    subscribe_batches(broker, service=SERVICE, consumer=NOTIFIER_PEOPLE, decode=read_person, handle=on_people)
    subscribe_batches(broker, service=SERVICE, consumer=NOTIFIER_AGENDA, decode=read_agenda, handle=on_agendas)
    subscribe_batches(broker, service=SERVICE, consumer=NOTIFIER_DUE, decode=read_firing, handle=on_firings)
    _register_requests(broker, tools=tools)
    _register_access(broker, access=access)


def _register_requests(broker: NatsBroker, *, tools: Callable[[], Tools]) -> None:
    async def on_list(request: ListInbox) -> Message:
        return await list_inbox(tools(), request=request)

    async def on_send(request: ItemAction) -> Message:
        return await send_item(tools(), request=request)

    async def on_edit(request: EditItem) -> Message:
        return await edit_item(tools(), request=request)

    async def on_snooze(request: SnoozeItem) -> Message:
        return await snooze_item(tools(), request=request)

    async def on_dismiss(request: ItemAction) -> Message:
        return await dismiss_item(tools(), request=request)

    async def on_upcoming(request: ListUpcoming) -> Message:
        return await list_upcoming(tools(), request=request)

    async def on_preview(request: PreviewDraft) -> Message:
        return await preview_drafts(tools(), request=request)

    answer_requests(broker, service=SERVICE, verb="inbox.list", request=ListInbox, handle=on_list)
    answer_requests(broker, service=SERVICE, verb="inbox.send", request=ItemAction, handle=on_send)
    answer_requests(broker, service=SERVICE, verb="inbox.edit", request=EditItem, handle=on_edit)
    answer_requests(broker, service=SERVICE, verb="inbox.snooze", request=SnoozeItem, handle=on_snooze)
    answer_requests(broker, service=SERVICE, verb="inbox.dismiss", request=ItemAction, handle=on_dismiss)
    answer_requests(broker, service=SERVICE, verb="upcoming", request=ListUpcoming, handle=on_upcoming)
    answer_requests(broker, service=SERVICE, verb="draft.preview", request=PreviewDraft, handle=on_preview)


def _register_access(broker: NatsBroker, *, access: Callable[[], Access]) -> None:
    async def on_issue(request: IssueCredential) -> Message:
        return await access().issue(request=request)

    async def on_list(request: ListCredentials) -> Message:
        return await access().list(request=request)

    async def on_revoke(request: RevokeCredential) -> Message:
        return await access().revoke(request=request)

    answer_requests(broker, service=SERVICE, verb="credential.issue", request=IssueCredential, handle=on_issue)
    answer_requests(broker, service=SERVICE, verb="credential.list", request=ListCredentials, handle=on_list)
    answer_requests(broker, service=SERVICE, verb="credential.revoke", request=RevokeCredential, handle=on_revoke)


def _belonging(body: BodyT, does_belong: bool) -> BodyT:
    if not does_belong:
        raise InvalidMessage("the body is not of the owner and contact that the subject names")
    return body
