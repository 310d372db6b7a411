"""Ten thousand messages that are no facts, among a thousand that are: everything ends where it belongs."""

import asyncio
import json
import random
from itertools import islice
from typing import Any

import nats

from shared.jetstream import Outgoing, jetstream, publish_all
from shared.messages.facts import FactName
from shared.streams import INTAKE
from tests.e2e.conftest import Stack, wait_for
from tests.integration.contacts.mutants import SEED, is_good, mutants

BAD = 10_000
GOOD = 1_000


def good_fact(number: int) -> bytes:
    """Return a person of their own."""
    event = {
        "specversion": "1.0",
        "id": f"good-{number}",
        "source": "https://crm.example.com",
        "type": "hobnob.contact.upserted.v1",
        "data": {"name": f"Person {number:04}", "emails": [f"person{number}@example.com"]},
    }
    return json.dumps(event).encode()


def publish(credential: dict[str, Any], messages: list[Outgoing]) -> None:
    """Publish as a foreign client does, and have all of them stored."""

    async def send() -> None:
        client = await nats.connect(
            credential["url"],
            user=credential["user"],
            password=credential["password"],
            inbox_prefix=credential["inbox_prefix"],
        )
        results = await publish_all(jetstream(client), messages, stream=INTAKE)
        await client.close()
        assert not [result for result in results if isinstance(result, Exception)]

    asyncio.run(send())


def test_bad_messages_neither_harm_nor_hide_the_good_ones(own_stack: Stack) -> None:
    """All good ones are applied, all bad ones are dead letters that `status` counts, and no process was started again."""
    owner = own_stack.add_owner()
    credential = own_stack.json("emitter", "add", "fuzz", "--owner", owner)["nats"]
    before = own_stack.processes()
    bad = islice((mutant for mutant in mutants(owner=owner) if not is_good(*mutant, owner=owner)), BAD)
    facts = [*bad, *((FactName.CONTACT_UPSERTED, good_fact(number)) for number in range(GOOD))]
    random.Random(SEED).shuffle(facts)
    publish(credential, [Outgoing(f"hobnob.intake.{owner}.{name}", body) for name, body in facts])

    wait_for(lambda: own_stack.json("status")["dead_letters"] >= BAD, within_s=90)
    people = wait_for(lambda: len(found := own_stack.json("contacts", "list", "--owner", owner)) >= GOOD and found, within_s=20)
    assert [person["name"] for person in people] == [f"Person {number:04}" for number in range(GOOD)]
    assert own_stack.json("status")["dead_letters"] == BAD
    after = own_stack.processes()
    assert {name: (process["pid"], process["restarts"], process["state"]) for name, process in after.items()} == {
        name: (process["pid"], 0, "running") for name, process in before.items()
    }
    letters = own_stack.json("dead", "list", "--owner", owner, "--limit", "1000")
    assert {letter["attempts"] for letter in letters} == {1}
