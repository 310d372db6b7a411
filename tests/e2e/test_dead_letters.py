"""The dead-letter desk through the real command: what could not be processed is seen, and replayed once it can be."""

import asyncio
import json
import uuid
from datetime import UTC, datetime

from tests.e2e.conftest import Stack, signed_in, wait_for


def fact(name: str) -> bytes:
    """Return a fact as another system states it."""
    event = {
        "specversion": "1.0",
        "id": uuid.uuid4().hex,
        "source": "https://crm.example.com",
        "type": "hobnob.contact.upserted.v1",
        "data": {"name": name, "emails": [f"{uuid.uuid4().hex[:8]}@example.com"]},
    }
    return json.dumps(event).encode()


def publish(stack: Stack, subject: str, *bodies: bytes) -> None:
    """State facts, or what is meant to be some, as the operator: there is no owner yet who could have given a credential."""
    operator = stack.operator()

    async def send() -> None:
        client = await signed_in(operator)
        for body in bodies:
            await client.jetstream().publish(subject, body)
        await client.close()

    asyncio.run(send())


def test_facts_of_an_owner_who_was_missing_are_replayed(stack: Stack) -> None:
    """They wait with their reason; once the owner is added a replay makes people of them, and a second one finds nothing."""
    owner = f"o{uuid.uuid4().hex[:12]}"
    subject = f"hobnob.intake.{owner}.contact.upserted"
    began = datetime.now(UTC)
    publish(stack, subject, fact("Ada Quickwater"), b"{ not json", fact("Bram Foreigner"))
    found = wait_for(lambda: len(listed := stack.json("dead", "list", "--owner", owner)) == 3 and listed)
    assert all(list(each) == ["id", "service", "subject", "reason", "attempts", "at"] for each in found)
    assert {(each["service"], each["subject"], each["attempts"]) for each in found} == {("contacts", subject, 1)}
    assert all(began <= datetime.fromisoformat(each["at"]) <= datetime.now(UTC) for each in found)
    newest_first = [each["id"] for each in found if "there is no owner" in each["reason"]]
    assert len(newest_first) == 2

    stack.run("owner", "add", owner, "--name", "Robin Testwell", "--timezone", "UTC")
    replay = ("dead", "replay", "--all", "--owner", owner, "--reason", "there is no owner")
    assert stack.json(*replay) == {"replayed": newest_first[::-1], "refused": []}
    people = wait_for(lambda: len(listed := stack.json("contacts", "list", "--owner", owner)) == 2 and listed)
    assert [person["name"] for person in people] == ["Ada Quickwater", "Bram Foreigner"]
    assert stack.run(*replay).stdout == "There is nothing to be replayed.\n"
