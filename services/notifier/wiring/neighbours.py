"""
The notifiers beside this one: each tells the others whose inboxes it changed, since a page may be open at any of them.

It is a hint, sent once and kept nowhere: an owner's id, and nothing of what changed.
"""

import asyncio
from typing import Final
from uuid import uuid4

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from services.notifier.use_cases.watching import Watch
from shared import subjects
from shared.logging import get_logger
from shared.messages.values import Id, Message

log = get_logger(__name__)

OWNERS_AT_ONCE: Final = 1000
"""Owners in one message, which then has some 70 KB at most."""
PAUSE_S: Final = 0.05
"""Between two messages: in a burst they are a few, each of many owners."""


class Changed(Message):
    """What a notifier says to its neighbours: who it is, so that it does not listen to itself, and whose inboxes changed."""

    sender: str
    owners: tuple[Id, ...]


class Neighbours:
    """Tells and hears."""

    def __init__(self, client: Client, watch: Watch) -> None:
        self._client = client
        self._watch = watch
        self._sender = uuid4().hex

    async def listen(self) -> None:
        """Ring this process's watchers whenever a neighbour says so, for as long as the connection lives."""
        await self._client.subscribe(subjects.CHANGED, cb=self._hear)

    async def tell(self) -> None:
        """Tell the neighbours what this process changes, for ever."""
        while True:
            owners = sorted(await self._watch.news())
            for start in range(0, len(owners), OWNERS_AT_ONCE):
                await self._say(Changed(sender=self._sender, owners=tuple(owners[start : start + OWNERS_AT_ONCE])))
            await asyncio.sleep(PAUSE_S)

    async def _say(self, changed: Changed) -> None:
        if not self._client.is_connected:
            return  # what is kept for when the broker is back is no news then
        try:
            await self._client.publish(subjects.CHANGED, changed.model_dump_json().encode())
        except nats.errors.Error as exc:
            log.warning("neighbours_not_told", reason=type(exc).__name__)

    async def _hear(self, message: Msg) -> None:
        try:
            changed = Changed.model_validate_json(message.data)
        except ValidationError:
            log.warning("neighbour_not_understood")
            return
        if changed.sender != self._sender:
            self._watch.ring_here(changed.owners)
