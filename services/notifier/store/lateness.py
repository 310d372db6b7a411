"""How many timers were heard late, by owner and day: what the heartbeat says of outages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.notifier.store.bulk import write_guarded
from shared.mongo import ASCENDING, Collection, Database, IndexModel, UpdateOne, aggregate, make_indexes

KEPT: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How many were late, and by how much at the most."""

    count: int = 0
    latest: timedelta = timedelta()


class LatenessStore:
    """Reads and writes the collection `lateness`."""

    def __init__(self, database: Database) -> None:
        self._days: Collection = database["lateness"]

    async def ensure_indexes(self) -> None:
        """Create what the queries below need."""
        indexes = [
            IndexModel([("owner", ASCENDING), ("on", ASCENDING)], name="of_owner"),
            IndexModel([("at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds()), name="kept"),
        ]
        await make_indexes(self._days, indexes)

    async def note(self, late: Mapping[str, Lateness], *, at: datetime) -> None:
        """Add what was late, by owner, to the day of *at* in UTC. A batch that is delivered twice counts twice."""
        on = at.date().isoformat()
        writes = [
            UpdateOne(
                {"_id": f"{owner}|{on}"},
                {
                    "$inc": {"count": each.count},
                    "$max": {"latest_s": each.latest.total_seconds()},
                    "$setOnInsert": {"owner": owner, "on": on, "at": at},
                },
                upsert=True,
            )
            for owner, each in late.items()
        ]
        await write_guarded(self._days, writes)

    async def since(self, *, owner: str, on: date) -> Lateness:
        """Return what was late from the day *on* on."""
        sums = {"_id": None, "count": {"$sum": "$count"}, "latest_s": {"$max": "$latest_s"}}
        found = await aggregate(self._days, [{"$match": {"owner": owner, "on": {"$gte": on.isoformat()}}}, {"$group": sums}])
        if not found:
            return Lateness()
        return Lateness(count=found[0]["count"], latest=timedelta(seconds=found[0]["latest_s"]))
