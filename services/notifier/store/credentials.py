"""The credentials, by user name; of a secret only its SHA-256 is here."""

from collections.abc import Iterable

from services.notifier.domain.access import Credential, fingerprint, is_secret
from services.notifier.domain.opaque_secrets import digest_of
from shared.access import credential_user
from shared.messages.access import Scope
from shared.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError, IndexModel, make_indexes, store_errors


class CredentialStore:
    """Reads and writes the collection `credentials`."""

    def __init__(self, database: Database) -> None:
        self._credentials: Collection = database["credentials"]

    async def ensure_indexes(self) -> None:
        """Create what the queries below need."""
        indexes = [
            IndexModel([("secret_sha256", ASCENDING)], unique=True, name="by_secret"),
            IndexModel([("owner", ASCENDING), ("_id", ASCENDING)], name="of_owner"),
        ]
        await make_indexes(self._credentials, indexes)

    async def by_secret(self, secret: str) -> Credential | None:
        """
        Return the credential whose secret this is, or None.

        The index is asked for a hash, so that the time it takes tells nothing about how close a guess was.
        """
        if not is_secret(text=secret):
            return None
        with store_errors():
            document = await self._credentials.find_one({"secret_sha256": digest_of(secret=secret)})
        return _credential(document) if document else None

    async def page(self, *, owner: str | None, after: str | None, limit: int) -> list[Credential]:
        """Return up to *limit* credentials by user name, from behind the user *after* on."""
        query: Document = {} if owner is None else {"owner": owner}
        if after is not None:
            query["_id"] = {"$gt": after}
        with store_errors():
            cursor = self._credentials.find(query).sort("_id", ASCENDING).limit(limit)
            return [_credential(document) async for document in cursor]

    async def fingerprints(self, users: Iterable[str]) -> dict[str, str]:
        """Return the fingerprint of the present secret of those *users* that have a credential."""
        query = {"_id": {"$in": list(users)}}
        with store_errors():
            cursor = self._credentials.find(query, {"secret_sha256": 1})
            return {document["_id"]: fingerprint(digest=document["secret_sha256"]) async for document in cursor}

    async def exists(self, *, owner: str, name: str) -> bool:
        """Whether there is a credential of that name, of any scope."""
        query = {"_id": credential_user(owner=owner, name=name)}
        with store_errors():
            return await self._credentials.count_documents(query, limit=1) > 0

    async def insert(self, credential: Credential, *, secret: str) -> bool:
        """Add a credential; whether its name was free."""
        try:
            with store_errors():
                await self._credentials.insert_one(_document(credential, secret))
        except DuplicateKeyError:
            return False
        return True

    async def replace(self, credential: Credential, *, secret: str) -> bool:
        """Give the credential of that name and scope another secret; whether there is one."""
        query = {"_id": credential.user, "scope": credential.scope.value}
        with store_errors():
            result = await self._credentials.replace_one(query, _document(credential, secret))
        return bool(result.matched_count)

    async def remove(self, *, owner: str, name: str) -> bool:
        """Delete a credential; whether there was one."""
        with store_errors():
            result = await self._credentials.delete_one({"_id": credential_user(owner=owner, name=name)})
        return bool(result.deleted_count)


def _document(credential: Credential, secret: str) -> Document:
    return {
        "_id": credential.user,
        "owner": credential.owner,
        "name": credential.name,
        "scope": credential.scope.value,
        "created_at": credential.created_at,
        "secret_sha256": digest_of(secret=secret),
    }


def _credential(document: Document) -> Credential:
    return Credential(
        owner=document["owner"],
        name=document["name"],
        scope=Scope(document["scope"]),
        created_at=document["created_at"],
    )
