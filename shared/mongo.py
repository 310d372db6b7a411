"""
MongoDB, behind one module: the only place that imports the driver (ADR 0004).

Motor is in maintenance and ends on 2027-05-14. Its successor, PyMongo's own async API, differs in a few calls
(`aggregate`, `close`, `list_indexes` are awaited there): those are wrapped here, so the move touches this file alone. The
stores of the services use collections through `Collection` and translate errors with `store_errors`.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import ASCENDING, DESCENDING, DeleteOne, IndexModel, InsertOne, ReplaceOne, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError

from shared.errors import StoreUnavailable

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "BulkWriteError",
    "Collection",
    "Database",
    "DeleteOne",
    "Document",
    "DuplicateKeyError",
    "IndexModel",
    "InsertOne",
    "ReplaceOne",
    "UpdateOne",
    "aggregate",
    "insert_new",
    "is_only_duplicates",
    "open_database",
    "store_errors",
]

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Database = AsyncIOMotorDatabase[Document]

DUPLICATE_KEY = 11000
SERVER_SELECTION_TIMEOUT_MS = 5_000
SOCKET_TIMEOUT_MS = 60_000


@asynccontextmanager
async def open_database(url: str, *, name: str) -> AsyncIterator[Database]:
    """
    Connect and yield the database; every write is acknowledged by the journal of a majority.

    Raises:
        StoreUnavailable: no server answers at *url*.
    """
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        url,
        tz_aware=True,
        uuidRepresentation="standard",
        serverSelectionTimeoutMS=SERVER_SELECTION_TIMEOUT_MS,
        socketTimeoutMS=SOCKET_TIMEOUT_MS,
        appname="hobnob",
    )
    try:
        with store_errors():
            await client.admin.command("ping")
        yield client.get_database(
            name, write_concern=WriteConcern(w="majority", j=True), codec_options=CodecOptions(tz_aware=True)
        )
    finally:
        client.close()


@contextmanager
def store_errors() -> Iterator[None]:
    """
    Translate what the driver raises.

    `DuplicateKeyError` and `BulkWriteError` pass: they say something about the data, which only the caller can judge.

    Raises:
        StoreUnavailable: anything else that the driver raised.
    """
    try:
        yield
    except (DuplicateKeyError, BulkWriteError):
        raise
    except PyMongoError as exc:
        raise StoreUnavailable(f"MongoDB: {type(exc).__name__}") from exc


async def aggregate(collection: Collection, pipeline: Sequence[Document]) -> list[Document]:
    """Run a pipeline that may spill to disk and return all it yields."""
    with store_errors():
        return await collection.aggregate(list(pipeline), allowDiskUse=True).to_list(None)


def is_only_duplicates(error: BulkWriteError) -> bool:
    """Whether every failed write of a bulk failed because its key was there already."""
    failed = error.details.get("writeErrors", [])
    return bool(failed) and all(write["code"] == DUPLICATE_KEY for write in failed)


async def insert_new(collection: Collection, documents: Sequence[Document]) -> int:
    """
    Insert those *documents* whose `_id` is not there yet and return how many were new.

    Raises:
        StoreUnavailable: the database failed.
    """
    if not documents:
        return 0
    try:
        with store_errors():
            await collection.insert_many(documents, ordered=False)
    except BulkWriteError as exc:
        if not is_only_duplicates(exc):
            raise StoreUnavailable("MongoDB refused a write") from exc
        return int(exc.details["nInserted"])
    return len(documents)
