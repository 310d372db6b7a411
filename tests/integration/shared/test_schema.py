"""Databases of earlier, later and half-migrated versions, as a service finds them when it starts."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.clock import system_clock
from shared.mongo import ASCENDING, DESCENDING, Database, IndexModel, make_indexes, open_database
from shared.schema import LEASE, Migration, SchemaTooNew, bring_up_to_date, set_version, version_of
from tests.servers import Servers

ROOT = Path(__file__).parents[3]
KILLED = """
import asyncio, os, signal, sys
from shared.clock import system_clock
from shared.mongo import open_database
from shared.schema import Migration, bring_up_to_date

async def rename(database):
    await database["people"].update_one({"_id": 0, "a": {"$exists": True}}, {"$rename": {"a": "b"}})
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with open_database(sys.argv[1], name=sys.argv[2]) as database:
        await bring_up_to_date(database, [Migration("rename a to b", rename)], clock=system_clock)

asyncio.run(main())
"""


@pytest.fixture
async def database(servers: Servers) -> AsyncIterator[Database]:
    """A database of the test's own."""
    name = f"schema_{uuid4().hex[:12]}"
    async with open_database(servers.mongo_url, name=name) as opened:
        yield opened
        await opened.client.drop_database(name)


async def rename(database: Database) -> None:
    """Name the field `a` of everybody `b`; who has none stays."""
    await database["people"].update_many({"a": {"$exists": True}}, {"$rename": {"a": "b"}})


async def count(database: Database) -> None:
    """Count how often this was run."""
    await database["runs"].update_one({"_id": 0}, {"$inc": {"count": 1}}, upsert=True)
    await asyncio.sleep(0.3)


async def test_an_index_that_was_declared_otherwise_is_replaced(database: Database) -> None:
    """A name with other keys, a name with other options, and the same keys under another name are no obstacle; twice is once."""
    people = database["people"]
    await people.create_index([("owner", ASCENDING), ("name", ASCENDING)], name="by_name")
    await people.create_index([("touched", ASCENDING)], name="expiry")
    await people.create_index([("owner", ASCENDING), ("age", DESCENDING)], name="by_years")
    await people.create_index([("left", ASCENDING)], name="alone")
    wanted = [
        IndexModel([("owner", ASCENDING), ("name", DESCENDING)], name="by_name"),
        IndexModel([("touched", ASCENDING)], name="expiry", expireAfterSeconds=60),
        IndexModel([("owner", ASCENDING), ("age", DESCENDING)], name="by_age"),
    ]
    for _ in range(2):
        await make_indexes(people, wanted)
        found = await people.index_information()
        assert set(found) == {"_id_", "by_name", "expiry", "by_age", "alone"}
        assert found["by_name"]["key"] == [("owner", ASCENDING), ("name", DESCENDING)]
        assert found["expiry"]["expireAfterSeconds"] == 60


async def test_a_database_from_before_there_were_versions_is_brought_up_to_date(database: Database) -> None:
    """Its documents have version 1: every step runs, in order, and none of them again."""
    await database["people"].insert_one({"_id": 0, "a": "x"})
    steps = [Migration("rename", rename), Migration("count", count)]
    assert await bring_up_to_date(database, steps, clock=system_clock) == 2
    assert await bring_up_to_date(database, steps, clock=system_clock) == 0
    assert await version_of(database) == 3
    assert await database["people"].find_one() == {"_id": 0, "b": "x"}
    assert await database["runs"].find_one() == {"_id": 0, "count": 1}


async def test_a_new_database_needs_no_step(database: Database) -> None:
    """An empty database has the newest version at once."""
    assert await bring_up_to_date(database, [Migration("count", count)], clock=system_clock) == 0
    assert await version_of(database) == 2


async def test_a_newer_database_is_refused(database: Database) -> None:
    """Older code changes nothing in it and says which version is needed."""
    await set_version(database, 4)
    with pytest.raises(SchemaTooNew, match=r"newer Hobnob \(schema 4, this version knows 2\)"):
        await bring_up_to_date(database, [Migration("count", count)], clock=system_clock)
    assert await version_of(database) == 4
    assert await database["runs"].find_one() is None


async def test_of_two_processes_one_migrates(database: Database) -> None:
    """Both return once all is done, and each step ran once."""
    await database["people"].insert_one({"_id": 0})
    runs = [bring_up_to_date(database, [Migration("count", count)], clock=system_clock) for _ in range(2)]
    assert sum(await asyncio.gather(*runs)) == 1
    assert await database["runs"].find_one() == {"_id": 0, "count": 1}


async def test_a_migration_that_was_killed_is_taken_up(servers: Servers, database: Database) -> None:
    """After `kill -9` within a step the version is the old one; once the lease is over, the step runs again to its end."""
    await database["people"].insert_many([{"_id": number, "a": number} for number in range(3)])
    arguments = [sys.executable, "-c", KILLED, servers.mongo_url, database.name]
    killed = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT)
    assert await asyncio.wait_for(killed.wait(), timeout=60) == -signal.SIGKILL
    assert await version_of(database) == 1
    assert await database["people"].count_documents({"b": {"$exists": True}}) == 1

    started = system_clock()
    waiting = bring_up_to_date(database, [Migration("rename", rename)], clock=lambda: started)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting, timeout=0.5)
    assert await bring_up_to_date(database, [Migration("rename", rename)], clock=lambda: started + 2 * LEASE) == 1
    assert await version_of(database) == 2
    assert await database["people"].count_documents({"b": {"$exists": True}}) == 3
    assert "holder" not in (await database["schema"].find_one({"_id": "version"}) or {})
