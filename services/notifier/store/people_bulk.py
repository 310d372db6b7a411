"""What was done to many people at once, kept for as long as it can be taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.notifier.domain.people_bulk import BulkChange, BulkKind, Former
from shared.messages.values import Closeness, Occasion
from shared.mongo import ASCENDING, Collection, Database, Document, IndexModel, make_indexes, store_errors


class Batch(NamedTuple):
    """A change of many people: what it was, and what it replaced for each."""

    id: str
    change: BulkChange
    formers: tuple[Former, ...]
    is_undone: bool


class BulkStore:
    """Reads and writes `people_bulk`."""

    def __init__(self, database: Database) -> None:
        self._batches: Collection = database["people_bulk"]

    async def ensure_indexes(self) -> None:
        """Create the index that ends what cannot be taken back any more."""
        await make_indexes(self._batches, [IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)])

    async def put(self, *, owner: str, batch: str, change: BulkChange, formers: Sequence[Former], expires_at: datetime) -> None:
        """Keep what was done and is about to be; what was kept of the same batch is replaced."""
        document: Document = {
            "_id": batch,
            "owner": owner,
            "kind": change.kind.value,
            "closeness": change.closeness.value if change.closeness else None,
            "tag": change.tag,
            "occasions": [each.value for each in change.occasions],
            "formers": [[each.contact, *each.values] for each in formers],
            "undone": False,
            "expires_at": expires_at,
        }
        with store_errors():
            await self._batches.replace_one({"_id": batch, "owner": owner}, document, upsert=True)

    async def find(self, *, owner: str, batch: str) -> Batch | None:
        """Return a change of *owner* that can still be taken back, or was."""
        with store_errors():
            document = await self._batches.find_one({"_id": batch, "owner": owner})
        if document is None:
            return None
        change = BulkChange(
            kind=BulkKind(document["kind"]),
            closeness=Closeness(document["closeness"]) if document["closeness"] else None,
            tag=document["tag"],
            occasions=tuple(Occasion(each) for each in document["occasions"]),
        )
        formers = tuple(Former(contact=contact, values=tuple(values)) for contact, *values in document["formers"])
        return Batch(batch, change, formers, document["undone"])

    async def mark_undone(self, *, owner: str, batch: str) -> None:
        """Note that it was taken back."""
        with store_errors():
            await self._batches.update_one({"_id": batch, "owner": owner}, {"$set": {"undone": True}})
