"""What the page for sorting people reads of the projection, and what an owner did there: placed, skipped, took back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.notifier.domain.sorting import is_unsorted, ties, warmth
from services.notifier.store.adoption import adopt
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness
from shared.mongo import ASCENDING, DESCENDING, Collection, Database, Document, IndexModel, make_indexes, store_errors

FIELD: Final = "sorting"
WARMTH: Final = f"{FIELD}.warmth"
TIES: Final = f"{FIELD}.ties"


class MarkState(StrEnum):
    """What an owner did with a person on the page."""

    PLACED = "placed"
    SKIPPED = "skipped"
    REOPENED = "reopened"
    """Taken back: asked about again, although a closeness has been stated meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """
    What an owner did with a person; *before* is the closeness that they had, *placed* the one that they were given.

    `was_reopened`: they were skipped after a closeness had been taken back, and are to be asked about again all the same.
    """

    contact: str
    state: MarkState
    at: datetime
    before: Closeness
    placed: Closeness | None = None
    was_reopened: bool = False


def sorting_fields(snapshot: ContactSnapshot) -> Document:
    """Return what a person's document needs so that those who are unsorted are found, the warmest first."""
    return {FIELD: {"warmth": warmth(snapshot), "ties": ties(snapshot)} if is_unsorted(snapshot) else {}}


class SortingStore:
    """Reads the unsorted of `people`; reads and writes `sorting`."""

    def __init__(self, database: Database) -> None:
        self._people: Collection = database["people"]
        self._marks: Collection = database["sorting"]

    async def ensure_indexes(self) -> None:
        """Create the indexes, and compute what people lack that were stored before there was this page."""
        unsorted = {WARMTH: {"$exists": True}}
        warmest = [("owner", ASCENDING), (WARMTH, DESCENDING)]
        tied = [("owner", ASCENDING), (TIES, ASCENDING)]
        of_people = [
            IndexModel(warmest, name="unsorted", partialFilterExpression=unsorted),
            IndexModel(tied, name="unsorted_ties", partialFilterExpression=unsorted),
        ]
        of_marks = [
            IndexModel([("owner", ASCENDING), ("at", DESCENDING)], name="latest"),
            IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
        ]
        await make_indexes(self._people, of_people)
        await make_indexes(self._marks, of_marks)
        await adopt(self._people, field=FIELD, fields_of=sorting_fields)

    async def count(self, *, owner: str, without: Sequence[str]) -> int:
        """Count the unsorted, but for those *without*."""
        with store_errors():
            return await self._people.count_documents(_unsorted(owner, without))

    async def warmest(self, *, owner: str, without: Sequence[str], limit: int) -> list[ContactSnapshot]:
        """Return the warmest of the unsorted."""
        with store_errors():
            found = self._people.find(_unsorted(owner, without), {"snapshot": 1}).sort([(WARMTH, DESCENDING)]).limit(limit)
            return [_snapshot(document) async for document in found]

    async def tied(self, *, owner: str, words: Sequence[str], without: Sequence[str], limit: int) -> list[ContactSnapshot]:
        """Return some of the unsorted who have one of *words*."""
        query = {**_unsorted(owner, without), TIES: {"$in": list(words)}}
        with store_errors():
            return [_snapshot(document) async for document in self._people.find(query, {"snapshot": 1}).limit(limit)]

    async def marks(self, *, owner: str) -> list[Mark]:
        """Return an owner's marks, the latest first."""
        with store_errors():
            found = self._marks.find({"owner": owner}).sort([("at", DESCENDING), ("_id", DESCENDING)])
            return [_mark(document) async for document in found]

    async def mark_of(self, *, owner: str, contact: str) -> Mark | None:
        """Return the mark of one person."""
        with store_errors():
            document = await self._marks.find_one({"_id": contact, "owner": owner})
        return _mark(document) if document else None

    async def save(self, mark: Mark, *, owner: str, expires_at: datetime | None) -> None:
        """Keep a mark until *expires_at*, or until the person is placed; one of the same person is replaced."""
        document: Document = {
            "_id": mark.contact,
            "owner": owner,
            "state": mark.state.value,
            "at": mark.at,
            "before": mark.before.value,
            "placed": mark.placed.value if mark.placed else None,
        }
        if mark.was_reopened:
            document["was_reopened"] = True
        if expires_at:
            document["expires_at"] = expires_at
        with store_errors():
            await self._marks.replace_one({"_id": mark.contact, "owner": owner}, document, upsert=True)

    async def remove(self, *, owner: str, contact: str) -> None:
        """Forget the mark of one person."""
        with store_errors():
            await self._marks.delete_one({"_id": contact, "owner": owner})

    async def erase(self, *, owner: str, contacts: Sequence[str]) -> int:
        """Erase what *owner* did with *contacts*; return of how many there was something."""
        with store_errors():
            result = await self._marks.delete_many({"_id": {"$in": list(contacts)}, "owner": owner})
        return result.deleted_count

    async def forget_skips(self, *, owner: str) -> None:
        """Have those who were skipped asked about again."""
        skipped = {"owner": owner, "state": MarkState.SKIPPED.value}
        reopened = {"$set": {"state": MarkState.REOPENED.value}, "$unset": {"was_reopened": ""}}
        with store_errors():
            await self._marks.update_many({**skipped, "was_reopened": True}, reopened)
            await self._marks.delete_many(skipped)


def _unsorted(owner: str, without: Sequence[str]) -> Document:
    query: Document = {"owner": owner, WARMTH: {"$exists": True}}
    if without:
        query["_id"] = {"$nin": list(without)}
    return query


def _snapshot(document: Document) -> ContactSnapshot:
    return ContactSnapshot.model_validate_json(document["snapshot"])


def _mark(document: Document) -> Mark:
    return Mark(
        contact=document["_id"],
        state=MarkState(document["state"]),
        at=document["at"],
        before=Closeness(document["before"]),
        placed=Closeness(document["placed"]) if document["placed"] else None,
        was_reopened=document.get("was_reopened", False),
    )
