"""What the broker and the other services hold of somebody, to be erased there."""

import asyncio
from collections.abc import Collection
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from services.contacts.domain.mentions import mentions
from shared import subjects
from shared.erasing import Range, erase_messages, range_of
from shared.errors import BrokerUnavailable
from shared.jetstream import Stored
from shared.messages.curation import EraseContact, Erased
from shared.messages.facts import FactName
from shared.requests import ask
from shared.streams import CONTACTS_INTAKE, DEAD, IMPORTS_BUCKET, INTAKE

ASK_TIMEOUT_S: Final = 10.0
WAIT_TURNS: Final = 20
WAIT_S: Final = 0.1
"""Between two looks whether the intake has been worked off: together two seconds."""


class Traces:
    """Erases what lies outside of this service's database."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._js = client.jetstream()

    async def last_of_intake(self) -> int:
        """
        Return the sequence of the last message on the intake.

        Raises:
            BrokerUnavailable: the broker did not answer.
        """
        return (await range_of(self._client, stream=INTAKE)).last

    async def erase_facts(self, *, owner: str, keys: Collection[str], until: int) -> int:
        """
        Erase the facts of *owner* on the intake, up to sequence *until*, that are about whoever has these *keys*.

        Those about uploads go too, all of them: the name of a file may be a person's, and by then they have done their work.

        Raises:
            BrokerUnavailable: the broker did not answer, or some of the facts up to there are still to be applied: what is
                about several people must not be lost for the others.
        """
        uploads = subjects.intake(owner, FactName.IMPORT_UPLOADED.value)

        def is_theirs(message: Stored) -> bool:
            return message.subject == uploads or mentions(message.body, headers=message.headers, owner=owner, keys=keys)

        await self._wait_until_applied(until)
        held = await range_of(self._client, stream=INTAKE)
        return await erase_messages(
            self._client,
            stream=INTAKE,
            subject=subjects.intake_of(owner),
            within=Range(first=held.first, last=min(held.last, until)),
            is_theirs=is_theirs,
        )

    async def erase_dead_letters(self, *, owner: str, keys: Collection[str]) -> int:
        """
        Erase the dead letters of *owner* that are about whoever has these *keys*, of any service.

        Raises:
            BrokerUnavailable: the broker did not answer.
        """

        def is_theirs(letter: Stored) -> bool:
            named = theirs.intersection(letter.subject.split("."))
            return bool(named) or mentions(letter.body, headers=letter.headers, owner=owner, keys=keys)

        theirs = frozenset(keys)
        within = await range_of(self._client, stream=DEAD)
        _, longer = subjects.dead_filters(service=None, owner=owner)
        return await erase_messages(self._client, stream=DEAD, subject=longer, within=within, is_theirs=is_theirs)

    async def delete_upload(self, name: str) -> int:
        """
        Delete an uploaded file; return how many there were.

        Raises:
            BrokerUnavailable: the broker did not answer.
        """
        try:
            bucket = await self._js.object_store(IMPORTS_BUCKET)
            await bucket.delete(name)
        except NotFoundError:
            return 0
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable("an uploaded file cannot be deleted now") from exc
        return 1

    async def ask_service(self, service: str, *, owner: str, ids: Collection[str]) -> dict[str, int]:
        """
        Have another service erase what it keeps, and return how much that was, by place.

        Raises:
            TransientError: it did not answer, or cannot do it now.
            Conflict: to its knowledge one of *ids* is somebody who is still there.
        """
        request = EraseContact(owner=owner, contacts=tuple(ids))
        reply = await ask(self._client, service=service, verb="erase", request=request, reply=Erased, timeout_s=ASK_TIMEOUT_S)
        return reply.erased

    async def _wait_until_applied(self, until: int) -> None:
        for _ in range(WAIT_TURNS):
            if await self._is_applied(until):
                return
            await asyncio.sleep(WAIT_S)
        raise BrokerUnavailable(f"facts on {INTAKE} are still to be applied")

    async def _is_applied(self, until: int) -> bool:
        try:
            info = await self._js.consumer_info(CONTACTS_INTAKE.stream, CONTACTS_INTAKE.durable)
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{INTAKE} did not answer") from exc
        is_idle = not info.num_pending and not info.num_ack_pending
        return is_idle or bool(info.ack_floor and info.ack_floor.stream_seq >= until)
