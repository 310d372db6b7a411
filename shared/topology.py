"""
The one step that creates the streams, the consumers and the bucket. `python -m shared.topology` runs it by itself.

It refuses, in a sentence that says what to change, a server that would take a timer and never fire it, and a stream that
exists with another configuration. `--update` brings such a stream up to date instead; so it takes a single server's streams to
three copies in a cluster, and back, and returns only once the copies are whole.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import nats
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ClusterInfo, ObjectStoreConfig, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from shared.access import command_inbox_prefix
from shared.errors import BrokerUnavailable, TopologyError
from shared.settings import TopologySettings
from shared.streams import CONSUMERS, IMPORTS_BUCKET, IMPORTS_STREAM, IMPORTS_TTL_S, stream_configs

API_LEVEL = 2
"""JetStream API level with message schedules that can be trusted; 2.12 has it, 2.14.5 fixed its bugs."""
OLDEST_SERVER = (2, 14, 5)
TIMEOUT_S = 10.0
PATIENCE_S = 60.0
"""How long the command tries: three servers that start together first have to agree who leads."""
RETRY_S = 1.0
COPY_WITHIN_S = 600.0
"""How long the copies of a stream may take: a million timers are some hundreds of megabytes."""
LOOK_S = 0.2
SERVER_FAULT = 500
"""Least `code` of an error that is the server's own: no leader yet, not enough servers."""

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

    Args:
        client: Connected, as somebody who may.
        replicas: Copies of each stream, the bucket's among them, and so of each consumer: 1, or 3 in a cluster.
        update: Change what differs instead of refusing it.

    Raises:
        TopologyError: the server or a stream is not fit, and why.
        BrokerUnavailable: the server did not answer, or cannot do it now.
    """
    try:
        await _check_server(client)
        js = client.jetstream(timeout=TIMEOUT_S)
        changed = [wanted.name for wanted in stream_configs(replicas=replicas) if await _ensure_stream(js, wanted, update=update)]
        for consumer in CONSUMERS:
            await js.add_consumer(consumer.stream, consumer.config())
        if await _ensure_bucket(js, replicas=replicas, update=update):
            changed.append(IMPORTS_STREAM)
        await _until_copied(js, (name for name in changed if name), replicas=replicas)
    except APIError as exc:
        if (exc.code or 0) >= SERVER_FAULT:
            raise BrokerUnavailable(f"the NATS server cannot do it now: {exc.description}") from exc
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


async def _ensure_stream(js: JetStreamContext, wanted: StreamConfig, *, update: bool) -> bool:
    """Return whether the stream was created or changed."""
    assert wanted.name is not None
    is_changed = False
    try:
        present = (await js.stream_info(wanted.name)).config
    except NotFoundError:
        present, is_changed = (await js.add_stream(wanted)).config, True
    differing = {
        key: f"is {getattr(present, key)!r}, must be {getattr(wanted, key)!r}"
        for key in CHECKED
        if getattr(wanted, key) is not None and (getattr(present, key) or 0) != (getattr(wanted, key) or 0)
    }
    if differing and update:
        present, is_changed = (await js.update_stream(wanted)).config, True
        differing = {}
    if differing:
        details = "; ".join(f"{key} {text}" for key, text in differing.items())
        raise TopologyError(f"stream {wanted.name} differs: {details}; run `python -m shared.topology --update` to change it")
    if wanted.allow_msg_schedules and not present.allow_msg_schedules:
        raise TopologyError(f"the server ignored message schedules on stream {wanted.name}: use a newer nats-server")
    return is_changed


async def _ensure_bucket(js: JetStreamContext, *, replicas: int, update: bool) -> bool:
    """Return whether the bucket was created or changed. Its stream is the client's own: of it only the copies are ours."""
    try:
        present = (await js.stream_info(IMPORTS_STREAM)).config
    except NotFoundError:
        config = ObjectStoreConfig(ttl=IMPORTS_TTL_S, max_bytes=-1, storage=StorageType.FILE, replicas=replicas)
        await js.create_object_store(IMPORTS_BUCKET, config)
        return True
    if (present.num_replicas or 1) == replicas:
        return False
    if not update:
        raise TopologyError(
            f"bucket {IMPORTS_BUCKET} differs: replicas is {present.num_replicas}, must be {replicas}; "
            "run `python -m shared.topology --update` to change it"
        )
    await js.update_stream(replace(present, num_replicas=replicas))
    return True


async def _until_copied(js: JetStreamContext, streams: Iterable[str], *, replicas: int) -> None:
    """
    Return once the copies of *streams*, just created or changed, and of their consumers are whole: until then a lost server is
    a lost stream.

    Raises:
        BrokerUnavailable: they are not, after ten minutes.
    """
    waiting = list(streams)
    try:
        async with asyncio.timeout(COPY_WITHIN_S):
            while waiting:
                if await _is_copied(js, waiting[-1], replicas=replicas):
                    waiting.pop()
                else:
                    await asyncio.sleep(LOOK_S)
    except TimeoutError as exc:
        raise BrokerUnavailable(f"{', '.join(waiting)}: the copies are not whole; are all servers there?") from exc


async def _is_copied(js: JetStreamContext, stream: str, *, replicas: int) -> bool:
    consumers = [consumer.durable for consumer in CONSUMERS if consumer.stream == stream]
    found = [(await js.stream_info(stream)).cluster, *[(await js.consumer_info(stream, name)).cluster for name in consumers]]
    return all(_is_whole(group, replicas=replicas) for group in found)


def _is_whole(group: ClusterInfo | None, *, replicas: int) -> bool:
    if group is None:
        return replicas == 1
    copies = group.replicas or []
    return bool(group.leader) and len(copies) == replicas - 1 and all(copy.current for copy in copies)


async def _run(settings: TopologySettings, *, update: bool) -> None:
    password = settings.nats_password.get_secret_value() if settings.nats_password else None
    said: list[str] = []

    async def on_error(error: Exception) -> None:
        said.append(str(error) or type(error).__name__)

    try:
        client = await nats.connect(
            settings.nats_url.split(","),
            user=settings.nats_user,
            password=password,
            name="hobnob-topology",
            inbox_prefix=command_inbox_prefix(settings.nats_user),
            # Each server is tried, and none for long: `_patiently` begins again.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=on_error,
        )
    except (OSError, TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"{settings.nats_url}: {said[-1] if said else exc}") from exc
    try:
        await ensure_topology(client, replicas=settings.replicas, update=update)
    finally:
        await client.close()


async def _patiently(settings: TopologySettings, *, update: bool) -> None:
    """Run the step until the broker can do it, or for a minute."""
    deadline_s = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            return await _run(settings, update=update)
        except BrokerUnavailable:
            if asyncio.get_running_loop().time() > deadline_s:
                raise
        await asyncio.sleep(RETRY_S)


def main() -> int:
    """Run the step against the server that the environment names; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shared.topology", description="create Hobnob's streams and consumers")
    parser.add_argument("--update", action="store_true", help="change streams that differ instead of refusing them")
    arguments = parser.parse_args()
    try:
        asyncio.run(_patiently(TopologySettings(), update=arguments.update))
    except (TopologyError, BrokerUnavailable) as exc:
        print(f"hobnob: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
