"""
Owners and their settings in MongoDB; like contacts, each document carries its own outbox.

Policies for unknown contacts are kept as a list: a source may hold characters that a field's name may not.
"""

from collections.abc import Iterable

from services.contacts.outbox import Unpublished
from services.contacts.pending import PendingDocuments
from shared import subjects
from shared.errors import Conflict, NotFound
from shared.messages.snapshots import OwnerProfile, UnknownPolicy
from shared.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError, IndexModel, make_indexes, store_errors

PARK: UnknownPolicy = "park"


class OwnerStore(PendingDocuments):
    """Reads and writes owners."""

    def __init__(self, database: Database) -> None:
        self._owners: Collection = database["owners"]
        super().__init__(self._owners)

    async def ensure_indexes(self) -> None:
        """Create the index of the relay."""
        await make_indexes(self._owners, [IndexModel([("pending", ASCENDING)], sparse=True, name="unpublished")])

    async def existing(self, ids: Iterable[str]) -> set[str]:
        """Return those of *ids* that are owners."""
        with store_errors():
            documents = await self._owners.find({"_id": {"$in": list(ids)}}, {"_id": 1}).to_list(None)
        return {document["_id"] for document in documents}

    async def parking(self, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return, for those of *ids* that are owners, the sources whose facts about unknown people wait."""
        with store_errors():
            found = await self._owners.find({"_id": {"$in": list(ids)}}, {"profile.unknown_contacts": 1}).to_list(None)
        return {
            document["_id"]: frozenset(
                source for source, policy in document["profile"].get("unknown_contacts", ()) if policy == PARK
            )
            for document in found
        }

    async def get(self, owner: str) -> OwnerProfile:
        """Return an owner; raise `NotFound` when there is none of that id."""
        with store_errors():
            document = await self._owners.find_one({"_id": owner})
        if document is None:
            raise NotFound(f"there is no owner {owner!r}; `hobnob owner add {owner} --name NAME` adds one")
        return _profile(document)

    async def all(self) -> tuple[OwnerProfile, ...]:
        """Return every owner, by id."""
        with store_errors():
            documents = await self._owners.find().sort("_id", 1).to_list(None)
        return tuple(_profile(document) for document in documents)

    async def add(self, profile: OwnerProfile) -> None:
        """Add an owner; raise `Conflict` when the id is taken."""
        try:
            with store_errors():
                await self._owners.insert_one(_document(profile) | {"published_sequence": 0})
        except DuplicateKeyError as exc:
            raise Conflict(f"there is an owner {profile.owner!r} already") from exc

    async def replace(self, profile: OwnerProfile, *, known_rev: int) -> bool:
        """Put *profile* in the place of revision *known_rev*; return whether that still was the present one."""
        with store_errors():
            result = await self._owners.update_one({"_id": profile.owner, "rev": known_rev}, {"$set": _document(profile)})
        return bool(result.matched_count)

    async def unpublished(self, *, ids: Iterable[str] | None = None, limit: int) -> list[Unpublished]:
        """Return owners whose present revision waits to be published."""
        return [
            Unpublished(
                id=document["_id"],
                rev=document["rev"],
                subject=subjects.profile(document["_id"]),
                body=_profile(document).model_dump_json().encode(),
                published_sequence=document["published_sequence"],
            )
            for document in await self.waiting(ids=ids, limit=limit)
        ]

    async def overtake(self, *, id: str, rev: int, held: int, sequence: int) -> None:  # noqa: A002
        """Raise an owner who still is at *rev* above revision *held*, which the stream has, and leave them pending."""
        raised = {"rev": held + 1, "profile.rev": held + 1, "pending": held + 1, "published_sequence": sequence}
        with store_errors():
            await self._owners.update_one({"_id": id, "rev": rev}, {"$set": raised})


def _document(profile: OwnerProfile) -> Document:
    stored = profile.model_dump(mode="json")
    stored["unknown_contacts"] = [[source, policy] for source, policy in stored["unknown_contacts"].items()]
    return {"_id": profile.owner, "rev": profile.rev, "pending": profile.rev, "profile": stored}


def _profile(document: Document) -> OwnerProfile:
    stored = document["profile"]
    return OwnerProfile.model_validate(stored | {"unknown_contacts": dict(stored.get("unknown_contacts", ()))})
