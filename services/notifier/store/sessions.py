"""Who is signed in, the links that sign in once, and how often somebody tried; of every secret only its SHA-256 is here."""

from datetime import datetime

from services.notifier.domain.sessions import ATTEMPTS_WINDOW, SESSION_LIFETIME, Session
from shared.mongo import ASCENDING, DESCENDING, Collection, Database, Document, IndexModel, make_indexes, store_errors


class SessionStore:
    """Reads and writes the collections `sessions`, `sign_in_links` and `sign_in_attempts`; the database drops what is over."""

    def __init__(self, database: Database) -> None:
        self._sessions: Collection = database["sessions"]
        self._links: Collection = database["sign_in_links"]
        self._attempts: Collection = database["sign_in_attempts"]

    async def ensure_indexes(self) -> None:
        """Create what the queries below need."""
        ending = IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="over")
        of_owner = IndexModel([("owner", ASCENDING)], name="of_owner")
        await make_indexes(self._sessions, [ending, of_owner])
        await make_indexes(self._links, [ending, of_owner])
        await make_indexes(self._attempts, [ending])

    async def add(self, session: Session) -> None:
        """Keep a new session."""
        document: Document = {
            "_id": session.digest,
            "owner": session.owner,
            "created_at": session.created_at,
            "seen_at": session.seen_at,
            "ends_at": session.created_at + SESSION_LIFETIME,
        }
        with store_errors():
            await self._sessions.insert_one(document)

    async def find(self, digest: str) -> Session | None:
        """Return a session, over or not; None when there is none."""
        with store_errors():
            found = await self._sessions.find_one({"_id": digest})
        return _session(found) if found else None

    async def of(self, owner: str) -> list[Session]:
        """Return the sessions of *owner*, over or not, the one that was used last first."""
        with store_errors():
            cursor = self._sessions.find({"owner": owner}).sort("seen_at", DESCENDING)
            return [_session(document) async for document in cursor]

    async def touch(self, digest: str, *, at: datetime) -> None:
        """Note that a session was used."""
        with store_errors():
            await self._sessions.update_one({"_id": digest}, {"$max": {"seen_at": at}})

    async def remove(self, digest: str) -> None:
        """End a session."""
        with store_errors():
            await self._sessions.delete_one({"_id": digest})

    async def remove_all(self, *, owner: str) -> None:
        """End all sessions of *owner* and the links that would begin another."""
        with store_errors():
            await self._links.delete_many({"owner": owner})
            await self._sessions.delete_many({"owner": owner})

    async def add_link(self, digest: str, *, owner: str, until: datetime) -> None:
        """Keep a link that signs *owner* in, once."""
        with store_errors():
            await self._links.insert_one({"_id": digest, "owner": owner, "ends_at": until})

    async def link_owner(self, digest: str, *, at: datetime) -> str | None:
        """Return whom a link signs in at *at*, and leave it good; None when it is not."""
        with store_errors():
            found = await self._links.find_one({"_id": digest, "ends_at": {"$gt": at}})
        return found["owner"] if found else None

    async def take_link(self, digest: str, *, at: datetime) -> str | None:
        """Return whom a link signs in at *at*, which nobody else then can; None when it is not good."""
        with store_errors():
            found = await self._links.find_one_and_delete({"_id": digest, "ends_at": {"$gt": at}})
        return found["owner"] if found else None

    async def count_attempt(self, key: str, *, at: datetime) -> int:
        """Count an attempt by *key*, and return how many there were in the window that is running."""
        window = int(at.timestamp() // ATTEMPTS_WINDOW.total_seconds())
        with store_errors():
            found = await self._attempts.find_one_and_update(
                {"_id": f"{key}:{window}"},
                {"$inc": {"count": 1}, "$setOnInsert": {"ends_at": at + 2 * ATTEMPTS_WINDOW}},
                upsert=True,
                return_document=True,
            )
        return int(found["count"]) if found else 1


def _session(document: Document) -> Session:
    return Session(
        digest=document["_id"], owner=document["owner"], created_at=document["created_at"], seen_at=document["seen_at"]
    )
