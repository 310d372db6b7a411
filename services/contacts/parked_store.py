"""
Facts that wait for the person they are about, in MongoDB (ADR 0006).

Each is known by its token, so that one that comes again while it waits is one, and found by the identity keys it holds.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from services.contacts.domain.identity import tokens_of
from shared.messages.cloudevents import Fact
from shared.messages.facts import MODELS, FactName
from shared.messages.values import format_instant
from shared.mongo import ASCENDING, Database, Document, IndexModel, aggregate, insert_new, make_indexes, store_errors
from shared.mongo import Collection as MongoCollection

MAX_PARKED = 100_000
"""Of one owner. Processes that park at the same time may together exceed it, each by what it does between two counts."""
COUNTED_EVERY = 5_000
"""Facts that a process parks for an owner before it counts again: with 100,000 that takes a tenth of a second and more."""


class ParkedStore:
    """Reads and writes waiting facts."""

    def __init__(self, database: Database) -> None:
        self._parked: MongoCollection = database["parked"]
        self._room: dict[str, int] = {}

    async def ensure_indexes(self) -> None:
        """Create what finding facts by person and counting them by source needs."""
        await make_indexes(
            self._parked,
            [
                IndexModel([("owner", ASCENDING), ("keys", ASCENDING)], name="by_key"),
                IndexModel([("owner", ASCENDING), ("source", ASCENDING)], name="by_source"),
            ],
        )

    async def add(self, *, owner: str, facts: Mapping[str, Fact], at: datetime) -> set[str]:
        """Have *facts* of an owner, by their tokens, wait; return those for which there is no room."""
        room = await self._room_for(owner, wanted=len(facts))
        refused: set[str] = set()
        if room < len(facts):
            with store_errors():
                there = set(await self._parked.distinct("_id", {"_id": {"$in": list(facts)}}))
            refused = set([token for token in facts if token not in there][room:])
        documents = [_document(token, fact, at=at) for token, fact in facts.items() if token not in refused]
        self._room[owner] -= await insert_new(self._parked, documents)
        return refused

    async def _room_for(self, owner: str, *, wanted: int) -> int:
        if self._room.get(owner, 0) < wanted:
            with store_errors():
                count = await self._parked.count_documents({"owner": owner}, limit=MAX_PARKED)
            self._room[owner] = min(MAX_PARKED - count, max(COUNTED_EVERY, wanted))
        return self._room[owner]

    async def has_any(self, *, owner: str) -> bool:
        """Whether any fact of an owner waits."""
        with store_errors():
            return await self._parked.find_one({"owner": owner}, {"_id": 1}) is not None

    async def holding(self, *, owner: str, keys: Collection[str], after: str, limit: int) -> dict[str, Fact]:
        """Return up to *limit* facts that hold one of *keys*, by token, from behind the token *after* on."""
        query = {"owner": owner, "keys": {"$in": list(keys)}, "_id": {"$gt": after}}
        return await self._found(query, limit=limit)

    async def page(self, *, after: str, limit: int) -> dict[str, Fact]:
        """Return up to *limit* facts of any owner, by token, from behind the token *after* on."""
        return await self._found({"_id": {"$gt": after}}, limit=limit)

    async def _found(self, query: Document, *, limit: int) -> dict[str, Fact]:
        with store_errors():
            documents = await self._parked.find(query).sort("_id", ASCENDING).limit(limit).to_list(None)
        return {document["_id"]: _fact(document) for document in documents}

    async def drop(self, tokens: Iterable[str]) -> None:
        """Delete facts that wait no more."""
        with store_errors():
            await self._parked.delete_many({"_id": {"$in": list(tokens)}})

    async def erase(self, *, owner: str, keys: Iterable[str]) -> int:
        """Delete every fact of an owner that holds one of *keys* and return how many there were."""
        with store_errors():
            result = await self._parked.delete_many({"owner": owner, "keys": {"$in": list(keys)}})
        return int(result.deleted_count)

    async def count(self, *, owner: str) -> dict[str, int]:
        """Return how many facts of an owner wait, by source."""
        groups: list[Document] = [
            {"$match": {"owner": owner}},
            {"$group": {"_id": "$source", "count": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ]
        return {group["_id"]: group["count"] for group in await aggregate(self._parked, groups)}


def _document(token: str, fact: Fact, *, at: datetime) -> Document:
    return {
        "_id": token,
        "owner": fact.owner,
        "keys": list(tokens_of(fact)),
        "source": fact.source,
        "id": fact.id,
        "name": fact.name.value,
        # As text, since the database keeps milliseconds and facts are merged by microseconds.
        "occurred_at": format_instant(fact.occurred_at),
        # As text too: an emitter's own fields may hold integers, names and depths that a document cannot.
        "data": json.dumps(fact.raw, ensure_ascii=False),
        "parked_at": at,
    }


def _fact(document: Document) -> Fact:
    name = FactName(document["name"])
    raw = json.loads(document["data"])
    return Fact(
        owner=document["owner"],
        source=document["source"],
        id=document["id"],
        name=name,
        occurred_at=document["occurred_at"],
        data=MODELS[name].model_validate(raw),
        raw=raw,
    )
