"""Which reminders were heard of late, because something was down: the heartbeat owes the owner that word."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from services.notifier.store.lateness import Lateness
from services.notifier.use_cases.telling_tools import Telling
from shared.messages.reminders import Reminder

LATE: Final = timedelta(minutes=5)
"""The broker fires within a quarter of a second, and the largest burst is handled within half a minute."""


async def note_late(telling: Telling, *, reminders: Sequence[Reminder]) -> None:
    """
    Count those of a batch of firings that were due long ago.

    A reminder of a day that had passed when it was planned is due at that moment, and is not late.

    Raises:
        TransientError: the same batch again completes it.
    """
    now = telling.tools.clock()
    limit = now - LATE
    by_owner: defaultdict[str, list[timedelta]] = defaultdict(list)
    for reminder in reminders:
        if reminder.due_at < limit:
            by_owner[reminder.owner].append(now - reminder.due_at)
    if by_owner:
        late = {owner: Lateness(count=len(spans), latest=max(spans)) for owner, spans in by_owner.items()}
        await telling.lateness.note(late, at=now)
        telling.tools.counters.add("inbox.late", sum(each.count for each in late.values()))
