"""The templates that owners wrote on the settings page: one document an owner, so that all of them change at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.mongo import Collection, Database, DuplicateKeyError, store_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTexts:
    """An owner's texts by the name of the template; *rev* grows with every change and is 0 for whoever never wrote one."""

    rev: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)


class OwnTemplateStore:
    """Reads and writes the collection `own_templates`."""

    def __init__(self, database: Database) -> None:
        self._owners: Collection = database["own_templates"]

    async def rev(self, owner: str) -> int:
        """Return the revision of an owner's texts."""
        with store_errors():
            found = await self._owners.find_one({"_id": owner}, {"rev": 1})
        return int(found["rev"]) if found else 0

    async def of(self, owner: str) -> OwnTexts:
        """Return an owner's texts."""
        with store_errors():
            found = await self._owners.find_one({"_id": owner})
        return OwnTexts(rev=found["rev"], texts={each["name"]: each["text"] for each in found["texts"]}) if found else OwnTexts()

    async def replace(self, owner: str, texts: Mapping[str, str], *, known_rev: int) -> bool:
        """Put *texts* in the place of those of revision *known_rev*; whether nobody else changed them meanwhile."""
        # Names hold dots, which keys of a document had better not.
        listed = [{"name": name, "text": text} for name, text in sorted(texts.items())]
        try:
            with store_errors():
                result = await self._owners.replace_one(
                    {"_id": owner, "rev": known_rev}, {"rev": known_rev + 1, "texts": listed}, upsert=known_rev == 0
                )
        except DuplicateKeyError:
            return False
        return bool(result.matched_count or result.upserted_id)
