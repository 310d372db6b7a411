"""Projection of the agendas: what is planned for each contact."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from services.notifier.store.bulk import write_guarded
from services.notifier.store.together import ask_together, count_together
from shared.messages.reminders import Agenda, Planned
from shared.mongo import (
    ASCENDING,
    Collection,
    Database,
    Document,
    IndexModel,
    ReplaceOne,
    aggregate,
    make_indexes,
    store_errors,
)

Place = tuple[datetime, str]
"""Where a page ends: `due_at` and id of its last line."""
DUE_WITHIN: Final = timedelta(days=2)
"""An occurrence is due on its own date, on the owner's clock; this covers every zone."""


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Line(NamedTuple):
    """A planned line, the contact it is of, and when it was planned."""

    contact: str
    planned: Planned
    stored_at: datetime


class Outline(NamedTuple):
    """What is planned for one contact, and the revision of the snapshot that it was planned from."""

    rev: int
    lines: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """What is planned for one date: for how many people, and lines of the first of them."""

    on: date
    people: int
    lines: Sequence[Line]


class AgendaStore:
    """Reads and writes the projection `agenda`."""

    def __init__(self, database: Database) -> None:
        self._agendas: Collection = database["agenda"]

    async def ensure_indexes(self) -> None:
        """Create what the queries below need."""
        await make_indexes(
            self._agendas,
            [
                IndexModel([("owner", ASCENDING), ("planned.due_at", ASCENDING)], name="by_due"),
                IndexModel([("owner", ASCENDING), ("planned.on", ASCENDING)], name="by_date"),
            ],
        )

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

    async def of_contact(self, *, owner: str, contact: str) -> Outline | None:
        """Return what is planned for one contact of *owner*, None where nothing was ever planned."""
        with store_errors():
            found = await self._agendas.find_one({"_id": contact, "owner": owner}, {"rev": 1, "planned": 1})
        return Outline(found["rev"], tuple(_line(line) for line in found["planned"])) if found else None

    async def erase(self, *, owner: str, contacts: Iterable[str]) -> int:
        """Delete the agendas of *contacts* of *owner*; return how many of them said anything."""
        query: Document = {"_id": {"$in": list(contacts)}, "owner": owner}
        with store_errors():
            count = await self._agendas.count_documents({**query, "planned.0": {"$exists": True}})
            await self._agendas.delete_many(query)
        return count

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

    async def between(self, *, owner: str, first: date, last: date, after: Place | None = None, limit: int) -> list[Line]:
        """Return up to *limit* lines whose date lies from *first* to *last*, the next first, from behind *after* on."""
        pipeline = _dated(owner, first, last)
        if after:
            at, last_id = after
            behind = [{"planned.due_at": {"$gt": at}}, {"planned.due_at": at, "planned.id": {"$gt": last_id}}]
            pipeline.append({"$match": {"$or": behind}})
        pipeline += [{"$sort": {"planned.due_at": 1, "planned.id": 1}}, {"$limit": limit}]
        return [_stored(found) for found in await aggregate(self._agendas, pipeline)]

    async def days(self, *, owner: str, first: date, last: date, shown: int) -> list[Day]:
        """
        Return the dates from *first* to *last* for which something is planned, each with lines of *shown* people.

        People are counted in the index alone: of a large network nothing is read but what is shown.
        """
        dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        queries: list[Document] = [{"owner": owner, "planned.on": on.isoformat()} for on in dates]
        lines: Document = {"$project": {"planned": 1, "stored_us": 1}}
        counts, found = await asyncio.gather(
            count_together(self._agendas, queries),
            ask_together(self._agendas, [[{"$match": query}, {"$limit": shown}, lines] for query in queries]),
        )
        return [
            Day(on, people, _lines_on(on, agendas)) for on, people, agendas in zip(dates, counts, found, strict=True) if people
        ]


def _dated(owner: str, first: date, last: date) -> list[Document]:
    """Return the stages that find the lines of some dates: by the index of instants, then exactly."""
    due = {
        "$gte": datetime.combine(first, datetime.min.time(), UTC) - DUE_WITHIN,
        "$lte": datetime.combine(last, datetime.min.time(), UTC) + DUE_WITHIN,
    }
    return [
        {"$match": {"owner": owner, "planned": {"$elemMatch": {"due_at": due}}}},
        {"$project": {"planned": 1, "stored_us": 1}},
        {"$unwind": "$planned"},
        # Dates are text of one length here, so that they compare as dates.
        {"$match": {"planned.on": {"$gte": first.isoformat(), "$lte": last.isoformat()}}},
    ]


def _lines_on(on: date, agendas: Iterable[Document]) -> list[Line]:
    return [_stored({**each, "planned": line}) for each in agendas for line in each["planned"] if line["on"] == on.isoformat()]


def _stored(found: Document) -> Line:
    return Line(found["_id"], _line(found["planned"]), _EPOCH + timedelta(microseconds=found["stored_us"]))


def _line_document(line: Planned) -> Document:
    # The database keeps instants as instants, so that it can compare them; a date has no type there.
    return line.model_dump(mode="json", exclude_defaults=True) | {"due_at": line.due_at}


def _line(document: dict[str, Any]) -> Planned:
    return Planned.model_validate(document)


def _microseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1_000_000)
