"""The digest: what is in it, when asked for and when its timer fires."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.notifier.channels.apprise import ChannelFailed
from services.notifier.domain.deliveries import Delivery, Kind, digest_name, lined_up
from services.notifier.domain.digest import (
    LOOKS_AHEAD,
    LOOKS_BACK,
    SHOWN,
    Digest,
    Entry,
    Watched,
    build_digest,
    coming_of,
    entry_of,
    excerpt_of,
    most_important,
)
from services.notifier.domain.items import Item, today_of
from services.notifier.domain.staleness import silence
from services.notifier.domain.telling import DigestDue, NoDigest, judge_digest, missed_digest
from services.notifier.people_stream import current_profiles
from services.notifier.use_cases.drafting import write_drafts
from services.notifier.use_cases.listing import name_of
from services.notifier.use_cases.people import profiles_of
from services.notifier.use_cases.telling_tools import TROUBLED, Telling
from shared.errors import Conflict, NotFound
from shared.logging import get_logger
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.telling import AskDigest, DigestReply, OwnerTimer
from shared.messages.values import format_instant

log = get_logger(__name__)

LOOKED_AT = 500
"""Reminders among which the most important are chosen; of more, the latest."""
COMING_LOOKED_AT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to put into a digest: reminders that came after *since*, and whether to say what was watched."""

    since: datetime
    heartbeat: bool


async def take_owner_timers(telling: Telling, *, timers: Sequence[OwnerTimer]) -> None:
    """
    Plan the digests of owners whose timers fired, where the present settings bear them out.

    A digest is told a little later: at the same instant the timers of that hour fire, and it shall tell of what they bring.

    Raises:
        TransientError: the same firings again complete it.
    """
    owners = {timer.owner for timer in timers}
    found = {profile.owner: profile for profile in await current_profiles(telling.tools.client, owners)}
    now = telling.tools.clock()
    for owner in sorted(owners):
        profile = found.get(owner)
        judged = judge_digest(profile=profile, now=now) if profile else NoDigest.NO_OWNER
        if isinstance(judged, NoDigest):
            _skip(telling, judged)
        else:
            await _plan(telling, owner, judged, now=now)


async def make_up_for_missed(telling: Telling) -> None:
    """
    Plan the digests whose timers should have fired and did not.

    An owner who got their first channel after the hour waits for the next one.

    Raises:
        TransientError: the next turn does it.
    """
    now = telling.tools.clock()
    for profile in (await profiles_of(telling.tools, owners=set(await telling.channels.owners()))).values():
        due = missed_digest(profile=profile, now=now)
        if due is None or await telling.deliveries.knows(owner=profile.owner, what=digest_name(due.on)):
            continue
        if any(channel.added_at <= due.due_at for channel in await telling.channels.of(profile.owner)):
            telling.tools.counters.add("digest.made_up_for")
            log.warning("digest_made_up_for", due_at=format_instant(due.due_at))
            await _plan(telling, profile.owner, due, now=now)


async def preview_digest(telling: Telling, *, request: AskDigest) -> DigestReply:
    """Return the digest as it would be told now; raise `NotFound` when there is no such owner."""
    profile, digest = await _asked_for(telling, request)
    notice = telling.writer.digest(digest, profile=profile)
    return DigestReply(subject=notice.title, text=notice.text, language=notice.language, reminders=digest.reminders)


async def send_digest(telling: Telling, *, request: AskDigest) -> DigestReply:
    """
    Tell the digest now, through the first of the owner's channels that takes it.

    Raises:
        NotFound: there is no such owner.
        Conflict: they have no channel.
        ChannelFailed: none of them takes it, and why the last one did not.
    """
    profile, digest = await _asked_for(telling, request)
    notice = telling.writer.digest(digest, profile=profile)
    reply = DigestReply(subject=notice.title, text=notice.text, language=notice.language, reminders=digest.reminders)
    now = telling.tools.clock()
    channels = await telling.channels.of(profile.owner)
    if not channels:
        raise Conflict(f"{profile.owner} has no channel; add one with: hobnob channel add URL --owner {profile.owner}")
    failure = ChannelFailed("every channel failed a short while ago and is left alone; see: hobnob channel list")
    for channel in lined_up(channels, now=now):
        try:
            await telling.outlets.tell(channel, notice, what=f"asked:{format_instant(now)}", profile=profile)
        except ChannelFailed as exc:
            failure = ChannelFailed(f"{channel.name}: {exc.reason}", retry_after_s=exc.retry_after_s, status=exc.status)
        else:
            return reply.model_copy(update={"channel": channel.name})
    raise failure


async def compose_digest(telling: Telling, *, profile: OwnerProfile, asked: Asked) -> Digest:
    """Return what the digest of an owner holds now."""
    now = telling.tools.clock()
    items = await telling.overview.new_items(owner=profile.owner, since=asked.since, limit=LOOKED_AT)
    came = await telling.overview.count_unread(owner=profile.owner, after=asked.since)
    earlier = await telling.overview.count_unread(owner=profile.owner, until=asked.since)
    entries = await entries_of(telling, profile=profile, items=items)
    lines = await telling.tools.agenda.page(
        owner=profile.owner, since=now, until=now + LOOKS_AHEAD, after=None, limit=COMING_LOOKED_AT
    )
    people = await telling.tools.people.snapshots(contacts={contact for contact, _ in lines}, owner=profile.owner)
    coming = [
        coming_of(line=line, name=name_of(contact, person).name)
        for contact, line in lines
        if (person := people.get(contact)) and silence(snapshot=person, occasion=line.occasion) is None
    ]
    watched = await look_back(telling, profile=profile) if asked.heartbeat else None
    return build_digest(entries=entries, more=max(0, came - len(entries)), earlier=earlier, coming=coming, watched=watched)


async def entries_of(telling: Telling, *, profile: OwnerProfile, items: Sequence[Item]) -> list[Entry]:
    """Return the most important of *items*, which are open and all of one owner, each with the first words of its draft."""
    today = today_of(profile, now=telling.tools.clock())
    people = await telling.tools.people.snapshots(contacts={item.contact for item in items}, owner=profile.owner)
    by_id = {item.id: item for item in items}
    entries = [
        entry_of(item=item, person=person, name=name_of(item.contact, person).name, today=today)
        for item in items
        if _is_to_be_told(item, person := people.get(item.contact))
    ]
    shown = most_important(entries)[:SHOWN]
    return await _with_excerpts(telling, shown, by_id, people=people, profile=profile)


async def look_back(telling: Telling, *, profile: OwnerProfile) -> Watched:
    """Return what was watched for an owner, and what became of it, within a week."""
    now = telling.tools.clock()
    week = await telling.overview.week(owner=profile.owner, since=now - LOOKS_BACK)
    late = await telling.lateness.since(owner=profile.owner, on=(now - LOOKS_BACK).date())
    plans = next(iter(await telling.overview.plans(now=now, owner=profile.owner)), None)
    troubled = await telling.overview.count_states(TROUBLED, owner=profile.owner)
    return Watched(
        people=plans.people if plans else 0,
        dates=plans.dates if plans else 0,
        timers=await telling.count_armed(profile.owner),
        expected=plans.timers if plans else 0,
        came=week.came,
        acted=week.acted,
        waiting=week.waiting,
        late=late.count,
        latest=late.latest,
        troubled=sum(troubled.values()),
        next_on=today_of(profile, now=plans.next_at) if plans and plans.next_at else None,
    )


async def _asked_for(telling: Telling, request: AskDigest) -> tuple[OwnerProfile, Digest]:
    profile = (await profiles_of(telling.tools, owners={request.owner})).get(request.owner)
    if profile is None:
        raise NotFound(f"there is no owner {request.owner!r}")
    since = telling.tools.clock() - LOOKS_BACK
    return profile, await compose_digest(telling, profile=profile, asked=Asked(since=since, heartbeat=request.heartbeat))


async def _plan(telling: Telling, owner: str, due: DigestDue, *, now: datetime) -> None:
    if not await telling.channels.of(owner):
        _skip(telling, NoDigest.NO_CHANNEL)
        return
    delivery = Delivery(owner=owner, what=digest_name(due.on), kind=Kind.DIGEST, due_at=now, on=due.on)
    if await telling.deliveries.plan(delivery, at=now + telling.settle):
        telling.tools.counters.add("digest.planned")
    else:
        _skip(telling, NoDigest.REPEATED)


def _skip(telling: Telling, reason: NoDigest) -> None:
    telling.tools.counters.add(f"digest.skipped.{reason.value}")


def _is_to_be_told(item: Item, person: ContactSnapshot | None) -> bool:
    """Whether nobody has silenced the person, in the moment before their item is withdrawn."""
    return person is None or silence(snapshot=person, occasion=item.occasion) is None


async def _with_excerpts(
    telling: Telling,
    entries: Sequence[Entry],
    items: Mapping[str, Item],
    *,
    people: Mapping[str, ContactSnapshot],
    profile: OwnerProfile,
) -> list[Entry]:
    if not entries:
        return []
    drafts = await write_drafts(
        telling.tools,
        items=[items[entry.item] for entry in entries],
        people=people,
        profile=profile,
        today=today_of(profile, now=telling.tools.clock()),
    )
    return [replace(entry, excerpt=excerpt_of(drafted.draft)) for entry, drafted in zip(entries, drafts, strict=True)]
