"""From a snapshot to timers and an agenda, against a real broker."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.domain.memory import item_key
from shared import subjects
from shared.jetstream import Outgoing, subjects_in
from shared.messages.reminders import InboxChanged, ItemState, Reminder, ReminderKind
from shared.streams import AGENDA, DEAD, PEOPLE, SCHEDULER_PEOPLE, TIMERS
from tests.conftest import eventually
from tests.integration.scheduler.stage import Stage, running_scheduler
from tests.servers import Servers


def now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


def birthday(*, in_days: int, age: int = 40) -> str:
    """Return the date of birth of somebody whose birthday is some days from now, in UTC."""
    on = now().date() + timedelta(days=in_days)
    return on.replace(year=on.year - age).isoformat() if (on.month, on.day) != (2, 29) else f"--{on:%m-%d}"


async def test_a_snapshot_becomes_timers_and_an_agenda(live: Stage) -> None:
    """Each coming occasion has a timer at the owner's hour in their zone, and a line in the agenda."""
    await live.profile(timezone="Asia/Tokyo", deliver_at="08:30")
    await live.people(live.snapshot(birthday="1985-06-15", closeness="intimate", rev=4))

    async def is_planned() -> bool:
        agenda = await live.agenda()
        return agenda is not None and agenda.rev == 4 and bool(agenda.planned)

    await eventually(is_planned)
    assert await live.armed() == {"bo.birthday", "bo.birthday-ahead", "bo.stay_in_touch"}
    found = await live.schedule("birthday")
    assert found is not None
    # 08:30 in Tokyo is 23:30 UTC of the day before.
    assert found[0].endswith("-06-14T23:30:00Z")
    assert found[1].basis == "1985-06-15"
    agenda = await live.agenda()
    assert agenda is not None
    assert {line.key for line in agenda.planned} == {"birthday", "stay_in_touch"}


async def test_what_is_due_fires_once_and_is_armed_for_the_next_time(live: Stage) -> None:
    """A birthday of two days ago fires at once, one time, and next year's takes its place."""
    await live.profile(deliver_at="00:00")
    await live.people(live.snapshot(birthday=birthday(in_days=-2)))

    async def is_armed_for_next_year() -> bool:
        found = await live.schedule("birthday")
        return found is not None and found[1].due_at > now() and await live.fired("birthday") > 0

    await eventually(is_armed_for_next_year)
    # Each further plan has the chance to fire it again.
    for rev in (2, 3, 4):
        await live.people(live.snapshot(birthday=birthday(in_days=-2), rev=rev))

        async def is_planned(rev: int = rev) -> bool:
            agenda = await live.agenda()
            return agenda is not None and agenda.rev == rev

        await eventually(is_planned)
    assert await live.fired("birthday") == 1


async def test_a_tombstone_leaves_nothing(live: Stage) -> None:
    """Who is removed has no timer and an empty agenda."""
    await live.people(live.snapshot(birthday="1985-06-15"))
    await eventually(lambda: live.schedule("birthday"))
    await live.people(live.snapshot(rev=2, deleted=True))

    async def is_empty() -> bool:
        agenda = await live.agenda()
        return agenda is not None and agenda.rev == 2 and not agenda.planned and not await live.armed()

    await eventually(is_empty)


async def test_settings_that_come_late_plan_everybody_again(live: Stage) -> None:
    """People who came before their owner's settings, more than one chunk of them, all move to the owner's hour."""
    names = [f"c{n}" for n in range(1100)]
    await live.people(*(live.snapshot(name, birthday="1985-06-15") for name in names))

    async def are_planned() -> bool:
        return len(await live.agendas(names)) == len(names)

    await eventually(are_planned)
    await live.profile(timezone="Europe/Berlin", deliver_at="10:00")

    async def have_moved() -> bool:
        agendas = await live.agendas(names)
        return all(agenda.planned[0].due_at.hour == 8 for agenda in agendas.values())

    await eventually(have_moved)
    found = [await live.schedule("birthday", name) for name in (names[0], names[-1])]
    assert [item and item[0].endswith("-06-15T08:00:00Z") for item in found] == [True, True]


async def test_settings_noted_by_a_process_that_died_are_carried_on(servers: Servers, stage: Stage) -> None:
    """A change of settings whose message was acknowledged is finished by the sweep of the next process."""
    names = [f"c{n}" for n in range(20)]
    await stage.profile(deliver_at="09:00")
    async with running_scheduler(servers.nats_url):
        await stage.people(*(stage.snapshot(name, birthday="1985-06-15") for name in names))

        async def are_planned() -> bool:
            return len(await stage.agendas(names)) == len(names)

        await eventually(are_planned)
    await stage.profile(deliver_at="15:00", rev=2)
    puller = await stage.js.pull_subscribe_bind(SCHEDULER_PEOPLE.durable, PEOPLE)
    for message in await puller.fetch(100, timeout=2):
        await message.ack_sync()
    await puller.unsubscribe()
    async with running_scheduler(servers.nats_url):

        async def have_moved() -> bool:
            agendas = await stage.agendas(names)
            return all(agenda.planned[0].due_at.hour == 15 for agenda in agendas.values())

        await eventually(have_moved)


async def test_a_snooze_comes_back_and_is_forgotten(live: Stage) -> None:
    """A snoozed item fires at its instant as itself, over other plans, and not a second time."""
    item = f"bo:birthday:{now().date().isoformat()}"
    base = {"item": item, "owner": live.owner, "contact": "bo", "occasion": "birthday", "key": "birthday"}
    base |= {"on": now().date().isoformat()}
    until = now() + timedelta(seconds=2)
    await live.people(live.snapshot())
    await live.said(InboxChanged.model_validate(base | {"state": "snoozed", "at": now(), "snoozed_until": until}))

    async def snooze_keys() -> list[str]:
        return [name.partition(".")[2] for name in await live.armed() if ".snooze-" in name]

    await eventually(snooze_keys)
    (key,) = await snooze_keys()
    found = await live.schedule(key)
    assert found is not None
    assert (found[1].id, found[1].kind) == (item, ReminderKind.SNOOZE)
    await live.people(live.snapshot(rev=2, notes="likes tea"))

    async def is_over() -> bool:
        agenda = await live.agenda()
        fired = await live.fired(key)
        return fired == 1 and agenda is not None and agenda.rev == 2 and not any(s.until for s in agenda.snoozes)

    await eventually(is_over)
    assert now() >= until
    assert await snooze_keys() == []


async def test_a_greeting_that_waits_fires_when_it_is_to_be_sent(live: Stage) -> None:
    """Its timer fires once, at its instant, as the order to send; taken back before, none is armed any more."""
    base = {"owner": live.owner, "contact": "bo", "occasion": "birthday", "key": "birthday", "on": now().date().isoformat()}
    one, other = (f"{contact}:birthday:{now().date().isoformat()}" for contact in ("bo", "old"))
    send_at = now() + timedelta(seconds=2)
    await live.people(live.snapshot())
    for item in (one, other):
        await live.said(InboxChanged.model_validate(base | {"item": item, "state": "scheduled", "at": now(), "send_at": send_at}))
    await live.said(InboxChanged.model_validate(base | {"item": other, "state": "unread", "at": now() + timedelta(seconds=1)}))
    key = item_key(one, kind=ReminderKind.SEND)

    async def has_fired() -> bool:
        return await live.fired(key) == 1

    await eventually(has_fired)
    assert now() >= send_at
    assert await live.fired(item_key(other, kind=ReminderKind.SEND)) == 0
    assert [name for name in await live.armed() if ".send-" in name] == []
    message = await live.js.get_last_msg(TIMERS, subjects.due(live.owner, "bo", key))
    fired = Reminder.model_validate_json(message.data or b"")
    assert (fired.id, fired.kind) == (one, ReminderKind.SEND)


async def test_sending_a_snoozed_item_cancels_its_return(live: Stage) -> None:
    """Any other word on the item takes the snooze back, however late an older one arrives."""
    base = {"item": "bo:birthday:2026-11-20", "owner": live.owner, "contact": "bo", "occasion": "birthday"}
    base |= {"key": "birthday", "on": "2026-11-20"}
    snoozed = InboxChanged.model_validate(base | {"state": "snoozed", "at": now(), "snoozed_until": now() + timedelta(days=1)})
    await live.people(live.snapshot())
    await live.said(snoozed)
    await eventually(live.armed)
    await live.said(InboxChanged.model_validate(base | {"state": ItemState.SENT, "at": now()}))

    async def is_cancelled() -> bool:
        return not await live.armed()

    await eventually(is_cancelled)
    agenda = await live.agenda()
    await live.said(snoozed)
    await live.people(live.snapshot(rev=2))

    async def is_planned() -> bool:
        found = await live.agenda()
        return found is not None and agenda is not None and found.rev == 2

    await eventually(is_planned)
    assert await live.armed() == set()


@pytest.mark.parametrize("body", [b"not json", b'{"owner": "someone-else", "id": "bo", "rev": 1}', b'{"rev": "x"}'])
async def test_poison_is_buried_and_blocks_nobody(live: Stage, body: bytes) -> None:
    """A snapshot that cannot be read, or is of somebody else, goes to the dead letters; its neighbours are planned."""
    poisoned = subjects.person(live.owner, "poison")
    await live.publish(PEOPLE, Outgoing(poisoned, body))
    await live.people(live.snapshot(birthday="1985-06-15"))
    await eventually(lambda: live.schedule("birthday"))

    async def is_buried() -> bool:
        subject = subjects.dead("scheduler", poisoned)
        return subject in await subjects_in(live.client, stream=DEAD, filter_subject=subject)

    await eventually(is_buried)


async def test_an_agenda_that_cannot_be_read_is_written_anew(live: Stage) -> None:
    """The scheduler's own memory, spoilt, costs the memory and not the contact."""
    await live.people(live.snapshot(birthday="1985-06-15"))
    await eventually(live.agenda)
    await live.publish(AGENDA, Outgoing(subjects.agenda(live.owner, "bo"), b"{"))
    await live.people(live.snapshot(birthday="1985-06-16", rev=2))

    async def is_armed() -> bool:
        found = await live.schedule("birthday")
        return found is not None and found[1].basis == "1985-06-16"

    await eventually(is_armed)
    assert (await live.counters())["skipped.unreadable_agenda"] >= 1


async def test_the_program_runs_and_ends_when_asked(servers: Servers, stage: Stage) -> None:
    """`python -m services.scheduler` takes its settings from the environment, works, and exits cleanly on SIGTERM."""
    environment = os.environ | {"HOBNOB_NATS_URL": servers.nats_url, "HOBNOB_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "services.scheduler"]
    with subprocess.Popen(command, env=environment) as process:  # noqa: ASYNC220  # as a supervisor starts it
        try:
            await stage.people(stage.snapshot(birthday="1985-06-15"))
            await eventually(lambda: stage.schedule("birthday"))
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
