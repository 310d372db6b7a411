"""
The one step that creates the streams, the consumers and the bucket. `python -m shared.topology` runs it by itself.

It refuses, in a sentence that says what to change, a server that would take a timer and never fire it, and a stream that
exists with another configuration. `--update` brings such a stream up to date instead.
"""

import argparse
import asyncio
import json
import sys
from typing import Any

import nats
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ObjectStoreConfig, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from shared.access import command_inbox_prefix
from shared.errors import BrokerUnavailable, TopologyError
from shared.settings import ServiceSettings
from shared.streams import CONSUMERS, IMPORTS_BUCKET, IMPORTS_TTL_S, stream_configs

API_LEVEL = 2
"""JetStream API level with message schedules that can be trusted; 2.12 has it, 2.14.5 fixed its bugs."""
OLDEST_SERVER = (2, 14, 5)
TIMEOUT_S = 10.0

CHECKED = (
    "subjects",
    "retention",
    "max_msgs_per_subject",
    "max_age",
    "allow_direct",
    "allow_msg_schedules",
    "allow_msg_ttl",
    "num_replicas",
)
"""What must be as we ask; the server fills in the rest itself."""


async def ensure_topology(client: Client, *, replicas: int = 1, update: bool = False) -> None:
    """
    Create what is missing and check what exists. Safe to run at any time, any number of times.

    Raises:
        TopologyError: the server or a stream is not fit, and why.
        BrokerUnavailable: the server did not answer.
    """
    try:
        await _check_server(client)
        js = client.jetstream(timeout=TIMEOUT_S)
        for wanted in stream_configs(replicas=replicas):
            await _ensure_stream(js, wanted, update=update)
        for consumer in CONSUMERS:
            await js.add_consumer(consumer.stream, consumer.config(replicas=replicas))
        await _ensure_bucket(js, replicas=replicas)
    except APIError as exc:
        raise TopologyError(f"the server refused a stream or consumer: {exc}") from exc
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"the NATS server does not answer: {type(exc).__name__}") from exc


async def _check_server(client: Client) -> None:
    running = client.connected_server_version
    version = f"{running.major}.{running.minor}.{running.patch}"
    try:
        reply = await client.request("$JS.API.INFO", b"", timeout=TIMEOUT_S)
    except nats.errors.NoRespondersError as exc:
        raise TopologyError(
            f"nats-server {version} runs without JetStream; start it with -js or with a jetstream block in its configuration"
        ) from exc
    answer: dict[str, Any] = json.loads(reply.data)
    if error := answer.get("error"):
        raise TopologyError(
            f"JetStream refuses this account: {error.get('description')}; enable it in the server's configuration"
        )
    level = answer.get("api", {}).get("level", 0)
    if level < API_LEVEL or (running.major, running.minor, running.patch) < OLDEST_SERVER:
        oldest = ".".join(str(part) for part in OLDEST_SERVER)
        raise TopologyError(
            f"nats-server {version} is too old: it would accept timers and never fire them, or lose some; use {oldest} or newer"
        )


async def _ensure_stream(js: JetStreamContext, wanted: StreamConfig, *, update: bool) -> None:
    assert wanted.name is not None
    try:
        present = (await js.stream_info(wanted.name)).config
    except NotFoundError:
        present = (await js.add_stream(wanted)).config
    differing = {
        key: f"is {getattr(present, key)!r}, must be {getattr(wanted, key)!r}"
        for key in CHECKED
        if getattr(wanted, key) is not None and (getattr(present, key) or 0) != (getattr(wanted, key) or 0)
    }
    if differing and update:
        present = (await js.update_stream(wanted)).config
        differing = {}
    if differing:
        details = "; ".join(f"{key} {text}" for key, text in differing.items())
        raise TopologyError(f"stream {wanted.name} differs: {details}; run `python -m shared.topology --update` to change it")
    if wanted.allow_msg_schedules and not present.allow_msg_schedules:
        raise TopologyError(f"the server ignored message schedules on stream {wanted.name}: use a newer nats-server")


async def _ensure_bucket(js: JetStreamContext, *, replicas: int) -> None:
    try:
        await js.object_store(IMPORTS_BUCKET)
    except NotFoundError:
        config = ObjectStoreConfig(ttl=IMPORTS_TTL_S, max_bytes=-1, storage=StorageType.FILE, replicas=replicas)
        await js.create_object_store(IMPORTS_BUCKET, config)


async def _run(*, update: bool, replicas: int) -> None:
    settings = ServiceSettings()
    password = settings.nats_password.get_secret_value() if settings.nats_password else None
    client = await nats.connect(
        settings.nats_url.split(","),
        user=settings.nats_user,
        password=password,
        name="hobnob-topology",
        inbox_prefix=command_inbox_prefix(settings.nats_user),
    )
    try:
        await ensure_topology(client, replicas=replicas, update=update)
    finally:
        await client.close()


def main() -> int:
    """Run the step against the server that the environment names; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shared.topology", description="create Hobnob's streams and consumers")
    parser.add_argument("--update", action="store_true", help="change streams that differ instead of refusing them")
    parser.add_argument("--replicas", type=int, choices=(1, 3), default=1, help="copies of each stream")
    arguments = parser.parse_args()
    try:
        asyncio.run(_run(update=arguments.update, replicas=arguments.replicas))
    except (TopologyError, BrokerUnavailable) as exc:
        print(f"hobnob: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
