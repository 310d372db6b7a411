"""The end of a snooze: by its timer, or, where that never came, by the clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.notifier.domain.items import Item
from services.notifier.domain.transitions import wake
from services.notifier.use_cases.tools import Tools
from shared.errors import TransientError
from shared.messages.reminders import ItemState, Reminder

ATTEMPTS = 5
OVERSLEPT = timedelta(seconds=60)
"""The scheduler's timer comes within a second; after this long it is not coming."""
BATCH = 500


async def wake_fired(tools: Tools, *, reminders: Sequence[Reminder], now: datetime) -> None:
    """
    Bring the snoozed items of fired snooze timers back to the top of the list.

    A timer that fires while the item already sleeps until later is stale, as is one for an item that no longer sleeps.

    Raises:
        TransientError: the items kept changing; the same firings again complete it.
    """
    due_at = {reminder.id: max(reminder.due_at, now) for reminder in reminders}
    owners = {reminder.id: reminder.owner for reminder in reminders}
    for attempt in range(ATTEMPTS):
        found = {item.id: item for item in await tools.inbox.with_ids(due_at) if item.owner == owners[item.id]}
        sleeping = [item for item in found.values() if _has_ended(item, due_at[item.id])]
        if attempt == 0:
            tools.counters.add("skipped.unknown_item", len(due_at) - len(found))
            tools.counters.add("skipped.not_snoozed", len(found) - len(sleeping))
        if await _wake(tools, sleeping, now=now):
            return
    raise TransientError("items kept changing while their snooze ended")


async def wake_overslept(tools: Tools) -> None:
    """
    Wake items whose snooze ended a while ago without their timer having come.

    Raises:
        TransientError: the next turn goes on.
    """
    now = tools.clock()
    while items := await tools.inbox.overslept(before=now - OVERSLEPT, limit=BATCH):
        if not await _wake(tools, items, now=now):
            return  # Somebody acted upon one of them meanwhile: the next turn reads again.
        tools.counters.add("inbox.healed", len(items))


def _has_ended(item: Item, at: datetime) -> bool:
    return item.state is ItemState.SNOOZED and item.snoozed_until is not None and item.snoozed_until <= at


async def _wake(tools: Tools, items: Sequence[Item], *, now: datetime) -> bool:
    awake = [wake(item, at=now) for item in items]
    are_saved = await tools.inbox.save(awake)
    await tools.relay.publish_soon([item.id for item in awake])
    if are_saved:
        tools.counters.add("inbox.woken", len(awake))
    return are_saved
