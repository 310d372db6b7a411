"""What the tests of the scheduler stand on: a broker, people published as contacts would, and a running scheduler."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import nats
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from services.scheduler.app import build_app
from services.scheduler.settings import SchedulerSettings
from shared import subjects
from shared.errors import BrokerUnavailable
from shared.jetstream import Outgoing, jetstream, last_messages, publish_all, subjects_in
from shared.messages.reminders import Agenda, InboxChanged, Reminder
from shared.messages.rpc import GetHealth, HealthReply
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import format_instant
from shared.requests import request_reply
from shared.streams import AGENDA, FIRED_TTL, INBOX, PEOPLE, TIMERS
from shared.topology import ensure_topology
from tests.conftest import eventually


class Stage:
    """One owner's corner of a broker."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.js = jetstream(client)
        self.owner = f"owner-{uuid4().hex[:12]}"

    async def profile(self, **values: Any) -> None:
        """Publish the owner's settings; `deliver_at` may have seconds here."""
        body = {"owner": self.owner, "rev": 1, "name": "Ada Example"} | values
        await self.publish(PEOPLE, Outgoing(subjects.profile(self.owner), json.dumps(body).encode()))

    def snapshot(self, contact: str = "bo", **values: Any) -> ContactSnapshot:
        """Return a snapshot of one contact."""
        return ContactSnapshot.model_validate({"owner": self.owner, "id": contact, "rev": 1, "name": "Bo Sample"} | values)

    async def people(self, *snapshots: ContactSnapshot) -> None:
        """Publish snapshots."""
        messages = [Outgoing(subjects.person(s.owner, s.id), s.model_dump_json().encode()) for s in snapshots]
        await self.publish(PEOPLE, *messages)

    async def said(self, change: InboxChanged) -> None:
        """Publish what the owner said of an inbox item."""
        await self.publish(INBOX, Outgoing(subjects.inbox(self.owner, change.state), change.model_dump_json().encode()))

    async def arm(self, reminder: Reminder, *, key: str, at: datetime) -> None:
        """Arm a timer behind the scheduler's back."""
        headers = {
            "Nats-Schedule": f"@at {format_instant(at)}",
            "Nats-Schedule-Target": subjects.due(self.owner, reminder.contact, key),
            "Nats-Schedule-TTL": FIRED_TTL,
        }
        subject = subjects.timer(self.owner, reminder.contact, key)
        await self.publish(TIMERS, Outgoing(subject, reminder.model_dump_json().encode(), headers))

    async def publish(self, stream: str, *messages: Outgoing) -> None:
        """Publish and insist that all are stored."""
        for result in await publish_all(self.js, messages, stream=stream):
            if isinstance(result, Exception):
                raise result

    async def agenda(self, contact: str = "bo") -> Agenda | None:
        """Return the contact's agenda."""
        return (await self.agendas([contact])).get(contact)

    async def agendas(self, contacts: Iterable[str]) -> dict[str, Agenda]:
        """Return the agendas of those that have one."""
        wanted = [subjects.agenda(self.owner, contact) for contact in contacts]
        found = await last_messages(self.client, stream=AGENDA, filters=wanted)
        parsed = (Agenda.model_validate_json(stored.body) for stored in found.values())
        return {agenda.contact: agenda for agenda in parsed}

    async def armed(self) -> set[str]:
        """Return `<contact>.<key>` of every timer of the owner's contacts that is on the broker."""
        prefix = f"{subjects.TIMER}.{self.owner}."
        found = await subjects_in(self.client, stream=TIMERS, filter_subject=f"{prefix}>")
        own = f"{subjects.OWNER_LEVEL}."
        return {key for subject in found if not (key := subject.removeprefix(prefix)).startswith(own)}

    async def schedule(self, key: str, contact: str = "bo") -> tuple[str, Reminder] | None:
        """Return when the timer of *key* fires, as the broker has it, and what it says; None when it is not armed."""
        try:
            stored = await self.js.get_last_msg(TIMERS, subjects.timer(self.owner, contact, key))
        except NotFoundError:
            return None
        headers = stored.headers or {}
        assert "Nats-Msg-Id" not in headers, "timers carry no message id"
        return headers["Nats-Schedule"], Reminder.model_validate_json(stored.data or b"")

    async def fired(self, key: str, contact: str = "bo") -> int:
        """Return how often the timer of *key* has fired."""
        subject = subjects.due(self.owner, contact, key)
        info = await self.js.stream_info(TIMERS, subjects_filter=subject)
        return (info.state.subjects or {}).get(subject, 0)

    async def counters(self) -> dict[str, int]:
        """Return the counters of a running scheduler."""
        reply = await request_reply(self.client, service="scheduler", verb="health", request=GetHealth(), timeout_s=5)
        return HealthReply.model_validate_json(reply).counters


@asynccontextmanager
async def stage_on(url: str) -> AsyncIterator[Stage]:
    """Connect to a broker and create the streams."""
    client = await nats.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    try:
        await ensure_topology(client)
        yield Stage(client)
    finally:
        await client.close()


@asynccontextmanager
async def running_scheduler(url: str, **settings: Any) -> AsyncIterator[None]:
    """Run a scheduler in this process until the block ends."""
    app = build_app(SchedulerSettings(nats_url=url, **({"sweep_period_s": 3600} | settings)))
    running = asyncio.create_task(app.run(sleep_time=0.02))
    client = await nats.connect(url)

    async def is_up() -> bool:
        assert not running.done(), "the scheduler ended"
        try:
            await request_reply(client, service="scheduler", verb="health", request=GetHealth(), timeout_s=1)
        except BrokerUnavailable:
            return False
        return True

    try:
        await eventually(is_up)
        yield
    finally:
        await client.close()
        app.exit()
        await running
