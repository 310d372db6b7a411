"""The owners' passwords, hashed with argon2."""

from shared.mongo import Collection, Database, store_errors


class AccountStore:
    """Reads and writes the collection `accounts`."""

    def __init__(self, database: Database) -> None:
        self._accounts: Collection = database["accounts"]

    async def password_hash(self, owner: str) -> str | None:
        """Return the hash of an owner's password; None for whoever has none."""
        with store_errors():
            found = await self._accounts.find_one({"_id": owner})
        return found["password_hash"] if found else None

    async def set_password_hash(self, owner: str, password_hash: str) -> None:
        """Replace the hash of an owner's password."""
        with store_errors():
            await self._accounts.update_one({"_id": owner}, {"$set": {"password_hash": password_hash}}, upsert=True)
