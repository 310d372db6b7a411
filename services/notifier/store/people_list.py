"""The list of people: of `people` the part `listed` that each has for it. Pages are read by keys, never by counting."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from services.notifier.domain.people_list import PeopleFilter, Sort, folded, list_keys, order_span, search_words, silent_before
from services.notifier.store.adoption import adopt
from shared.errors import InvalidMessage
from shared.messages.snapshots import ContactSnapshot
from shared.mongo import ASCENDING, Collection, Database, Document, IndexModel, make_indexes, store_errors

FIELD: Final = "listed"
NAME: Final = f"{FIELD}.name"
ORDER: Final = f"{FIELD}.order"
AT: Final = f"{FIELD}.at"
WORDS: Final = f"{FIELD}.words"
TAGS: Final = f"{FIELD}.tags"
COMPANY: Final = f"{FIELD}.company"
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for "no contact is noted": behind the longest silence."""
_SORTS: Final[dict[Sort, tuple[str, ...]]] = {Sort.NAME: (NAME,), Sort.CLOSENESS: (ORDER,), Sort.SILENCE: (AT, ORDER)}
_ANY: Final[dict[str, Document]] = {NAME: {"$gte": ""}, ORDER: {"$gte": ""}, AT: {"$lte": NEVER}}
Place = tuple[Any, ...]
"""Where a page ends: the keys of its last person."""


def listed_fields(snapshot: ContactSnapshot) -> Document:
    """Return what a person's document needs for the list; nothing of somebody who is gone."""
    if snapshot.deleted:
        return {FIELD: {}}
    keys = list_keys(snapshot)
    listed: Document = {"name": keys.name, "order": keys.order, "at": snapshot.last_contact_at or NEVER, "words": keys.words}
    if keys.tags:
        listed["tags"] = keys.tags
    if keys.company:
        listed["company"] = keys.company
    return {FIELD: listed}


class PeopleListStore:
    """Reads the list; `PeopleStore` writes it."""

    def __init__(self, database: Database) -> None:
        self._people: Collection = database["people"]

    async def ensure_indexes(self) -> None:
        """Create the indexes, and compute what people lack that were stored before there was this list."""
        wanted = {
            "list_name": (NAME, AT),
            "list_closeness": (ORDER, AT),
            "list_silence": (AT, ORDER),
            "list_words": (WORDS,),
            "list_tags": (TAGS, NAME),
            "list_company": (COMPANY, NAME),
        }
        indexes = [
            IndexModel([("owner", ASCENDING), *((field, ASCENDING) for field in fields)], name=name)
            for name, fields in wanted.items()
        ]
        await make_indexes(self._people, indexes)
        await adopt(self._people, field=FIELD, fields_of=listed_fields)

    async def page(
        self, *, owner: str, filters: PeopleFilter, sort: Sort, after: Place | None, limit: int, now: datetime
    ) -> list[ContactSnapshot]:
        """Return up to *limit* people, from behind *after* on."""
        fields = _fields(sort, filters)
        query = {"$and": [_query(owner, filters, now=now), _behind(fields, after) if after else {fields[0]: _ANY[fields[0]]}]}
        with store_errors():
            cursor = self._people.find(query, {"snapshot": 1}).sort([(field, ASCENDING) for field in fields]).limit(limit)
            return [ContactSnapshot.model_validate_json(document["snapshot"]) async for document in cursor]

    async def count(self, *, owner: str, filters: PeopleFilter, now: datetime, up_to: int) -> int:
        """Return how many people there are; no more than *up_to* of them are counted."""
        with store_errors():
            return await self._people.count_documents(_query(owner, filters, now=now), limit=up_to)

    async def ids(self, *, owner: str, filters: PeopleFilter, now: datetime, limit: int) -> list[str]:
        """Return the ids of up to *limit* people."""
        with store_errors():
            return [each["_id"] async for each in self._people.find(_query(owner, filters, now=now), {"_id": 1}).limit(limit)]


def write_place(person: ContactSnapshot, *, sort: Sort, filters: PeopleFilter) -> str:
    """Return where a page ends that ends with *person*, as text that can be passed back."""
    listed = listed_fields(person)[FIELD]
    values = [listed[field.partition(".")[2]] for field in _fields(sort, filters)]
    return base64.urlsafe_b64encode(
        json.dumps([each.isoformat() if isinstance(each, datetime) else each for each in values]).encode()
    ).decode()


def read_place(cursor: str | None, *, sort: Sort, filters: PeopleFilter) -> Place | None:
    """
    Return the place that `write_place` wrote, None for no cursor.

    Raises:
        InvalidMessage: it is not one of ours, or of another order.
    """
    if not cursor:
        return None
    fields = _fields(sort, filters)
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(values, list) or len(values) != len(fields) or not all(isinstance(each, str) for each in values):
            raise ValueError("of another order")
        return tuple(
            datetime.fromisoformat(each).astimezone(UTC) if field == AT else each
            for field, each in zip(fields, values, strict=True)
        )
    except (binascii.Error, ValueError, OverflowError) as exc:
        raise InvalidMessage("cursor: this is not the cursor of an earlier page") from exc


def _fields(sort: Sort, filters: PeopleFilter) -> Sequence[str]:
    """Return what is sorted by: among people of one closeness, by name is the order that has an index."""
    return _SORTS[Sort.CLOSENESS if sort is Sort.NAME and filters.closeness else sort]


def _query(owner: str, filters: PeopleFilter, *, now: datetime) -> Document:
    # Whoever is gone has none of these keys. One condition finds everybody from one index alone; more would need the documents.
    parts: list[Document] = [{"owner": owner}]
    if filters.is_empty:
        parts.append({NAME: _ANY[NAME]})
    if filters.closeness:
        start, end = order_span(filters.closeness)
        parts.append({ORDER: {"$gte": start, "$lt": end}})
    if filters.silence:
        before = silent_before(filters.silence, now=now)
        parts.append({AT: {"$lt": before} if before else NEVER})
    if filters.tag:
        parts.append({TAGS: folded(filters.tag)})
    if filters.company:
        parts.append({COMPANY: folded(filters.company)})
    if filters.search.strip():
        # Of what has no letters nobody has a word.
        words = sorted(search_words(filters.search), key=len, reverse=True) or [filters.search.strip()]
        parts += [{WORDS: {"$regex": f"^{re.escape(word.replace(chr(0), ' '))}"}} for word in words]
    return {"$and": parts}


def _behind(fields: Sequence[str], after: Place) -> Document:
    """Return the condition of what comes after a place; it begins with a bound, from which an index can be read."""
    first: Document = {fields[0]: {"$gte": after[0]}}
    if len(fields) == 1:
        return {fields[0]: {"$gt": after[0]}}
    tied = {fields[0]: after[0], fields[1]: {"$gt": after[1]}}
    return {"$and": [first, {"$or": [{fields[0]: {"$gt": after[0]}}, tied]}]}
