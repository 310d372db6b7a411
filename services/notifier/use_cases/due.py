"""
Fired timers become inbox items, a thousand at a time: the path that a burst takes.

Nothing is rendered and nothing is published for a new item; a burst of 100,000 would pay twice for it. A firing whose
snapshot is the one it was armed from is taken at once; only the others are looked at closely.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from services.notifier.domain.items import is_belated, today_of
from services.notifier.domain.staleness import Skip, judge_firing, same_occasion_ids
from services.notifier.domain.transitions import fire_again
from services.notifier.people_stream import current_people
from services.notifier.store.documents import new_document
from services.notifier.store.people import Head, head_of
from services.notifier.use_cases.people import profiles_of, withdraw_outdated
from services.notifier.use_cases.snoozes import wake_fired
from services.notifier.use_cases.tools import Tools
from shared.counters import Counters
from shared.errors import TransientError
from shared.messages.reminders import ITEM_TIMERS, Reminder, ReminderKind
from shared.metrics import ITEMS, LATENESS_S

ATTEMPTS = 5
"""Rounds against concurrent changes before the batch is left for its next delivery."""


async def take_firings(tools: Tools, *, reminders: Sequence[Reminder]) -> None:
    """
    Turn a batch of firings into items, as one transaction would.

    Raises:
        TransientError: nothing is lost; the same batch again completes it.
    """
    now = tools.clock()
    snoozes = [reminder for reminder in reminders if reminder.kind is ReminderKind.SNOOZE]
    leaving = [reminder for reminder in reminders if reminder.kind is ReminderKind.SEND]
    occasions = [reminder for reminder in reminders if reminder.kind not in ITEM_TIMERS]
    if occasions:
        await _take_occasions(tools, occasions, now=now)
    if snoozes:
        await wake_fired(tools, reminders=snoozes, now=now)
    if leaving:
        tools.bell.ring(until=max(reminder.due_at for reminder in leaving))


async def _take_occasions(tools: Tools, reminders: Sequence[Reminder], *, now: datetime) -> None:
    contacts = list({reminder.contact for reminder in reminders})
    generation = await tools.people.generation()
    heads, todays = await asyncio.gather(
        tools.people.heads(contacts), _todays(tools, {reminder.owner for reminder in reminders}, now=now)
    )
    fresh, doubtful = _sift(reminders, heads)
    if doubtful:
        fresh += await _current_only(tools, doubtful, heads)
    fresh = await _not_yet_greeted(tools, fresh, heads)
    if not fresh:
        return
    documents = [
        new_document(
            reminder=reminder,
            belated=is_belated(on=reminder.on, kind=reminder.kind, today=todays[reminder.owner]),
            at=now,
        )
        for reminder in fresh
    ]
    created = await tools.inbox.insert(documents)
    tools.counters.add("inbox.created", len(created))
    new = {reminder.id: reminder for reminder in fresh if reminder.id in created}
    _measure(new.values(), counters=tools.counters, now=tools.clock())
    if len(created) < len(documents):
        tools.counters.add("inbox.repeated", len(documents) - len(created))
        await _fire_again(tools, fresh, todays, now=now)
    # Somebody may have been muted between the look and the insert. The people's consumer withdraws what it finds after it
    # wrote; what it did not find because it was not there yet is found here, because its write shows in the generation.
    if await tools.people.generation() != generation:
        present = await tools.people.heads(contacts)
        changed = [contact for contact, head in present.items() if contact not in heads or head.rev != heads[contact].rev]
        await withdraw_outdated(tools, contacts=changed)


def _measure(reminders: Collection[Reminder], *, counters: Counters, now: datetime) -> None:
    """Note how late reminders became items, and how many there are of each occasion."""
    counters.observe(LATENESS_S, [max((now - reminder.due_at).total_seconds(), 0.0) for reminder in reminders])
    for occasion, count in Counter(reminder.occasion for reminder in reminders).items():
        counters.count(ITEMS, occasion.value, by=count)


def _sift(reminders: Sequence[Reminder], heads: Mapping[str, Head]) -> tuple[list[Reminder], list[Reminder]]:
    """Part the firings of the very snapshot that we know from those that need a closer look."""
    fresh: list[Reminder] = []
    doubtful: list[Reminder] = []
    for reminder in reminders:
        head = heads.get(reminder.contact)
        is_known = head is not None and head.rev == reminder.rev and head.owner == reminder.owner and not head.is_restricted
        (fresh if is_known else doubtful).append(reminder)
    return fresh, doubtful


async def _current_only(tools: Tools, reminders: Sequence[Reminder], heads: dict[str, Head]) -> list[Reminder]:
    """Return those firings that the current snapshots bear out, noting these in *heads*; count the others by reason."""
    behind: dict[tuple[str, str], int] = {}
    for reminder in reminders:
        if (head := heads.get(reminder.contact)) is None or head.rev < reminder.rev or head.owner != reminder.owner:
            key = (reminder.owner, reminder.contact)
            behind[key] = max(reminder.rev, behind.get(key, 0))
    current = await current_people(tools.client, behind, at_least=behind) if behind else {}
    await tools.people.save(current.values())
    known = {r.contact for r in reminders if (r.owner, r.contact) not in behind}
    projected = await tools.people.snapshots(contacts=known) if known else {}
    kept: list[Reminder] = []
    stale: set[str] = set()
    for reminder in reminders:
        snapshot = current.get((reminder.owner, reminder.contact)) or projected.get(reminder.contact)
        if snapshot is not None:
            heads[snapshot.id] = head_of(snapshot)
        if reason := judge_firing(reminder=reminder, snapshot=snapshot):
            tools.counters.add(f"skipped.{reason.value}")
            stale.add(reminder.contact)
        else:
            kept.append(reminder)
    if stale:
        # A delivery before this one may have inserted them and then been killed.
        await withdraw_outdated(tools, contacts=stale)
    return kept


async def _not_yet_greeted(tools: Tools, reminders: list[Reminder], heads: Mapping[str, Head]) -> list[Reminder]:
    """Leave out firings whose occasion has an item under another id of the same person."""
    elsewhere: dict[str, list[str]] = {}
    for reminder in reminders:
        if (head := heads.get(reminder.contact)) and head.aliases:
            key = reminder.id.split(":")[1]
            ids = same_occasion_ids(contact=reminder.contact, aliases=head.aliases, key=key, on=reminder.on)
            elsewhere[reminder.id] = ids[1:]
    if not elsewhere:
        return reminders
    taken = await tools.inbox.standing(other for others in elsewhere.values() for other in others)
    if not taken:
        return reminders
    kept = [reminder for reminder in reminders if taken.keys().isdisjoint(elsewhere.get(reminder.id, ()))]
    tools.counters.add(f"skipped.{Skip.ALREADY_GREETED.value}", len(reminders) - len(kept))
    return kept


async def _todays(tools: Tools, owners: set[str], *, now: datetime) -> dict[str, date]:
    """Return the date that it is for each owner, in UTC for one without a profile."""
    profiles = await profiles_of(tools, owners=owners)
    return {owner: today_of(profiles.get(owner), now=now) for owner in owners}


async def _fire_again(tools: Tools, reminders: Sequence[Reminder], todays: Mapping[str, date], *, now: datetime) -> None:
    """Let firings act upon items that are there already: shown ahead of their day, or withdrawn."""
    # Where a batch holds several firings of one item, that of the day itself is the last word.
    latest = {r.id: r for r in sorted(reminders, key=lambda r: r.kind is ReminderKind.DAY)}
    for _ in range(ATTEMPTS):
        changed = []
        for item in await tools.inbox.with_ids(latest):
            reminder = latest[item.id]
            belated = is_belated(on=reminder.on, kind=reminder.kind, today=todays[reminder.owner])
            again = fire_again(item, reminder=reminder, belated=belated, at=now)
            if again is not item and item.owner == reminder.owner:
                changed.append(again)
        are_saved = await tools.inbox.save(changed)
        await tools.relay.publish_soon([item.id for item in changed if item.pending])
        if are_saved:
            tools.counters.add("inbox.fired_again", len(changed))
            return
    raise TransientError("items kept changing while their reminders fired again")
