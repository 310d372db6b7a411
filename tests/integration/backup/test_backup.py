"""Backup and restore with everything at work: nothing acknowledged is lost, nothing is doubled, nothing leaves again."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.backup import save
from cli.errors import CommandFailed
from cli.rebuilding import rebuild_all
from cli.restore import is_empty, put_back
from cli.saving import stores
from cli.saving.archive import verify
from services.contacts.use_cases.backup import CONTENTS
from services.notifier.wiring.backup import contents
from shared.backup.packing import pack
from shared.clock import system_clock
from shared.errors import Conflict, NotFound, PermanentError
from shared.jetstream import Outgoing, publish_one, subjects_in
from shared.messages.backup import ReadStore, StorePage, WriteStore
from shared.messages.cloudevents import CloudEvent, new_event
from shared.messages.facts import FactName
from shared.messages.reminders import ItemState
from shared.messages.rpc import ItemReply, Ok, SendItem
from shared.schema import COLLECTION
from shared.streams import DEAD, INTAKE, TIMERS
from tests.conftest import eventually
from tests.integration.backup.conftest import OWNER, Stack, a_stack
from tests.integration.notifier.smtp_servers import faulty_server
from tests.servers import Servers

PEOPLE = 30
SENT = 3
ON_ITS_WAY = 2


def person(number: int) -> CloudEvent:
    """Return a fact about somebody; every third has a birthday today, the others in two weeks."""
    on = datetime.now(UTC) + (timedelta() if number % 3 == 0 else timedelta(days=14))
    data = {"name": f"Person {number} Example", "emails": [f"p{number}@example.com"], "birthday": f"1990-{on:%m-%d}"}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return new_event(name=FactName.CONTACT_UPSERTED, source="test/backup", id=f"person-{number}", data=data, time=at)


async def armed(stack: Stack) -> set[str]:
    """Return the timers of birthdays, which name contact and occasion."""
    return await subjects_in(stack.hobnob.client, stream=TIMERS, filter_subject=f"hobnob.timer.{OWNER}.*.birthday")


async def send(stack: Stack, item: str) -> None:
    """Have a greeting sent."""
    await stack.hobnob.ask("notifier", "inbox.send", SendItem(owner=OWNER, item=item), ItemReply)


async def restore(stack: Stack, file: Path) -> None:
    """Put a backup back, as the command does once it was told to."""
    manifest, end = verify(file)
    await put_back(stack.hobnob, file, manifest, end, on_progress=lambda _done, _total: None)
    await rebuild_all(stack.hobnob, tell=lambda _: None)


@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_doubled(servers: Servers, tmp_path: Path) -> None:
    """
    What was acknowledged before the backup is there after it, once; what was sent stays sent, what was about to leave waits.

    Facts are stated while the backup is made, and stated again after it was put back.
    """
    file = tmp_path / "hobnob.backup"
    facts = [person(number) for number in range(PEOPLE)]
    async with faulty_server() as server:
        url = f"smtp://127.0.0.1:{server.port}?starttls=off&timeout=5"
        async with a_stack(tmp_path / "old", servers, smtp_url=url) as old:
            await old.emit(facts)
            await old.until_people(PEOPLE)
            await old.until_items(PEOPLE // 3, state=ItemState.UNREAD)
            items = list(await old.items())
            for item in items[:SENT]:
                await send(old, item)
            await old.until_items(SENT, state=ItemState.SENT)
            server.answers["mail"] = "450 later"  # from here on what is to leave stays on its way
            for item in items[SENT : SENT + ON_ITS_WAY]:
                await send(old, item)
            dead = Outgoing(f"hobnob.intake.{OWNER}.job.changed", b"not a fact")
            await publish_one(old.hobnob.js, dead, stream=INTAKE)
            await eventually(lambda: dead_letters(old))

            said: list[CloudEvent] = []
            enough_said = asyncio.Event()
            talking = asyncio.create_task(talk(old, said, enough_said))
            await eventually(lambda: enough(said), within_s=60)
            acknowledged = list(said)
            saved = await save(old.hobnob, file)
            enough_said.set()
            await talking
            await old.until_people(PEOPLE + len(said))
            born_today = sum(event.data["birthday"] == facts[0].data["birthday"] for event in (*facts, *said))
            await old.until_items(born_today)
            # Those that fired are armed again for next year, a moment after their items are there.
            await eventually(lambda: are_armed(old, PEOPLE + len(said)), within_s=60)
            timers, before = await armed(old), await old.items()
        mails = len(server.bodies)
        server.answers.clear()
        assert saved.documents["contacts.contacts"] >= PEOPLE
        assert saved.messages[DEAD] == 1

        async with a_stack(tmp_path / "new", servers, smtp_url=url) as new:
            assert is_empty({service: await stores.describe(new.hobnob, service) for service in stores.SERVICES})
            await restore(new, file)
            there = {snapshot.name for snapshot in await new.people()}
            assert {event.data["name"] for event in (*facts, *acknowledged)} <= there

            states = Counter(item.state for item in (await new.items()).values())
            assert (states[ItemState.SENT], states[ItemState.UNCONFIRMED]) == (SENT, ON_ITS_WAY)
            assert states[ItemState.SCHEDULED] == states[ItemState.SENDING] == 0
            assert await dead_letters(new) == 1

            await new.emit([*facts, *said])
            await new.until_people(PEOPLE + len(said))
            names = Counter(snapshot.name for snapshot in await new.people())
            assert set(names.values()) == {1}
            await new.until_items(born_today)
            await eventually(lambda: are_armed(new, len(timers)), within_s=60)
            assert await armed(new) == timers
            assert set(await new.items()) == set(before)
            assert len(server.bodies) == mails == SENT
            assert not is_empty({service: await stores.describe(new.hobnob, service) for service in stores.SERVICES})


async def test_every_collection_is_decided_on(stack: Stack) -> None:
    """Each collection that the services have is kept, made anew or left by a backup, and none in two ways."""
    await stack.emit([person(0)])
    await stack.until_items(1)
    of_notifier = contents(clock=system_clock)
    for database, each in ((stack.contacts, CONTENTS), (stack.notifier, of_notifier)):
        named = [*each.kept, *each.made_anew, *each.left]
        assert len(named) == len(set(named))
        assert set(await database.list_collection_names()) <= {*named, COLLECTION}


async def test_half_a_restore_is_known_and_refused(stack: Stack, tmp_path: Path) -> None:
    """Until a restore has ended the database says so, and is backed up by nobody; nothing is written without one."""
    write = WriteStore(collection="owners", documents=pack([]))
    with pytest.raises(Conflict, match="no restore is under way"):
        await stack.hobnob.ask("contacts", "backup.write", write, Ok)
    with pytest.raises(NotFound):
        await stack.hobnob.ask("contacts", "backup.read", ReadStore(collection="schema"), StorePage)
    await stores.clear(stack.hobnob, "contacts")
    assert (await stores.describe(stack.hobnob, "contacts")).is_unfinished
    with pytest.raises(CommandFailed, match="did not finish"):
        await save(stack.hobnob, tmp_path / "b")
    with pytest.raises(PermanentError, match="newer Hobnob"):
        await stores.finish(stack.hobnob, "contacts", schema_version=99)
    await stores.finish(stack.hobnob, "contacts", schema_version=1)
    assert not (await stores.describe(stack.hobnob, "contacts")).is_unfinished


async def talk(stack: Stack, said: list[CloudEvent], is_over: asyncio.Event) -> None:
    """State one fact after the other until *is_over*; those that were acknowledged are in *said*."""
    number = 1000
    while not is_over.is_set():
        event = person(number)
        await stack.emit([event])
        said.append(event)
        number += 1
        await asyncio.sleep(0.05)


async def enough(said: list[CloudEvent]) -> bool:
    """Whether some facts were stated."""
    return len(said) >= 3


async def are_armed(stack: Stack, count: int) -> bool:
    """Whether so many birthdays are armed."""
    return len(await armed(stack)) == count


async def dead_letters(stack: Stack) -> int:
    """Return how many dead letters there are."""
    return (await stack.hobnob.js.stream_info(DEAD)).state.messages
