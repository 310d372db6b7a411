"""The databases of earlier releases, opened by this one."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bson import json_util

from cli.rebuilding import rebuild_all
from shared.mongo import ASCENDING, Database, open_database
from shared.schema import set_version, version_of
from tests.integration.backup.conftest import Leave, a_stack
from tests.servers import Servers

RECORDED = Path(__file__).parents[2] / "deploy" / "data"
RELEASES = sorted(path.name for path in RECORDED.iterdir())
EXACTLY = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True)


def left_by(release: str, service: str, indexes: dict[str, str]) -> Leave:
    """Return what fills a database with what *release* left, and with *indexes* whose names are used for others today."""

    async def fill(database: Database) -> None:
        text = (RECORDED / release / f"hobnob_{service}.json").read_text()
        for name, rows in json_util.loads(text, json_options=EXACTLY).items():
            if rows:
                await database[name].insert_many(rows)
        for collection, index in indexes.items():
            await database[collection].create_index([("otherwise", ASCENDING)], name=index)

    return fill


@pytest.mark.parametrize("release", RELEASES)
async def test_an_earlier_database_is_opened(release: str, servers: Servers, tmp_path: Path) -> None:
    """People and inbox are as they were, whatever the indexes of that time were; the database says its version from then on."""
    kept: dict[str, Any] = json.loads((RECORDED / release / "kept.json").read_text())
    left = {
        "contacts": left_by(release, "contacts", {"contacts": "by_name", "owners": "unpublished", "imports": "queue"}),
        "notifier": left_by(release, "notifier", {"people": "touch", "inbox": "newest_first", "agenda": "by_due"}),
    }
    async with a_stack(tmp_path / "stack", servers, left=left) as stack:
        assert {snapshot.id for snapshot in await stack.people()} == {row["id"] for row in kept["contacts"]}
        items = await stack.items()
        states = {item.id: item.state.value for item in items.values()}
        assert {row["id"]: row["state"] for row in kept["inbox"]}.items() <= states.items()
        assert (await version_of(stack.contacts), await version_of(stack.notifier)) == (1, 1)
        await rebuild_all(stack.hobnob, tell=lambda _: None)
        assert len(await stack.people()) == len(kept["contacts"])
        assert (await stack.items()).keys() == items.keys()


@pytest.mark.parametrize("service", ["contacts", "notifier"])
async def test_a_later_database_is_refused(service: str, servers: Servers) -> None:
    """A service of this version does not start on what a later one wrote, ends with code 1, and says which schema it knows."""
    name = f"later_{uuid4().hex[:12]}"
    async with open_database(servers.mongo_url, name=name) as database:
        await set_version(database, 99)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HOBNOB_")}
        environment |= {"HOBNOB_NATS_URL": servers.nats_url, "HOBNOB_MONGO_URL": servers.mongo_url, "HOBNOB_HTTP_PORT": "0"}
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"services.{service}"),
            env=environment | {"HOBNOB_MONGO_DATABASE": name},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(started.communicate(), timeout=60)
        assert started.returncode == 1
        assert b"newer Hobnob (schema 99, this version knows 1)" in said
        assert b"Traceback" not in said
        assert await version_of(database) == 99
        await database.client.drop_database(name)
