"""A service's side of backup and restore: its database read and written page by page, whatever is in it."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.backup.packing import PAGE_BYTES, pack, unpack
from shared.clock import Clock
from shared.errors import Conflict, InvalidMessage, NotFound
from shared.logging import get_logger
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
from shared.mongo import Database, Document, aggregate, read_raw, split_raw, store_errors, write_raw
from shared.schema import COLLECTION, Migration, bring_up_to_date, expect_known, latest, set_version, version_of

log = get_logger(__name__)

_UNFINISHED: Final = "restore"
"""`_id` of the document that is there from the beginning of a restore to its end."""

Mend = Callable[[Document], Document]


async def _nothing() -> int:
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """
    What a backup has of a database; a test holds that every collection is named.

    *kept* are taken out and put back. *made_anew* are deleted by a restore: they follow from what is kept, or are of no use
    elsewhere. *left* stay as they are. *counted* are the collections that a copy must not have half a change of, each with the
    field that grows with every change of a document. *mends* change documents of a backup as they are put back.
    """

    kept: Sequence[str]
    made_anew: Sequence[str] = ()
    left: Sequence[str] = ()
    counted: Mapping[str, str] = field(default_factory=dict)
    mends: Mapping[str, Mend] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreBackup:
    """Handles the requests `backup.…` of one service."""

    database: Database
    contents: Contents
    migrations: Sequence[Migration]
    clock: Clock
    busy: Callable[[], Awaitable[int]] = _nothing

    async def describe(self, _: DescribeStore) -> StoreDescription:
        """Say what there is, and whether it may be backed up now."""
        with store_errors():
            documents = {name: await self.database[name].count_documents({}) for name in self.contents.kept}
            unfinished = await self.database[COLLECTION].find_one({"_id": _UNFINISHED})
        return StoreDescription(
            schema_version=await version_of(self.database) or latest(self.migrations),
            documents=documents,
            mark=" ".join([await self._mark(name, grows) for name, grows in self.contents.counted.items()]),
            busy=await self.busy(),
            is_unfinished=unfinished is not None,
        )

    async def _mark(self, name: str, grows: str) -> str:
        counting = {"$group": {"_id": None, "count": {"$sum": 1}, "changes": {"$sum": f"${grows}"}}}
        found = await aggregate(self.database[name], [counting])
        return f"{name}:{found[0]['count']}:{found[0]['changes']}" if found else f"{name}:0:0"

    async def read(self, request: ReadStore) -> StorePage:
        """
        Return the next page of a collection.

        Raises:
            NotFound: no backup has that collection.
            TooLarge: a document fits into no message.
        """
        self._expect_kept(request.collection)
        try:
            after = base64.b64decode(request.after, validate=True) if request.after is not None else None
        except binascii.Error as exc:
            raise InvalidMessage("this is no place in a collection") from exc
        found, last = await read_raw(self.database[request.collection], after=after, most_bytes=PAGE_BYTES)
        following = base64.b64encode(last).decode() if last is not None else None
        return StorePage(documents=pack(found), count=len(found), after=following)

    async def clear(self, _: ClearStore) -> Ok:
        """Delete what a backup replaces; from now on, until `finish`, the database says that it is not whole."""
        with store_errors():
            mark = {"$set": {"at": self.clock()}}
            await self.database[COLLECTION].update_one({"_id": _UNFINISHED}, mark, upsert=True)
            for name in (*self.contents.kept, *self.contents.made_anew):
                await self.database[name].delete_many({})
        log.warning("cleared_for_a_restore")
        return Ok()

    async def write(self, request: WriteStore) -> Ok:
        """
        Store documents of a backup.

        Raises:
            NotFound: no backup has that collection.
            Conflict: no restore is under way.
            InvalidMessage: these are no documents.
        """
        self._expect_kept(request.collection)
        await self._expect_unfinished()
        documents = split_raw(unpack(request.documents))
        if mend := self.contents.mends.get(request.collection):
            documents = [mend(document) for document in documents]
        await write_raw(self.database[request.collection], documents)
        return Ok()

    async def finish(self, request: FinishStore) -> Ok:
        """
        Bring what was written up to date and say that the database is whole.

        Raises:
            Conflict: no restore is under way.
            SchemaTooNew: the backup is of a newer version.
        """
        await self._expect_unfinished()
        expect_known(self.database, request.schema_version, self.migrations)
        await set_version(self.database, request.schema_version)
        await bring_up_to_date(self.database, self.migrations, clock=self.clock)
        with store_errors():
            await self.database[COLLECTION].delete_one({"_id": _UNFINISHED})
        log.warning("restored", schema=request.schema_version)
        return Ok()

    def _expect_kept(self, collection: str) -> None:
        if collection not in self.contents.kept:
            raise NotFound(f"no backup of {self.database.name} has a collection {collection!r}")

    async def _expect_unfinished(self) -> None:
        with store_errors():
            if await self.database[COLLECTION].find_one({"_id": _UNFINISHED}) is None:
                raise Conflict("no restore is under way; begin with clear")
