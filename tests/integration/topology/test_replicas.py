"""One copy of each stream becomes three, and three become one, on three real brokers and while everything is in them."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import nats.errors
import pytest

from bench.people import reminders, snapshot_messages
from services.scheduler import timers
from shared.clock import system_clock
from shared.errors import TopologyError
from shared.jetstream import jetstream, publish_all
from shared.streams import CONSUMERS, IMPORTS_BUCKET, IMPORTS_STREAM, PEOPLE, TIMERS, stream_configs
from shared.topology import ensure_topology
from tests.cluster import Cluster, running_brokers
from tests.conftest import eventually

PEOPLE_COUNT = 500
STREAMS = (*(stream.name or "" for stream in stream_configs(replicas=1)), IMPORTS_STREAM)


async def test_nothing_is_lost_on_the_way_to_three_copies_and_back(tmp_path: Path) -> None:
    """Snapshots, armed timers and an upload outlive the change, and with three copies the broker that had the only one."""
    async with running_brokers(tmp_path, replicas=1) as cluster:
        await fill(cluster)
        with pytest.raises(TopologyError, match=r"differs: num_replicas is 1, must be 3.*--update"):
            await ensure_topology(cluster.client, replicas=3)
        first = await cluster.stream_leader(TIMERS)

        by_command(cluster, replicas="3")
        assert await copies(cluster) == {3}
        cluster.kill(first)
        await eventually(lambda: is_full(cluster), within_s=60)
        cluster.start(first)
        await cluster.until_streams_are_whole()
        await ensure_topology(cluster.client, replicas=3)

        by_command(cluster, replicas="1")
        assert await copies(cluster) == {1}
        assert await is_full(cluster)


def by_command(cluster: Cluster, *, replicas: str) -> None:
    """Do what Compose and Kubernetes do: one command, and one setting."""
    outcome = subprocess.run(
        [sys.executable, "-P", "-m", "shared.topology", "--update"],
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("HOBNOB_")},
            "HOBNOB_NATS_URL": ",".join(cluster.nats_urls),
            "HOBNOB_NATS_USER": "operator",
            "HOBNOB_NATS_PASSWORD": cluster.credentials.operator.get_secret_value(),
            "HOBNOB_REPLICAS": replicas,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")


async def fill(cluster: Cluster) -> None:
    """Have people, a timer for each of them, and a file."""
    now = system_clock()
    people = snapshot_messages(PEOPLE_COUNT, birthday=now.date())
    armed = [timers.arm(key="birthday", reminder=each) for each in reminders(PEOPLE_COUNT, due_at=now + timedelta(days=9))]
    for user, messages, stream in (("contacts", people, PEOPLE), ("scheduler", armed, TIMERS)):
        client = await cluster.connect(user)
        await publish_all(jetstream(client), messages, stream=stream)
        await client.close()
    bucket = await cluster.client.jetstream().object_store(IMPORTS_BUCKET)
    await bucket.put("people.csv", b"x" * 300_000)


async def is_full(cluster: Cluster) -> bool:
    """Whether all of that is there; not as long as the brokers cannot say."""
    js = cluster.client.jetstream(timeout=5)
    try:
        counts = [(await js.stream_info(stream)).state.messages for stream in (PEOPLE, TIMERS)]
        info = await (await js.object_store(IMPORTS_BUCKET)).get_info("people.csv")
    except (TimeoutError, nats.errors.Error):
        return False
    return counts == [PEOPLE_COUNT, PEOPLE_COUNT] and info.size == 300_000


async def copies(cluster: Cluster) -> set[int]:
    """Return of how many brokers each stream and each consumer is."""
    js = cluster.client.jetstream()
    groups = [(await js.stream_info(stream)).cluster for stream in STREAMS]
    groups += [(await js.consumer_info(consumer.stream, consumer.durable)).cluster for consumer in CONSUMERS]
    return {1 + len((group.replicas if group else None) or []) for group in groups}


async def test_a_command_without_a_broker_says_so() -> None:
    """Nobody there is one sentence that names where it looked, and no trace of the program."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HOBNOB_")}
    program = "import shared.topology as t, sys; t.PATIENCE_S = 0; sys.exit(t.main())"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", program),
        env={**environment, "HOBNOB_NATS_URL": "nats://127.0.0.1:9"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().startswith("hobnob: nats://127.0.0.1:9: ")
    assert said.count(b"\n") == 1
