"""Looks at the whole of an owner's inbox and plans, for the digest and for `hobnob doctor`. Writes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from services.notifier.domain.items import Item
from services.notifier.store.documents import from_document
from shared.messages.reminders import ItemState
from shared.mongo import ASCENDING, DESCENDING, Collection, Database, Document, aggregate, store_errors

ACTED = (ItemState.SENT, ItemState.DISMISSED)
_UNREAD = ItemState.UNREAD.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """What is planned for an owner: for how many people, how many dates, how many timers, and when the next is due."""

    owner: str
    people: int
    dates: int
    timers: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What became of an owner's items: those that *came* or were *acted* upon within some time, and all that wait now."""

    came: int
    acted: int
    waiting: int


class OverviewStore:
    """Reads what others write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._items: Collection = database["inbox"]
        self._agendas: Collection = database["agenda"]

    async def new_counts(self, *, owners: Iterable[str], since: datetime, until: datetime) -> dict[str, int]:
        """Return, of those *owners* who have any, how many unread items came to the top in that span; from the index alone."""
        query = {"owner": {"$in": list(owners)}, "state": _UNREAD, "surfaced_at": {"$gt": since, "$lte": until}}
        found = await aggregate(self._items, [{"$match": query}, {"$group": {"_id": "$owner", "count": {"$sum": 1}}}])
        return {document["_id"]: document["count"] for document in found}

    async def new_items(
        self, *, owner: str, since: datetime, until: datetime | None = None, occasions: Iterable[str] | None = None, limit: int
    ) -> list[Item]:
        """Return up to *limit* unread items that came to the top after *since*, the latest first."""
        span: Document = {"$gt": since} | ({"$lte": until} if until else {})
        query: Document = {"owner": owner, "state": _UNREAD, "surfaced_at": span}
        if occasions is not None:
            query["occasion"] = {"$in": list(occasions)}
        with store_errors():
            cursor = self._items.find(query).sort([("surfaced_at", DESCENDING), ("_id", ASCENDING)]).limit(limit)
            return [from_document(document) async for document in cursor]

    async def count_unread(self, *, owner: str, until: datetime | None = None, after: datetime | None = None) -> int:
        """Return how many unread items came to the top after *after* and up to *until*."""
        query: Document = {"owner": owner, "state": _UNREAD}
        if span := ({"$gt": after} if after else {}) | ({"$lte": until} if until else {}):
            query["surfaced_at"] = span
        with store_errors():
            return await self._items.count_documents(query)

    async def week(self, *, owner: str, since: datetime) -> Week:
        """Return what became of items since *since*."""
        acted = {"owner": owner, "state": {"$in": [state.value for state in ACTED]}, "changed_at": {"$gt": since}}
        came = {"owner": owner, "created_at": {"$gt": since}, "state": {"$ne": ItemState.WITHDRAWN.value}}
        with store_errors():
            return Week(
                came=await self._items.count_documents(came),
                acted=await self._items.count_documents(acted),
                waiting=await self._items.count_documents({"owner": owner, "state": _UNREAD}),
            )

    async def count_states(self, states: Iterable[str], *, owner: str | None = None) -> dict[str, int]:
        """Return how many items are in each of *states*, those with none left out."""
        query: Document = {"state": {"$in": list(states)}} | ({"owner": owner} if owner else {})
        found = await aggregate(self._items, [{"$match": query}, {"$group": {"_id": "$state", "count": {"$sum": 1}}}])
        return {document["_id"]: document["count"] for document in found}

    async def count_overdue(self, *, before: datetime) -> int:
        """Return how many greetings were to be mailed before *before* and are not on their way."""
        with store_errors():
            return await self._items.count_documents({"send_at": {"$lt": before}, "state": ItemState.SCHEDULED.value})

    async def plans(self, *, now: datetime, owner: str | None = None) -> list[Plans]:
        """Return what is planned from *now* on, of one owner or all who have anything planned."""
        ahead = {"$filter": {"input": "$planned", "cond": {"$gt": ["$$this.due_at", now]}}}
        armed = {"$filter": {"input": {"$ifNull": ["$armed_at", []]}, "cond": {"$gt": ["$$this", now]}}}
        pipeline: list[Document] = [
            {"$match": {"owner": owner} if owner else {}},
            {"$project": {"owner": 1, "due": {"$map": {"input": ahead, "in": "$$this.due_at"}}, "timers": {"$size": armed}}},
            {
                "$group": {
                    "_id": "$owner",
                    "people": {"$sum": {"$cond": [{"$gt": [{"$size": "$due"}, 0]}, 1, 0]}},
                    "dates": {"$sum": {"$size": "$due"}},
                    "timers": {"$sum": "$timers"},
                    "next_at": {"$min": {"$min": "$due"}},
                }
            },
            {"$sort": {"_id": 1}},
        ]
        return [
            Plans(
                owner=found["_id"],
                people=found["people"],
                dates=found["dates"],
                timers=found["timers"],
                next_at=found["next_at"],
            )
            for found in await aggregate(self._agendas, pipeline)
        ]

    async def clock(self) -> tuple[datetime, str]:
        """Return the database's time and version."""
        with store_errors():
            hello = await self._database.command("hello")
            build = await self._database.command("buildInfo")
        # A command's answer is not read with the collection's options: its instants are naive.
        return hello["localTime"].replace(tzinfo=UTC), str(build["version"])
