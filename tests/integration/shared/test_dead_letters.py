"""The dead-letter desk against a real server: what a service buries is found, given back once, and dropped."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

import nats
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from shared import subjects
from shared.broker import Received, Refused, build_broker, subscribe_batches
from shared.dead_desk import FIRST_WINDOW, DeadDesk
from shared.dead_letters import DeadLetter, NotReplayable, Wanted
from shared.errors import NotFound, TooLarge
from shared.jetstream import Outgoing, jetstream, publish_all
from shared.settings import ServiceSettings
from shared.streams import DEAD, INTAKE, Consumer
from shared.topology import ensure_topology
from tests.conftest import eventually
from tests.servers import Servers


@pytest.fixture
async def client(servers: Servers) -> AsyncIterator[Client]:
    """A client of a server with the streams of Hobnob."""
    connected = await nats.connect(servers.nats_url)
    await ensure_topology(connected)
    yield connected
    await connected.close()


@pytest.fixture
def desk(client: Client) -> DeadDesk:
    """The desk."""
    return DeadDesk(client)


@pytest.fixture
def owner() -> str:
    """An owner of a test's own."""
    return f"o{uuid.uuid4().hex[:12]}"


def dead(subject: str, body: bytes = b"{", *, service: str = "contacts", reason: str = "not JSON") -> Outgoing:
    """Return a message as a service buries it."""
    headers = {"Hobnob-Reason": reason, "Hobnob-Attempts": "1", "Hobnob-Stored-At": "2026-11-20T08:00:00Z", "x-of": "sender"}
    return Outgoing(subjects.dead(service, subject), body, headers)


async def bury_all(client: Client, *messages: Outgoing) -> None:
    """Store dead letters."""
    await publish_all(jetstream(client), messages, stream=DEAD)


async def in_intake(client: Client, subject: str) -> int:
    """Return how many messages the intake has on *subject*."""
    info = await client.jetstream().stream_info(INTAKE, subjects_filter=subject)
    return (info.state.subjects or {}).get(subject, 0)


async def find(desk: DeadDesk, owner: str, **wanted: str) -> list[DeadLetter]:
    """Return an owner's letters, newest first."""
    return await desk.newest(wanted=Wanted(owner=owner, **wanted), limit=None)


async def test_what_a_service_buries_is_found_whole(client: Client, desk: DeadDesk, owner: str, servers: Servers) -> None:
    """Reason, attempts, headers and payload are read as `shared.broker` wrote them, whatever bytes they are."""
    name = f"T{uuid.uuid4().hex[:12]}"
    consumer = Consumer(durable=f"{name}_intake", stream=INTAKE, subject=f"hobnob.intake.{owner}.>", batch_size=10)
    await client.jetstream().add_consumer(INTAKE, consumer.config())
    broker = build_broker(ServiceSettings(nats_url=servers.nats_url), service="t")

    async def handle(batch: Sequence[Received[bytes]]) -> Sequence[Refused]:
        return [Refused(item.raw, "the café is closed:\nfor ever") for item in batch]

    subscribe_batches(broker, service="t", consumer=consumer, decode=lambda raw: bytes(raw.data), handle=handle, poll_s=0.1)
    subject = subjects.intake(owner, "job.changed")
    async with broker:
        await broker.start()
        await client.jetstream().publish(subject, b"\xff\x00" * 400_000, headers={"x-note": "Zoë", "Nats-Msg-Id": "1"})

        async def is_buried() -> bool:
            return bool(await find(desk, owner))

        await eventually(is_buried)
    await client.jetstream().delete_consumer(INTAKE, consumer.durable)
    (listed,) = await find(desk, owner)
    found = await desk.get(id=listed.id)
    assert listed.body is None
    assert found.body == b"\xff\x00" * 400_000
    assert (found.service, found.subject, found.reason) == ("t", subject, r"the caf\xe9 is closed: for ever")
    assert found.attempts == 1
    assert found.stored_at is not None
    assert found.original_headers == {"x-note": "Zoë"}


async def test_poison_of_any_size_is_buried(client: Client, desk: DeadDesk, owner: str, servers: Servers) -> None:
    """
    A message at the broker's limits, or with a header that the client refuses, does not cut off the service that gives it up.

    Fails when burying adds to what is full already: the broker then hangs up, again after each redelivery.
    """
    name = f"T{uuid.uuid4().hex[:12]}"
    consumer = Consumer(durable=f"{name}_intake", stream=INTAKE, subject=f"hobnob.intake.{owner}.>", batch_size=10)
    js = client.jetstream()
    await js.add_consumer(INTAKE, consumer.config())
    subject = subjects.intake(owner, "job.changed")
    most = client.max_payload
    await js.publish(subject, b"[" * most)
    await js.publish(subject, b"", headers={"x-long": "h" * 65_300})
    await js.publish(f"{subject}.{'x' * 3_500}", b"long")
    address = urlsplit(servers.nats_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    headers = b"NATS/1.0\r\na(b: 1\r\n\r\n"
    frame = f"HPUB {subject} {len(headers)} {len(headers) + 3}\r\n".encode() + headers + b"odd\r\n"
    writer.write(b'CONNECT {"headers": true, "verbose": false}\r\n' + frame + b"PING\r\n")
    while b"PONG" not in await reader.readline():
        pass
    writer.close()
    await js.publish(subject, b"small")

    async def handle(batch: Sequence[Received[bytes]]) -> Sequence[Refused]:
        return [Refused(item.raw, "poison") for item in batch]

    broker = build_broker(ServiceSettings(nats_url=servers.nats_url), service="t")
    subscribe_batches(broker, service="t", consumer=consumer, decode=lambda raw: bytes(raw.data), handle=handle, poll_s=0.1)
    async with broker:
        await broker.start()

        async def are_buried() -> bool:
            return len(await find(desk, owner)) == 5

        await eventually(are_buried, within_s=10)
    await js.delete_consumer(INTAKE, consumer.durable)
    letters = [await desk.get(id=each.id) for each in await find(desk, owner)]
    assert [letter.attempts for letter in letters] == [1] * 5
    assert [letter.is_cut for letter in letters] == [False, False, True, True, True]
    assert [(letter.body or b"")[:5] for letter in letters] == [b"small", b"odd", b"long", b"", b"[[[[["]
    for letter in letters[2:]:
        with pytest.raises(NotReplayable):
            await desk.replay(letter=letter)
    for letter in letters:
        await desk.drop(id=letter.id)


async def test_the_newest_come_first_and_filters_select(client: Client, desk: DeadDesk, owner: str) -> None:
    """By service, by owner, by reason, and up to a limit; nothing of anybody else, not even of a longer name."""
    fact = subjects.intake(owner, "job.changed")
    await bury_all(
        client,
        dead(fact, reason="first"),
        dead(subjects.profile(owner), service="notifier", reason="Second"),
        dead(subjects.intake(f"{owner}x", "job.changed")),
        dead(subjects.due(owner, "c1", "birthday"), service="notifier", reason="third"),
        dead(fact, reason="fourth"),
    )
    assert [each.reason for each in await find(desk, owner)] == ["fourth", "third", "Second", "first"]
    assert [each.reason for each in await find(desk, owner, service="notifier")] == ["third", "Second"]
    assert [each.reason for each in await find(desk, owner, reason="SECOND")] == ["Second"]
    assert [each.reason for each in await desk.newest(wanted=Wanted(owner=owner), limit=3)] == ["fourth", "third", "Second"]
    assert [each.reason async for each in desk.oldest_first(wanted=Wanted(owner=owner))][:2] == ["first", "Second"]


async def test_a_limit_reaches_far_back(client: Client, desk: DeadDesk, owner: str) -> None:
    """Letters from before several windows of others are found, each once, in order."""
    other = f"{owner}x"
    await bury_all(client, *(dead(subjects.intake(owner, "job.changed"), reason=str(n)) for n in range(3)))
    await bury_all(client, *(dead(subjects.intake(other, "job.changed")) for _ in range(4 * FIRST_WINDOW)))
    await bury_all(client, dead(subjects.intake(owner, "job.changed"), reason="3"))
    for limit, reasons in ((1, ["3"]), (3, ["3", "2", "1"]), (50, ["3", "2", "1", "0"])):
        assert [each.reason for each in await desk.newest(wanted=Wanted(owner=owner), limit=limit)] == reasons
    everything = [int(each.id) for each in await desk.newest(wanted=Wanted(owner=other), limit=3 * FIRST_WINDOW)]
    assert len(set(everything)) == 3 * FIRST_WINDOW
    assert everything == sorted(everything, reverse=True)


async def test_a_replayed_fact_is_in_the_intake_and_no_longer_here(client: Client, desk: DeadDesk, owner: str) -> None:
    """With its payload and its sender's headers, and nothing else of what the burial wrote."""
    subject = subjects.intake(owner, "job.changed")
    await bury_all(client, dead(subject, b'{"time": "2026-01-01T00:00:00Z"}'))
    (listed,) = await find(desk, owner)
    await desk.replay(letter=await desk.get(id=listed.id))
    message = await client.jetstream().get_last_msg(INTAKE, subject)
    assert message.data == b'{"time": "2026-01-01T00:00:00Z"}'
    assert {key for key in message.headers or {} if not key.startswith("Nats-")} == {"x-of"}
    assert await find(desk, owner) == []
    with pytest.raises(NotFound):
        await desk.get(id=listed.id)


async def test_a_crash_between_publishing_and_dropping_publishes_once(
    client: Client, desk: DeadDesk, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letter is still there, its replay again adds nothing to the intake; another payload is another fact."""

    class Crash(BaseException):
        pass

    async def crash(**_: object) -> None:
        raise Crash

    subject = subjects.intake(owner, "job.changed")
    await bury_all(client, dead(subject), dead(subject))
    second, first = [await desk.get(id=each.id) for each in await find(desk, owner)]
    with monkeypatch.context() as patched:
        patched.setattr(desk, "drop", crash)
        for letter, payload in ((first, None), (second, b"wrong")):
            with pytest.raises(Crash):
                await desk.replay(letter=letter, payload=payload)
    assert (await in_intake(client, subject), len(await find(desk, owner))) == (2, 2)
    await desk.replay(letter=first)
    assert await in_intake(client, subject) == 2
    await desk.replay(letter=second, payload=b"right")
    assert await in_intake(client, subject) == 3
    assert await find(desk, owner) == []


async def test_what_somebody_else_dropped_meanwhile_is_done(client: Client, desk: DeadDesk, owner: str) -> None:
    """Two operators at the same letter do no harm."""
    await bury_all(client, dead(subjects.intake(owner, "job.changed")))
    letter = await desk.get(id=(await find(desk, owner))[0].id)
    await desk.replay(letter=letter)
    await desk.replay(letter=letter)
    assert await in_intake(client, letter.subject) == 1


async def test_letters_that_come_while_all_are_replayed_wait(client: Client, desk: DeadDesk, owner: str) -> None:
    """What is buried again does not keep the desk going for ever; what is dropped meanwhile does not stop it."""
    subject = subjects.intake(owner, "job.changed")
    await bury_all(client, *(dead(subject, str(n).encode()) for n in range(40)))
    last = (await find(desk, owner))[0]
    seen: list[bytes | None] = []
    async for letter in desk.oldest_first(wanted=Wanted(owner=owner)):
        if not seen:
            await desk.drop(id=last.id)
        seen.append(letter.body)
        await desk.replay(letter=letter)
        await bury_all(client, dead(subject, letter.body or b""))
    assert seen == [str(n).encode() for n in range(39)]
    assert len(await find(desk, owner)) == 39


@pytest.mark.parametrize("family", [subjects.due, subjects.timer])
async def test_a_firing_is_never_published(client: Client, desk: DeadDesk, owner: str, family: object) -> None:
    """Only the scheduler writes into its stream (ADR 0001, rule 3): the letter stays, with a reason."""
    assert callable(family)
    await bury_all(client, dead(family(owner, "c1", "birthday"), service="notifier"))
    letter = await desk.get(id=(await find(desk, owner))[0].id)
    with pytest.raises(NotReplayable, match="planned again by the sweep"):
        await desk.replay(letter=letter)
    assert [each.id for each in await find(desk, owner)] == [letter.id]


async def test_a_payload_that_does_not_fit_is_told(client: Client, desk: DeadDesk, owner: str) -> None:
    """A mended payload larger than a message may be is refused, and the letter stays."""
    await bury_all(client, dead(subjects.intake(owner, "job.changed")))
    letter = await desk.get(id=(await find(desk, owner))[0].id)
    with pytest.raises(TooLarge):
        await desk.replay(letter=letter, payload=b"x" * (client.max_payload + 1))
    await desk.drop(id=letter.id)


async def test_what_is_not_there_is_not_found(client: Client, desk: DeadDesk, owner: str) -> None:
    """Neither what was dropped, nor what never was."""
    await bury_all(client, *(dead(subjects.intake(owner, "job.changed")) for _ in range(3)))
    middle = (await find(desk, owner))[1].id
    await desk.drop(id=middle)
    for id_ in (middle, "9" * 19, "0", "x"):
        with pytest.raises(NotFound, match="there is no dead letter"):
            await desk.drop(id=id_)
        with pytest.raises(NotFound, match="there is no dead letter"):
            await desk.get(id=id_)


async def test_a_letter_without_its_original_subject_is_seen(client: Client, desk: DeadDesk) -> None:
    """Whatever the stream counts, the desk shows and can drop."""
    js: JetStreamContext = client.jetstream()
    ack = await js.publish(f"{subjects.DEAD}.stranger", b"")
    (found,) = await desk.newest(wanted=Wanted(), limit=1)
    assert (found.id, found.service, found.subject) == (str(ack.seq), "stranger", "")
    assert (await desk.get(id=found.id)).body == b""
    await desk.drop(id=found.id)


async def test_letters_that_come_while_an_empty_desk_is_read_are_left_for_next_time(
    client: Client, desk: DeadDesk, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first letter of all, stored right after the stream was found empty, is no error."""
    bounds = desk._bounds

    async def bounds_of_what_was_empty() -> tuple[int, int]:
        _, end = await bounds()
        await bury_all(client, dead(subjects.intake(owner, "job.changed")))
        return end, end

    monkeypatch.setattr(desk, "_bounds", bounds_of_what_was_empty)
    assert [letter async for letter in desk.oldest_first(wanted=Wanted(owner=owner))] == []
    monkeypatch.undo()
    assert len(await find(desk, owner)) == 1
