"""Publishing everything anew: the streams can be made from the database at any time, while everything runs."""

from dataclasses import dataclass

from services.contacts.owner_store import OwnerStore
from services.contacts.store import ContactStore
from shared.logging import get_logger
from shared.messages.telling import Rebuild, Rebuilt

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilding:
    """Handles the `rebuild` request."""

    contacts: ContactStore
    owners: OwnerStore

    async def rebuild(self, request: Rebuild) -> Rebuilt:
        """
        Have every owner and contact published anew; the relay does it, beside everything else.

        What the stream holds already comes there once more, and changes nothing for its readers.
        """
        owners = await self.owners.publish_all_again()
        contacts = await self.contacts.publish_all_again()
        log.info("rebuild_asked", owners=owners, contacts=contacts)
        return Rebuilt(counts={"owners": owners, "contacts": contacts})
