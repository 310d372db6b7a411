"""
People who are to be forgotten, until all of it is done, in MongoDB; and what reports of imports say about them.

An erasure holds no word about the person: ids and keys are hashes.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.messages.imports import ImportProgress, ImportState
from shared.mongo import Collection, Database, Document, store_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """
    Somebody who is to be forgotten.

    `fact_id` and `at` are of the fact that removes them, so that stating it again after a crash is stating it once. `until`
    is the last message of the intake that may be about them; None as long as the broker was not asked. `left` are the places
    where something is still to be erased; None before the first try.
    """

    owner: str
    contact: str
    fact_id: str
    at: datetime
    until: int | None = None
    left: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of an import; `stored` is how, by which a change meanwhile is noticed."""

    key: str
    filename: str
    stored: str
    progress: ImportProgress


class ErasureStore:
    """Reads and writes what is still to be erased."""

    def __init__(self, database: Database) -> None:
        self._erasures: Collection = database["erasures"]

    async def begin(self, erasure: Erasure) -> Erasure:
        """Note an erasure and return it; of somebody who is being forgotten already, the one that was noted first."""
        document = {
            "owner": erasure.owner,
            "contact": erasure.contact,
            "fact_id": erasure.fact_id,
            "at": erasure.at,
            "until": None,
            "left": None,
        }
        with store_errors():
            found = await self._erasures.find_one_and_update(
                {"_id": _id(erasure)}, {"$setOnInsert": document}, upsert=True, return_document=True
            )
        assert found is not None
        return _erasure(found)

    async def note_until(self, erasure: Erasure, *, until: int) -> None:
        """Remember up to where the intake may be about them."""
        with store_errors():
            await self._erasures.update_one({"_id": _id(erasure)}, {"$set": {"until": until}})

    async def note_left(self, erasure: Erasure, *, places: Iterable[str]) -> None:
        """Remember where something is still to be erased."""
        with store_errors():
            await self._erasures.update_one({"_id": _id(erasure)}, {"$set": {"left": list(places)}})

    async def end(self, erasure: Erasure) -> None:
        """Note that nothing is left to be done."""
        with store_errors():
            await self._erasures.delete_one({"_id": _id(erasure)})

    async def of(self, *, owner: str, contact: str) -> Erasure | None:
        """Return the erasure of a contact that is not done yet."""
        with store_errors():
            found = await self._erasures.find_one({"_id": f"{owner}:{contact}"})
        return _erasure(found) if found else None

    async def unfinished(self, *, limit: int) -> list[Erasure]:
        """Return what is left to be done, of any owner."""
        with store_errors():
            return [_erasure(document) for document in await self._erasures.find().limit(limit).to_list(None)]


class ReportStore:
    """What is kept of an owner's imports, and may name people: reports, and files that could not be imported."""

    def __init__(self, database: Database) -> None:
        self._imports: Collection = database["imports"]

    async def each(self, *, owner: str) -> AsyncIterator[Report]:
        """Yield the report of every import."""
        fields = {"filename": 1, "progress": 1}
        with store_errors():
            async for document in self._imports.find({"owner": owner}, fields):
                progress = ImportProgress.model_validate_json(document["progress"])
                yield Report(document["_id"], document["filename"], document["progress"], progress)

    async def replace(self, report: Report, *, filename: str, progress: ImportProgress) -> bool:
        """Put another report in the place of one that was read; return whether that was still so."""
        values = {"filename": filename, "progress": progress.model_dump_json()}
        with store_errors():
            result = await self._imports.update_one({"_id": report.key, "progress": report.stored}, {"$set": values})
        return bool(result.matched_count)

    async def file_names(self, runs: Iterable[str]) -> dict[str, str]:
        """Return, for facts that an import stated, what its file was called; by what the log of facts names the import."""
        keys = {run: run.rpartition("/")[0] for run in runs}
        with store_errors():
            documents = await self._imports.find({"_id": {"$in": list(set(keys.values()))}}, {"filename": 1}).to_list(None)
        names = {document["_id"]: document["filename"] for document in documents}
        return {run: names[key] for run, key in keys.items() if key in names}

    async def failed_uploads(self, *, owner: str) -> list[str]:
        """Return under which names files may lie that could not be imported."""
        with store_errors():
            query: Document = {"owner": owner, "state": ImportState.FAILED.value}
            return [document["object_name"] async for document in self._imports.find(query, {"object_name": 1})]


def _id(erasure: Erasure) -> str:
    return f"{erasure.owner}:{erasure.contact}"


def _erasure(document: Document) -> Erasure:
    return Erasure(
        owner=document["owner"],
        contact=document["contact"],
        fact_id=document["fact_id"],
        at=document["at"],
        until=document["until"],
        left=tuple(document["left"]) if document["left"] is not None else None,
    )
