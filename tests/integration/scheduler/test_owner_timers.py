"""The digest's timer: a cron of the broker in the owner's zone, as the settings say, mended wherever it is not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from nats.js.errors import NotFoundError

from services.scheduler import timers
from shared import subjects
from shared.jetstream import Outgoing
from shared.messages.telling import DIGEST_KEY, OwnerTimer, Rebuild, Rebuilt
from shared.requests import ask
from shared.streams import DEAD, TIMERS
from tests.conftest import eventually
from tests.integration.scheduler.stage import Stage

Armed = tuple[str, str]


async def armed(stage: Stage) -> Armed | None:
    """Return the cron and the zone of the owner's digest, as the broker has them."""
    try:
        stored = await stage.js.get_last_msg(TIMERS, subjects.timer(stage.owner, subjects.OWNER_LEVEL, DIGEST_KEY))
    except NotFoundError:
        return None
    headers = stored.headers or {}
    assert "Nats-Msg-Id" not in headers, "timers carry no message id"
    return headers["Nats-Schedule"], headers["Nats-Schedule-Time-Zone"]


async def until_armed(stage: Stage, wanted: Armed | None) -> None:
    """Wait until the digest is armed so."""

    async def is_so() -> bool:
        return await armed(stage) == wanted

    await eventually(is_so)


async def fired(stage: Stage) -> int:
    """Return how often the digest's timer has fired."""
    subject = subjects.due(stage.owner, subjects.OWNER_LEVEL, DIGEST_KEY)
    info = await stage.js.stream_info(TIMERS, subjects_filter=subject)
    return (info.state.subjects or {}).get(subject, 0)


async def mend(stage: Stage) -> None:
    """Have the scheduler compare everything now."""
    await ask(stage.client, service="scheduler", verb="rebuild", request=Rebuild(), reply=Rebuilt, timeout_s=20)


async def test_the_digest_is_armed_as_the_settings_say(live: Stage) -> None:
    """A profile arms the digest at the delivery hour in the owner's zone; a change of it replaces it; never is none."""
    await live.profile(timezone="Asia/Kolkata", deliver_at="08:15")
    await until_armed(live, ("0 15 8 * * *", "Asia/Kolkata"))
    telling = {"digest_at": "07:30", "digest_days": ["monday", "wednesday"], "heartbeat_on": "sunday"}
    await live.profile(rev=2, timezone="Pacific/Chatham", telling=telling)
    await until_armed(live, ("0 30 7 * * MON,WED,SUN", "Pacific/Chatham"))
    await live.profile(rev=3, telling={"digest_days": [], "heartbeat_on": "never"})
    await until_armed(live, None)


async def test_it_fires_at_the_local_hour_and_stays_armed(live: Stage) -> None:
    """The broker fires it within a second of the owner's hour, the scheduler takes that for no mistake, and it is armed still."""
    zone = ZoneInfo("Pacific/Chatham")
    at = datetime.now(zone) + timedelta(seconds=3)
    await live.profile(timezone=zone.key, deliver_at=f"{at:%H:%M:%S}")
    await until_armed(live, (f"{at.second} {at.minute} {at.hour} * * *", zone.key))
    await eventually(lambda: fired(live), within_s=10)
    stored = await live.js.get_last_msg(TIMERS, subjects.due(live.owner, subjects.OWNER_LEVEL, DIGEST_KEY))
    assert stored.time is not None
    assert timedelta() <= stored.time - at.replace(microsecond=0) < timedelta(seconds=2)
    timer = OwnerTimer.model_validate_json(stored.data or b"")
    assert (timer.owner, timer.timezone) == (live.owner, zone.key)

    async def is_handled() -> bool:
        info = await live.js.consumer_info(TIMERS, "scheduler_due")
        return not info.num_pending and not info.num_ack_pending

    await eventually(is_handled)
    assert await armed(live) == (f"{at.second} {at.minute} {at.hour} * * *", zone.key)
    dead = subjects.dead("scheduler", subjects.due(live.owner, subjects.OWNER_LEVEL, DIGEST_KEY))
    info = await live.js.stream_info(DEAD, subjects_filter=dead)
    assert (info.state.subjects or {}) == {}, "a firing of an owner's timer is no poison"


async def test_the_sweep_mends_it(live: Stage) -> None:
    """A timer that is gone, says something else or is of nobody is mended by the sweep; a right one is left alone."""
    await live.profile(deliver_at="08:15")
    await until_armed(live, ("0 15 8 * * *", "UTC"))
    before = (await live.counters()).get("owner_timers.armed", 0)
    await mend(live)
    assert (await live.counters()).get("owner_timers.armed", 0) == before
    subject = subjects.timer(live.owner, subjects.OWNER_LEVEL, DIGEST_KEY)
    await live.publish(TIMERS, timers.cancel(subject=subject))
    await until_armed(live, None)
    await mend(live)
    assert await armed(live) == ("0 15 8 * * *", "UTC")
    for owner, schedule in ((live.owner, "0 0 3 * * *"), (f"{live.owner}-gone", "0 15 8 * * *")):
        await live.publish(TIMERS, a_cron(owner, schedule))
    await mend(live)
    assert await armed(live) == ("0 15 8 * * *", "UTC")
    with_nobody = await live.js.stream_info(TIMERS, subjects_filter=subjects.timers_of_owner(f"{live.owner}-gone"))
    assert not (with_nobody.state.subjects)
    assert not ({})


async def test_a_timer_of_an_unknown_key_is_cancelled(live: Stage) -> None:
    """An owner's timer that no version of ours would arm is cancelled by the sweep, and the digest's stays."""
    await live.profile(deliver_at="08:15")
    await until_armed(live, ("0 15 8 * * *", "UTC"))
    strange = OwnerTimer(owner=live.owner, key="strange", schedule="0 0 3 * * *", timezone="UTC")
    await live.publish(TIMERS, timers.arm_cron(strange))
    await mend(live)
    found = await live.js.stream_info(TIMERS, subjects_filter=subjects.timers_of_owner(live.owner))
    assert set(found.state.subjects or {}) == {subjects.timer(live.owner, subjects.OWNER_LEVEL, DIGEST_KEY)}


async def test_a_firing_heals_what_is_armed(live: Stage) -> None:
    """A timer that fires with former settings is replaced by the right one: every firing arms again."""
    at = (datetime.now(UTC) + timedelta(hours=5)).replace(second=0, microsecond=0)
    await live.profile(deliver_at=f"{at:%H:%M}")
    right = (f"0 {at.minute} {at.hour} * * *", "UTC")
    await until_armed(live, right)
    soon = datetime.now(UTC) + timedelta(seconds=2)
    await live.publish(TIMERS, a_cron(live.owner, f"{soon.second} {soon.minute} {soon.hour} * * *"))
    await eventually(lambda: fired(live), within_s=10)
    await until_armed(live, right)


def a_cron(owner: str, schedule: str) -> Outgoing:
    """Return the message that arms a digest, whoever asks for it."""
    return timers.arm_cron(OwnerTimer(owner=owner, key=DIGEST_KEY, schedule=schedule, timezone="UTC"))
