"""
Telling owners: what goes at once is found and planned, and what is due is told through the first channel that takes it.

New items are looked for behind a mark, some seconds late, and never where they are made: a burst of 100,000 is one look at an
index and one message.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from services.notifier.channels.apprise import ChannelFailed
from services.notifier.domain.deliveries import (
    Channel,
    Delivery,
    Kind,
    Outcome,
    Try,
    digest_name,
    is_expired,
    lined_up,
    next_attempt_at,
    with_try,
)
from services.notifier.domain.digest import TELLS_BACK
from services.notifier.domain.items import Item
from services.notifier.domain.telling import (
    LATE,
    goes_at_once,
    is_heartbeat,
    is_quiet,
    keeps_quiet,
    near_digest_on,
    quiet_ends_at,
)
from services.notifier.notices import Notice
from services.notifier.store.deliveries import Window
from services.notifier.use_cases.digest import Asked, compose_digest, entries_of
from services.notifier.use_cases.people import profiles_of
from services.notifier.use_cases.telling_tools import Telling
from shared.logging import get_logger
from shared.messages.reminders import ItemState
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Occasion, format_instant
from shared.metrics import DELIVERIES

log = get_logger(__name__)

LOOK_LATE: Final = timedelta(seconds=5)
"""A batch of new items bears the instant at which it began to be written: it must be there when its time is looked at."""
LOOKED_AT: Final = 500
"""New items of one owner that are judged one by one; of more, the latest."""
APART: Final = 5
"""Of more than this many at once, one message tells them all."""
GRACE: Final = {Kind.DIGEST: LATE, Kind.ITEMS: timedelta(minutes=1)}
"""How late a message may break into quiet hours."""
NOBODY: Final = "none"
"""Where a message went that was not told."""
LEASE: Final = timedelta(seconds=90)
"""How long one attempt may take: more than a channel is waited for."""


async def plan_at_once(telling: Telling) -> None:
    """
    Look at the items that came since the last look, and plan messages about those that go at once.

    Killed half-way, the next look is at the same span and plans the same messages, of which each is there once.

    Raises:
        TransientError: the next turn goes on.
    """
    window = await telling.deliveries.window(until=telling.tools.clock() - LOOK_LATE)
    owners = await telling.channels.owners() if window else []
    if window is None or not owners:
        return
    counts = await telling.overview.new_counts(owners=owners, since=window.since, until=window.until)
    # Without news nothing is written, and the next look begins where this one did.
    if not window.is_open and not (counts and await telling.deliveries.open_window(window)):
        return
    for owner, profile in (await profiles_of(telling.tools, owners=set(counts))).items():
        await _plan_for(telling, profile, window, came=counts[owner])
    await telling.deliveries.close_window(window)


async def tell_due(telling: Telling, *, owner: str) -> None:
    """
    Tell *owner* everything that is due, one after the other.

    Raises:
        TransientError: what is in hand comes again when its lease ends.
    """
    while delivery := await telling.deliveries.claim(owner=owner, now=telling.tools.clock(), lease=LEASE):
        await _tell(telling, delivery)


async def _plan_for(telling: Telling, profile: OwnerProfile, window: Window, *, came: int) -> None:
    now = telling.tools.clock()
    on = near_digest_on(profile=profile, now=now)
    if on and await telling.deliveries.is_waiting(owner=profile.owner, what=digest_name(on)):
        telling.tools.counters.add("told.left_to_digest", came)
        return
    rules = profile.telling.at_once
    occasions = {occasion for rule in rules for occasion in rule.occasions or tuple(Occasion)}
    items = await telling.overview.new_items(
        owner=profile.owner,
        since=await _start_for(telling, profile.owner, window),
        until=window.until,
        occasions=sorted(occasions),
        limit=LOOKED_AT,
    )
    people = await telling.tools.people.snapshots(contacts={item.contact for item in items}, owner=profile.owner)
    chosen = [item for item in items if goes_at_once(rules=rules, occasion=item.occasion, person=people.get(item.contact))]
    if not chosen:
        return
    if is_quiet(profile=profile, now=now):
        await _keep_until_morning(telling, profile, chosen, now=now)
        return
    for delivery in _grouped(profile.owner, chosen, window=window, now=now):
        await telling.deliveries.plan(delivery, at=now)


async def _start_for(telling: Telling, owner: str, window: Window) -> datetime:
    """Return from when on an owner is told: not of what was there before the first channel, nor of what a digest has told."""
    added = [channel.added_at for channel in await telling.channels.of(owner)]
    told_until = await telling.deliveries.last_digest_at(owner=owner)
    return max(window.since, min(added, default=window.until), told_until or window.since)


def _grouped(owner: str, items: Sequence[Item], *, window: Window, now: datetime) -> list[Delivery]:
    if len(items) > APART:
        ids = tuple(item.id for item in items)
        return [Delivery(owner=owner, what=f"items:{format_instant(window.until)}", kind=Kind.ITEMS, due_at=now, items=ids)]
    return [
        Delivery(
            # An item that comes back, on its day or after a snooze, is told again.
            owner=owner,
            what=f"item:{item.id}@{format_instant(item.surfaced_at)}",
            kind=Kind.ITEMS,
            due_at=now,
            items=(item.id,),
        )
        for item in items
    ]


async def _keep_until_morning(telling: Telling, profile: OwnerProfile, items: Sequence[Item], *, now: datetime) -> None:
    """Plan one message for the end of the quiet hours, about everything that came during them."""
    ends_at = quiet_ends_at(profile=profile, now=now)
    delivery = Delivery(
        owner=profile.owner,
        what=f"items:{format_instant(ends_at)}",
        kind=Kind.ITEMS,
        due_at=ends_at,
        items=tuple(item.id for item in items),
    )
    await telling.deliveries.add_items(delivery, at=ends_at)
    telling.tools.counters.add("told.kept_quiet", len(items))


async def _tell(telling: Telling, delivery: Delivery) -> None:
    """Tell one delivery, or give it back with the instant of the next attempt."""
    now = telling.tools.clock()
    profile = (await profiles_of(telling.tools, owners={delivery.owner})).get(delivery.owner)
    channels = await telling.channels.of(delivery.owner)
    if profile is None or not channels:
        await _settle(telling, delivery, Outcome.NO_CHANNEL, composed_at=now)
        return
    if is_expired(delivery, now=now):
        await _settle(telling, delivery, Outcome.EXPIRED, composed_at=now)
        return
    if keeps_quiet(profile=profile, due_at=delivery.due_at, now=now, grace=GRACE[delivery.kind]):
        await telling.deliveries.postpone(delivery, until=quiet_ends_at(profile=profile, now=now))
        return
    ready = lined_up(channels, now=now)
    if not ready:
        await telling.deliveries.postpone(delivery, until=next_attempt_at(channels, now=now))
        return
    notice = await _compose(telling, delivery, profile)
    if notice is None:
        await _settle(telling, delivery, Outcome.NOTHING, composed_at=now)
        return
    for channel in ready:
        held = await telling.deliveries.extend(delivery, until=telling.tools.clock() + LEASE)
        if held is None:
            return
        delivery = held
        try:
            await telling.outlets.tell(channel, notice, what=delivery.what, profile=profile)
        except ChannelFailed as exc:
            telling.tools.counters.add("told.channel_failed")
            telling.tools.counters.count(DELIVERIES, _kind_of(channel), "failed")
            log.warning("channel_failed", kind=delivery.kind.value, reason=exc.reason)
            delivery = with_try(delivery, failed=Try(channel=channel.name, at=telling.tools.clock(), error=exc.reason))
        else:
            telling.tools.counters.count(DELIVERIES, _kind_of(channel), "delivered")
            await _settle(telling, delivery, Outcome.DELIVERED, composed_at=now, channel=channel.name)
            return
    present = await telling.channels.of(delivery.owner)
    await telling.deliveries.postpone(delivery, until=next_attempt_at(present, now=telling.tools.clock()))


async def _settle(
    telling: Telling, delivery: Delivery, outcome: Outcome, *, composed_at: datetime, channel: str | None = None
) -> None:
    # What was being written while the digest was put into words counts as untold: better told twice than never.
    told_until = composed_at - LOOK_LATE
    await telling.deliveries.settle(delivery, outcome=outcome, channel=channel, told_until=told_until, at=telling.tools.clock())
    telling.tools.counters.add(f"told.{outcome.value}")
    if outcome is not Outcome.DELIVERED:
        telling.tools.counters.count(DELIVERIES, NOBODY, outcome.value)


def _kind_of(channel: Channel) -> str:
    return "email" if channel.is_email else "push"


async def _compose(telling: Telling, delivery: Delivery, profile: OwnerProfile) -> Notice | None:
    """Return the message as it reads now; None when there is nothing to say any more."""
    return await (_items if delivery.kind is Kind.ITEMS else _digest)(telling, delivery, profile)


async def _items(telling: Telling, delivery: Delivery, profile: OwnerProfile) -> Notice | None:
    found = await telling.tools.inbox.with_ids(delivery.items)
    told_until = await telling.deliveries.last_digest_at(owner=delivery.owner)
    unread = [
        item
        for item in found
        if item.owner == delivery.owner
        and item.state is ItemState.UNREAD
        and (told_until is None or item.surfaced_at > told_until)  # a digest may have overtaken what waited for the morning
    ]
    entries = await entries_of(telling, profile=profile, items=unread)
    return telling.writer.reminders(entries, count=len(unread), profile=profile) if entries else None


async def _digest(telling: Telling, delivery: Delivery, profile: OwnerProfile) -> Notice | None:
    assert delivery.on is not None
    oldest = telling.tools.clock() - TELLS_BACK
    last = await telling.deliveries.last_digest_at(owner=delivery.owner)
    heartbeat = is_heartbeat(profile=profile, on=delivery.on)
    asked = Asked(since=max(last or oldest, oldest), heartbeat=heartbeat)
    digest = await compose_digest(telling, profile=profile, asked=asked)
    return telling.writer.digest(digest, profile=profile) if digest.says_something else None
