"""
Requests and replies: `hobnob.rpc.<service>.<verb>`, JSON in, JSON out.

Every reply is either the model named beside the verb or an `Err`; `type` tells them apart. Lists are paged: pass `cursor`
from one page to get the next, until it is null.

every service: `health`
contacts: `get`, `list`, `apply`, `forget`, `merge`, `provenance`, `facts.list`, `parked.count`, `import.get`, `import.list`,
`owner.add`, `owner.set`, `owner.list`
notifier: `inbox.list`, `inbox.send`, `inbox.send_all`, `inbox.undo`, `inbox.mark_sent`, `inbox.edit`, `inbox.snooze`,
`inbox.dismiss`, `inbox.not_this_person`, `inbox.fix_date`, `upcoming`, `draft.preview`
"""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from shared.messages.facts import ContactRef, Email, FactName, Key
from shared.messages.reminders import ItemState, Via
from shared.messages.snapshots import MAX_UNKNOWN_POLICIES, ContactSnapshot, Leap, OwnerProfile, UnknownPolicy, Words
from shared.messages.telling import TellingSettings
from shared.messages.values import (
    Closeness,
    Id,
    Instant,
    Language,
    LocalTime,
    LongText,
    Message,
    Occasion,
    PartialDate,
    SomeSettings,
    Text,
    TimeZoneName,
)

PAGE_SIZE_MAX = 200
"""Rows in one reply: it stays well below NATS' default limit of 1 MiB for a message."""

SnoozePreset = Literal["tonight", "tomorrow", "next-week"]
Cursor = Annotated[str, Field(max_length=8_000)]
Limit = Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)]


class Err(Message):
    """A request that failed. `code` is one of `invalid`, `not_found`, `conflict`, `too_large`, `unavailable`, `internal`."""

    type: Literal["error"] = "error"
    code: str
    detail: str


class Ok(Message):
    """Done, with nothing to report."""

    type: Literal["ok"] = "ok"


class GetHealth(Message):
    """`health`, answered by every service. Answer: `HealthReply`."""


class HealthReply(Message):
    """A service that is up: what it has counted since it started, by name (`skipped.muted`, `armed`, …)."""

    type: Literal["health"] = "health"
    service: str
    counters: dict[str, int]


# --- contacts ---------------------------------------------------------------------------------------------------------


class GetContact(Message):
    """`get`: one contact by its id or a former one. Answer: `ContactReply`."""

    owner: Id
    id: Id


class ContactReply(Message):
    """A contact as it now is."""

    type: Literal["contact"] = "contact"
    contact: ContactSnapshot


class ListContacts(Message):
    """
    `list`: contacts sorted by name. `search` matches name, email, company, tag. Answer: `ContactPage`.

    With `named` it is whoever is known, or was, by one of these keys, and nobody else; of who was removed, the tombstone.
    """

    owner: Id
    search: Annotated[str, Field(max_length=200)] | None = None
    closeness: Closeness | None = None
    tag: Text | None = None
    company: Text | None = None
    cursor: Cursor | None = None
    limit: Limit = 100
    named: ContactRef | None = None


class ContactPage(Message):
    """One page of contacts."""

    type: Literal["contacts"] = "contacts"
    contacts: tuple[ContactSnapshot, ...]
    cursor: Cursor | None = None


class ApplyFact(Message):
    """`apply`: one CloudEvent about one contact, taken as from the intake. Answer: `ContactReply`, or `FactParked`."""

    owner: Id
    event: dict[str, Any]


class FactParked(Message):
    """The fact is about nobody who is known, and its source's policy is `park`: it waits until they appear."""

    type: Literal["fact_parked"] = "fact_parked"


class ForgetContact(Message):
    """`forget`: erase a contact with every fact about them, everywhere. Answer: `Forgotten`."""

    owner: Id
    id: Id


class ListFacts(Message):
    """
    `facts.list`: what was accepted of an owner's facts, newest occurrence first; of one name or all. Answer: `FactPage`.

    With `contact`, only those about this person, under any id that they have or had.
    """

    owner: Id
    name: FactName | None = None
    contact: Id | None = None
    cursor: Cursor | None = None
    limit: Limit = 100


class AcceptedFact(Message):
    """
    A fact that was accepted and applied.

    A meeting with several people is one of these for each. `contact` is whom it concerned when it was applied, None where it
    concerns the owner alone. `id` and `data` are None where they are not kept: of an import, whose file had them, and of
    somebody who was removed. `data` is also None where it is too large for a reply.
    """

    name: FactName
    source: str
    id: str | None
    contact: Id | None
    occurred_at: Instant
    data: dict[str, Any] | None


class FactPage(Message):
    """One page of facts."""

    type: Literal["facts"] = "facts"
    facts: tuple[AcceptedFact, ...]
    cursor: Cursor | None = None


class CountParked(Message):
    """`parked.count`: how many facts of an owner wait for people to appear. Answer: `ParkedCount`."""

    owner: Id


class ParkedCount(Message):
    """Waiting facts by their source. A fact about several people counts once for each."""

    type: Literal["parked"] = "parked"
    sources: dict[str, int]


class GetImport(Message):
    """`import.get`: how far an import is. Answer: `ImportProgress`."""

    owner: Id
    import_id: Id


class ListImports(Message):
    """`import.list`: an owner's imports, the newest upload first. Answer: `ImportPage`."""

    owner: Id
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class OwnerSettings(SomeSettings):
    """The settings of an owner that can be given; null takes `email` away and leaves any other as it is."""

    CLEARABLE: ClassVar = frozenset({"email"})

    name: Text | None = None
    email: Email | None = None
    timezone: TimeZoneName | None = None
    language: Language | None = None
    deliver_at: LocalTime | None = None
    cadence_days: dict[Closeness, Annotated[int, Field(ge=0, le=3650)]] | None = None
    birthday_lead_days: dict[Closeness, Annotated[int, Field(ge=0, le=365)]] | None = None
    leap_day: Leap | None = None
    belated_grace_days: Annotated[int, Field(ge=0, le=60)] | None = None
    unknown_contacts: Annotated[dict[Key, UnknownPolicy | None], Field(max_length=MAX_UNKNOWN_POLICIES)] | None = None
    """Changed source by source; null takes a source's policy away, and those that are not given stay as they are."""
    telling: TellingSettings | None = None
    """Changed part by part."""
    interests: Words | None = None
    causes: Words | None = None
    employers: Words | None = None
    schools: Words | None = None
    places: Words | None = None
    undo_s: Annotated[int, Field(ge=0, le=3600)] | None = None
    opt_out_line: bool | None = None


class AddOwner(Message):
    """`owner.add`: create an owner; `conflict` when the id is taken. Answer: `OwnerReply`."""

    owner: Id
    settings: OwnerSettings


class SetOwner(Message):
    """`owner.set`: change settings; every reminder of this owner is planned anew. Answer: `OwnerReply`."""

    owner: Id
    settings: OwnerSettings


class ListOwners(Message):
    """`owner.list`: every owner of this stack. Answer: `OwnerList`."""


class OwnerReply(Message):
    """An owner as it now is."""

    type: Literal["owner"] = "owner"
    profile: OwnerProfile


class OwnerList(Message):
    """All owners, by id."""

    type: Literal["owners"] = "owners"
    owners: tuple[OwnerProfile, ...]


# --- notifier ---------------------------------------------------------------------------------------------------------


class Draft(Message):
    """A greeting, ready to send or to edit."""

    subject: str
    body: str


class ContactName(Message):
    """A contact as lists show it."""

    id: str
    name: str


class ItemLink(Message):
    """A way to send a greeting by hand, its words filled in where the way can carry them."""

    kind: Literal["email", "sms", "whatsapp", "linkedin"]
    url: str


class InboxItem(Message):
    """
    One item of the inbox, in the shape that `hobnob inbox list --json` prints.

    `belated`: it came after its day, or it is dated and lay open while its day passed. The draft is rendered on reading, from
    the person as they now are, until the owner edits or sends it; it is empty where nobody is to be greeted any more.
    `via` is how it was sent, or how `inbox.send` would. `reason` is why it could not be sent, or might not have been.
    """

    id: str
    contact: ContactName
    occasion: Occasion
    on: date
    state: ItemState
    belated: bool
    milestone: int | None
    draft: Draft
    created_at: Instant
    common_ground: tuple[str, ...] = ()
    """What the owner and the person share, as short sentences in the owner's language."""
    send_at: Instant | None = None
    via: Via | None = None
    reason: str | None = None
    links: tuple[ItemLink, ...] = ()


class ListInbox(Message):
    """
    `inbox.list`: items, newest first; without `state`, those still to be acted upon: unread, failed and unconfirmed ones.
    Answer: `InboxPage`.

    An item that comes back, on its day after it was shown ahead or at the end of a snooze, is new again in this order.
    """

    owner: Id
    state: ItemState | Literal["open", "all"] = "open"
    contact: Id | None = None
    item: str | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class InboxPage(Message):
    """One page of the inbox; `unread` counts all unread items of the owner."""

    type: Literal["inbox"] = "inbox"
    items: tuple[InboxItem, ...]
    unread: int
    cursor: Cursor | None = None


class ItemAction(Message):
    """
    Act upon one item; doing it twice is doing it once. Answer: `ItemReply`.

    `inbox.undo` takes back what is about to be sent. `inbox.mark_sent`: the owner sent it, or knows that it was. `inbox.dismiss`
    puts it away without a greeting. `inbox.not_this_person`: the person is never to be greeted.
    """

    owner: Id
    item: Annotated[str, Field(max_length=200)]


class SendItem(ItemAction):
    """
    `inbox.send`: mail the greeting once the owner's undo window has passed, or mark it as sent by hand where it cannot be mailed.

    `at` is another time: an instant, or the next morning (09:00) where the contact lives. `again` sends what failed or is
    unconfirmed. `conflict`: it cannot be sent any more, or not by mail although a time is given. Answer: `ItemReply`.
    """

    at: Instant | Literal["morning"] | None = None
    again: bool = False


class SendStandard(Message):
    """
    `inbox.send_all`: mail the standard greetings, those to people who are not close, all at once, after the undo window.

    What needs a look first is left out, each with the reason. Answer: `StandardSent`, for one page of the inbox.
    """

    owner: Id
    on: date | None = None
    """Only occasions of this date."""
    cursor: Cursor | None = None
    limit: Limit = 100


class SkippedItem(Message):
    """
    An item that was not sent with the others.

    `reason` is one of `close`, `check_first`, `edited`, `too_early`, `too_late`, `no_address`, `no_sender`, `no_mail_server`,
    `no_words`, or why nobody is to be greeted.
    """

    id: str
    reason: str


class StandardSent(Message):
    """The ids of the items that will be sent at `send_at`, and those that were left."""

    type: Literal["standard_sent"] = "standard_sent"
    scheduled: tuple[str, ...]
    skipped: tuple[SkippedItem, ...]
    send_at: Instant
    cursor: Cursor | None = None


class EditItem(ItemAction):
    """`inbox.edit`: replace the draft. Answer: `ItemReply`."""

    subject: Annotated[str, Field(max_length=500)] | None = None
    body: LongText | None = None


class SnoozeItem(ItemAction):
    """
    `inbox.snooze`: hide the item until an instant in the future, at most a year away. Answer: `ItemReply`.

    By name it is in the owner's zone: tonight is 19:00, tomorrow and next-week (Monday) the hour at which reminders come.
    """

    until: Instant | SnoozePreset


class FixDate(ItemAction):
    """
    `inbox.fix_date`: correct the birthday, the start of the job or the owner's own date that the item is about.

    The item follows when contacts has taken it in: it stays, with what is known now, or is withdrawn. Answer: `ItemReply`.
    """

    on: PartialDate


class ItemReply(Message):
    """An item as it now is."""

    type: Literal["item"] = "item"
    item: InboxItem


class ListUpcoming(Message):
    """`upcoming`: what is planned in the next *days*, by `due_at`. Answer: `UpcomingPage`."""

    owner: Id
    days: Annotated[int, Field(ge=0, le=400)] = 30
    cursor: Cursor | None = None
    limit: Limit = 200


class UpcomingItem(Message):
    """One planned reminder, in the shape that `hobnob upcoming --json` prints."""

    id: str
    contact: ContactName
    occasion: Occasion
    on: date
    due_at: Instant
    milestone: int | None


class UpcomingPage(Message):
    """One page of what is coming."""

    type: Literal["upcoming"] = "upcoming"
    items: tuple[UpcomingItem, ...]
    cursor: Cursor | None = None


class PreviewDraft(Message):
    """
    `draft.preview`: drafts of *occasion*, or of every occasion, as they would be written now; nothing is kept.

    They are about *contact*, or about a made-up person; *closeness* and *language* are in place of the person's own.
    `invalid`: no such *variant*. `not_found`: no such owner or contact. `conflict`: nobody is to be greeted. `too_large`: more
    than a reply can hold. Answer: `DraftPreviews`.
    """

    owner: Id
    occasion: Occasion | None = None
    closeness: Closeness | None = None
    language: Language | None = None
    contact: Id | None = None
    belated: bool = False
    milestone: Annotated[int, Field(ge=1, le=150)] | None = None
    unconfirmed: bool = False
    variant: Annotated[str, Field(max_length=120)] | None = None
    every_variant: bool = False


class DraftPreview(Message):
    """A draft and the template it was made from."""

    occasion: Occasion
    closeness: Closeness
    language: str
    variant: str
    draft: Draft
    common_ground: tuple[str, ...] = ()


class TemplateProblem(Message):
    """A file among the owner's own templates that cannot be used, so that another speaks in its place."""

    file: str
    line: int
    reason: str


class DraftPreviews(Message):
    """Drafts, and what is wrong with the owner's own templates."""

    type: Literal["draft_previews"] = "draft_previews"
    previews: tuple[DraftPreview, ...]
    problems: tuple[TemplateProblem, ...] = ()
