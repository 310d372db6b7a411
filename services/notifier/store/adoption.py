"""Fields of `people` that are computed from the snapshot, for documents that were stored before there were such fields."""

from collections.abc import Callable
from typing import Final

from shared.messages.snapshots import ContactSnapshot
from shared.mongo import Collection, Document, UpdateOne, store_errors

ADOPTED_AT_ONCE: Final = 500


async def adopt(people: Collection, *, field: str, fields_of: Callable[[ContactSnapshot], Document]) -> None:
    """
    Compute what *fields_of* gives for each document without *field*; a snapshot that comes meanwhile brings its own.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    lacking = {field: {"$exists": False}}
    while True:
        with store_errors():
            found = await people.find(lacking, {"snapshot": 1}).limit(ADOPTED_AT_ONCE).to_list(None)
            if not found:
                return
            await people.bulk_write(
                [
                    UpdateOne(
                        {"_id": each["_id"], **lacking},
                        {"$set": fields_of(ContactSnapshot.model_validate_json(each["snapshot"]))},
                    )
                    for each in found
                ],
                ordered=False,
            )
