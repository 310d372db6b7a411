"""The doctor sees what is wrong, says what to do, and can have everything rebuilt while it runs."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nats

from deploy.local.credentials import read_credentials
from shared.access import OPERATOR, inbox_prefix
from shared.streams import AGENDA, PEOPLE, TIMERS
from tests.e2e.conftest import Stack, wait_for


def checks(stack: Stack, *, code: int = 0) -> dict[str, dict[str, Any]]:
    """Return what the doctor says, by what it looked at."""
    document = stack.json("doctor", code=code)
    assert document["state"] == ("fail" if code else document["state"])
    return {check["name"]: check for check in document["checks"]}


def a_network(stack: Stack, owner: str, count: int) -> None:
    """State some people with birthdays to come."""
    day = datetime.now(UTC).date() + timedelta(days=40)
    lines = [
        {"name": f"Person {number} Example", "emails": [f"p{number}@example.com"], "birthday": f"--{day:%m-%d}"}
        for number in range(count)
    ]
    for data in lines:
        stack.run("emit", "contact.upserted", "--owner", owner, "--data", json.dumps(data))


def purge(stack: Stack, *streams: str) -> None:
    """Empty streams behind everybody's back, as the loss of the broker's disk would."""

    async def work() -> None:
        own = read_credentials(stack.folder / "credentials.json")
        assert own is not None
        client = await nats.connect(
            stack.json("status")["nats_url"],
            user=OPERATOR,
            password=own.operator.get_secret_value(),
            inbox_prefix=inbox_prefix(OPERATOR),
        )
        try:
            for stream in streams:
                await client.jetstream().purge_stream(stream)
        finally:
            await client.close()

    asyncio.run(work())


def test_a_healthy_stack(own_stack: Stack) -> None:
    """Everything is looked at, everything is well, and the exit code says so; people get a line for each thing."""
    owner = own_stack.add_owner(deliver_at="09:00")
    a_network(own_stack, owner, 3)
    wait_for(lambda: len(own_stack.json("upcoming", "--owner", owner, "--days", "60")) == 3)
    found = checks(own_stack)
    assert set(found) == {
        *("services", "last timer", "timers", "next timer", "digests", "channels", "messages to owners", "mail", "greetings"),
        *("dead letters", "streams", "clocks", "disk", "versions"),
    }
    assert {check["state"] for check in found.values()} == {"ok"}
    assert found["timers"]["data"] == {"armed": 3, "expected": 3}
    assert found["digests"]["data"] == {"expected": 2, "missing": []}
    assert len(own_stack.run("doctor").stdout.strip().splitlines()) == len(found)


def test_everything_is_rebuilt_from_the_database(own_stack: Stack) -> None:
    """With people, agendas and timers gone from the broker the doctor fails, and its rebuild brings back the same ones."""
    owner = own_stack.add_owner(deliver_at="09:00")
    a_network(own_stack, owner, 5)
    wait_for(lambda: len(own_stack.json("upcoming", "--owner", owner, "--days", "60")) == 5)
    before = own_stack.json("upcoming", "--owner", owner, "--days", "60")
    purge(own_stack, TIMERS)
    missing = checks(own_stack, code=1)
    assert missing["timers"]["state"] == "fail"
    assert "--rebuild" in missing["timers"]["advice"]
    assert missing["digests"]["state"] == "warn"
    purge(own_stack, PEOPLE, AGENDA, TIMERS)
    for _ in range(2):
        own_stack.run("doctor", "--rebuild")
        found = checks(own_stack)
        assert found["timers"]["data"] == {"armed": 5, "expected": 5}
        assert found["digests"]["data"]["missing"] == []
        assert found["dead letters"]["state"] == "ok"
        assert own_stack.json("upcoming", "--owner", owner, "--days", "60") == before


def test_no_stack_is_a_finding(tmp_path: Path) -> None:
    """Where nothing runs, the doctor says so in its own form."""
    document = Stack(tmp_path).json("doctor", code=1)
    assert document["state"] == "fail"
    assert document["checks"][0]["name"] == "stack"
    assert "hobnob up" in document["checks"][0]["advice"]
