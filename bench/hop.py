"""The hop: timers that fired become inbox documents, by the notifier and by the raw consumer, each with nothing else running."""

from datetime import timedelta

from bench.people import OWNER, profile_message, reminders, snapshot_messages
from bench.results import Comparison
from bench.stack import RoundFailed, Stack, fresh_stack
from bench.watch import pause, resume, until_drained, until_waiting
from services.scheduler import timers
from shared import subjects
from shared.clock import system_clock
from shared.jetstream import publish_all
from shared.mongo import open_database
from shared.streams import NOTIFIER_DUE, NOTIFIER_PEOPLE, PEOPLE, TIMERS, Consumer

KEY = "birthday"
SOON = timedelta(seconds=1)
NOTIFIER_DATABASE = "hobnob_notifier"

HOP = "hop"
RAW = "nats-py pull(1000), validate, insert_many into the same indexes, ack each"
HARDEST = "the same with our client mends and no index but `_id`"


def raw_reader(name: str) -> Consumer:
    """Return a consumer of fired timers like the notifier's."""
    return Consumer(durable=f"bench_{name}", stream=TIMERS, subject=subjects.ALL_DUE)


async def add_consumer(stack: Stack, consumer: Consumer) -> None:
    """Create *consumer*."""
    await stack.js.add_consumer(consumer.stream, consumer.config())


async def start_raw(stack: Stack, consumer: Consumer, *options: str) -> str:
    """Start the raw consumer and return the name of its database."""
    name = consumer.durable
    ready = stack.folder.root / f"{name}.ready"
    where = ("--nats", stack.nats_url, "--mongo", stack.mongo_url, "--database", name, "--durable", name)
    await stack.start_program(name, "bench.raw_consumer", *where, "--ready", str(ready), *options, ready=ready.exists)
    return name


async def measure_hop(*, count: int, rounds: int) -> tuple[Comparison, Comparison]:
    """Return how fast the notifier takes *count* fired timers, beside the raw consumer and its hardest form."""
    taken: dict[str, list[float]] = {"notifier": [], "raw": [], "hardest": []}
    for number in range(rounds):
        # Each round another one goes first: the messages and the database's cache are warmer for those that follow.
        order = list(taken)[number % 3 :] + list(taken)[: number % 3]
        for name, seconds in (await _hop_round(count, order)).items():
            taken[name].append(seconds)
    return (
        _comparison(HOP, RAW, count, taken["notifier"], taken["raw"]),
        _comparison("hop, hardest", HARDEST, count, taken["notifier"], taken["hardest"]),
    )


def _comparison(what: str, raw_is: str, count: int, ours: list[float], raw: list[float]) -> Comparison:
    return Comparison(what=what, raw_is=raw_is, count=count, ours_s=tuple(ours), raw_s=tuple(raw))


async def _hop_round(count: int, order: list[str]) -> dict[str, float]:
    """Fire *count* timers once and let each of *order* take the same messages in turn; return the seconds of each."""
    async with fresh_stack() as stack:
        consumers = {"notifier": NOTIFIER_DUE, "raw": raw_reader("raw"), "hardest": raw_reader("hardest")}
        for consumer in consumers.values():
            await add_consumer(stack, consumer)
            await pause(stack, consumer)
        await _fire(stack, count)
        return {name: await _take(stack, name, consumers[name], count=count) for name in order}


async def _fire(stack: Stack, count: int) -> None:
    """Have *count* timers fire that are right: the notifier knows the people, in the revision they were armed from."""
    due_at = system_clock() + SOON
    people = [profile_message(deliver_at=due_at), *snapshot_messages(count, birthday=due_at.date())]
    await publish_all(stack.js, people, stream=PEOPLE)
    await stack.start_service("notifier")
    await until_drained(stack, NOTIFIER_PEOPLE, at_least=count)
    await stack.stop("notifier")
    await timers.publish_timers(
        stack.js, [timers.arm(key=KEY, reminder=reminder) for reminder in reminders(count, due_at=due_at)]
    )
    await until_waiting(stack, NOTIFIER_DUE, count=count)


async def _take(stack: Stack, name: str, consumer: Consumer, *, count: int) -> float:
    if name == "notifier":
        await stack.start_service("notifier")
        database, process = NOTIFIER_DATABASE, "notifier"
    else:
        options = () if name == "raw" else ("--mended", "--bare")
        database = process = await start_raw(stack, consumer, *options)
    started = await resume(stack, consumer)
    elapsed_s = await until_drained(stack, consumer, at_least=count) - started
    await stack.stop(process)
    async with open_database(stack.mongo_url, name=database) as store:
        found = await store["inbox"].count_documents({"owner": OWNER})
    if found != count:
        raise RoundFailed(f"{name} made {found} items of {count} fired timers")
    return elapsed_s
