"""
Inbox items as documents. What is absent is left out: a new item is some 350 bytes, and there are many.

The `_id` is the reminder's id, which makes a reminder that fires twice one item.
"""

from datetime import date, datetime

from services.notifier.domain.items import Change, Item
from shared.messages.reminders import ItemState, Reminder, ReminderKind, Via
from shared.messages.rpc import Draft
from shared.messages.values import Occasion
from shared.mongo import Document

UNREAD = ItemState.UNREAD.value


def new_document(*, reminder: Reminder, belated: bool, at: datetime) -> Document:
    """Return the document of a new item; the fast path of a burst, so straight from the message."""
    contact, key, on = reminder.id.split(":")
    document: Document = {
        "_id": reminder.id,
        "owner": reminder.owner,
        "contact": contact,
        "occasion": reminder.occasion.value,
        "key": key,
        "kind": reminder.kind.value,
        "on": on,
        "state": UNREAD,
        "basis": reminder.basis,
        "created_at": at,
        "surfaced_at": at,
        "revision": 0,
    }
    if belated:
        document["belated"] = True
    if reminder.milestone is not None:
        document["milestone"] = reminder.milestone
    if reminder.approximate:
        document["approximate"] = True
    if reminder.label is not None:
        document["label"] = reminder.label
    return document


def to_document(item: Item) -> Document:
    """Return the whole document of *item*."""
    document: Document = {
        "_id": item.id,
        "owner": item.owner,
        "contact": item.contact,
        "occasion": item.occasion.value,
        "key": item.key,
        "kind": item.kind.value,
        "on": item.on.isoformat(),
        "state": item.state.value,
        "basis": item.basis,
        "created_at": item.created_at,
        "surfaced_at": item.surfaced_at,
        "revision": item.revision,
    }
    optional = {
        "belated": item.belated or None,
        "approximate": item.approximate or None,
        "milestone": item.milestone,
        "label": item.label,
        "changed_at": item.changed_at,
        "snoozed_until": item.snoozed_until,
        "changes": item.changes or None,
        "draft": item.draft.model_dump() if item.draft else None,
        "variant": item.variant,
        "owner_lines": list(item.owner_lines) or None,
        "said": item.said.model_dump() if item.said else None,
        "send_at": item.send_at,
        "claim": item.claim,
        "claimed_until": item.claimed_until,
        "tries": item.tries or None,
        "doubted": item.is_doubted or None,
        "reason": item.reason,
        "via": item.via.value if item.via else None,
        "pending": [_change_document(change) for change in item.pending] or None,
    }
    return document | {name: value for name, value in optional.items() if value is not None}


def from_document(document: Document) -> Item:
    """Return the item of a document."""
    draft, said, via = document.get("draft"), document.get("said"), document.get("via")
    return Item(
        id=document["_id"],
        owner=document["owner"],
        contact=document["contact"],
        occasion=Occasion(document["occasion"]),
        key=document["key"],
        kind=ReminderKind(document["kind"]),
        on=date.fromisoformat(document["on"]),
        state=ItemState(document["state"]),
        belated=document.get("belated", False),
        milestone=document.get("milestone"),
        approximate=document.get("approximate", False),
        label=document.get("label"),
        basis=document["basis"],
        created_at=document["created_at"],
        surfaced_at=document["surfaced_at"],
        changed_at=document.get("changed_at"),
        snoozed_until=document.get("snoozed_until"),
        draft=Draft.model_validate(draft) if draft else None,
        variant=document.get("variant"),
        owner_lines=tuple(document.get("owner_lines", ())),
        said=Draft.model_validate(said) if said else None,
        send_at=document.get("send_at"),
        claim=document.get("claim"),
        claimed_until=document.get("claimed_until"),
        tries=document.get("tries", 0),
        is_doubted=document.get("doubted", False),
        reason=document.get("reason"),
        via=Via(via) if via else None,
        revision=document["revision"],
        changes=document.get("changes", 0),
        pending=tuple(_change(change) for change in document.get("pending", ())),
    )


def _change_document(change: Change) -> Document:
    document: Document = {"number": change.number, "state": change.state.value, "at": change.at, "until": change.until}
    if change.reason is not None:
        document["reason"] = change.reason
    if change.via is not None:
        document["via"] = change.via.value
    return document


def _change(document: Document) -> Change:
    via = document.get("via")
    return Change(
        number=document["number"],
        state=ItemState(document["state"]),
        at=document["at"],
        until=document["until"],
        reason=document.get("reason"),
        via=Via(via) if via else None,
    )
