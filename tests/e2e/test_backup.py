"""`hobnob backup` and `hobnob restore` as people type them."""

import asyncio
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Stack, signed_in, wait_for


def person(number: int) -> str:
    """Return a fact about somebody whose birthday is today."""
    data = {
        "name": f"Person {number} Example",
        "emails": [f"p{number}@example.com"],
        "birthday": f"1990-{datetime.now(UTC):%m-%d}",
    }
    event = {"specversion": "1.0", "type": "hobnob.contact.upserted.v1", "source": "test/backup", "id": f"person-{number}"}
    return json.dumps(event | {"time": "2026-01-01T00:00:00Z", "data": data})


async def come_in(credential: dict[str, Any]) -> None:
    """Sign in with a credential."""
    client = await signed_in(credential)
    await client.close()


def test_a_stack_is_saved_and_put_back(own_stack: Stack, tmp_path: Path) -> None:
    """The file is for its owner alone, a stack in use is replaced only by whoever types it, and what came later is gone."""
    file = tmp_path / "hobnob.backup"
    own_stack.run("owner", "set", "me", "--timezone", "UTC", "--deliver-at", "00:00")
    own_stack.run("emit", "contact.upserted", "--data", "-", stdin=f"{person(1)}\n{person(2)}\n{person(3)}")
    before = own_stack.wait_for_inbox("me", 3)
    own_stack.run("inbox", "dismiss", before[0]["id"])
    token = own_stack.add_emitter("me")

    saved = own_stack.json("backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (saved["documents"]["contacts.contacts"], saved["documents"]["notifier.inbox"]) == (3, 3)
    assert saved["bytes"] == file.stat().st_size

    own_stack.run("emit", "contact.upserted", "--data", "-", stdin=person(4))
    own_stack.wait_for_inbox("me", 3)  # two of before, and the new one
    refused = own_stack.run("restore", str(file), code=1)
    assert refused.stderr.startswith("hobnob: the stack is not empty (4 people and 4 items of the inbox)")
    assert refused.stderr.count("\n") == 1
    damaged = tmp_path / "damaged"
    damaged.write_bytes(file.read_bytes()[:-100])
    assert "nothing was changed" in own_stack.run("restore", str(damaged), "--replace", stdin="replace\n", code=1).stderr
    assert "nothing was changed" in own_stack.run("restore", str(file), "--replace", stdin="yes\n", code=1).stderr
    assert len(own_stack.json("contacts", "list")) == 4

    restored = own_stack.json("restore", str(file), "--replace", stdin="replace\n")
    assert restored["documents"] == saved["documents"]
    assert {row["name"] for row in own_stack.json("contacts", "list")} == {f"Person {number} Example" for number in (1, 2, 3)}
    wait_for(lambda: {item["id"] for item in own_stack.inbox("me")} == {item["id"] for item in before[1:]})
    asyncio.run(come_in(token))
    checks = {check["name"]: check["state"] for check in own_stack.json("doctor")["checks"]}
    assert {checks[name] for name in ("services", "timers", "digests", "dead letters", "streams")} == {"ok"}
