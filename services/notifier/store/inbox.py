"""The inbox collection. Every change of an item is guarded by its `revision`: whoever read an older one changes nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from services.notifier.domain.items import OPEN, Item
from services.notifier.store.bulk import write_guarded
from services.notifier.store.documents import from_document, to_document
from shared.messages.reminders import ItemState
from shared.messages.values import Occasion
from shared.mongo import (
    ASCENDING,
    DESCENDING,
    Collection,
    Database,
    Document,
    IndexModel,
    ReplaceOne,
    UpdateOne,
    aggregate,
    insert_missing,
    make_indexes,
    store_errors,
)

Place = tuple[datetime, str]
"""Where a page of the list ends: `surfaced_at` and id of its last item."""


class Greeting(NamedTuple):
    """A greeting that was sent, and the template it was made from."""

    contact: str
    occasion: Occasion
    variant: str


_OPEN_STATES = sorted(state.value for state in OPEN)


OnChange = Callable[[set[str]], None]
"""Is told the owners whose items this process wrote."""


def _nobody_listens(_: set[str]) -> None:
    """Stand for nobody."""


class InboxStore:
    """Reads and writes inbox items."""

    def __init__(self, database: Database, *, on_change: OnChange = _nobody_listens) -> None:
        self._items: Collection = database["inbox"]
        self._on_change = on_change

    async def ensure_indexes(self) -> None:
        """Create what the queries below need."""
        await make_indexes(
            self._items,
            [
                IndexModel(
                    [("owner", ASCENDING), ("state", ASCENDING), ("surfaced_at", DESCENDING), ("_id", ASCENDING)],
                    name="newest_first",
                ),
                IndexModel([("contact", ASCENDING)], name="of_contact"),
                IndexModel([("pending.at", ASCENDING)], sparse=True, name="unpublished"),
                IndexModel([("snoozed_until", ASCENDING)], sparse=True, name="snoozed"),
                IndexModel([("send_at", ASCENDING)], sparse=True, name="scheduled"),
                IndexModel([("claimed_until", ASCENDING)], sparse=True, name="claimed"),
            ],
        )

    # --- reading ------------------------------------------------------------------------------------------------------

    async def find(self, *, owner: str, item: str) -> Item | None:
        """Return one item of *owner*, or None."""
        with store_errors():
            document = await self._items.find_one({"_id": item, "owner": owner})
        return from_document(document) if document else None

    async def with_ids(self, ids: Iterable[str]) -> list[Item]:
        """Return those items that exist; for the service's own errands, which span owners."""
        return await self._read({"_id": {"$in": list(ids)}})

    async def standing(self, ids: Iterable[str]) -> dict[str, ItemState]:
        """Return the states of those of *ids* that are items and were not withdrawn: each stands for a greeting."""
        wanted = list(ids)
        if not wanted:
            return {}
        query = {"_id": {"$in": wanted}, "state": {"$ne": ItemState.WITHDRAWN.value}}
        with store_errors():
            return {found["_id"]: ItemState(found["state"]) async for found in self._items.find(query, {"state": 1})}

    async def open_of(self, contacts: Iterable[str]) -> list[Item]:
        """Return the open items about *contacts*."""
        return await self._read({"contact": {"$in": list(contacts)}, "state": {"$in": _OPEN_STATES}})

    async def page(
        self,
        *,
        owner: str,
        states: Iterable[ItemState],
        after: Place | None,
        limit: int,
        contacts: Iterable[str] | None = None,
        beginning: str | None = None,
    ) -> list[Item]:
        """
        Return up to *limit* items, the latest surfaced first, from behind *after* on.

        Of *contacts* only, if given; only those whose id has this *beginning*.
        """
        query: Document = {"owner": owner, "state": {"$in": [state.value for state in states]}}
        if beginning is not None:
            query["_id"] = {"$gte": beginning, "$lte": beginning + "\U0010ffff"}
        if contacts is not None:
            query["contact"] = {"$in": list(contacts)}
        if after:
            at, last = after
            query["$or"] = [{"surfaced_at": {"$lt": at}}, {"surfaced_at": at, "_id": {"$gt": last}}]
        with store_errors():
            cursor = self._items.find(query).sort([("surfaced_at", DESCENDING), ("_id", ASCENDING)]).limit(limit)
            return [from_document(document) async for document in cursor]

    async def recent(self, *, owner: str, since: datetime, limit: int) -> list[Item]:
        """Return up to *limit* items that came to the top after *since* and were not withdrawn, the latest first."""
        states = [state.value for state in ItemState if state is not ItemState.WITHDRAWN]
        query: Document = {"owner": owner, "state": {"$in": states}, "surfaced_at": {"$gt": since}}
        with store_errors():
            cursor = self._items.find(query).sort([("surfaced_at", DESCENDING), ("_id", ASCENDING)]).limit(limit)
            return [from_document(document) async for document in cursor]

    async def greetings(self, *, owner: str, contacts: Iterable[str]) -> list[Greeting]:
        """Return which template was last sent to each of *contacts* for each occasion, the oldest first."""
        query: Document = {
            "owner": owner,
            "contact": {"$in": list(contacts)},
            "state": ItemState.SENT.value,
            "variant": {"$exists": True},
        }
        pipeline: list[Document] = [
            {"$match": query},
            {"$sort": {"changed_at": 1}},
            {
                "$group": {
                    "_id": {"contact": "$contact", "occasion": "$occasion"},
                    "at": {"$last": "$changed_at"},
                    "variant": {"$last": "$variant"},
                }
            },
            {"$sort": {"at": 1}},
        ]
        return [
            Greeting(found["_id"]["contact"], Occasion(found["_id"]["occasion"]), found["variant"])
            for found in await aggregate(self._items, pipeline)
        ]

    async def count_unread(self, *, owner: str, up_to: int = 0) -> int:
        """Return how many unread items *owner* has; no more than *up_to* of them are counted, unless that is 0."""
        query = {"owner": owner, "state": ItemState.UNREAD.value}
        with store_errors():
            if up_to:
                return await self._items.count_documents(query, limit=up_to)
            return await self._items.count_documents(query)

    async def overslept(self, *, before: datetime, limit: int) -> list[Item]:
        """Return items whose snooze ended before *before* and which still sleep."""
        return await self._read({"snoozed_until": {"$lt": before}, "state": ItemState.SNOOZED.value}, limit=limit)

    async def due(self, *, until: datetime, limit: int) -> list[Item]:
        """Return greetings that were to be sent by *until*, the most overdue first."""
        with store_errors():
            cursor = self._items.find({"send_at": {"$lte": until}, "state": ItemState.SCHEDULED.value})
            return [from_document(document) async for document in cursor.sort("send_at", ASCENDING).limit(limit)]

    async def abandoned(self, *, before: datetime, limit: int) -> list[Item]:
        """Return items that are being sent under a claim that ended before *before*."""
        return await self._read({"claimed_until": {"$lt": before}, "state": ItemState.SENDING.value}, limit=limit)

    async def unpublished(self, *, limit: int) -> list[Item]:
        """Return items with changes that are not known to be published, oldest first."""
        with store_errors():
            cursor = self._items.find({"pending.at": {"$exists": True}}).sort("pending.at", ASCENDING).limit(limit)
            return [from_document(document) async for document in cursor]

    async def unpublished_since(self) -> tuple[int, datetime | None]:
        """Return how many items have changes that are not known to be published, and since when the oldest of them has."""
        query: Document = {"pending.at": {"$exists": True}}
        with store_errors():
            oldest = await self._items.find_one(query, {"pending.at": 1}, sort=[("pending.at", ASCENDING)])
            count = await self._items.count_documents(query)
        return count, min(change["at"] for change in oldest["pending"]) if oldest else None

    async def _read(self, query: Document, *, limit: int = 0) -> list[Item]:
        with store_errors():
            return [from_document(document) async for document in self._items.find(query, limit=limit)]

    # --- writing ------------------------------------------------------------------------------------------------------

    async def insert(self, documents: Sequence[Document]) -> set[str]:
        """Insert those new items that are not there yet; return the ids of those that were new."""
        present = await insert_missing(self._items, documents)
        inserted = {document["_id"] for place, document in enumerate(documents) if place not in present}
        if inserted:
            self._on_change({document["owner"] for document in documents})
        return inserted

    async def save(self, items: Sequence[Item]) -> bool:
        """
        Write *items*, read before and changed since, each with its outbox in one atomic update.

        Returns:
            Whether all of them were still as read. Those that were not are as they were: read again and decide anew.
        """
        writes = [
            ReplaceOne(
                {"_id": item.id, "owner": item.owner, "revision": item.revision},
                to_document(replace(item, revision=item.revision + 1)),
            )
            for item in items
        ]
        are_written = await write_guarded(self._items, writes) == len(items)
        self._on_change({item.owner for item in items})
        return are_written

    async def mark_published(self, items: Sequence[Item]) -> None:
        """Empty the outboxes of *items*; one that has changed since it was read keeps its own for the next publisher."""
        writes = [UpdateOne({"_id": item.id, "revision": item.revision}, {"$unset": {"pending": ""}}) for item in items]
        await write_guarded(self._items, writes)

    async def erase_words(self, *, contacts: Iterable[str]) -> None:
        """Erase what items of forgotten people say about them; that there was a greeting stays."""
        with store_errors():
            await self._items.update_many(
                {"contact": {"$in": list(contacts)}},
                {"$unset": {"draft": "", "said": "", "label": "", "owner_lines": "", "reason": ""}, "$inc": {"revision": 1}},
            )

    async def erase(self, *, owner: str, contacts: Iterable[str]) -> int:
        """Delete the items of *owner* about *contacts*, unless one is being sent just now; return how many there were."""
        query = {"owner": owner, "contact": {"$in": list(contacts)}, "state": {"$ne": ItemState.SENDING.value}}
        with store_errors():
            result = await self._items.delete_many(query)
        if result.deleted_count:
            self._on_change({owner})
        return int(result.deleted_count)

    async def has_any(self, *, owner: str, contacts: Iterable[str]) -> bool:
        """Whether *owner* has any item about *contacts*."""
        with store_errors():
            return await self._items.find_one({"owner": owner, "contact": {"$in": list(contacts)}}, {"_id": 1}) is not None
