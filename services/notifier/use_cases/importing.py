"""Imports from the pages: hand files over, follow them, list what was imported before."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from uuid import uuid4

import nats.errors
from nats.aio.client import Client

from shared import subjects
from shared.clock import Clock
from shared.errors import BrokerUnavailable, NotFound
from shared.messages.imports import ImportPage, ImportProgress
from shared.messages.rpc import GetImport, ListImports
from shared.messages.values import Message
from shared.uploads import MAX_UPLOAD_BYTES, DateOrder, hand_over

SOURCE: Final = "hobnob/web"
KNOWN_WITHIN_S: Final = 5.0
"""How long an upload is waited for to be in the queue, so that the page shown after it knows it."""
PAUSE_S: Final = 0.05
FLUSH_TIMEOUT_S: Final = 5

Ask = Callable[[str, Message, Any], Awaitable[Any]]
"""Asks the service that owns people: verb, request, class of the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that an owner brought, open for reading."""

    filename: str
    content: BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """Hands over uploads of at most *max_bytes* together, and asks contacts what becomes of them."""

    client: Client
    contacts: Ask
    clock: Clock
    max_bytes: int = MAX_UPLOAD_BYTES

    async def take(self, *, owner: str, uploads: Sequence[Upload], date_order: DateOrder | None = None) -> list[str]:
        """
        Have *uploads* imported, one after the other, and return the ids of the imports.

        Raises:
            BrokerUnavailable: those that are not in the list of imports have to be handed over again.
            PermanentError: the broker refuses one.
        """
        if not self.client.is_connected:
            raise BrokerUnavailable
        ids = []
        for upload in uploads:
            import_id = f"import-{uuid4().hex}"
            await hand_over(
                self.client,
                owner=owner,
                import_id=import_id,
                content=upload.content,
                filename=upload.filename,
                source=SOURCE,
                at=self.clock(),
                date_order=date_order,
            )
            ids.append(import_id)
        return ids

    async def get(self, *, owner: str, import_id: str) -> ImportProgress:
        """Return how far an import is; raise `NotFound`."""
        found: ImportProgress = await self.contacts("import.get", GetImport(owner=owner, import_id=import_id), ImportProgress)
        return found

    async def until_known(self, *, owner: str, import_id: str) -> bool:
        """Wait until contacts has an import in its queue; return whether it has, after some seconds at most."""
        try:
            async with asyncio.timeout(KNOWN_WITHIN_S):
                while True:
                    try:
                        await self.get(owner=owner, import_id=import_id)
                    except (NotFound, BrokerUnavailable):
                        await asyncio.sleep(PAUSE_S)
                    else:
                        return True
        except TimeoutError:
            return False

    async def list(self, *, owner: str, cursor: str | None = None, limit: int = 20) -> ImportPage:
        """Return one page of an owner's imports, the newest upload first."""
        found: ImportPage = await self.contacts("import.list", ListImports(owner=owner, cursor=cursor, limit=limit), ImportPage)
        return found

    @asynccontextmanager
    async def watching(self, owner: str) -> AsyncIterator[asyncio.Event]:
        """
        Yield an event that is set whenever an import of *owner* goes on; the watcher clears it.

        Raises:
            BrokerUnavailable: nothing would be heard.
        """
        moved = asyncio.Event()

        async def on_message(_: object) -> None:
            moved.set()

        try:
            subscription = await self.client.subscribe(subjects.progress_of_owner(owner), cb=on_message)
            await self.client.flush(timeout=FLUSH_TIMEOUT_S)  # from here on nothing is missed
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable("imports cannot be followed now") from exc
        try:
            yield moved
        finally:
            if self.client.is_connected:
                await subscription.unsubscribe()
