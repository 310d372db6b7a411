"""
A cluster loses a broker and the database's primary in the middle of a burst: every reminder comes, and none comes twice.

The people are stated as the contacts service states them, two of which run beside. What is killed stays dead until all
reminders are there.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import nats.errors
import pytest
import pytest_asyncio

from bench.people import OWNER, contact_id, profile_message, snapshot_messages
from shared import subjects
from shared.errors import TransientError
from shared.jetstream import Outgoing, jetstream, last_messages, publish_all, subjects_in
from shared.messages.reminders import Agenda
from shared.mongo import Database, open_database, store_errors
from shared.streams import AGENDA, CONSUMERS, DEAD, PEOPLE, TIMERS
from tests.cluster import Cluster, running_cluster
from tests.conftest import eventually

pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]
REMINDERS = 20_000
LEAST_LEAD = timedelta(seconds=20)
"""How long everybody has to be armed for another hour."""
ENOUGH_S = 3.0
"""How long before the instant that is no longer looked at."""
ARMED_WITHIN_S = 240.0
LOOK_S = 0.5
"""Pause before a look, which is at 20,000 subjects."""
LOOKED_AT = 500
IN_THE_MIDDLE = 500
"""Reminders that are there when the servers die."""
DONE_WITHIN_S = 180
"""Elections take up to a quarter of a minute, and what nobody acknowledged comes again after half a minute, once or twice."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """Three brokers, a replica set of three, two of each service."""
    async with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        await running.start_services()
        yield running


async def test_a_burst_outlives_the_leader_and_the_primary(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 20,000 reminders due at one instant each is in the inbox once, whatever is killed while they fire."""
    due_at = await everybody_armed(cluster)
    async with open_database(cluster.mongo_url, name="hobnob_notifier") as database:
        await asyncio.sleep((due_at - datetime.now(UTC)).total_seconds())
        while await in_inbox(database) < IN_THE_MIDDLE:
            cluster.check()
            await asyncio.sleep(0.02)
        leader, primary = await cluster.stream_leader(TIMERS), await asyncio.to_thread(cluster.database_primary)
        there = await in_inbox(database)
        cluster.kill(leader)
        cluster.kill(primary)
        assert there < REMINDERS, "everything was there before anything was killed"

        await until_all_is_done(cluster, database)
        items = await database["inbox"].find({"owner": OWNER}, {"contact": 1, "created_at": 1, "on": 1}).to_list(None)

    late_s = sorted((item["created_at"] - due_at).total_seconds() for item in items)
    with capsys.disabled():
        print(
            f"\n{leader} and {primary} killed with {there:,} of {REMINDERS:,} in the inbox: {len(items):,} came, "
            f"half of them within {late_s[len(late_s) // 2]:.1f} s, the last {late_s[-1]:.1f} s late",
            file=sys.stderr,
        )
    assert Counter(Counter(item["contact"] for item in items).values()) == {1: REMINDERS}
    assert (await cluster.client.jetstream().stream_info(DEAD)).state.messages == 0
    assert await armed_later_than(cluster, due_at) == REMINDERS


async def test_what_was_killed_joins_again(cluster: Cluster) -> None:
    """A broker and a member of the replica set that come back have every copy again, so that the next ones may die."""
    for name in cluster.dead():
        cluster.start(name)
    await cluster.until_whole()


async def everybody_armed(cluster: Cluster) -> datetime:
    """Have 20,000 people whose birthday reminders are all due at one instant that is near; return it."""
    zone = zone_of_noon(datetime.now(UTC))
    contacts = await cluster.connect("contacts")
    try:
        js, begun = jetstream(contacts), datetime.now(UTC)
        today = begun.astimezone(zone).date()
        # At first for the evening, so that nothing fires before everybody is planned, however slow the machine is.
        evening = datetime.combine(today, time(23), tzinfo=zone)
        await publish_all(js, [profile(evening, rev=1), *snapshot_messages(REMINDERS, birthday=today)], stream=PEOPLE)
        await eventually(lambda: are_armed(cluster, evening), within_s=ARMED_WITHIN_S)
        lead = max(LEAST_LEAD, 2 * (datetime.now(UTC) - begun))
        due_at = (datetime.now(zone) + lead).replace(microsecond=0)
        await publish_all(js, [profile(due_at, rev=2)], stream=PEOPLE)
        # Whoever is not planned for it by then is late, and no less counted.
        with suppress(AssertionError):
            await eventually(lambda: are_armed(cluster, due_at), within_s=lead.total_seconds() - ENOUGH_S)
    finally:
        await contacts.close()
    return due_at


def zone_of_noon(now: datetime) -> ZoneInfo:
    """Return a time zone in which it is about noon, so that no test runs into the next day."""
    return ZoneInfo(f"Etc/GMT{now.hour - 12:+d}")


def profile(due_at: datetime, *, rev: int) -> Outgoing:
    """Return the settings of an owner whose reminders come at the local time of *due_at*, seconds included."""
    message = profile_message(deliver_at=due_at)
    changes = {"rev": rev, "timezone": str(due_at.tzinfo), "deliver_at": f"{due_at:%H:%M:%S}"}
    return replace(message, body=json.dumps(json.loads(message.body) | changes).encode())


async def are_armed(cluster: Cluster, due_at: datetime) -> bool:
    """Whether everybody has a timer for that instant; those who are planned last are looked at, 500 of them."""
    cluster.check()
    await asyncio.sleep(LOOK_S)
    timers = await subjects_in(cluster.client, stream=TIMERS, filter_subject=f"{subjects.TIMER}.{OWNER}.*.*")
    if len(timers) < REMINDERS or await waiting(cluster):
        return False
    last = [subjects.agenda(OWNER, contact_id(number)) for number in range(REMINDERS - LOOKED_AT, REMINDERS)]
    stored = await last_messages(cluster.client, stream=AGENDA, filters=last)
    planned = [Agenda.model_validate_json(message.body) for message in stored.values()]
    return sum(any(entry.due_at == due_at for entry in agenda.armed) for agenda in planned) == LOOKED_AT


async def armed_later_than(cluster: Cluster, due_at: datetime) -> int:
    """Return how many people have a timer for later, as the agendas and the broker agree."""
    timers = await subjects_in(cluster.client, stream=TIMERS, filter_subject=f"{subjects.TIMER}.{OWNER}.*.*")
    everybody = [subjects.agenda(OWNER, contact_id(number)) for number in range(REMINDERS)]
    stored = await last_messages(cluster.client, stream=AGENDA, filters=everybody)
    planned = [Agenda.model_validate_json(message.body) for message in stored.values()]
    return sum(
        any(entry.due_at > due_at and subjects.timer(OWNER, agenda.contact, entry.key) in timers for entry in agenda.armed)
        for agenda in planned
    )


async def in_inbox(database: Database) -> int:
    """Return how many items there are."""
    with store_errors():
        return await database["inbox"].count_documents({"owner": OWNER})


async def until_all_is_done(cluster: Cluster, database: Database) -> None:
    """Return once everything is in the inbox and nothing waits for any service."""
    async with asyncio.timeout(DONE_WITHIN_S):
        while True:
            cluster.check()
            try:
                if await in_inbox(database) >= REMINDERS and not await waiting(cluster):
                    return
            except (TransientError, TimeoutError, nats.errors.Error):
                pass  # those that are left still agree who leads
            await asyncio.sleep(0.2)


async def waiting(cluster: Cluster) -> int:
    """Return how many messages wait for the services."""
    js = cluster.client.jetstream(timeout=5)
    found = [await js.consumer_info(consumer.stream, consumer.durable) for consumer in CONSUMERS]
    return sum((info.num_pending or 0) + (info.num_ack_pending or 0) for info in found)
