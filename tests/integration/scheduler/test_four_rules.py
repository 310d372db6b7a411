"""The four rules that make a broker's timer safe (ADR 0001). Each test fails when its rule is taken out."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen

from deploy.local.binaries import find_nats_server
from shared import subjects
from shared.jetstream import Outgoing
from shared.messages.reminders import Reminder
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import format_instant
from shared.streams import AGENDA, TIMERS
from tests.conftest import eventually
from tests.integration.scheduler.stage import Stage, running_scheduler, stage_on
from tests.servers import Servers, child, free_port

CROWD = 5000
OTHERS = 40_000
"""Timers due at the same instant: they keep the server firing for about a second, so that edits do fall into it."""


def now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


async def test_rule_1_a_stale_firing_does_no_lasting_harm(live: Stage) -> None:
    """A timer that fires with an outdated ground is counted, not remembered, and the right one stays armed."""
    await live.people(live.snapshot(birthday="1985-06-15"))
    await eventually(lambda: live.schedule("birthday"))
    found = await live.schedule("birthday")
    assert found is not None
    right, reminder = found
    before = (await live.counters()).get("skipped.stale", 0)
    await live.arm(reminder.model_copy(update={"basis": "1984-06-15"}), key="birthday", at=now())

    async def is_armed_again() -> bool:
        again = await live.schedule("birthday")
        return await live.fired("birthday") == 1 and again is not None and again == found

    await eventually(is_armed_again)
    assert right == found[0]
    agenda = await live.agenda()
    assert agenda is not None
    assert agenda.fired == ()
    assert (await live.counters()).get("skipped.stale", 0) == before + 1


async def test_rule_1_the_silenced_stay_silent(live: Stage) -> None:
    """A timer that fires for somebody who died meanwhile is counted by that name and arms nothing."""
    await live.people(live.snapshot(deceased=True))
    await eventually(live.agenda)
    ghost = Reminder(
        id="bo:birthday:2026-11-24",
        owner=live.owner,
        contact="bo",
        occasion="birthday",
        key="birthday",
        on=now().date(),
        due_at=now(),
        basis="1985-11-24",
    )
    before = (await live.counters())["fired"]
    await live.arm(ghost, key="birthday", at=now())

    async def is_handled() -> bool:
        return (await live.counters())["fired"] > before

    await eventually(is_handled)
    agenda = await live.agenda()
    assert agenda is not None
    assert agenda.fired == ()
    assert await live.armed() == set()


async def test_rule_2_edits_in_the_second_of_the_firing_lose_nothing(live: Stage) -> None:
    """5,000 people edited while their reminders fire are all armed for what their snapshots say afterwards."""
    names = [f"c{n}" for n in range(CROWD)]
    soon, later = now() + timedelta(seconds=20), now() + timedelta(days=30)

    def crowd(*, rev: int, accepted_at: datetime) -> list[ContactSnapshot]:
        values = {"rev": rev, "connection_accepted_at": accepted_at, "connection_deliver_now": True}
        return [live.snapshot(name, **values) for name in names]

    await live.people(*crowd(rev=1, accepted_at=soon))

    async def are_armed() -> bool:
        return len(await live.armed()) == CROWD

    await eventually(are_armed, within_s=14)
    await fire_others(live, at=soon)
    edited = crowd(rev=2, accepted_at=later)
    left_s = (soon - now()).total_seconds() - 0.4
    assert left_s > 0, "this machine is too slow to be there in time"
    await asyncio.sleep(left_s)  # the test is about this very second
    await live.people(*edited)

    async def are_planned() -> bool:
        agendas = await live.agendas(names)
        return all(agenda.rev == 2 for agenda in agendas.values())

    async def are_all_armed() -> bool:
        return await live.armed() == {f"{name}.new_connection" for name in names}

    await eventually(are_planned, within_s=60)
    await eventually(are_all_armed, within_s=60)
    for start in range(0, CROWD, 200):
        found = await asyncio.gather(*(live.schedule("new_connection", name) for name in names[start : start + 200]))
        assert {item and item[1].due_at for item in found} == {later}
    fired = [await live.fired("new_connection", name) for name in names[:: CROWD // 50]]
    assert max(fired) <= 1


async def fire_others(stage: Stage, *, at: datetime) -> None:
    """Arm timers of nobody in particular, which fire into nothing and are gone a second later."""
    headers = {
        "Nats-Schedule": f"@at {format_instant(at)}",
        "Nats-Schedule-Target": subjects.cancelled("scheduler"),
        "Nats-Schedule-TTL": "1s",
    }
    others = [Outgoing(subjects.timer("others", f"{stage.owner}-{n}", "x"), b"{}", headers) for n in range(OTHERS)]
    await stage.publish(TIMERS, *others)


@contextmanager
def killable_server(folder: Path, port: int) -> Iterator["Popen[bytes]"]:
    """Run a nats-server of whose process we have hold."""
    config = folder / "nats.conf"
    config.write_text(f'listen: "127.0.0.1:{port}"\nserver_name: test\njetstream {{ store_dir: "{folder / "nats"}" }}\n')
    with child([str(find_nats_server()), "-c", str(config)], port=port, log=folder / "nats.log") as process:
        yield process


async def test_rule_3_a_cancel_survives_the_death_of_the_server(tmp_path: Path) -> None:
    """What was cancelled before `kill -9` of the broker is not armed after it; what was armed still fires."""
    port = free_port()
    url = f"nats://127.0.0.1:{port}"
    soon = now() + timedelta(seconds=6)
    values = {"connection_accepted_at": soon, "connection_deliver_now": True}
    with killable_server(tmp_path, port) as process:
        async with stage_on(url) as stage, running_scheduler(url):
            await stage.people(stage.snapshot("gone", **values), stage.snapshot("here", **values))

            async def has_both() -> bool:
                return await stage.armed() == {"gone.new_connection", "here.new_connection"}

            await eventually(has_both)
            await stage.people(stage.snapshot("gone", rev=2, deleted=True))

            async def has_one() -> bool:
                return await stage.armed() == {"here.new_connection"}

            await eventually(has_one)
            owner = stage.owner
        process.kill()
        process.wait()
    with killable_server(tmp_path, port):
        async with stage_on(url) as stage:
            stage.owner = owner
            assert await stage.armed() <= {"here.new_connection"}

            async def has_fired() -> bool:
                return await stage.fired("new_connection", "here") == 1

            await eventually(has_fired)
            assert await stage.fired("new_connection", "gone") == 0


async def test_rule_4_the_sweep_mends_what_is_missing_and_what_is_extra(servers: Servers, stage: Stage) -> None:
    """A purged timer comes back; a timer nobody planned, of a known or an unknown contact, goes; a lost agenda is written."""
    async with running_scheduler(servers.nats_url):
        await stage.people(*(stage.snapshot(name, birthday="1985-06-15") for name in ("bo", "cy", "di")))

        async def has_three() -> bool:
            return len(await stage.armed()) == len(await stage.agendas(["bo", "cy", "di"])) == 3

        await eventually(has_three)
    found = await stage.schedule("birthday", "bo")
    assert found is not None
    await stage.js.purge_stream(TIMERS, subject=subjects.timer(stage.owner, "bo", "birthday"))
    await stage.js.purge_stream(AGENDA, subject=subjects.agenda(stage.owner, "di"))
    far = now() + timedelta(days=9)
    await stage.arm(found[1].model_copy(update={"contact": "cy"}), key="ghost", at=far)
    await stage.arm(found[1].model_copy(update={"contact": "nobody"}), key="birthday", at=far)
    headers = {"Nats-Schedule": "@at 2100-01-01T00:00:00Z", "Nats-Schedule-Target": subjects.due(stage.owner, "x", "y")}
    await stage.publish(TIMERS, Outgoing(f"{subjects.TIMER}.{stage.owner}.odd", b"{}", headers))
    assert len(await stage.armed()) == 5
    async with running_scheduler(servers.nats_url, sweep_period_s=0.5):

        async def is_mended() -> bool:
            whole = {"bo.birthday", "cy.birthday", "di.birthday"}
            return await stage.armed() == whole and await stage.agenda("di") is not None

        await eventually(is_mended)
        assert await stage.schedule("birthday", "bo") == found
        counters = await stage.counters()
        assert counters["swept.missing"] >= 1
        assert counters["swept.extra"] >= 3


async def test_rule_4_the_sweep_spares_what_is_being_planned(servers: Servers, stage: Stage) -> None:
    """With a sweep that never rests, people who are edited all the time end up armed for their last snapshot."""
    names = [f"c{n}" for n in range(150)]
    async with running_scheduler(servers.nats_url, sweep_period_s=0.01):
        for rev in range(1, 8):
            await stage.people(*(stage.snapshot(name, rev=rev, birthday=f"19{60 + rev}-06-15") for name in names))

        async def are_planned() -> bool:
            agendas = await stage.agendas(names)
            return len(agendas) == len(names) and all(agenda.rev == 7 for agenda in agendas.values())

        await eventually(are_planned)
        found = [await stage.schedule("birthday", name) for name in names]
    assert {item and item[1].basis for item in found} == {"1967-06-15"}


async def test_two_schedulers_never_leave_an_old_timer(servers: Servers, stage: Stage) -> None:
    """Two instances that plan the same people at the same time leave every timer as the last snapshot wants it."""
    names = [f"c{n}" for n in range(150)]
    async with running_scheduler(servers.nats_url), running_scheduler(servers.nats_url, sweep_period_s=0.01):
        for rev in range(1, 16):
            await stage.people(*(stage.snapshot(name, rev=rev, birthday=f"19{60 + rev}-06-15") for name in names))
            await stage.profile(rev=rev, deliver_at=f"{rev:02d}:00")

        async def are_planned() -> bool:
            agendas = (await stage.agendas(names)).values()
            return len(agendas) == len(names) and all(a.rev == 15 and a.planned[0].due_at.hour == 15 for a in agendas)

        await eventually(are_planned, within_s=60)
        found = [await stage.schedule("birthday", name) for name in names]
    assert {item and (item[0][-9:], item[1].basis) for item in found} == {("15:00:00Z", "1975-06-15")}
