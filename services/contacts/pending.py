"""
A collection whose documents carry their own outbox (ADR 0002).

`pending` holds the revision that is still to be published, and is there only while one is; `published_sequence` is what we
think the stream holds.
"""

from collections.abc import Iterable, Sequence

from shared.mongo import Collection, Document, UpdateOne, store_errors


class PendingDocuments:
    """What the outbox asks of such a collection, whatever its documents are."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def waiting(self, *, ids: Iterable[str] | None, limit: int) -> list[Document]:
        """Return documents whose present revision waits to be published: of *ids*, or of all."""
        query: Document = {"pending": {"$exists": True}}
        if ids is not None:
            query["_id"] = {"$in": list(ids)}
        with store_errors():
            return await self._collection.find(query).limit(limit).to_list(None)

    async def count_waiting(self) -> int:
        """Return how many documents wait to be published."""
        with store_errors():
            return await self._collection.count_documents({"pending": {"$exists": True}})

    async def waiting_revisions(self, *, limit: int) -> set[tuple[str, int]]:
        """Return id and revision of up to *limit* documents that wait to be published."""
        with store_errors():
            found = await self._collection.find({"pending": {"$exists": True}}, {"pending": 1}).limit(limit).to_list(None)
        return {(document["_id"], document["pending"]) for document in found}

    async def mark_published(self, sequences: Sequence[tuple[str, int, int]]) -> None:
        """Note for each `(id, rev, stream sequence)` that this revision is on the stream; a newer one stays pending."""
        operations = [
            UpdateOne({"_id": id, "pending": rev}, {"$set": {"published_sequence": sequence}, "$unset": {"pending": ""}})
            for id, rev, sequence in sequences  # noqa: A001  # the document's own word
        ]
        if operations:
            with store_errors():
                await self._collection.bulk_write(operations, ordered=False)

    async def publish_all_again(self) -> int:
        """Have every document published anew, as if none had been; return how many there are."""
        with store_errors():
            result = await self._collection.update_many({}, [{"$set": self._again()}])
        return int(result.matched_count)

    def _again(self) -> Document:
        """Return what makes a document one that waits to be published."""
        return {"pending": "$rev"}

    async def expect_sequence(self, *, id: str, sequence: int) -> None:  # noqa: A002
        """Remember what the stream holds for a document, when it is not what we thought."""
        with store_errors():
            await self._collection.update_one({"_id": id}, {"$set": {"published_sequence": sequence}})
