"""Emitting: JSON Lines of facts through the real command, beside publishing the same bytes."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.people import OWNER
from bench.raw import publish_raw
from bench.results import Comparison
from bench.stack import RoundFailed, Stack, fresh_stack
from shared import subjects
from shared.access import OPERATOR
from shared.jetstream import Outgoing
from shared.messages.facts import FactName
from shared.streams import INTAKE

RAW = "nats-py publish_async of the same lines, nothing checked; ours: from the start of `hobnob emit --data -` to its end"
COMMAND = Path(sys.executable).with_name("hobnob")


async def measure_emitting(*, count: int, rounds: int) -> Comparison:
    """Return how fast the command states *count* facts from its standard input, beside the raw client."""
    lines = list(fact_lines(count))
    taken: dict[str, list[float]] = {"ours": [], "raw": []}
    for number in range(rounds):
        async with fresh_stack() as stack:
            # Each round the other one goes first: the second finds a stream that has grown already.
            for name in ("ours", "raw") if number % 2 == 0 else ("raw", "ours"):
                before = await _stored(stack)
                taken[name].append(await (_emit if name == "ours" else _publish)(stack, lines))
                if (stored := await _stored(stack) - before) != count:
                    raise RoundFailed(f"{name} stored {stored} of {count} facts")
    return Comparison(what="emit", raw_is=RAW, count=count, ours_s=tuple(taken["ours"]), raw_s=tuple(taken["raw"]))


def fact_lines(count: int) -> Iterator[bytes]:
    """Yield *count* CloudEvents as a CRM would state them, about 340 bytes each."""
    for number in range(count):
        event = {
            "specversion": "1.0",
            "id": f"crm-{number}",
            "source": "https://crm.example.com",
            "type": "hobnob.contact.upserted.v1",
            "time": "2026-01-01T09:00:00Z",
            "data": {
                "name": f"Given{number} Family{number}",
                "emails": [f"person{number}@example.com"],
                "company": f"Example Works {number % 500}",
                "title": "Head of Examples",
                "birthday": f"{1950 + number % 50}-{1 + number % 12:02}-{1 + number % 28:02}",
                "external_id": str(number),
            },
        }
        yield json.dumps(event).encode()


async def _emit(stack: Stack, lines: list[bytes]) -> float:
    """Run the command with *lines* on its standard input, from a file, and return the seconds from start to exit."""
    path = stack.folder.root / "facts.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    with path.open("rb") as facts:
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(str(COMMAND), "emit", FactName.CONTACT_UPSERTED.value, "--owner", OWNER, "--data", "-", "--json"),
            stdin=facts,
            stdout=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "HOBNOB_NATS_URL": stack.nats_url,
                "HOBNOB_NATS_USER": OPERATOR,
                "HOBNOB_NATS_PASSWORD": stack.credentials.operator.get_secret_value(),
            },
        )
        output, _ = await process.communicate()
        elapsed_s = time.perf_counter() - started
    if process.returncode != 0 or json.loads(output)["sent"] != len(lines):
        raise RoundFailed(f"the command ended with {process.returncode}: {output.decode()[:500]}")
    return elapsed_s


async def _publish(stack: Stack, lines: list[bytes]) -> float:
    subject = subjects.intake(OWNER, FactName.CONTACT_UPSERTED)
    return await publish_raw(stack, [Outgoing(subject, line) for line in lines], stream=INTAKE)


async def _stored(stack: Stack) -> int:
    return int((await stack.js.stream_info(INTAKE)).state.messages)
