"""The channels of owners. A URL is here only as the vault sealed it."""

from collections.abc import Iterable

from services.notifier.domain.deliveries import Channel
from shared.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError, IndexModel, make_indexes, store_errors

_HEALTH = ("delivered_at", "failing_since", "failures", "last_error", "next_try_at")
"""What a delivery changes of a channel, and nothing else does."""


class ChannelStore:
    """Reads and writes the collection `channels`."""

    def __init__(self, database: Database) -> None:
        self._channels: Collection = database["channels"]

    async def ensure_indexes(self) -> None:
        """Create what the queries below need."""
        await make_indexes(self._channels, [IndexModel([("owner", ASCENDING), ("order", ASCENDING)], name="of_owner")])

    async def of(self, owner: str) -> list[Channel]:
        """Return an owner's channels in the order in which they are tried."""
        with store_errors():
            cursor = self._channels.find({"owner": owner}).sort([("order", ASCENDING), ("name", ASCENDING)])
            return [_channel(document) async for document in cursor]

    async def owners(self) -> list[str]:
        """Return everybody who has a channel."""
        with store_errors():
            return sorted(await self._channels.distinct("owner"))

    async def failing(self, *, limit: int) -> list[Channel]:
        """Return channels that take nothing at the moment, the longest first."""
        with store_errors():
            cursor = self._channels.find({"failures": {"$gt": 0}}).sort("failing_since", ASCENDING).limit(limit)
            return [_channel(document) async for document in cursor]

    async def count_by_owner(self, owners: Iterable[str]) -> dict[str, int]:
        """Return how many channels those of *owners* have that have any."""
        with store_errors():
            found = await self._channels.find({"owner": {"$in": list(owners)}}, {"owner": 1}).to_list(None)
        counts: dict[str, int] = {}
        for document in found:
            counts[document["owner"]] = counts.get(document["owner"], 0) + 1
        return counts

    async def insert(self, channel: Channel) -> bool:
        """Add a channel; whether its name was free."""
        try:
            with store_errors():
                await self._channels.insert_one(_document(channel))
        except DuplicateKeyError:
            return False
        return True

    async def find(self, *, owner: str, name: str) -> Channel | None:
        """Return one channel, or None."""
        with store_errors():
            document = await self._channels.find_one({"_id": _id(owner, name)})
        return _channel(document) if document else None

    async def save_health(self, channel: Channel) -> None:
        """Note how a channel did; one that was removed meanwhile, or is another one of that name by now, stays as it is."""
        values = {name: getattr(channel, name) for name in _HEALTH}
        with store_errors():
            await self._channels.update_one(
                {"_id": _id(channel.owner, channel.name), "added_at": channel.added_at}, {"$set": values}
            )

    async def remove(self, *, owner: str, name: str) -> bool:
        """Delete a channel; whether there was one."""
        with store_errors():
            result = await self._channels.delete_one({"_id": _id(owner, name)})
        return bool(result.deleted_count)


def _id(owner: str, name: str) -> str:
    return f"{owner}.{name}"


def _document(channel: Channel) -> Document:
    return {
        "_id": _id(channel.owner, channel.name),
        "owner": channel.owner,
        "name": channel.name,
        "stored": channel.stored,
        "shown": channel.shown,
        "order": channel.order,
        "added_at": channel.added_at,
        **{name: getattr(channel, name) for name in _HEALTH},
    }


def _channel(document: Document) -> Channel:
    return Channel(
        owner=document["owner"],
        name=document["name"],
        stored=document["stored"],
        shown=document["shown"],
        order=document["order"],
        added_at=document["added_at"],
        **{name: document[name] for name in _HEALTH},
    )
