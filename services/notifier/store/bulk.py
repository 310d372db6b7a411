"""One bulk write, with its failures translated."""

from collections.abc import Sequence

from shared.errors import StoreUnavailable
from shared.mongo import BulkWriteError, Collection, Document, ReplaceOne, UpdateOne, is_only_duplicates, store_errors


async def write_guarded(collection: Collection, writes: Sequence[ReplaceOne[Document] | UpdateOne]) -> int:
    """
    Carry out writes that are guarded by their filters; return how many found their document.

    A guarded upsert whose document is newer finds nothing and collides with its `_id`: that is the guard, no failure.

    Raises:
        StoreUnavailable: the database failed.
    """
    if not writes:
        return 0
    try:
        with store_errors():
            return int((await collection.bulk_write(list(writes), ordered=False)).matched_count)
    except BulkWriteError as exc:
        if not is_only_duplicates(exc):
            raise StoreUnavailable("MongoDB refused a write") from exc
        return int(exc.details["nMatched"])
