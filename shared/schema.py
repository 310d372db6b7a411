"""
Which version the documents of a database have, and the steps that bring older ones up to date.

The version is one document of the collection `schema`. A service takes the steps that are missing when it starts, before it reads
anything else. Whoever takes them holds a lease, so that of two processes one works and the other waits; a process that is killed
leaves the version of its last whole step, and the next one takes up from there. So a step must be able to run twice.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

from shared.clock import Clock
from shared.errors import PermanentError, StoreUnavailable
from shared.logging import get_logger
from shared.mongo import Collection, Database, Document, DuplicateKeyError, store_errors

log = get_logger(__name__)

COLLECTION: Final = "schema"
VERSION: Final = "version"
"""`_id` of the one document."""
FIRST: Final = 1
"""The version of everything that was written before versions were."""
LEASE: Final = timedelta(seconds=30)
"""How long a process that was killed keeps the others waiting."""
LOOK_S: Final = 0.2

Step = Callable[[Database], Awaitable[None]]


class SchemaTooNew(PermanentError):
    """The database was written by a newer version of Hobnob."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: what it does, in a few words for the log, and the function that does it. Running it twice is running it once."""

    what: str
    step: Step


def latest(migrations: Sequence[Migration]) -> int:
    """Return the version of a database on which all *migrations* were run."""
    return FIRST + len(migrations)


async def version_of(database: Database) -> int | None:
    """Return the version of the documents in *database*; None where nobody has said."""
    with store_errors():
        found = await database[COLLECTION].find_one({"_id": VERSION})
    return int(found["version"]) if found else None


async def set_version(database: Database, version: int) -> None:
    """Say that the documents in *database* have *version*, as after they were replaced by older ones."""
    with store_errors():
        await database[COLLECTION].update_one({"_id": VERSION}, {"$set": {"version": version}}, upsert=True)


def expect_known(database: Database, version: int, migrations: Sequence[Migration]) -> None:
    """
    Return when *version* is one that these *migrations* know.

    Raises:
        SchemaTooNew: it is not.
    """
    if version > latest(migrations):
        raise SchemaTooNew(
            f"the database {database.name} was written by a newer Hobnob (schema {version}, this version knows "
            f"{latest(migrations)}): start that version, or restore a backup that this one made"
        )


async def bring_up_to_date(database: Database, migrations: Sequence[Migration], *, clock: Clock) -> int:
    """
    Run those *migrations* that *database* lacks, in their order, and return how many this process ran.

    Args:
        database: A service's own.
        migrations: All there ever were, the oldest first: the first one leads from version 1 to version 2.
        clock: Ends the lease of a process that was killed.

    Raises:
        SchemaTooNew: *database* knows steps that are not among *migrations*.
        StoreUnavailable: the database failed, or another process took the lease; what was done stays done.
    """
    schema = database[COLLECTION]
    newest, done = latest(migrations), 0
    await _ensure_document(database, schema, newest=newest)
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    while (version := await version_of(database)) != newest:
        expect_known(database, version or FIRST, migrations)
        if not await _take(schema, holder, clock=clock):
            await asyncio.sleep(LOOK_S)
            continue
        done += await _run_missing(database, migrations, holder=holder, clock=clock)
    return done


async def _ensure_document(database: Database, schema: Collection, *, newest: int) -> None:
    """Say the version where nobody has: of an empty database the newest, else the first."""
    with store_errors():
        if await schema.find_one({"_id": VERSION}):
            return
        others = [name for name in await database.list_collection_names() if name != COLLECTION]
        is_empty = True
        for name in others:
            if await database[name].find_one({}, {"_id": 1}):
                is_empty = False
                break
        try:
            await schema.insert_one({"_id": VERSION, "version": newest if is_empty else FIRST})
        except DuplicateKeyError:
            log.debug("schema_version_said_by_another")


async def _take(schema: Collection, holder: str, *, clock: Clock) -> bool:
    now = clock()
    free: Document = {
        "_id": VERSION,
        "$or": [{"held_until": {"$exists": False}}, {"held_until": {"$lte": now}}, {"holder": holder}],
    }
    with store_errors():
        taken = await schema.update_one(free, {"$set": {"holder": holder, "held_until": now + LEASE}})
    return bool(taken.matched_count)


async def _run_missing(database: Database, migrations: Sequence[Migration], *, holder: str, clock: Clock) -> int:
    schema, done = database[COLLECTION], 0
    mine = {"_id": VERSION, "holder": holder}
    keeping = asyncio.create_task(_keep(schema, holder, clock=clock))
    try:
        # Read again: another process may have finished between our look and our lease.
        while (version := await version_of(database)) is not None and version < latest(migrations):
            migration = migrations[version - FIRST]
            log.info("migrating", database=database.name, to=version + 1, what=migration.what)
            await migration.step(database)
            with store_errors():
                kept = await schema.update_one(mine | {"version": version}, {"$set": {"version": version + 1}})
            if not kept.matched_count:
                raise StoreUnavailable(f"another process took over the migration of {database.name}")
            done += 1
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})
    with store_errors():
        await schema.update_one(mine, {"$unset": {"holder": "", "held_until": ""}})
    return done


async def _keep(schema: Collection, holder: str, *, clock: Clock) -> None:
    """Hold the lease for as long as a step takes."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        try:
            with store_errors():
                await schema.update_one({"_id": VERSION, "holder": holder}, {"$set": {"held_until": clock() + LEASE}})
        except StoreUnavailable as exc:
            log.warning("lease_not_renewed", reason=str(exc))
