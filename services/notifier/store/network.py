"""What the network page reads: of `people` the part `touch` that each has for it, of `inbox` how many greetings were sent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from services.notifier.domain.network import Acquaintance, Band, span_of
from services.notifier.store.adoption import adopt
from services.notifier.store.together import ask_together, count_together
from shared.messages.reminders import ItemState
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness, Occasion
from shared.mongo import ASCENDING, Collection, Database, Document, IndexModel, make_indexes, store_errors

FIELD: Final = "touch"
CLOSENESS: Final = f"{FIELD}.closeness"
AT: Final = f"{FIELD}.at"
CADENCE: Final = f"{FIELD}.cadence"
NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
"""Stands for "no contact is noted": unlike an absent value it is counted in the index alone."""
OWN_RHYTHMS_MAX: Final = 2_000
"""People with a rhythm of their own who are looked at."""
_SENT: Final = ItemState.SENT.value

Cell = tuple[Closeness, Band]


def touch_fields(snapshot: ContactSnapshot) -> Document:
    """Return what a person's document needs for the network page; nothing of somebody whom nobody greets any more."""
    if snapshot.is_silenced:
        return {FIELD: {}}
    touch: Document = {
        "name": snapshot.name or next(iter(snapshot.emails), snapshot.id),
        "closeness": snapshot.closeness.value,
        "at": snapshot.last_contact_at or NEVER,
    }
    cadence = 0 if Occasion.STAY_IN_TOUCH in snapshot.muted else snapshot.cadence_days
    if cadence is not None:
        touch["cadence"] = cadence
    if Occasion.WEEKLY_PICKS in snapshot.muted:
        touch["unpicked"] = True
    return {FIELD: touch}


class NetworkStore:
    """Reads what others write."""

    def __init__(self, database: Database) -> None:
        self._people: Collection = database["people"]
        self._items: Collection = database["inbox"]

    async def ensure_indexes(self) -> None:
        """Create the indexes, and compute what people lack that were stored before there was this page."""
        known = {CLOSENESS: {"$exists": True}}
        keys = [("owner", ASCENDING), (CLOSENESS, ASCENDING), (AT, ASCENDING)]
        own = [("owner", ASCENDING), (CADENCE, ASCENDING)]
        sent = [("owner", ASCENDING), ("state", ASCENDING), ("changed_at", ASCENDING)]
        of_people = [
            IndexModel(keys, name="touch", partialFilterExpression=known),
            IndexModel(own, name="own_cadence", partialFilterExpression={CADENCE: {"$exists": True}}),
        ]
        await make_indexes(self._people, of_people)
        # Of what was sent alone: an item that comes costs nothing.
        await make_indexes(self._items, [IndexModel(sent, name="sent", partialFilterExpression={"state": _SENT})])
        await adopt(self._people, field=FIELD, fields_of=touch_fields)

    async def count_cells(self, *, owner: str, now: datetime) -> dict[Cell, int]:
        """Return how many people there are by closeness and by the band of their last contact."""
        cells = [(closeness, band) for closeness in Closeness for band in Band]
        counts = await count_together(self._people, [_in_cell(owner, cell, now=now) for cell in cells])
        return dict(zip(cells, counts, strict=True))

    async def count_beyond(self, *, owner: str, before: Mapping[Closeness, datetime]) -> dict[Closeness, tuple[int, int]]:
        """Return, for each closeness given, how many were last in touch before an instant, and how many since."""
        queries = [
            _of(owner, closeness) | {AT: span}
            for closeness, at in before.items()
            for span in ({"$gt": NEVER, "$lt": at}, {"$gte": at})
        ]
        counts = iter(await count_together(self._people, queries))
        return {closeness: (next(counts), next(counts)) for closeness in before}

    async def in_cells(self, *, owner: str, cells: Iterable[Cell], now: datetime, limit: int) -> list[Acquaintance]:
        """Return up to *limit* people of some cells."""
        queries = [_in_cell(owner, cell, now=now) for cell in cells]
        if not queries:
            return []
        with store_errors():
            found = self._people.find({"$or": queries}, {FIELD: 1}, limit=limit)
            return [_acquaintance(document) async for document in found]

    async def most_silent(self, *, owner: str, limit: int) -> list[Acquaintance]:
        """Return, of each closeness, up to *limit* people with the oldest contacts and as many without any."""
        parts: list[list[Document]] = []
        for closeness in Closeness:
            for span in ({"$gt": NEVER}, {"$eq": NEVER}):
                match = _of(owner, closeness) | {AT: span}
                parts.append([{"$match": match}, {"$sort": {AT: 1}}, {"$limit": limit}, {"$project": {FIELD: 1}}])
        return [_acquaintance(document) for found in await ask_together(self._people, parts) for document in found]

    async def with_own_rhythm(self, *, owner: str) -> list[Acquaintance]:
        """Return the people who have a rhythm of their own."""
        with store_errors():
            found = self._people.find({"owner": owner, CADENCE: {"$gte": 0}}, {FIELD: 1}, limit=OWN_RHYTHMS_MAX)
            return [_acquaintance(document) async for document in found]

    async def spoken_of(self, *, owner: str, contacts: Sequence[str], since: datetime) -> set[str]:
        """Return those of *contacts* about whom an item came to the top of the inbox after *since*."""
        query: Document = {
            "owner": owner,
            "contact": {"$in": list(contacts)},
            "surfaced_at": {"$gt": since},
            "state": {"$ne": ItemState.WITHDRAWN.value},
        }
        with store_errors():
            return {document["contact"] async for document in self._items.find(query, {"contact": 1})}

    async def count_sent(self, *, owner: str, edges: Sequence[datetime]) -> list[int]:
        """Return how many greetings were sent between each of *edges* and the next."""
        return await count_together(
            self._items,
            [{"owner": owner, "state": _SENT, "changed_at": {"$gte": start, "$lt": end}} for start, end in pairwise(edges)],
        )


def _of(owner: str, closeness: Closeness) -> Document:
    return {"owner": owner, CLOSENESS: closeness.value}


def _in_cell(owner: str, cell: Cell, *, now: datetime) -> Document:
    closeness, band = cell
    if band is Band.UNKNOWN:
        return _of(owner, closeness) | {AT: NEVER}
    since, before = span_of(band=band, now=now)
    span = {"$gte": since} if since else {"$gt": NEVER}
    return _of(owner, closeness) | {AT: span | ({"$lt": before} if before else {})}


def _acquaintance(document: Document) -> Acquaintance:
    touch: dict[str, Any] = document[FIELD]
    return Acquaintance(
        contact=document["_id"],
        name=touch["name"],
        closeness=Closeness(touch["closeness"]),
        last_contact_at=touch["at"] if touch["at"] != NEVER else None,
        cadence_days=touch.get("cadence"),
        is_pickable=not touch.get("unpicked", False),
    )
