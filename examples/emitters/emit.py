"""
State one fact to Hobnob from Python. Needs `pip install nats-py`, and nothing of Hobnob.

    NATS_URL=nats://127.0.0.1:4222 python emit.py
"""

import asyncio
import json
import os
import uuid
from datetime import UTC, datetime

import nats

OWNER = os.environ.get("HOBNOB_OWNER", "me")


async def main() -> None:
    """Publish one CloudEvent and wait until the stream has stored it."""
    event = {
        "specversion": "1.0",
        "type": "hobnob.job.changed.v1",
        "source": "https://crm.example.com",
        # Where the fact has an id of its own, use that one: the same (source, id) again changes nothing.
        "id": str(uuid.uuid4()),
        "time": datetime.now(UTC).isoformat(),  # noqa: TID251  # an example of foreign code
        "data": {
            "contact": {"email": "maggie@example.org"},
            "company": "Lighthouse Press",
            "title": "Publisher",
            "deliver_now": True,
        },
    }
    client = await nats.connect(
        os.environ.get("NATS_URL", "nats://127.0.0.1:4222"),
        user=os.environ.get("NATS_USER"),
        password=os.environ.get("NATS_PASSWORD"),
    )
    ack = await client.jetstream().publish(f"hobnob.intake.{OWNER}.job.changed", json.dumps(event).encode())
    print(f"stored as {ack.stream} {ack.seq}")  # noqa: T201  # it is a script
    await client.close()


asyncio.run(main())
