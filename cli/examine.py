"""What `hobnob doctor` looks at: it asks the broker and the notifier, and hands what it saw to the checks."""

import asyncio
import json
import platform
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Final

import nats.errors
from nats.js.errors import APIError, NotFoundError

from cli import checks
from cli.broker import consumer_info, stream_info
from cli.checks import Check, Fired, Lag, State
from cli.client import Hobnob
from cli.status import HEALTH_TIMEOUT_S, SERVICES
from shared import subjects
from shared.clock import system_clock
from shared.errors import BrokerUnavailable, HobnobError, InvalidMessage, InvalidToken
from shared.jetstream import subjects_in
from shared.messages.rpc import GetHealth, HealthReply, ListOwners, OwnerList
from shared.messages.telling import DIGEST_KEY, Diagnose, Diagnosis
from shared.requests import ask
from shared.streams import CONSUMERS, DEAD, TIMERS, Consumer

LOOKS: Final = 3
"""Timers fire while they are counted: a count that is short is taken again."""
LOOK_AGAIN_S: Final = 1.0
LONG_TIMEOUT_S: Final = 60.0
"""The notifier counts everything that is planned: a second for 100,000 contacts."""


async def examine(hobnob: Hobnob) -> list[Check]:
    """
    Look at everything; what cannot be looked at is a check that failed.

    Raises:
        BrokerUnavailable: the broker went away meanwhile.
    """
    answering = {name: await _answers(hobnob, name) for name in SERVICES}
    found = [checks.check_services(answering), checks.check_fired(await _last_fired(hobnob))]
    if answering["notifier"]:
        found += await _from_notifier(hobnob)
    if answering["contacts"]:
        found.append(await _digests(hobnob))
    found.append(checks.check_dead((await stream_info(hobnob, DEAD))["state"]["messages"]))
    found.append(checks.check_lag([await _lag(hobnob, consumer) for consumer in CONSUMERS]))
    return found


async def _from_notifier(hobnob: Hobnob) -> list[Check]:
    asked_at = system_clock()
    try:
        diagnosis = await _diagnose(hobnob)
        answered_at = system_clock()
        armed = await _armed(hobnob, diagnosis)
    except HobnobError as exc:
        return [Check(name="notifier", state=State.FAIL, summary=str(exc), advice="its log says more")]
    ours = asked_at + (answered_at - asked_at) / 2
    broker_at, broker_asked_at = await _broker_clock(hobnob)
    # The notifier counts before it reads the clocks: its own is compared with the database's, read in one moment.
    skews = {
        "broker": broker_at - broker_asked_at,
        "database": diagnosis.database_at - diagnosis.at + _beyond(diagnosis.at, asked_at, ours),
    }
    return [
        armed,
        checks.check_next(diagnosis),
        checks.check_channels(diagnosis.failing),
        checks.check_deliveries(diagnosis),
        checks.check_mail(diagnosis),
        checks.check_greetings(diagnosis.greetings),
        checks.check_clocks(skews),
        checks.check_versions(_versions(hobnob, diagnosis)),
    ]


def _beyond(at: datetime, asked_at: datetime, answered_at: datetime) -> timedelta:
    """Return how far an instant that somebody read between two of ours lies outside them."""
    return min(at - asked_at, timedelta()) or max(at - answered_at, timedelta())


async def _armed(hobnob: Hobnob, diagnosis: Diagnosis) -> Check:
    for look in range(LOOKS):
        if look:
            await asyncio.sleep(LOOK_AGAIN_S)
            diagnosis = await _diagnose(hobnob)
        armed = await subjects_in(hobnob.client, stream=TIMERS, filter_subject=subjects.ALL_TIMERS)
        of_contacts = Counter(owner for subject in armed if (owner := _owner_of_contact(subject)))
        check = checks.check_armed(armed=of_contacts, expected={each.owner: each.timers for each in diagnosis.owners})
        if check.state is State.OK:
            break
    return check


async def _digests(hobnob: Hobnob) -> Check:
    try:
        owners = await hobnob.ask("contacts", "owner.list", ListOwners(), OwnerList)
    except HobnobError as exc:
        return Check(name="contacts", state=State.FAIL, summary=str(exc), advice="its log says more")
    armed = await subjects_in(hobnob.client, stream=TIMERS, filter_subject=subjects.ALL_OWNER_TIMERS)
    return checks.check_digests(owners=owners.owners, armed=_owners(armed))


async def _diagnose(hobnob: Hobnob) -> Diagnosis:
    return await ask(
        hobnob.client, service="notifier", verb="diagnose", request=Diagnose(), reply=Diagnosis, timeout_s=LONG_TIMEOUT_S
    )


async def _answers(hobnob: Hobnob, service: str) -> bool:
    try:
        await ask(
            hobnob.client, service=service, verb="health", request=GetHealth(), reply=HealthReply, timeout_s=HEALTH_TIMEOUT_S
        )
    except BrokerUnavailable:
        return False
    return True


async def _last_fired(hobnob: Hobnob) -> Fired | None:
    try:
        stored = await hobnob.js.get_last_msg(TIMERS, subjects.ALL_DUE)
    except NotFoundError:
        return None
    except (APIError, TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"{TIMERS} did not answer") from exc
    assert stored.time is not None
    return Fired(due_at=_due_at(stored.data or b""), fired_at=stored.time.astimezone(UTC))


def _due_at(body: bytes) -> datetime | None:
    """Return when a fired timer was due; a cron does not say."""
    try:
        return datetime.fromisoformat(json.loads(body)["due_at"])
    except (ValueError, KeyError, TypeError):
        return None


async def _broker_clock(hobnob: Hobnob) -> tuple[datetime, datetime]:
    """Return the broker's time, and ours in the middle of the question."""
    asked_at = system_clock()
    answer = await stream_info(hobnob, DEAD)
    ours = asked_at + (system_clock() - asked_at) / 2
    return datetime.fromisoformat(answer["ts"][:26].rstrip("Z") + "+00:00"), ours


async def _lag(hobnob: Hobnob, consumer: Consumer) -> Lag:
    answer = await consumer_info(hobnob, consumer)
    return Lag(durable=consumer.durable, waiting=answer["num_pending"], in_hand=answer["num_ack_pending"])


def _versions(hobnob: Hobnob, diagnosis: Diagnosis) -> dict[str, str]:
    broker = hobnob.client.connected_server_version
    return {
        "hobnob": version("hobnob"),
        "python": platform.python_version(),
        "nats-server": f"{broker.major}.{broker.minor}.{broker.patch}",
        "mongod": diagnosis.database_version,
    }


def _owner_of_contact(subject: str) -> str | None:
    """Return whose contact a timer is of; None when it is of none, or no timer at all."""
    try:
        timer = subjects.parse_timer(subject)
    except (InvalidMessage, InvalidToken):
        return None
    return None if timer.contact == subjects.OWNER_LEVEL else timer.owner


def _owners(armed: Iterable[str]) -> set[str]:
    """Return the owners whose digest is among the timers that are *armed*."""
    found = set()
    for subject in armed:
        try:
            timer = subjects.parse_timer(subject)
        except (InvalidMessage, InvalidToken):
            continue
        if timer.key == DIGEST_KEY:
            found.add(timer.owner)
    return found
