"""Values for the notifier's tests: obviously fictional people, everything overridable."""

from datetime import UTC, date, datetime
from typing import Any

from services.notifier.domain.items import Item
from shared.messages.reminders import ItemState, Reminder, ReminderKind, reminder_id
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Occasion, PartialDate

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
ON = date(2026, 5, 4)


def an_item(**changes: Any) -> Item:
    """Return an unread birthday item of today."""
    values: dict[str, Any] = {
        "owner": "sam",
        "contact": "anna",
        "occasion": Occasion.BIRTHDAY,
        "key": "birthday",
        "kind": ReminderKind.DAY,
        "on": ON,
        "state": ItemState.UNREAD,
        "belated": False,
        "milestone": 36,
        "approximate": False,
        "label": None,
        "basis": "1990-05-04",
        "created_at": NOW,
        "surfaced_at": NOW,
    } | changes
    values.setdefault("id", reminder_id(contact=values["contact"], key=values["key"], on=values["on"]))
    return Item(**values)


def a_reminder(**changes: Any) -> Reminder:
    """Return the firing of Anna's birthday today."""
    values: dict[str, Any] = {
        "owner": "sam",
        "contact": "anna",
        "occasion": Occasion.BIRTHDAY,
        "key": "birthday",
        "on": ON,
        "due_at": NOW,
        "basis": "1990-05-04",
        "rev": 1,
        "milestone": 36,
    } | changes
    values.setdefault("id", reminder_id(contact=values["contact"], key=values["key"], on=values["on"]))
    return Reminder(**values)


def a_snapshot(**changes: Any) -> ContactSnapshot:
    """Return Anna, born on 4 May 1990."""
    values: dict[str, Any] = {
        "owner": "sam",
        "id": "anna",
        "rev": 1,
        "name": "Anna Example",
        "emails": ("anna@example.com",),
        "birthday": PartialDate(year=1990, month=5, day=4),
    } | changes
    return ContactSnapshot(**values)
