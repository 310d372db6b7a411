"""What arrives over NATS: parse, call one use case, return."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from faststream.nats import NatsBroker
from nats.aio.msg import Msg

from services.notifier.use_cases.access import Access
from services.notifier.use_cases.actions import dismiss_item, edit_item, fix_date, silence_person, snooze_item
from services.notifier.use_cases.agenda import take_agendas
from services.notifier.use_cases.channels import Channels
from services.notifier.use_cases.diagnosis import diagnose
from services.notifier.use_cases.digest import preview_digest, send_digest, take_owner_timers
from services.notifier.use_cases.due import take_firings
from services.notifier.use_cases.erasing import erase_contact
from services.notifier.use_cases.feeds import Feeds
from services.notifier.use_cases.lateness import note_late
from services.notifier.use_cases.listing import list_inbox, list_upcoming
from services.notifier.use_cases.people import take_people
from services.notifier.use_cases.previewing import preview_drafts
from services.notifier.use_cases.sending import mark_item_sent, send_item, send_standard, undo_item
from services.notifier.use_cases.signing_in import SigningIn
from services.notifier.use_cases.telling_tools import Telling
from services.notifier.use_cases.tools import Tools
from shared import subjects
from shared.broker import Received, Refused, answer_requests, subscribe_batches
from shared.errors import InvalidMessage
from shared.messages.access import IssueCredential, IssueFeed, ListCredentials, RevokeCredential, SetPassword, SignInLink
from shared.messages.curation import EraseContact
from shared.messages.reminders import ITEM_TIMERS, Agenda, Reminder
from shared.messages.rpc import (
    EditItem,
    FixDate,
    ItemAction,
    ListInbox,
    ListUpcoming,
    PreviewDraft,
    SendItem,
    SendStandard,
    SnoozeItem,
)
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.telling import AddChannel, AskDigest, ChannelAction, Diagnose, ListChannels, OwnerTimer
from shared.messages.values import Message
from shared.streams import NOTIFIER_AGENDA, NOTIFIER_DUE, NOTIFIER_PEOPLE

SERVICE = "notifier"
WAIT_AT_ONCE = 16
"""Requests of one kind that may wait for a channel at the same time: one owner's that hangs holds up no other owner."""

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


def read_firing(raw: Msg) -> Reminder | OwnerTimer:
    """Read a fired timer; raise `InvalidMessage` when it is not of the owner and contact that its subject names."""
    timer = subjects.parse_timer(raw.subject)
    if timer.contact == subjects.OWNER_LEVEL:
        of_owner = OwnerTimer.model_validate_json(raw.data)
        return _belonging(of_owner, (of_owner.owner, of_owner.key) == (timer.owner, timer.key))
    body = Reminder.model_validate_json(raw.data)
    contact, _, rest = body.id.partition(":")
    # After a merge an item keeps its id, so that a timer of its own names the survivor beside another contact's id.
    is_own = contact == body.contact or body.kind in ITEM_TIMERS
    is_whole = timer.contact == body.contact and timer.owner == body.owner and is_own and rest.count(":") == 1
    return _belonging(body, is_whole)


def register(
    broker: NatsBroker,
    *,
    tools: Callable[[], Tools],
    access: Callable[[], Access],
    telling: Callable[[], Telling],
    channels: Callable[[], Channels],
    signing_in: Callable[[], SigningIn],
    feeds: Callable[[], Feeds],
) -> None:
    """
    Register every subscriber of this service.

    Args:
        broker: Not yet connected.
        tools: Returns what the use cases work with; asked only once messages arrive.
        access: The same for the use cases about credentials.
        telling: The same for those about telling the owner.
        channels: The same for those about channels.
        signing_in: The same for those about signing in.
        feeds: The same for those about calendar feeds.
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

    async def on_firings(items: Sequence[Received[Reminder | OwnerTimer]]) -> Sequence[Refused]:
        reminders = [item.body for item in items if isinstance(item.body, Reminder)]
        await take_firings(tools(), reminders=reminders)
        await note_late(telling(), reminders=reminders)
        if of_owners := [item.body for item in items if isinstance(item.body, OwnerTimer)]:
            await take_owner_timers(telling(), timers=of_owners)
        return ()

    subscribe_batches(broker, service=SERVICE, consumer=NOTIFIER_PEOPLE, decode=read_person, handle=on_people)
    subscribe_batches(broker, service=SERVICE, consumer=NOTIFIER_AGENDA, decode=read_agenda, handle=on_agendas)
    subscribe_batches(broker, service=SERVICE, consumer=NOTIFIER_DUE, decode=read_firing, handle=on_firings)
    _register_requests(broker, tools=tools)
    _register_sending(broker, tools=tools)
    _register_access(broker, access=access, feeds=feeds)
    _register_telling(broker, telling=telling)
    _register_channels(broker, channels=channels)
    _register_signing_in(broker, signing_in=signing_in)


def _register_requests(broker: NatsBroker, *, tools: Callable[[], Tools]) -> None:
    async def on_list(request: ListInbox) -> Message:
        return await list_inbox(tools(), request=request)

    async def on_edit(request: EditItem) -> Message:
        return await edit_item(tools(), request=request)

    async def on_snooze(request: SnoozeItem) -> Message:
        return await snooze_item(tools(), request=request)

    async def on_dismiss(request: ItemAction) -> Message:
        return await dismiss_item(tools(), request=request)

    async def on_not_this_person(request: ItemAction) -> Message:
        return await silence_person(tools(), request=request)

    async def on_fix_date(request: FixDate) -> Message:
        return await fix_date(tools(), request=request)

    async def on_upcoming(request: ListUpcoming) -> Message:
        return await list_upcoming(tools(), request=request)

    async def on_preview(request: PreviewDraft) -> Message:
        return await preview_drafts(tools(), request=request)

    answer_requests(broker, service=SERVICE, verb="inbox.list", request=ListInbox, handle=on_list)
    answer_requests(broker, service=SERVICE, verb="inbox.edit", request=EditItem, handle=on_edit)
    answer_requests(broker, service=SERVICE, verb="inbox.snooze", request=SnoozeItem, handle=on_snooze)
    answer_requests(broker, service=SERVICE, verb="inbox.dismiss", request=ItemAction, handle=on_dismiss)
    answer_requests(broker, service=SERVICE, verb="inbox.not_this_person", request=ItemAction, handle=on_not_this_person)
    answer_requests(broker, service=SERVICE, verb="inbox.fix_date", request=FixDate, handle=on_fix_date)
    answer_requests(broker, service=SERVICE, verb="upcoming", request=ListUpcoming, handle=on_upcoming)
    answer_requests(broker, service=SERVICE, verb="draft.preview", request=PreviewDraft, handle=on_preview)


def _register_sending(broker: NatsBroker, *, tools: Callable[[], Tools]) -> None:
    async def on_send(request: SendItem) -> Message:
        return await send_item(tools(), request=request)

    async def on_send_all(request: SendStandard) -> Message:
        return await send_standard(tools(), request=request)

    async def on_undo(request: ItemAction) -> Message:
        return await undo_item(tools(), request=request)

    async def on_mark_sent(request: ItemAction) -> Message:
        return await mark_item_sent(tools(), request=request)

    answer_requests(broker, service=SERVICE, verb="inbox.send", request=SendItem, handle=on_send)
    answer_requests(broker, service=SERVICE, verb="inbox.send_all", request=SendStandard, handle=on_send_all)
    answer_requests(broker, service=SERVICE, verb="inbox.undo", request=ItemAction, handle=on_undo)
    answer_requests(broker, service=SERVICE, verb="inbox.mark_sent", request=ItemAction, handle=on_mark_sent)


def _register_access(broker: NatsBroker, *, access: Callable[[], Access], feeds: Callable[[], Feeds]) -> None:
    async def on_issue(request: IssueCredential) -> Message:
        return await access().issue(request=request)

    async def on_list(request: ListCredentials) -> Message:
        return await access().list(request=request)

    async def on_revoke(request: RevokeCredential) -> Message:
        return await access().revoke(request=request)

    async def on_issue_feed(request: IssueFeed) -> Message:
        return await feeds().issue(request=request)

    answer_requests(broker, service=SERVICE, verb="feed.issue", request=IssueFeed, handle=on_issue_feed)
    answer_requests(broker, service=SERVICE, verb="credential.issue", request=IssueCredential, handle=on_issue)
    answer_requests(broker, service=SERVICE, verb="credential.list", request=ListCredentials, handle=on_list)
    answer_requests(broker, service=SERVICE, verb="credential.revoke", request=RevokeCredential, handle=on_revoke)


def _register_signing_in(broker: NatsBroker, *, signing_in: Callable[[], SigningIn]) -> None:
    async def on_link(request: SignInLink) -> Message:
        return await signing_in().issue_link(request=request)

    async def on_password(request: SetPassword) -> Message:
        return await signing_in().set_password(request=request)

    answer_requests(broker, service=SERVICE, verb="signin.link", request=SignInLink, handle=on_link)
    answer_requests(broker, service=SERVICE, verb="signin.password", request=SetPassword, handle=on_password)


def _register_telling(broker: NatsBroker, *, telling: Callable[[], Telling]) -> None:
    async def on_preview(request: AskDigest) -> Message:
        return await preview_digest(telling(), request=request)

    async def on_send(request: AskDigest) -> Message:
        return await send_digest(telling(), request=request)

    async def on_erase(request: EraseContact) -> Message:
        return await erase_contact(telling().tools, deliveries=telling().deliveries, request=request)

    async def on_diagnose(_: Diagnose) -> Message:
        return await diagnose(telling())

    answer_requests(broker, service=SERVICE, verb="erase", request=EraseContact, handle=on_erase)
    answer_requests(broker, service=SERVICE, verb="digest.preview", request=AskDigest, handle=on_preview)
    answer_requests(broker, service=SERVICE, verb="digest.send", request=AskDigest, handle=on_send, at_once=WAIT_AT_ONCE)
    answer_requests(broker, service=SERVICE, verb="diagnose", request=Diagnose, handle=on_diagnose)


def _register_channels(broker: NatsBroker, *, channels: Callable[[], Channels]) -> None:
    async def on_add(request: AddChannel) -> Message:
        return await channels().add(request)

    async def on_list(request: ListChannels) -> Message:
        return await channels().list(request)

    async def on_test(request: ChannelAction) -> Message:
        return await channels().test(request)

    async def on_remove(request: ChannelAction) -> Message:
        return await channels().remove(request)

    answer_requests(broker, service=SERVICE, verb="channel.add", request=AddChannel, handle=on_add, at_once=WAIT_AT_ONCE)
    answer_requests(broker, service=SERVICE, verb="channel.list", request=ListChannels, handle=on_list)
    answer_requests(broker, service=SERVICE, verb="channel.test", request=ChannelAction, handle=on_test, at_once=WAIT_AT_ONCE)
    answer_requests(broker, service=SERVICE, verb="channel.remove", request=ChannelAction, handle=on_remove)


def _belonging(body: BodyT, does_belong: bool) -> BodyT:
    if not does_belong:
        raise InvalidMessage("the body is not of the owner and contact that the subject names")
    return body
