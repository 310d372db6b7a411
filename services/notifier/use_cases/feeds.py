"""The calendar feed of an owner: who may read it, and what is in it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import quote

from services.notifier.domain.digest import Coming, coming_of
from services.notifier.domain.ics import Feed, FeedEvent, merged
from services.notifier.domain.items import Item, today_of
from services.notifier.domain.opaque_secrets import SECRET_BYTES, is_secret_text
from services.notifier.domain.staleness import silence
from services.notifier.notices import NoticeWriter
from services.notifier.store.agenda import Line
from services.notifier.store.feeds import FeedStore
from services.notifier.use_cases.listing import name_of
from services.notifier.use_cases.people import profiles_of
from services.notifier.use_cases.tools import Tools
from shared.errors import Conflict, NotFound
from shared.logging import get_logger
from shared.messages.access import FeedIssued, IssueFeed
from shared.messages.snapshots import ContactSnapshot, OwnerProfile

log = get_logger(__name__)

AHEAD: Final = timedelta(days=366)
BACK: Final = timedelta(days=30)
PLANNED_MAX: Final = 1_000
"""The next so many; a calendar program reads the whole feed every time, and one event is half a kilobyte."""
RECENT_MAX: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """The feeds of all owners. *public_url* is where a browser finds the HTTP door, None where nobody said."""

    tools: Tools
    store: FeedStore
    writer: NoticeWriter
    has_owner: Callable[[str], Awaitable[bool]]
    public_url: str | None
    new_secret: Callable[[int], str] = secrets.token_urlsafe

    async def issue(self, *, request: IssueFeed) -> FeedIssued:
        """
        Make the address of an owner's feed, or another one, and the present one ends.

        Raises:
            NotFound: there is no such owner.
            Conflict: there is an address already, and it is not to be replaced.
        """
        if not await self.has_owner(request.owner):
            raise NotFound(f"there is no owner {request.owner!r}")
        secret, now = self.new_secret(SECRET_BYTES), self.tools.clock()
        if request.replace:
            await self.store.replace(owner=request.owner, secret=secret, at=now)
        elif not await self.store.insert(owner=request.owner, secret=secret, at=now):
            raise Conflict(f"{request.owner} has a feed already, and its address is told once; make another one with --rotate")
        log.info("feed_issued", replaced=request.replace)
        path = f"/feed/{secret}.ics"
        return FeedIssued(path=path, url=f"{self.public_url.rstrip('/')}{path}" if self.public_url else None)

    async def read(self, *, secret: str) -> Feed:
        """Return the feed of that address; raise `NotFound` when it is not, or no longer, one."""
        owner = await self.store.owner_of(secret) if is_secret_text(text=secret) else None
        profile = (await profiles_of(self.tools, owners={owner})).get(owner) if owner else None
        if profile is None:
            raise NotFound
        now = self.tools.clock()
        today = today_of(profile, now=now)
        lines = await self.tools.agenda.between(owner=profile.owner, first=today - BACK, last=today + AHEAD, limit=PLANNED_MAX)
        items = await self.tools.inbox.recent(owner=profile.owner, since=now - BACK, limit=RECENT_MAX)
        concerned = {line.contact for line in lines} | {item.contact for item in items}
        people = await self.tools.people.snapshots(contacts=concerned, owner=profile.owner)
        # A thousand occasions take a tenth of a second to put into words: beside everything else, not before it.
        return await asyncio.to_thread(self._compose, profile, lines, items, people, today)

    def _compose(
        self,
        profile: OwnerProfile,
        lines: Sequence[Line],
        items: Sequence[Item],
        people: Mapping[str, ContactSnapshot],
        today: date,
    ) -> Feed:
        planned = [self._planned(line, people, profile, today=today) for line in lines]
        recent = [self._recent(item, people, profile, today=today) for item in items if item.on >= today - BACK]
        return Feed(
            name=f"Hobnob: {profile.name}",
            timezone=profile.timezone,
            deliver_at=profile.deliver_at,
            events=merged(planned=_present(planned), recent=_present(recent), limit=PLANNED_MAX + RECENT_MAX),
        )

    def _planned(
        self, line: Line, people: Mapping[str, ContactSnapshot], profile: OwnerProfile, *, today: date
    ) -> FeedEvent | None:
        person = people.get(line.contact)
        # Here, nobody who is unknown either: their snapshot is on its way.
        if person is None or silence(snapshot=person, occasion=line.planned.occasion):
            return None
        coming = coming_of(line=line.planned, name=name_of(line.contact, person).name)
        url = f"{self.public_url.rstrip('/')}/upcoming?day={coming.on}" if self.public_url else None
        return self._event(line.planned.id, coming, person, profile, changed_at=line.stored_at, url=url, today=today)

    def _recent(
        self, item: Item, people: Mapping[str, ContactSnapshot], profile: OwnerProfile, *, today: date
    ) -> FeedEvent | None:
        person = people.get(item.contact)
        if person is None or silence(snapshot=person, occasion=item.occasion):
            return None
        coming = Coming(
            name=name_of(item.contact, person).name,
            occasion=item.occasion,
            on=item.on,
            milestone=item.milestone,
            label=item.label or "",
        )
        url = f"{self.public_url.rstrip('/')}/inbox#{quote(item.id, safe='')}" if self.public_url else None
        changed_at = item.changed_at or item.surfaced_at
        return self._event(item.id, coming, person, profile, changed_at=changed_at, url=url, today=today)

    def _event(
        self,
        reminder: str,
        coming: Coming,
        person: ContactSnapshot,
        profile: OwnerProfile,
        *,
        changed_at: datetime,
        url: str | None,
        today: date,
    ) -> FeedEvent:
        return FeedEvent(
            id=reminder,
            on=coming.on,
            summary=self.writer.summary(coming, profile=profile),
            category=coming.occasion.value,
            revision=person.rev,
            changed_at=changed_at.replace(microsecond=0),
            url=url,
            is_past=coming.on < today,
        )


def _present(events: Sequence[FeedEvent | None]) -> list[FeedEvent]:
    return [event for event in events if event]
