"""
The log of facts in MongoDB: what was applied, to whom, and what it did.

A contact does not need it: it saves the work of applying a fact again, it shows what was accepted, and it is what `forget`
erases.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.contacts.domain.changes import Outcome
from shared.messages.cloudevents import Fact
from shared.messages.facts import FactName
from shared.messages.rpc import AcceptedFact
from shared.mongo import ASCENDING, DESCENDING, Collection, Database, Document, IndexModel, insert_new, store_errors


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


class FactLog:
    """Reads and writes the log."""

    def __init__(self, database: Database) -> None:
        self._facts: Collection = database["facts"]

    async def ensure_indexes(self) -> None:
        """Create what forgetting a contact and listing facts by name need."""
        by_name = [("owner", ASCENDING), ("name", ASCENDING), ("occurred_at", DESCENDING), ("_id", DESCENDING)]
        with store_errors():
            await self._facts.create_indexes(
                [
                    IndexModel([("owner", ASCENDING), ("contact", ASCENDING)], name="by_contact"),
                    IndexModel(by_name, name="by_name"),
                ]
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
        self, *, owner: str, names: Iterable[FactName], after: tuple[datetime, str] | None, limit: int
    ) -> list[tuple[str, AcceptedFact]]:
        """
        Return up to *limit* facts of these *names*, each with its token, newest occurrence first.

        Args:
            owner: Whose facts they are.
            names: The index holds each name by itself, and the database merges them in order.
            after: Occurrence and token of the last one that is known already.
            limit: The most to return.
        """
        query: Document = {"owner": owner, "name": {"$in": [name.value for name in names]}}
        if after:
            at, token = after
            # Not as an `$or` of two ranges: for that the database would sort all that is left.
            query |= {"occurred_at": {"$lte": at}, "$nor": [{"occurred_at": at, "_id": {"$gte": token}}]}
        newest_first = [("occurred_at", DESCENDING), ("_id", DESCENDING)]
        with store_errors():
            documents = await self._facts.find(query).sort(newest_first).limit(limit).to_list(None)
        return [(document["_id"], _accepted(document)) for document in documents]

    async def record(self, records: Sequence[FactRecord], *, at: datetime) -> None:
        """Log facts that were applied; one that is there already stays as it is."""
        await insert_new(self._facts, [_fact_document(record, at=at) for record in records])

    async def erase(self, *, owner: str, contacts: Iterable[str]) -> int:
        """Delete every fact about *contacts* and return how many there were."""
        with store_errors():
            result = await self._facts.delete_many({"owner": owner, "contact": {"$in": list(contacts)}})
        return int(result.deleted_count)


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


def _accepted(document: Document) -> AcceptedFact:
    return AcceptedFact(
        name=FactName(document["name"]),
        source=document["source"],
        id=document.get("id"),
        contact=document["contact"],
        occurred_at=document["occurred_at"],
        data=json.loads(document["data"]) if "data" in document else None,
    )
