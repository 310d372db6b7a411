"""The databases of services in a backup: asked for page by page, and given back."""

from collections.abc import AsyncGenerator
from typing import Final

from cli.client import Hobnob
from shared.backup.packing import PAGE_BYTES, pack_bytes, unpack
from shared.errors import InvalidMessage
from shared.messages.backup import (
    ClearStore,
    DescribeStore,
    FinishStore,
    ReadStore,
    StoreDescription,
    StorePage,
    WriteStore,
)
from shared.messages.rpc import Ok

SERVICES: Final = ("contacts", "notifier")
"""Those that have a database."""
TIMEOUT_S: Final = 60.0
LONG_TIMEOUT_S: Final = 600.0
"""Deleting everything, and bringing everything up to date."""
_SIZE_BYTES: Final = 4
"""A document in BSON begins with its length."""


async def describe(hobnob: Hobnob, service: str) -> StoreDescription:
    """Ask what a service's database holds; the errors are those of `Hobnob.ask`."""
    return await hobnob.ask(service, "backup.describe", DescribeStore(), StoreDescription, timeout_s=TIMEOUT_S)


async def read_collection(hobnob: Hobnob, service: str, collection: str) -> AsyncGenerator[tuple[int, bytes], None]:
    """Yield a collection's documents page by page, each page with the number of its documents."""
    after: str | None = None
    while True:
        request = ReadStore(collection=collection, after=after)
        page = await hobnob.ask(service, "backup.read", request, StorePage, timeout_s=TIMEOUT_S)
        if page.count:
            yield page.count, unpack(page.documents)
        if (after := page.after) is None:
            return


async def clear(hobnob: Hobnob, service: str) -> None:
    """Have a service delete what a backup replaces."""
    await hobnob.ask(service, "backup.clear", ClearStore(), Ok, timeout_s=LONG_TIMEOUT_S)


async def write(hobnob: Hobnob, service: str, collection: str, data: bytes) -> int:
    """Give a service documents of a backup, and return how many."""
    count = 0
    for documents in pages(data):
        request = WriteStore(collection=collection, documents=pack_bytes(b"".join(documents)))
        await hobnob.ask(service, "backup.write", request, Ok, timeout_s=TIMEOUT_S)
        count += len(documents)
    return count


async def finish(hobnob: Hobnob, service: str, *, schema_version: int) -> None:
    """Tell a service that it has everything."""
    await hobnob.ask(service, "backup.finish", FinishStore(schema_version=schema_version), Ok, timeout_s=LONG_TIMEOUT_S)


def pages(data: bytes) -> list[list[bytes]]:
    """
    Split the bytes of documents into pages that fit into a message each.

    Raises:
        InvalidMessage: they are not whole documents.
    """
    found: list[list[bytes]] = [[]]
    size = start = 0
    while start < len(data):
        length = int.from_bytes(data[start : start + _SIZE_BYTES], "little")
        if length <= _SIZE_BYTES or start + length > len(data):
            raise InvalidMessage("the backup holds something else than documents")
        if found[-1] and size + length > PAGE_BYTES:
            found.append([])
            size = 0
        found[-1].append(data[start : start + length])
        size += length
        start += length
    return [page for page in found if page]
