"""
What is to be told to owners, and what was. The `_id` is made of the owner and of what is told: planning it twice is once.

    pending ──claimed, told──▶ settled (delivered, nothing, no_channel, expired), kept for 60 days
       ▲──────no channel────┘

A sender holds a delivery by a lease; of one that was killed it runs out, and another sender, or the same one after its
restart, tells it: a push may then come twice. A mail comes with the same Message-ID.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.notifier.domain.deliveries import Delivery, Kind, Outcome, Try
from shared.mongo import (
    ASCENDING,
    DESCENDING,
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
    make_indexes,
    store_errors,
)

KEPT: Final = timedelta(days=60)
PENDING: Final = "pending"
IDS_IN_PATTERN: Final = 400
"""A pattern of the database may have 32,764 characters; an id has up to 64."""
_WINDOW: Final = "told_at_once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """
    A span of time, *since* not included, whose new items are looked at together.

    *is_open*: a process has begun with it, and may have been killed in the middle.
    """

    since: datetime
    until: datetime
    is_open: bool


class DeliveryStore:
    """Reads and writes the collection `deliveries`, and how far the look for items that go at once has come."""

    def __init__(self, database: Database) -> None:
        self._deliveries: Collection = database["deliveries"]
        self._marks: Collection = database["marks"]

    async def ensure_indexes(self) -> None:
        """Create what the queries below need."""
        is_pending = {"state": PENDING}
        await make_indexes(
            self._deliveries,
            [
                IndexModel([("next_at", ASCENDING)], partialFilterExpression=is_pending, name="pending"),
                IndexModel([("owner", ASCENDING), ("kind", ASCENDING), ("settled_at", DESCENDING)], name="of_owner"),
                IndexModel([("settled_at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds()), name="kept"),
            ],
        )

    # --- planning -----------------------------------------------------------------------------------------------------

    async def plan(self, delivery: Delivery, *, at: datetime) -> bool:
        """Have something told at *at* or as soon as possible after; whether it was not planned or told already."""
        try:
            with store_errors():
                await self._deliveries.insert_one(_document(delivery, at=at))
        except DuplicateKeyError:
            return False
        return True

    async def add_items(self, delivery: Delivery, *, at: datetime) -> bool:
        """
        Add the items of *delivery* to the one of that name which waits, or plan it.

        Returns:
            Whether they were added or planned: of one that is settled, nothing is told again.
        """
        if await self.plan(delivery, at=at):
            return True
        with store_errors():
            result = await self._deliveries.update_one(
                {"_id": _id(delivery), "state": PENDING}, {"$addToSet": {"items": {"$each": list(delivery.items)}}}
            )
        return bool(result.matched_count)

    async def knows(self, *, owner: str, what: str) -> bool:
        """Whether something is planned or was told."""
        with store_errors():
            return await self._deliveries.count_documents({"_id": f"{owner}|{what}"}, limit=1) > 0

    async def is_waiting(self, *, owner: str, what: str) -> bool:
        """Whether something is neither told nor given up: it is still planned, or not planned yet."""
        query = {"_id": f"{owner}|{what}", "state": {"$ne": PENDING}}
        with store_errors():
            return await self._deliveries.count_documents(query, limit=1) == 0

    async def last_digest_at(self, *, owner: str) -> datetime | None:
        """Return up to which instant a digest has told *owner* everything."""
        query = {"owner": owner, "kind": Kind.DIGEST.value, "state": Outcome.DELIVERED.value}
        with store_errors():
            found = await self._deliveries.find_one(query, {"told_until": 1}, sort=[("settled_at", DESCENDING)])
        return found["told_until"] if found else None

    # --- telling ------------------------------------------------------------------------------------------------------

    async def owners_due(self, *, now: datetime) -> list[str]:
        """Return everybody for whom something waits to be told now and is in nobody's hands."""
        with store_errors():
            return list(await self._deliveries.distinct("owner", _free(now)))

    async def claim(self, *, owner: str, now: datetime, lease: timedelta) -> Delivery | None:
        """Take the earliest delivery that is due for *owner* in hand, until the lease ends; None when there is none."""
        until = now + lease
        with store_errors():
            document = await self._deliveries.find_one_and_update(
                {"owner": owner, **_free(now)}, {"$set": {"claimed_until": until}}, sort=[("next_at", ASCENDING)]
            )
        return replace(_delivery(document), claimed_until=until) if document else None

    async def extend(self, delivery: Delivery, *, until: datetime) -> Delivery | None:
        """Hold a claim for longer; None when the lease ran out and somebody else has it now."""
        with store_errors():
            result = await self._deliveries.update_one(_held(delivery), {"$set": {"claimed_until": until}})
        return replace(delivery, claimed_until=until) if result.matched_count else None

    async def postpone(self, delivery: Delivery, *, until: datetime) -> None:
        """Give a delivery back, with the attempts that failed, to be told at *until*."""
        values = {"next_at": until, "attempts": delivery.attempts, "tries": [_try_document(each) for each in delivery.tries]}
        with store_errors():
            await self._deliveries.update_one(_held(delivery), {"$set": values, "$unset": {"claimed_until": ""}})

    async def settle(
        self, delivery: Delivery, *, outcome: Outcome, channel: str | None, told_until: datetime, at: datetime
    ) -> None:
        """Note what became of a delivery, for good."""
        values = {
            "state": outcome.value,
            "settled_at": at,
            "told_until": told_until,
            "channel": channel,
            "attempts": delivery.attempts,
            "tries": [_try_document(each) for each in delivery.tries],
        }
        with store_errors():
            await self._deliveries.update_one(_held(delivery), {"$set": values, "$unset": {"claimed_until": "", "next_at": ""}})

    async def stuck(self, *, before: datetime, limit: int) -> list[tuple[Delivery, datetime]]:
        """Return deliveries that were due before *before* and are not told, the oldest first, each with its next attempt."""
        query = {"state": PENDING, "due_at": {"$lt": before}}
        with store_errors():
            cursor = self._deliveries.find(query).sort("due_at", ASCENDING).limit(limit)
            return [(_delivery(document), document["next_at"]) async for document in cursor]

    async def erase(self, *, owner: str, contacts: Sequence[str]) -> int:
        """Take items about *contacts* out of what was or is to be told to *owner*; return how many deliveries named any."""
        changed = 0
        for start in range(0, len(contacts), IDS_IN_PATTERN):
            # Ids are letters, digits, "_" and "-".
            named = {"$regex": f"^({'|'.join(contacts[start : start + IDS_IN_PATTERN])}):"}
            with store_errors():
                result = await self._deliveries.update_many({"owner": owner, "items": named}, {"$pull": {"items": named}})
            changed += result.modified_count
        return changed

    # --- what goes at once --------------------------------------------------------------------------------------------

    async def window(self, *, until: datetime) -> Window | None:
        """
        Return the span to look at: the one that was left half done, else from the last one up to *until*.

        None at the very first time, which only sets the mark: nobody is told of what was there before.
        """
        with store_errors():
            mark = await self._marks.find_one({"_id": _WINDOW})
            if mark is None:
                await self._marks.update_one({"_id": _WINDOW}, {"$setOnInsert": {"since": until}}, upsert=True)
                return None
        return Window(since=mark["since"], until=mark.get("until", until), is_open="until" in mark)

    async def open_window(self, window: Window) -> bool:
        """Begin with a span; whether nobody else has begun with another one meanwhile."""
        query = {"_id": _WINDOW, "since": window.since, "until": {"$exists": False}}
        with store_errors():
            result = await self._marks.update_one(query, {"$set": {"until": window.until}})
        return bool(result.matched_count)

    async def close_window(self, window: Window) -> None:
        """Note that everything of *window* is planned."""
        with store_errors():
            await self._marks.update_one(
                {"_id": _WINDOW, "until": window.until}, {"$set": {"since": window.until}, "$unset": {"until": ""}}
            )


def _id(delivery: Delivery) -> str:
    return f"{delivery.owner}|{delivery.what}"


def _free(now: datetime) -> Document:
    in_nobodys_hands = [{"claimed_until": {"$exists": False}}, {"claimed_until": {"$lte": now}}]
    return {"state": PENDING, "next_at": {"$lte": now}, "$or": in_nobodys_hands}


def _held(delivery: Delivery) -> Document:
    return {"_id": _id(delivery), "state": PENDING, "claimed_until": delivery.claimed_until}


def _document(delivery: Delivery, *, at: datetime) -> Document:
    return {
        "_id": _id(delivery),
        "owner": delivery.owner,
        "what": delivery.what,
        "kind": delivery.kind.value,
        "due_at": delivery.due_at,
        "next_at": at,
        "items": list(delivery.items),
        "on": delivery.on.isoformat() if delivery.on else None,
        "state": PENDING,
        "attempts": 0,
        "tries": [],
    }


def _delivery(document: Document) -> Delivery:
    return Delivery(
        owner=document["owner"],
        what=document["what"],
        kind=Kind(document["kind"]),
        due_at=document["due_at"],
        items=tuple(document["items"]),
        on=date.fromisoformat(document["on"]) if document["on"] else None,
        attempts=document["attempts"],
        tries=_tries(document["tries"]),
    )


def _tries(documents: Iterable[dict[str, Any]]) -> tuple[Try, ...]:
    return tuple(Try(channel=each["channel"], at=each["at"], error=each["error"]) for each in documents)


def _try_document(each: Try) -> Document:
    return {"channel": each.channel, "at": each.at, "error": each.error}
