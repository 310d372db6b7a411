"""Projection of the agendas: what is planned for each contact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.notifier.store.bulk import write_guarded
from shared.messages.reminders import Agenda, Planned
from shared.mongo import (
    ASCENDING,
    Collection,
    Database,
    Document,
    IndexModel,
    ReplaceOne,
    aggregate,
    store_errors,
)

Place = tuple[datetime, str]
"""Where a page ends: `due_at` and id of its last line."""


class AgendaStore:
    """Reads and writes the projection `agenda`."""

    def __init__(self, database: Database) -> None:
        self._agendas: Collection = database["agenda"]

    async def ensure_indexes(self) -> None:
        """Create what the query below needs."""
        with store_errors():
            await self._agendas.create_indexes([IndexModel([("owner", ASCENDING), ("planned.due_at", ASCENDING)], name="by_due")])

    async def save(self, agendas: Mapping[str, tuple[Agenda, datetime]]) -> None:
        """
        Take over *agendas*, by contact, each with the instant at which its stream stored it, unless a later one is here.

        The revision does not order them: as days pass, agendas of one revision follow each other.
        """
        writes = [
            ReplaceOne(
                {"_id": contact, "owner": agenda.owner, "stored_us": {"$lte": _microseconds(stored_at)}},
                {
                    "_id": contact,
                    "owner": agenda.owner,
                    "rev": agenda.rev,
                    "stored_us": _microseconds(stored_at),
                    "planned": [_line_document(line) for line in agenda.planned],
                    # How many timers should be armed is asked for at any time: those that are yet to fire.
                    "armed_at": [timer.due_at for timer in agenda.armed],
                },
                upsert=True,
            )
            for contact, (agenda, stored_at) in agendas.items()
        ]
        await write_guarded(self._agendas, writes)

    async def page(
        self, *, owner: str, since: datetime, until: datetime, after: Place | None, limit: int
    ) -> list[tuple[str, Planned]]:
        """Return up to *limit* planned lines of *owner* with their contacts, the next first, from behind *after* on."""
        within: Document = {"$gte": since, "$lte": until}
        pipeline: list[Document] = [
            {"$match": {"owner": owner, "planned": {"$elemMatch": {"due_at": within}}}},
            {"$unwind": "$planned"},
            {"$match": {"planned.due_at": within}},
        ]
        if after:
            at, last = after
            behind = [{"planned.due_at": {"$gt": at}}, {"planned.due_at": at, "planned.id": {"$gt": last}}]
            pipeline.append({"$match": {"$or": behind}})
        pipeline += [
            {"$sort": {"planned.due_at": 1, "planned.id": 1}},
            {"$limit": limit},
            {"$project": {"planned": 1}},
        ]
        return [(found["_id"], _line(found["planned"])) for found in await aggregate(self._agendas, pipeline)]


def _line_document(line: Planned) -> Document:
    # The database keeps instants as instants, so that it can compare them; a date has no type there.
    return line.model_dump(mode="json", exclude_defaults=True) | {"due_at": line.due_at}


def _line(document: dict[str, Any]) -> Planned:
    return Planned.model_validate(document)


def _microseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1_000_000)
