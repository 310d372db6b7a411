"""
The contacts in MongoDB.

Every write is guarded by the document's `version`: whoever read an older one changes nothing and reads again. A write that
changes what others see carries its own outbox: `pending` holds the revision still to be published, set in the same update.
"""

import re
from collections.abc import Iterable, Sequence

from services.contacts.documents import from_document, to_document
from services.contacts.domain.changes import Change, Stored, content_of, with_rev
from services.contacts.domain.identity import fold
from services.contacts.outbox import Unpublished
from services.contacts.pending import PendingDocuments
from shared import subjects
from shared.errors import StoreUnavailable, TransientError
from shared.messages.snapshots import ContactSnapshot
from shared.mongo import (
    ASCENDING,
    BulkWriteError,
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
    InsertOne,
    ReplaceOne,
    is_only_duplicates,
    make_indexes,
    store_errors,
)


class WriteConflict(TransientError):
    """Somebody else changed one of these contacts meanwhile: read again and decide anew."""


class ContactStore(PendingDocuments):
    """Reads and writes contacts."""

    def __init__(self, database: Database) -> None:
        self._contacts: Collection = database["contacts"]
        super().__init__(self._contacts)

    async def ensure_indexes(self) -> None:
        """Create what the queries and the rule "one key, one contact" need."""
        await make_indexes(
            self._contacts,
            [
                IndexModel([("keys", ASCENDING)], unique=True, sparse=True, name="one_contact_per_key"),
                IndexModel([("owner", ASCENDING), ("name_key", ASCENDING), ("_id", ASCENDING)], name="by_name"),
                IndexModel([("pending", ASCENDING)], sparse=True, name="unpublished"),
                IndexModel([("merging", ASCENDING)], sparse=True, name="unfinished"),
            ],
        )

    # --- reading ------------------------------------------------------------------------------------------------------

    async def with_keys(self, *, owner: str, tokens: Iterable[str]) -> list[Stored]:
        """Return every contact of *owner* that holds one of *tokens*, or whose id is one: merged ones included."""
        wanted = list(tokens)
        with store_errors():
            by_key = await self._contacts.find({"keys": {"$in": wanted}, "owner": owner}).to_list(None)
            # Whoever holds keys holds their own id among them. Read last: who gave up their keys in between is not missed.
            without_keys = {"_id": {"$in": wanted}, "owner": owner, "keys": {"$exists": False}}
            by_id = await self._contacts.find(without_keys).to_list(None)
        return [from_document(document) for document in {d["_id"]: d for d in by_key + by_id}.values()]

    async def find(self, *, owner: str, id: str) -> Stored | None:  # noqa: A002  # the contact's own word
        """Return the contact that has this id or once had it; None when there is none."""
        with store_errors():
            document = await self._contacts.find_one({"owner": owner, "keys": id})
            # Only in the middle of a merge does nobody hold an id that somebody had.
            document = document or await self._contacts.find_one({"owner": owner, "_id": id})
            while document and (merged_into := document.get("merged_into")):
                document = await self._contacts.find_one({"owner": owner, "_id": merged_into})
        return from_document(document) if document else None

    async def unfinished(self, *, limit: int) -> list[Stored]:
        """Return contacts of any owner whose merge stopped half-way, or is under way."""
        with store_errors():
            documents = await self._contacts.find({"merging": True}).limit(limit).to_list(None)
        return [from_document(document) for document in documents]

    async def named(self, *, owner: str, names: Iterable[str]) -> dict[str, list[Stored]]:
        """Return the present contacts of *owner* by folded full name."""
        found: dict[str, list[Stored]] = {}
        query = {"owner": owner, "name_key": {"$in": list(names)}, "deleted": False, "keys": {"$exists": True}}
        with store_errors():
            async for document in self._contacts.find(query):
                found.setdefault(document["name_key"], []).append(from_document(document))
        return found

    async def page(self, *, owner: str, filters: Document, after: tuple[str, str] | None, limit: int) -> list[tuple[str, Stored]]:
        """Return up to *limit* present contacts sorted by name, each with its sort key, from behind *after* on."""
        query: Document = {"owner": owner, "deleted": False, "keys": {"$exists": True}, **filters}
        if after:
            name, last = after
            query["$or"] = [{"name_key": {"$gt": name}}, {"name_key": name, "_id": {"$gt": last}}]
        with store_errors():
            documents = await self._contacts.find(query).sort([("name_key", 1), ("_id", 1)]).limit(limit).to_list(None)
        return [(document["name_key"], from_document(document)) for document in documents]

    @staticmethod
    def filters(*, search: str | None, closeness: str | None, tag: str | None, company: str | None) -> Document:
        """Return the query for what a user may filter by."""
        query: Document = {}
        if search:
            query["words"] = {"$regex": re.escape(fold(search).replace("\0", ""))}
        if closeness:
            query["closeness"] = closeness
        if tag:
            query["tags"] = fold(tag)
        if company:
            query["companies"] = fold(company)
        return query

    # --- writing ------------------------------------------------------------------------------------------------------

    async def write(self, changes: Sequence[Change]) -> None:
        """
        Carry out *changes*.

        Raises:
            WriteConflict: not all of them could be; what was written is right, the rest must be decided anew.
        """
        needed = [change for change in changes if change.is_needed]
        simple = [change for change in needed if change.is_simple]
        await self._write_simple(simple)
        for change in needed:
            if not change.is_simple:
                await self._write_merge(change)

    async def _write_simple(self, changes: Sequence[Change]) -> None:
        if not changes:
            return
        operations = [self._simple_operation(change) for change in changes]
        try:
            with store_errors():
                result = await self._contacts.bulk_write(operations, ordered=False)
        except BulkWriteError as exc:
            if is_only_duplicates(exc):
                raise WriteConflict from exc
            if not exc.details.get("writeErrors"):
                raise StoreUnavailable("MongoDB did not confirm a write") from exc  # a replica set without a majority
            raise
        if result.inserted_count + result.matched_count != len(operations):
            raise WriteConflict

    @staticmethod
    def _simple_operation(change: Change) -> InsertOne[Document] | ReplaceOne[Document]:
        target = change.target
        document = _complete(change, version=target.version + 1 if target else 1)
        if target is None:
            return InsertOne(document)
        return ReplaceOne({"_id": change.id, "version": target.version}, document)

    async def _write_merge(self, change: Change) -> None:
        """
        Make one contact of several, so that a crash at any point loses nothing.

        First the target knows everything, but is found by no new key. Then the others give up their keys. Then the target
        takes them. Until then it is `merging`: whoever meets it carries on (`Stored.ties`), and if nobody does, the relay.
        """
        target = change.target
        version = target.version + 1 if target else 1
        document = to_document(change, version=version)
        if target and target.indexed:
            document["keys"] = sorted(target.indexed)
        document["published_sequence"] = change.published_sequence
        # No digest yet: should we stop half-way, the next try sees that the snapshot is still to be published.
        document |= {"digest": "", "merging": True}
        await self._guarded(target, document)
        for other in change.absorbed:
            tombstone: Document = {
                "_id": other.id,
                "owner": other.owner,
                "version": other.version + 1,
                "rev": other.rev + 1,
                "deleted": True,
                "merged_into": change.id,
                "published_sequence": other.published_sequence,
                "pending": other.rev + 1,
            }
            await self._guarded(other, tombstone)
        await self._replace(_complete(change, version=version + 1), known_version=version)

    async def _guarded(self, known: Stored | None, document: Document) -> None:
        if known is not None:
            await self._replace(document, known_version=known.version)
            return
        try:
            with store_errors():
                await self._contacts.insert_one(document)
        except DuplicateKeyError as exc:
            raise WriteConflict from exc

    async def _replace(self, document: Document, *, known_version: int) -> None:
        try:
            with store_errors():
                result = await self._contacts.replace_one({"_id": document["_id"], "version": known_version}, document)
        except DuplicateKeyError as exc:
            raise WriteConflict from exc
        if not result.matched_count:
            raise WriteConflict

    # --- outbox -------------------------------------------------------------------------------------------------------

    async def unpublished(self, *, ids: Iterable[str] | None = None, limit: int) -> list[Unpublished]:
        """Return contacts whose present revision waits to be published: of *ids*, or of all."""
        return [_unpublished(from_document(document)) for document in await self.waiting(ids=ids, limit=limit)]

    def _again(self) -> Document:
        # Whoever read the contact before and writes it after would leave out that it waits.
        return super()._again() | {"version": {"$add": ["$version", 1]}}

    async def overtake(self, *, id: str, rev: int, held: int, sequence: int) -> None:  # noqa: A002
        """Raise a contact that still is at *rev* above revision *held*, which the stream has, and leave it pending."""
        raised = {"rev": held + 1, "pending": held + 1, "published_sequence": sequence}
        with store_errors():
            await self._contacts.update_one({"_id": id, "rev": rev}, {"$set": raised, "$inc": {"version": 1}})


def _complete(change: Change, *, version: int) -> Document:
    document = to_document(change, version=version)
    document["keys"] = sorted(change.state.keys)
    document["published_sequence"] = change.published_sequence
    if change.is_to_publish:
        document["pending"] = change.rev
    return document


def unpublished_change(change: Change) -> Unpublished | None:
    """Return what `write` left to publish of a change's target; None when there is nothing."""
    if not change.is_to_publish:
        return None
    return Unpublished(
        id=change.id,
        rev=change.rev,
        subject=subjects.person(change.owner, change.id),
        body=with_rev(change.content, change.rev),
        published_sequence=change.published_sequence,
        traceparent=change.traceparent,
    )


def _unpublished(stored: Stored) -> Unpublished:
    if stored.merged_into:
        tombstone = ContactSnapshot(
            owner=stored.owner, id=stored.id, rev=stored.rev, deleted=True, merged_into=stored.merged_into
        )
        body = tombstone.model_dump_json().encode()
    else:
        content, _ = content_of(stored.state, owner=stored.owner, id=stored.id)
        body = with_rev(content, stored.rev)
    return Unpublished(
        id=stored.id,
        rev=stored.rev,
        subject=subjects.person(stored.owner, stored.id),
        body=body,
        published_sequence=stored.published_sequence,
        traceparent=stored.traceparent,
    )
