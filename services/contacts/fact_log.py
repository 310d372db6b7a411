"""
The log of facts in MongoDB: what was applied, to whom, and what it did.

A contact does not need it: it saves the work of applying a fact again, it shows what was accepted, and it is what `forget`
erases.
"""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.contacts.domain.changes import Outcome
from shared.messages.cloudevents import Fact
from shared.messages.facts import FactName
from shared.messages.rpc import AcceptedFact
from shared.mongo import ASCENDING, DESCENDING, Collection, Database, Document, IndexModel, insert_new, make_indexes, store_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRecord:
    """What became of a fact."""

    token: str
    fact: Fact
    contact: str | None
    outcome: Outcome | None
    via: str | None = None
    """The import that stated it."""
    keeps_body: bool = True
    """Whether what it says is kept: not of an import, since the file had it, nor of somebody whom the owner removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """What a fact did when it was applied."""

    contact: str | None
    outcome: Outcome | None
    via: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A fact that was applied, and the import that stated it."""

    token: str
    fact: AcceptedFact
    via: str | None


class FactLog:
    """Reads and writes the log."""

    def __init__(self, database: Database) -> None:
        self._facts: Collection = database["facts"]

    async def ensure_indexes(self) -> None:
        """Create what forgetting a contact and listing facts by name need."""
        by_name = [("owner", ASCENDING), ("name", ASCENDING), ("occurred_at", DESCENDING), ("_id", DESCENDING)]
        await make_indexes(
            self._facts,
            [
                IndexModel([("owner", ASCENDING), ("contact", ASCENDING)], name="by_contact"),
                IndexModel(by_name, name="by_name"),
            ],
        )

    async def known(self, tokens: Iterable[str]) -> dict[str, KnownFact]:
        """Return what those facts did that were applied before, by token."""
        fields = {"contact": 1, "outcome": 1, "via": 1}
        with store_errors():
            documents = await self._facts.find({"_id": {"$in": list(tokens)}}, fields).to_list(None)
        return {
            d["_id"]: KnownFact(contact=d["contact"], outcome=Outcome(d["outcome"]) if d["outcome"] else None, via=d.get("via"))
            for d in documents
        }

    async def changed_by(self, *, owner: str, via: str, name: FactName) -> set[str]:
        """Return the contacts that facts of one kind brought or changed in an import."""
        query = {"owner": owner, "via": via, "name": name.value, "outcome": {"$ne": Outcome.UNCHANGED.value}}
        with store_errors():
            documents = await self._facts.find(query, {"contact": 1}).to_list(None)
        return {document["contact"] for document in documents if document["contact"]}

    async def page(
        self,
        *,
        owner: str,
        names: Iterable[FactName],
        after: tuple[datetime, str] | None,
        limit: int,
        contacts: Iterable[str] | None = None,
    ) -> list[tuple[str, AcceptedFact]]:
        """
        Return up to *limit* facts of these *names*, each with its token, newest occurrence first.

        Args:
            owner: Whose facts they are.
            names: The index holds each name by itself, and the database merges them in order.
            after: Occurrence and token of the last one that is known already.
            limit: The most to return.
            contacts: Facts about these only.
        """
        query: Document = {"owner": owner, "name": {"$in": [name.value for name in names]}}
        if contacts is not None:
            query["contact"] = {"$in": list(contacts)}
        if after:
            at, token = after
            # Not as an `$or` of two ranges: for that the database would sort all that is left.
            query |= {"occurred_at": {"$lte": at}, "$nor": [{"occurred_at": at, "_id": {"$gte": token}}]}
        newest_first = [("occurred_at", DESCENDING), ("_id", DESCENDING)]
        with store_errors():
            documents = await self._facts.find(query).sort(newest_first).limit(limit).to_list(None)
        return [(document["_id"], _accepted(document)) for document in documents]

    async def with_tokens(self, tokens: Iterable[str]) -> dict[str, Stated]:
        """Return those facts that are logged, by token."""
        with store_errors():
            documents = await self._facts.find({"_id": {"$in": list(tokens)}}).to_list(None)
        return {document["_id"]: _stated(document) for document in documents}

    async def statements_about(self, *, owner: str, contacts: Iterable[str], limit: int) -> list[Stated]:
        """Return the newest facts about *contacts* of which it is kept what they say."""
        query: Document = {"owner": owner, "contact": {"$in": list(contacts)}, "data": {"$exists": True}}
        with store_errors():
            documents = await self._facts.find(query).sort("occurred_at", DESCENDING).limit(limit).to_list(None)
        return [_stated(document) for document in documents]

    async def record(self, records: Sequence[FactRecord], *, at: datetime) -> None:
        """Log facts that were applied; one that is there already stays as it is."""
        await insert_new(self._facts, [_fact_document(record, at=at) for record in records])

    async def uploads(self, *, owner: str) -> AsyncIterator[tuple[str, AcceptedFact]]:
        """Yield the facts that told of uploaded files, each with its token."""
        query = {"owner": owner, "name": FactName.IMPORT_UPLOADED.value, "data": {"$exists": True}}
        with store_errors():
            async for document in self._facts.find(query):
                yield document["_id"], _accepted(document)

    async def erase_body(self, token: str) -> None:
        """Keep of a fact no more than that it was applied."""
        with store_errors():
            await self._facts.update_one({"_id": token}, {"$unset": {"id": "", "data": ""}})

    async def has_any(self, *, owner: str, contacts: Iterable[str]) -> bool:
        """Whether any fact about *contacts* is kept."""
        with store_errors():
            return await self._facts.find_one({"owner": owner, "contact": {"$in": list(contacts)}}, {"_id": 1}) is not None

    async def erase(self, *, owner: str, contacts: Iterable[str], removal: str, before: datetime | None = None) -> int:
        """
        Delete every fact about *contacts*, or those that happened up to *before*, and return how many there were.

        The fact whose token is *removal* is not counted: it is how we say that they are forgotten.
        """
        query: Document = {"owner": owner, "contact": {"$in": list(contacts)}}
        if before is not None:
            query["occurred_at"] = {"$lte": before}
        with store_errors():
            ours = await self._facts.count_documents({**query, "_id": removal})
            result = await self._facts.delete_many(query)
        return max(0, int(result.deleted_count) - ours)


def _fact_document(record: FactRecord, *, at: datetime) -> Document:
    fact = record.fact
    document: Document = {
        "_id": record.token,
        "owner": fact.owner,
        "contact": record.contact,
        "outcome": record.outcome.value if record.outcome else None,
        "name": fact.name.value,
        "source": fact.source,
        "occurred_at": fact.occurred_at,
        "applied_at": at,
    }
    if record.via:
        document["via"] = record.via
    if record.keeps_body:
        # As text: an emitter's own fields may hold integers, names and depths that a document cannot.
        document |= {"id": fact.id, "data": json.dumps(fact.raw, ensure_ascii=False)}
    return document


def _stated(document: Document) -> Stated:
    return Stated(token=document["_id"], fact=_accepted(document), via=document.get("via"))


def _accepted(document: Document) -> AcceptedFact:
    return AcceptedFact(
        name=FactName(document["name"]),
        source=document["source"],
        id=document.get("id"),
        contact=document["contact"],
        occurred_at=document["occurred_at"],
        data=json.loads(document["data"]) if "data" in document else None,
    )
