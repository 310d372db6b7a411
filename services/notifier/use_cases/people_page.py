"""The list of people, page by page."""

import asyncio
from dataclasses import dataclass
from typing import Final

from services.notifier.domain.people_list import PeopleFilter, Sort
from services.notifier.store.people_list import PeopleListStore, read_place, write_place
from services.notifier.use_cases.tools import Tools
from shared.messages.snapshots import ContactSnapshot

BULK_MAX: Final = 5_000
"""People that can be changed at once; of a filter no more than one above that are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """Some people; `matching` is how many there are in all, and at most `BULK_MAX` + 1."""

    people: tuple[ContactSnapshot, ...]
    matching: int
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleList:
    """Reads the list."""

    tools: Tools
    store: PeopleListStore

    async def page(
        self, *, owner: str, filters: PeopleFilter, sort: Sort = Sort.NAME, cursor: str | None = None, limit: int
    ) -> PeoplePage:
        """
        Return one page, and how many match.

        Raises:
            InvalidMessage: the cursor is not one of this list in this order.
        """
        people, matching = await asyncio.gather(
            self._people(owner=owner, filters=filters, sort=sort, cursor=cursor, limit=limit),
            self.count(owner=owner, filters=filters),
        )
        return PeoplePage(people=people[0], cursor=people[1], matching=matching)

    async def some(
        self, *, owner: str, filters: PeopleFilter, sort: Sort = Sort.NAME, cursor: str | None = None, limit: int
    ) -> tuple[tuple[ContactSnapshot, ...], str | None]:
        """Return one page and the cursor of the next, without counting; raises as `page` does."""
        return await self._people(owner=owner, filters=filters, sort=sort, cursor=cursor, limit=limit)

    async def count(self, *, owner: str, filters: PeopleFilter) -> int:
        """Return how many match, up to one more than can be changed at once."""
        return await self.store.count(owner=owner, filters=filters, now=self.tools.clock(), up_to=BULK_MAX + 1)

    async def _people(
        self, *, owner: str, filters: PeopleFilter, sort: Sort, cursor: str | None, limit: int
    ) -> tuple[tuple[ContactSnapshot, ...], str | None]:
        after = read_place(cursor, sort=sort, filters=filters)
        found = await self.store.page(
            owner=owner, filters=filters, sort=sort, after=after, limit=limit + 1, now=self.tools.clock()
        )
        shown = tuple(found[:limit])
        return shown, write_place(shown[-1], sort=sort, filters=filters) if len(found) > limit else None
