"""`hobnob doctor --rebuild`: people, agendas and timers made anew from the database, while everything runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from cli.broker import consumer_info, stream_info
from cli.client import Hobnob
from shared.errors import BrokerUnavailable
from shared.messages.telling import Rebuild, Rebuilt
from shared.requests import ask
from shared.streams import CONTACTS_INTAKE, NOTIFIER_AGENDA, NOTIFIER_PEOPLE, PEOPLE, SCHEDULER_PEOPLE

PATIENCE_S: Final = 900.0
"""For 100,000 contacts, many times over."""
TIMEOUT_S: Final = 300.0
LOOK_S: Final = 0.5
QUIET_LOOKS: Final = 3
"""Looks in a row that find nothing waiting: between two stages there is a moment in which nothing does."""

_STAGES: Final = (CONTACTS_INTAKE, SCHEDULER_PEOPLE, NOTIFIER_PEOPLE, NOTIFIER_AGENDA)


async def rebuild_all(hobnob: Hobnob, *, tell: Callable[[str], None]) -> None:
    """
    Have everything published and armed anew, and return when it is. Doing it twice changes nothing.

    Raises:
        BrokerUnavailable: a service or the broker went away, or it took far too long; do it again.
    """
    published = await _ask(hobnob, "contacts")
    tell(f"{published.get('contacts', 0)} contacts and {published.get('owners', 0)} owners are published anew …")
    await _until_published(hobnob, count=sum(published.values()))
    mended = await _ask(hobnob, "scheduler")
    await _until_quiet(hobnob)
    tell("Timers compared: " + (", ".join(f"{count} {what}" for what, count in mended.items()) or "nothing was missing") + ".")


async def _ask(hobnob: Hobnob, service: str) -> dict[str, int]:
    reply = await ask(hobnob.client, service=service, verb="rebuild", request=Rebuild(), reply=Rebuilt, timeout_s=TIMEOUT_S)
    return reply.counts


async def _until_published(hobnob: Hobnob, *, count: int) -> None:
    async def are_there() -> bool:
        return int((await stream_info(hobnob, PEOPLE))["state"].get("num_subjects", 0)) >= count

    await _until(are_there)
    await _until_quiet(hobnob)


async def _until_quiet(hobnob: Hobnob) -> None:
    """Return when the services have handled what is in the streams."""
    for _ in range(QUIET_LOOKS):
        await _until(lambda: _is_quiet(hobnob))
        await asyncio.sleep(LOOK_S)


async def _is_quiet(hobnob: Hobnob) -> bool:
    found = [await consumer_info(hobnob, consumer) for consumer in _STAGES]
    return not any(each["num_pending"] or each["num_ack_pending"] for each in found)


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await condition():  # noqa: ASYNC110  # what is waited for happens in other processes
                await asyncio.sleep(LOOK_S)
    except TimeoutError as exc:
        raise BrokerUnavailable(f"not everything was rebuilt within {PATIENCE_S:g} s; see: hobnob status") from exc
