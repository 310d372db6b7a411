"""The secret addresses of the owners' calendar feeds, one an owner; of a secret only its SHA-256 is here."""

from datetime import datetime

from services.notifier.domain.opaque_secrets import digest_of
from shared.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError, IndexModel, make_indexes, store_errors


class FeedStore:
    """Reads and writes the collection `feeds`."""

    def __init__(self, database: Database) -> None:
        self._feeds: Collection = database["feeds"]

    async def ensure_indexes(self) -> None:
        """Create what the queries below need."""
        await make_indexes(self._feeds, [IndexModel([("secret_sha256", ASCENDING)], unique=True, name="by_secret")])

    async def owner_of(self, secret: str) -> str | None:
        """Return whose feed has this secret, or None. The index is asked for a hash: the time tells nothing about a guess."""
        with store_errors():
            document = await self._feeds.find_one({"secret_sha256": digest_of(secret=secret)})
        return str(document["_id"]) if document else None

    async def made_at(self, owner: str) -> datetime | None:
        """Return when the present address of an owner's feed was made; None when there is none."""
        with store_errors():
            document = await self._feeds.find_one({"_id": owner})
        return document["created_at"] if document else None

    async def insert(self, *, owner: str, secret: str, at: datetime) -> bool:
        """Give *owner* an address; whether there was none."""
        try:
            with store_errors():
                await self._feeds.insert_one(_document(owner, secret, at))
        except DuplicateKeyError:
            return False
        return True

    async def replace(self, *, owner: str, secret: str, at: datetime) -> None:
        """Give *owner* another address in place of what there is, if anything."""
        with store_errors():
            await self._feeds.replace_one({"_id": owner}, _document(owner, secret, at), upsert=True)


def _document(owner: str, secret: str, at: datetime) -> Document:
    return {"_id": owner, "secret_sha256": digest_of(secret=secret), "created_at": at}
