"""Telling the owner, through a real notifier, a real broker and services on this machine that behave in every way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from shared import subjects
from shared.errors import Conflict, HobnobError, NotFound, PermanentError, TransientError
from shared.jetstream import Outgoing, publish_one
from shared.messages.reminders import ItemState
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import (
    DIGEST_KEY,
    AddChannel,
    AskDigest,
    ChannelAction,
    ChannelInfo,
    ChannelList,
    ChannelReply,
    ChannelState,
    Diagnose,
    Diagnosis,
    DigestReply,
    ListChannels,
    OwnerTimer,
    Telling,
)
from shared.messages.values import Closeness
from shared.streams import DEAD, TIMERS
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, running
from tests.integration.notifier.test_apprise import HANG, SECRET, Service, a_service, an_answer
from tests.servers import free_port


@pytest.fixture
async def told(world: World) -> AsyncIterator[World]:
    """The world with a notifier that can keep channels, and no digest near."""
    key = SecretStr(Fernet.generate_key().decode())
    world.settings = world.settings.model_copy(update={"secrets_key": key, "digest_settle_s": 0.0})
    async with running(world.settings, world.client):
        yield world


def at_noon() -> str:
    """Return a zone in which it is about noon now, so that no test depends on the hour at which it runs."""
    offset = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-offset:+d}"


def a_profile(world: World, **changes: Any) -> OwnerProfile:
    """Return an owner who is never quiet, and whose digest is far away."""
    telling = Telling(**({"digest_at": time(23, 0), "quiet_from": time(0), "quiet_until": time(0)} | changes))
    return OwnerProfile(owner=world.owner, rev=1, name="Sam Sample", email="sam@example.com", timezone=at_noon(), telling=telling)


def just_now() -> time:
    """Return the owner's time of a moment ago."""
    return (datetime.now(ZoneInfo(at_noon())) - timedelta(seconds=1)).time()


async def add(world: World, url: str, **options: Any) -> ChannelInfo:
    """Add a channel."""
    request = AddChannel(owner=world.owner, url=url, **options)
    reply: ChannelReply = await world.ask("channel.add", request, ChannelReply)
    return reply.channel


async def channel(world: World, name: str = "json") -> ChannelInfo:
    """Return how a channel is."""
    reply: ChannelList = await world.ask("channel.list", ListChannels(owner=world.owner), ChannelList)
    return next(each for each in reply.channels if each.name == name)


async def until_told(service: Service, count: int = 1, *, within_s: float = 20) -> list[dict[str, Any]]:
    """Wait until a service was told something, and return what."""

    async def is_told() -> bool:
        return len(service.requests) >= count

    await eventually(is_told, within_s=within_s)
    return [body for _, body in service.requests]


async def a_close_birthday(world: World, who: str = "anna", **changes: Any) -> str:
    """Let the birthday of somebody close fire."""
    snapshot = world.snapshot(who, closeness=Closeness.INTIMATE, **changes)
    await world.publish(snapshot)
    await world.until_known(snapshot)
    reminder = world.reminder(who)
    await world.publish(reminder)
    await world.until_state(reminder.id, ItemState.UNREAD)
    return reminder.id


async def fire_digest(world: World) -> None:
    """Let the owner's digest timer fire."""
    timer = OwnerTimer(owner=world.owner, key=DIGEST_KEY, schedule="0 0 9 * * *", timezone="UTC")
    subject = subjects.due(world.owner, subjects.OWNER_LEVEL, DIGEST_KEY)
    await publish_one(world.js, Outgoing(subject, timer.model_dump_json().encode()), stream=TIMERS)


async def test_channels(told: World) -> None:
    """A channel is checked and sealed when it is added, shown without its secrets, kept in order, and forgotten."""
    await told.publish(a_profile(told))
    async with a_service() as service:
        added = await add(told, service.url(), name="phone")
        assert (added.shown, added.order, added.state) == ("JSON (127.0.0.1)", 10, ChannelState.NEW)
        second = await add(told, service.url(), order=5)
        assert second.name == "json"
        listed: ChannelList = await told.ask("channel.list", ListChannels(owner=told.owner), ChannelList)
        assert [each.name for each in listed.channels] == ["json", "phone"]
        assert SECRET not in listed.model_dump_json()
        kept = await told.database["channels"].find_one({"name": "phone"})
        assert SECRET not in str(kept)
        assert "127.0.0.1:" not in str(kept)
        with pytest.raises(Conflict, match="phone"):
            await add(told, service.url(), name="phone")
        tested: ChannelReply = await told.ask("channel.test", ChannelAction(owner=told.owner, name="phone"), ChannelReply)
        assert tested.channel.state is ChannelState.OK
        [body] = await until_told(service)
        assert "phone" in body["message"]
        await told.ask("channel.remove", ChannelAction(owner=told.owner, name="phone"), ChannelReply)
        with pytest.raises(NotFound):
            await told.ask("channel.test", ChannelAction(owner=told.owner, name="phone"), ChannelReply)
    for url, reason in (
        ("syslog://x", "not allowed"),
        ("nonsense", "URL"),
        ("email", "HOBNOB_SMTP_URL"),
        ("env:PATH", "HOBNOB_CHANNEL"),
    ):
        with pytest.raises((PermanentError, HobnobError), match=reason):
            await add(told, url)
    with pytest.raises(NotFound):
        await told.ask("channel.add", AddChannel(owner="nobody", url="email"), ChannelReply)


async def test_a_reminder_that_goes_at_once(told: World) -> None:
    """The birthday of somebody close is told within seconds, once, with its draft and how to act; others wait."""
    await told.publish(a_profile(told))
    async with a_service() as service:
        await add(told, service.url())
        item = await a_close_birthday(told, name="Anna {{7*7}} <b>x</b>\r\nBcc: eve@example.org", given_name="{{ ().__class__ }}")
        await told.an_item("bo")
        [body] = await until_told(service)
        assert body["title"] == "Anna {{7*7}} <b>x</b> Bcc: eve@example.org: 30th birthday, today"
        assert f"hobnob inbox send {item} --owner {told.owner}" in body["message"]
        # Ids are random hex digits, among which there may be a 49.
        assert "49" not in (body["title"] + body["message"]).replace(item, "").replace(told.owner, "")
        assert "class 'tuple'" not in body["message"]
        await told.until_counted("told.delivered")
        assert (await channel(told)).state is ChannelState.OK
        assert len(service.requests) == 1


async def test_a_new_channel_tells_no_old_news(told: World) -> None:
    """Whoever adds a channel is told of what comes from then on, not of everything that waits."""
    await told.publish(a_profile(told))
    await a_close_birthday(told, "bo", name="Bo Example")
    async with a_service() as service:
        await add(told, service.url())
        await a_close_birthday(told)
        [body] = await until_told(service)
        assert body["title"] == "Anna Example: 30th birthday, today"
        await told.until_counted("told.delivered")
        assert len(service.requests) == 1


async def test_many_at_once_are_one_message(told: World) -> None:
    """A burst is one message with a count, whatever its size."""
    await told.publish(a_profile(told))
    async with a_service() as service:
        await add(told, service.url())
        await told.publish(*(told.snapshot(f"c{n}", closeness=Closeness.WELL, name=f"Cy Example {n}") for n in range(30)))
        await told.publish_burst([told.reminder(f"c{n}") for n in range(30)])
        [body] = await until_told(service)
        assert body["title"] == "30 new reminders"
        assert "And 20 more." in body["message"]
        await told.until_counted("told.delivered")
        assert len(service.requests) == 1


async def test_what_was_acted_upon_is_not_told(told: World) -> None:
    """A reminder that the owner dismissed before its message left is not told."""
    await told.publish(a_profile(told))
    async with a_service() as service:
        await add(told, service.url())
        item = await a_close_birthday(told)
        await told.database["inbox"].update_one({"_id": item}, {"$set": {"state": "dismissed"}})
        other = await a_close_birthday(told, "bo", name="Bo Example")
        [body] = await until_told(service)
        assert other in body["message"]
        assert item not in body["message"]


async def test_a_failing_channel_falls_through(told: World) -> None:
    """One that answers 429 is noted, left alone as long as it asks, and the next one tells; one that refuses is like that too."""
    await told.publish(a_profile(told))
    async with a_service(an_answer("429 Too Many Requests", "Retry-After: 7200")) as busy, a_service() as service:
        await add(told, busy.url(), name="busy", order=1)
        await add(told, f"json://127.0.0.1:{free_port()}/x", name="gone", order=2)
        await add(told, service.url(), name="works", order=3)
        await a_close_birthday(told)
        await until_told(service)
        await told.until_counted("told.delivered")
        failing = await channel(told, "busy")
        assert failing.state is ChannelState.FAILING
        assert failing.failures == 1
        assert failing.last_error is not None
        assert "429" in failing.last_error
        assert failing.next_try_at is not None
        assert failing.failing_since is not None
        assert failing.next_try_at - failing.failing_since >= timedelta(hours=2)
        assert (await channel(told, "gone")).state is ChannelState.FAILING
        delivery = await told.database["deliveries"].find_one({"owner": told.owner})
        assert delivery is not None
        assert [each["channel"] for each in delivery["tries"]] == ["busy", "gone"]
        assert delivery["channel"] == "works"
        await a_close_birthday(told, "bo")
        await until_told(service, 2)
        assert len(busy.requests) == 1, "it is left alone"
        diagnosis: Diagnosis = await told.ask("diagnose", Diagnose(), Diagnosis)
        assert {each.name for each in diagnosis.failing if each.owner == told.owner} == {"busy", "gone"}


async def test_a_hanging_channel_delays_nobody_else(told: World) -> None:
    """While one owner's channel hangs, the inbox is as always, another owner is told at once, and the attempt is recorded."""
    await told.publish(a_profile(told))
    other = World(client=told.client, js=told.js, database=told.database, settings=told.settings)
    await told.publish(a_profile(other))
    async with a_service(HANG) as hanging, a_service() as service:
        await add(told, hanging.url(options="rto=60"))
        await add(other, service.url())
        item = await a_close_birthday(told)
        await until_told(hanging)
        await a_close_birthday(other)
        await until_told(service, within_s=12)
        assert [each.id for each in await told.inbox()] == [item]

        async def is_recorded() -> bool:
            delivery = await told.database["deliveries"].find_one({"owner": told.owner, "attempts": 1})
            return delivery is not None and "20 s" in delivery["tries"][0]["error"] and delivery["state"] == "pending"

        await eventually(is_recorded, within_s=30)
        assert (await channel(told)).state is ChannelState.FAILING


async def test_the_digest_of_a_date_is_told_once(told: World) -> None:
    """A firing at the owner's hour brings one digest, the most important first; another firing brings none."""
    await told.publish(a_profile(told, digest_at=just_now(), heartbeat_on="never"))
    async with a_service() as service:
        await add(told, service.url())
        await told.an_item("bo", milestone=None)
        await a_close_birthday(told)
        await fire_digest(told)
        [body] = await until_told(service)
        assert body["title"] == "2 reminders: Anna Example"
        lines = [line for line in body["message"].splitlines() if line.startswith("•")]
        assert lines[0] == "• Anna Example: 30th birthday, today"
        assert len(lines) == 2
        await fire_digest(told)
        await told.until_counted("digest.skipped.repeated")
        assert len(service.requests) == 1


async def test_nothing_to_say_is_no_digest_but_the_heartbeat_is(told: World) -> None:
    """A day without news is silent; on the day of the heartbeat the digest says what was watched."""
    await told.publish(a_profile(told, digest_at=just_now(), heartbeat_on="never"))
    other = World(client=told.client, js=told.js, database=told.database, settings=told.settings)
    today = f"{datetime.now(ZoneInfo(at_noon())):%A}".lower()
    await told.publish(a_profile(other, digest_at=just_now(), heartbeat_on=today))
    async with a_service() as silent, a_service() as service:
        await add(told, silent.url())
        await add(other, service.url())
        await fire_digest(told)
        await told.until_counted("told.nothing")
        await fire_digest(other)
        [body] = await until_told(service)
        assert body["title"] == "Nothing was missed this week"
        assert "0 people, 0 dates" in body["message"]
        assert silent.requests == []


async def test_firings_that_bring_no_digest(told: World) -> None:
    """Too early, without a channel, of an owner who is nobody: each is counted by its name, and none is a dead letter."""
    await told.publish(a_profile(told))
    await fire_digest(told)
    await told.until_counted("digest.skipped.too_early")
    other = World(client=told.client, js=told.js, database=told.database, settings=told.settings)
    await told.publish(a_profile(other, digest_at=just_now()))
    await fire_digest(other)
    await told.until_counted("digest.skipped.no_channel")
    nobody = World(client=told.client, js=told.js, database=told.database, settings=told.settings)
    await fire_digest(nobody)
    await told.until_counted("digest.skipped.no_owner")
    for world in (told, other, nobody):
        dead = subjects.dead("notifier", subjects.due(world.owner, subjects.OWNER_LEVEL, DIGEST_KEY))
        info = await told.js.stream_info(DEAD, subjects_filter=dead)
        assert not (info.state.subjects)
        assert not ({})


async def test_a_digest_on_demand(told: World) -> None:
    """A preview is the digest as it would be told; sending needs a channel, and says which one took it."""
    await told.publish(a_profile(told))
    await a_close_birthday(told)
    preview: DigestReply = await told.ask("digest.preview", AskDigest(owner=told.owner, heartbeat=True), DigestReply)
    assert (preview.reminders, preview.channel) == (1, None)
    assert "What was watched" in preview.text
    assert "1 reminder came" in preview.text
    with pytest.raises(Conflict, match="channel add"):
        await told.ask("digest.send", AskDigest(owner=told.owner), DigestReply)
    async with a_service() as service, a_service(an_answer("500 Oh no")) as broken:
        await add(told, broken.url(), name="broken")
        with pytest.raises(TransientError, match="broken"):
            await told.ask("digest.send", AskDigest(owner=told.owner), DigestReply)
        await add(told, service.url(), name="works")
        sent: DigestReply = await told.ask("digest.send", AskDigest(owner=told.owner), DigestReply)
        assert sent.channel == "works"
        [body] = [body for _, body in service.requests if "1 reminder:" in body["title"]]
        assert body["message"].strip() == sent.text.strip()
    with pytest.raises(NotFound):
        await told.ask("digest.preview", AskDigest(owner="nobody"), DigestReply)


async def test_a_restart_tells_nothing_twice(world: World) -> None:
    """What was told before a restart is not told after it, and what came while nobody was there is told then."""
    key = SecretStr(Fernet.generate_key().decode())
    world.settings = world.settings.model_copy(update={"secrets_key": key})
    async with a_service() as service:
        async with running(world.settings, world.client):
            await world.publish(a_profile(world))
            await add(world, service.url())
            await a_close_birthday(world)
            await until_told(service)
            await world.until_counted("told.delivered")
        snapshot = world.snapshot("bo", closeness=Closeness.INTIMATE, name="Bo Example")
        await world.publish(snapshot, world.reminder("bo"))
        async with running(world.settings, world.client):
            bodies = await until_told(service, 2)
            assert "Bo Example" in bodies[1]["title"]
            await asyncio.sleep(1.5)  # a turn of the teller, in which nothing else shall come
            assert len(service.requests) == 2


async def test_a_channel_that_hangs_while_it_is_tried_delays_nobody_else(told: World) -> None:
    """While one owner tries a channel that hangs, another one's is tried and answered."""
    await told.publish(a_profile(told))
    other = World(client=told.client, js=told.js, database=told.database, settings=told.settings)
    await told.publish(a_profile(other))
    async with a_service(HANG) as hanging, a_service() as service:
        await add(told, hanging.url(options="rto=60"))
        await add(other, service.url())
        trying = asyncio.create_task(told.ask("channel.test", ChannelAction(owner=told.owner, name="json"), ChannelReply))
        await until_told(hanging)
        reply: ChannelReply = await other.ask("channel.test", ChannelAction(owner=other.owner, name="json"), ChannelReply)
        assert reply.channel.state is ChannelState.OK
        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)


async def wait_pending(world: World, what: str, *, due_at: datetime, **changes: Any) -> None:
    """Have a message wait to be told, as one does whose channels failed for a while."""
    kind = what.partition(":")[0]
    document = {
        "_id": f"{world.owner}|{what}",
        "owner": world.owner,
        "what": what,
        "kind": kind,
        "due_at": due_at,
        "next_at": due_at,
        "items": [],
        "on": None,
        "state": "pending",
        "attempts": 3,
        "tries": [],
    }
    await world.database["deliveries"].insert_one(document | changes)


async def test_what_failed_before_the_quiet_hours_waits_for_their_end(told: World) -> None:
    """A message that no channel took in the evening is not pushed in the night, when one works again."""
    local = datetime.now(ZoneInfo(at_noon()))
    quiet_from, quiet_until = (local - timedelta(hours=1)).time(), (local + timedelta(hours=1)).time()
    await told.publish(a_profile(told, quiet_from=quiet_from, quiet_until=quiet_until, at_once=()))
    async with a_service() as service:
        await add(told, service.url())
        item = await a_close_birthday(told)
        due_at = datetime.now(UTC) - timedelta(hours=2)
        await wait_pending(told, "items:evening", due_at=due_at, items=[item])

        async def is_put_off() -> bool:
            found = await told.database["deliveries"].find_one({"what": "items:evening"})
            assert found is not None
            assert found["state"] == "pending"
            return bool(found["next_at"] > datetime.now(UTC) + timedelta(minutes=50))

        await eventually(is_put_off)
        assert service.requests == []


async def test_what_a_digest_told_is_not_told_again(told: World) -> None:
    """A message that waited while a digest overtook it tells only of what came since."""
    await told.publish(a_profile(told, at_once=()))
    async with a_service() as service:
        await add(told, service.url())
        old, new = await a_close_birthday(told), await a_close_birthday(told, "bo", name="Bo Example")
        now = datetime.now(UTC)
        await told.database["inbox"].update_one({"_id": old}, {"$set": {"surfaced_at": now - timedelta(hours=2)}})
        digest = {"kind": "digest", "state": "delivered", "settled_at": now, "told_until": now - timedelta(hours=1)}
        await wait_pending(told, "digest:2026-01-01", due_at=now, **digest)
        await wait_pending(told, "items:morning", due_at=now, items=[old, new])
        [body] = await until_told(service)
        assert body["title"] == "Bo Example: 30th birthday, today"


async def test_a_weekly_digest_tells_of_the_whole_week(told: World) -> None:
    """What came right after the last digest is in the next one, also when that comes an hour and a week later."""
    await told.publish(a_profile(told, digest_at=just_now(), heartbeat_on="never", at_once=()))
    async with a_service() as service:
        await add(told, service.url())
        item = await a_close_birthday(told)
        last = datetime.now(UTC) - timedelta(days=7, hours=1)
        await told.database["inbox"].update_one({"_id": item}, {"$set": {"surfaced_at": last + timedelta(minutes=30)}})
        digest = {"kind": "digest", "state": "delivered", "settled_at": last, "told_until": last}
        await wait_pending(told, "digest:2026-01-01", due_at=last, **digest)
        await fire_digest(told)
        [body] = await until_told(service)
        assert item in body["message"]


async def test_what_came_while_a_digest_was_written_is_in_the_next(told: World) -> None:
    """A batch bears the time at which it began to be written: a digest vouches only for what was there some seconds before."""
    await told.publish(a_profile(told, digest_at=just_now(), heartbeat_on="never"))
    async with a_service() as service:
        await add(told, service.url())
        await a_close_birthday(told)
        fired_at = datetime.now(UTC)
        await fire_digest(told)
        await until_told(service)
        await told.until_counted("told.delivered")
        digest = await told.database["deliveries"].find_one({"owner": told.owner, "kind": "digest", "state": "delivered"})
        assert digest is not None
        assert digest["told_until"] < fired_at
