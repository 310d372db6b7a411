"""
MongoDB, behind one module: the only place that imports the driver (ADR 0004).

Motor is in maintenance and ends on 2027-05-14. Its successor, PyMongo's own async API, differs in a few calls
(`aggregate`, `close`, `list_indexes` are awaited there): those are wrapped here, so the move touches this file alone. The
stores of the services use collections through `Collection` and translate errors with `store_errors`.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.min_key import MinKey
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import ASCENDING, DESCENDING, DeleteOne, IndexModel, InsertOne, ReplaceOne, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError

from shared.errors import InvalidMessage, StoreUnavailable
from shared.logging import get_logger

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
    "insert_missing",
    "insert_new",
    "is_only_duplicates",
    "make_indexes",
    "open_database",
    "ping",
    "read_raw",
    "split_raw",
    "store_errors",
    "write_raw",
]

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Database = AsyncIOMotorDatabase[Document]

log = get_logger(__name__)

DUPLICATE_KEY = 11000
OTHER_INDEX = frozenset({85, 86})
"""Codes of a server that has an index of that name with other keys or options, or the same one under another name."""
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


async def ping(database: Database) -> None:
    """Return when the database answers; raise `StoreUnavailable` when it does not."""
    with store_errors():
        await database.command("ping")


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
    except OperationFailure as exc:
        # The name of the code says what was refused; the message of the server may repeat what somebody wrote.
        reason = (exc.details or {}).get("codeName") or f"code {exc.code}"
        raise StoreUnavailable(f"MongoDB refused an operation: {reason}") from exc
    except PyMongoError as exc:
        raise StoreUnavailable(f"MongoDB: {type(exc).__name__}") from exc


async def aggregate(collection: Collection, pipeline: Sequence[Document]) -> list[Document]:
    """Run a pipeline that may spill to disk and return all it yields."""
    with store_errors():
        return await collection.aggregate(list(pipeline), allowDiskUse=True).to_list(None)


async def make_indexes(collection: Collection, indexes: Sequence[IndexModel]) -> None:
    """
    Have *indexes* exist as they are declared, whatever an earlier version left; those of other names stay.

    The server refuses an index whose name, or whose keys, another one has. That one was declared by an earlier version: it goes,
    and the declared one is built in its place.

    Raises:
        StoreUnavailable: the database failed.
    """
    for index in indexes:
        try:
            with store_errors():
                await collection.create_indexes([index])
        except StoreUnavailable as exc:
            if not isinstance(exc.__cause__, OperationFailure) or exc.__cause__.code not in OTHER_INDEX:
                raise
            await _replace_index(collection, index)


async def _replace_index(collection: Collection, index: IndexModel) -> None:
    wanted = index.document
    with store_errors():
        present = await collection.index_information()
        for name, found in present.items():
            if name == wanted["name"] or list(found["key"]) == list(wanted["key"].items()):
                log.info("index_replaced", collection=collection.name, index=name)
                # Two processes that start together drop the same one.
                with suppress(OperationFailure):
                    await collection.drop_index(name)
        await collection.create_indexes([index])


def is_only_duplicates(error: BulkWriteError) -> bool:
    """Whether every failed write of a bulk failed because its key was there already, and a majority has the others."""
    failed = error.details.get("writeErrors", [])
    is_uncertain = bool(error.details.get("writeConcernErrors"))
    return bool(failed) and not is_uncertain and all(write["code"] == DUPLICATE_KEY for write in failed)


async def insert_new(collection: Collection, documents: Sequence[Document]) -> int:
    """
    Insert those *documents* whose `_id` is not there yet and return how many were new.

    Raises:
        StoreUnavailable: the database failed.
    """
    return len(documents) - len(await insert_missing(collection, documents))


async def insert_missing(collection: Collection, documents: Sequence[Document]) -> set[int]:
    """
    Insert those *documents* whose `_id` is not there yet and return the places of the others in the sequence.

    Raises:
        StoreUnavailable: the database failed.
    """
    if not documents:
        return set()
    try:
        with store_errors():
            await collection.insert_many(documents, ordered=False)
    except BulkWriteError as exc:
        if not is_only_duplicates(exc):
            raise StoreUnavailable("MongoDB refused a write") from exc
        return {failed["index"] for failed in exc.details["writeErrors"]}
    return set()


_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
_WHOLE: CodecOptions[Document] = CodecOptions(tz_aware=True)


async def read_raw(collection: Collection, *, after: bytes | None, most_bytes: int) -> tuple[list[bytes], bytes | None]:
    """
    Return the next documents as the database keeps them, in the order of their `_id`, and what to go on *after*.

    Args:
        collection: What is read.
        after: As it was returned; None begins.
        most_bytes: No more than this together, but for one document that is larger by itself.

    Returns:
        The documents, and None once there are no more.

    Raises:
        StoreUnavailable: the database failed.
        InvalidMessage: *after* is not what was returned.
    """
    try:
        last: Any = bson.decode(after, _WHOLE)["_id"] if after is not None else MinKey()
    except (BSONError, KeyError) as exc:
        raise InvalidMessage("this is no place in a collection") from exc
    found: list[bytes] = []
    size = 0
    # By the index itself: a comparison would leave out ids of another type than the last one's.
    cursor = collection.with_options(codec_options=_RAW).find().hint([("_id", ASCENDING)]).min([("_id", last)])
    with store_errors():
        async for document in cursor:
            if after is not None and document["_id"] == last:
                continue
            if found and size + len(document.raw) > most_bytes:
                return found, bson.encode({"_id": RawBSONDocument(found[-1])["_id"]})
            found.append(document.raw)
            size += len(document.raw)
    return found, None


def split_raw(data: bytes) -> list[Document]:
    """
    Return the documents whose bytes, one after the other, are *data*.

    Raises:
        InvalidMessage: they are not.
    """
    try:
        return bson.decode_all(data, _WHOLE)
    except BSONError as exc:
        raise InvalidMessage("these are no documents") from exc


async def write_raw(collection: Collection, documents: Sequence[Document]) -> None:
    """
    Store *documents* under their ids, in place of what is there.

    Raises:
        StoreUnavailable: the database failed, or refused one.
    """
    if not documents:
        return
    try:
        with store_errors():
            await collection.bulk_write(
                [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in documents], ordered=False
            )
    except BulkWriteError as exc:
        raise StoreUnavailable(f"MongoDB refused documents of {collection.name}") from exc
