"""
State one fact to Hobnob from Python: somebody has a new job. Needs `pip install nats-py`, and nothing of Hobnob.

    NATS_URL=… NATS_USER=… NATS_PASSWORD=… python emit.py        # as `hobnob emitter add NAME --owner ID` printed them
"""

import asyncio
import json
import os
import uuid
from datetime import UTC, datetime

import nats

EVENT = {
    "specversion": "1.0",
    "type": "hobnob.job.changed.v1",
    "source": "https://hr.example.com",
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


async def main() -> None:
    """Publish one CloudEvent and wait until the stream has stored it."""
    user = os.environ["NATS_USER"]  # <owner>.<name>: who may state facts of whom
    owner = user.partition(".")[0]
    client = await nats.connect(
        os.environ["NATS_URL"], user=user, password=os.environ["NATS_PASSWORD"], inbox_prefix=f"_INBOX.{user}"
    )
    ack = await client.jetstream().publish(f"hobnob.intake.{owner}.job.changed", json.dumps(EVENT).encode())
    print(f"stored as {ack.stream} {ack.seq}")  # noqa: T201  # it is a script
    await client.close()


asyncio.run(main())
