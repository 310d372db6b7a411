"""Bringing the sample network into an empty stack, and waiting until its first reminders are in the inbox."""

import asyncio
import tempfile
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from cli.client import Hobnob
from cli.contacts import list_contacts
from cli.errors import CommandFailed
from cli.facts import Statement, to_event, to_message
from cli.importing import import_file
from cli.inbox import list_inbox
from cli.sample import Sample, SampleFact, load_sample
from shared.clock import system_clock
from shared.jetstream import publish_all
from shared.messages.facts import FactName
from shared.messages.rpc import ListContacts, ListInbox, OwnerReply, OwnerSettings, SetOwner
from shared.messages.snapshots import OwnerProfile
from shared.streams import INTAKE

SOURCE = "hobnob/sample"
INBOX_TIMEOUT_S = 30.0
POLL_S = 0.1
MIDNIGHT = time(0, 0)


async def bring_in_sample(hobnob: Hobnob, *, owner: str) -> list[str]:
    """
    Load the sample network unless somebody is there already; return what to tell the owner.

    Raises:
        CommandFailed: the sample is not there, or its reminders did not come.
        HobnobError: the stack refused something.
    """
    if await list_contacts(hobnob, ListContacts(owner=owner), limit=1):
        return ["There are people here already, so the sample network was not loaded."]
    profile = await hobnob.owner(owner)
    now = system_clock().astimezone(ZoneInfo(profile.timezone))
    sample = load_sample(now=now)
    remarks = await _deliver_today(hobnob, profile, local_time=now.time())
    with tempfile.TemporaryDirectory() as folder:
        for file in sample.files:
            path = Path(folder) / file.name
            path.write_bytes(file.content)
            await import_file(hobnob, path, owner=owner)
    await _state(hobnob, sample.facts, owner=owner)
    await _until_in_inbox(hobnob, sample, owner=owner)
    return ["The sample network is loaded: fictional people, with days around today.", *remarks]


async def _deliver_today(hobnob: Hobnob, profile: OwnerProfile, *, local_time: time) -> list[str]:
    """Before the delivery hour, move it to midnight: a first look must not have to wait for nine o'clock."""
    if local_time >= profile.deliver_at:
        return []
    settings = OwnerSettings(deliver_at=MIDNIGHT)
    await hobnob.ask("contacts", "owner.set", SetOwner(owner=profile.owner, settings=settings), OwnerReply)
    usual = f"{profile.deliver_at:%H:%M}"
    return [
        f"Reminders come at {usual}, and it is not yet that late: the sample moved the hour to 00:00.",
        f"Move it back with: hobnob owner set {profile.owner} --deliver-at {usual}",
    ]


async def _state(hobnob: Hobnob, facts: tuple[SampleFact, ...], *, owner: str) -> None:
    now = system_clock()
    messages = []
    for fact in facts:
        statement = Statement(owner=owner, fact=FactName(fact.fact), source=SOURCE)
        messages.append(to_message(to_event(fact.data, statement, now=now), owner=owner))
    for result in await publish_all(hobnob.js, messages, stream=INTAKE):
        if isinstance(result, Exception):
            raise CommandFailed(f"the broker refused a fact of the sample: {result}") from result


async def _until_in_inbox(hobnob: Hobnob, sample: Sample, *, owner: str) -> None:
    query = ListInbox(owner=owner)
    try:
        async with asyncio.timeout(INBOX_TIMEOUT_S):
            while len(await list_inbox(hobnob, query, limit=sample.expected_items)) < sample.expected_items:  # noqa: ASYNC110  # the inbox is in another process
                await asyncio.sleep(POLL_S)
    except TimeoutError as exc:
        raise CommandFailed("the sample's reminders did not reach the inbox in time; see: hobnob status") from exc
