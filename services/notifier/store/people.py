"""Projections of the contacts' and owners' snapshots: the latest revision of each, never replaced by an older one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.notifier.store.bulk import write_guarded
from services.notifier.store.network import touch_fields
from services.notifier.store.people_list import listed_fields
from services.notifier.store.sorting import sorting_fields
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.mongo import (
    Collection,
    Database,
    Document,
    ReplaceOne,
    store_errors,
)

PEOPLE_MARK = "people"


@dataclass(frozen=True, slots=True)
class Head:
    """What a burst needs to know of a contact: one cheap read for a thousand of them."""

    owner: str
    rev: int
    is_restricted: bool
    aliases: Sequence[str]


class PeopleStore:
    """Reads and writes the projections `people` and `owners`; the snapshot itself is kept as the JSON it came as."""

    def __init__(self, database: Database) -> None:
        self._people: Collection = database["people"]
        self._owners: Collection = database["owners"]
        self._marks: Collection = database["marks"]

    async def save(self, snapshots: Iterable[ContactSnapshot]) -> None:
        """
        Take over those *snapshots* that are newer than what is here, then count up the generation.

        Whoever reads a snapshot and finds the same generation before and after acting upon it knows that every batch written
        meanwhile has yet to look for what was acted upon (`withdraw_outdated` comes after this).
        """
        latest: dict[str, ContactSnapshot] = {}
        for snapshot in snapshots:
            if (known := latest.get(snapshot.id)) is None or known.rev < snapshot.rev:
                latest[snapshot.id] = snapshot
        if not latest:
            return
        await _replace_older(self._people, [_person_document(snapshot) for snapshot in latest.values()])
        with store_errors():
            await self._marks.update_one({"_id": PEOPLE_MARK}, {"$inc": {"generation": 1}}, upsert=True)

    async def save_profiles(self, profiles: Iterable[OwnerProfile]) -> None:
        """Take over those *profiles* that are newer than what is here."""
        latest: dict[str, OwnerProfile] = {}
        for profile in profiles:
            if (known := latest.get(profile.owner)) is None or known.rev < profile.rev:
                latest[profile.owner] = profile
        documents = [
            {"_id": owner, "owner": owner, "rev": profile.rev, "profile": profile.model_dump_json()}
            for owner, profile in latest.items()
        ]
        await _replace_older(self._owners, documents)

    async def owners(self) -> list[str]:
        """Return every owner whose profile is known."""
        with store_errors():
            return sorted(await self._owners.distinct("_id"))

    async def heads(self, contacts: Sequence[str]) -> dict[str, Head]:
        """Return owner, revision, restrictions and other ids of those *contacts* that are known."""
        projection = {"owner": 1, "rev": 1, "restricted": 1, "aliases": 1}
        with store_errors():
            documents = await self._people.find({"_id": {"$in": contacts}}, projection, batch_size=max(2, len(contacts))).to_list(
                None
            )
        return {
            document["_id"]: Head(
                document["owner"], document["rev"], document.get("restricted", False), document.get("aliases", ())
            )
            for document in documents
        }

    async def generation(self) -> int:
        """Return a number that is another one whenever snapshots may have changed; see `save`."""
        with store_errors():
            mark = await self._marks.find_one({"_id": PEOPLE_MARK})
        return int(mark["generation"]) if mark else 0

    async def snapshots(self, *, contacts: Iterable[str], owner: str | None = None) -> dict[str, ContactSnapshot]:
        """Return the snapshots of those *contacts* that are known, of *owner* only where one is given."""
        query: Document = {"_id": {"$in": list(contacts)}}
        if owner is not None:
            query["owner"] = owner
        with store_errors():
            return {
                document["_id"]: ContactSnapshot.model_validate_json(document["snapshot"])
                async for document in self._people.find(query, {"snapshot": 1})
            }

    async def profiles(self, owners: Iterable[str]) -> dict[str, OwnerProfile]:
        """Return the profiles of those *owners* that are known."""
        with store_errors():
            return {
                document["_id"]: OwnerProfile.model_validate_json(document["profile"])
                async for document in self._owners.find({"_id": {"$in": list(owners)}}, {"profile": 1})
            }


def head_of(snapshot: ContactSnapshot) -> Head:
    """Return the head of a whole snapshot."""
    return Head(snapshot.owner, snapshot.rev, snapshot.is_silenced or bool(snapshot.muted), snapshot.aliases)


def _person_document(snapshot: ContactSnapshot) -> Document:
    head = head_of(snapshot)
    document: Document = {
        "_id": snapshot.id,
        "owner": snapshot.owner,
        "rev": snapshot.rev,
        "snapshot": snapshot.model_dump_json(exclude_defaults=True),
    }
    if head.is_restricted:
        document["restricted"] = True
    if head.aliases:
        document["aliases"] = list(head.aliases)
    document |= sorting_fields(snapshot)
    document |= touch_fields(snapshot)
    document |= listed_fields(snapshot)
    return document


async def _replace_older(collection: Collection, documents: Sequence[Document]) -> None:
    await write_guarded(
        collection,
        [
            ReplaceOne(
                {"_id": document["_id"], "owner": document["owner"], "rev": {"$lt": document["rev"]}}, document, upsert=True
            )
            for document in documents
        ],
    )
