"""Imports and the files they read, in MongoDB: an import survives the process that runs it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from shared.errors import NotFound
from shared.messages.facts import ImportUploaded
from shared.messages.imports import ImportProgress, ImportState
from shared.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError, store_errors

DateOrder = Literal["dmy", "mdy", "ymd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """An import to run, and how far it got."""

    key: str
    owner: str
    import_id: str
    object_name: str
    filename: str
    date_order: DateOrder | None
    uploaded_at: datetime
    progress: ImportProgress
    file_index: int
    row_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """A file that was imported, recognised by its content."""

    digest: str
    evidence_on: date | None
    occurred_at: datetime


class ImportStore:
    """Reads and writes imports."""

    def __init__(self, database: Database) -> None:
        self._imports: Collection = database["imports"]
        self._files: Collection = database["import_files"]

    async def ensure_indexes(self) -> None:
        """Create the index that the queue is read by."""
        with store_errors():
            await self._imports.create_index([("state", ASCENDING), ("lease_until", ASCENDING)], name="queue")
            await self._files.create_index([("owner", ASCENDING), ("source", ASCENDING)], name="by_source")

    async def add(self, *, owner: str, upload: ImportUploaded, uploaded_at: datetime) -> None:
        """Queue an import; one that is there already stays as it is."""
        progress = ImportProgress(import_id=upload.import_id, owner=owner, state=ImportState.RUNNING)
        document: Document = {
            "_id": f"{owner}:{upload.import_id}",
            "owner": owner,
            "import_id": upload.import_id,
            "object_name": upload.object_name,
            "filename": upload.filename,
            "date_order": upload.date_order,
            "uploaded_at": uploaded_at,
            "state": ImportState.RUNNING.value,
            "lease_until": uploaded_at - timedelta(days=1),
            "progress": progress.model_dump_json(),
            "file_index": 0,
            "row_index": 0,
        }
        try:
            with store_errors():
                await self._imports.insert_one(document)
        except DuplicateKeyError:
            return

    async def claim(self, *, now: datetime, lease_s: float) -> ImportJob | None:
        """Take one import that nobody works on; None when there is none."""
        with store_errors():
            document = await self._imports.find_one_and_update(
                {"state": ImportState.RUNNING.value, "lease_until": {"$lt": now}},
                {"$set": {"lease_until": now + timedelta(seconds=lease_s)}},
                sort=[("uploaded_at", ASCENDING)],
            )
        return _job(document) if document else None

    async def renew(self, key: str, *, until: datetime) -> None:
        """Say that the work goes on."""
        with store_errors():
            await self._imports.update_one({"_id": key}, {"$set": {"lease_until": until}})

    async def checkpoint(self, key: str, *, progress: ImportProgress, file_index: int, row_index: int) -> None:
        """Save how far an import is."""
        await self._set(key, progress, {"file_index": file_index, "row_index": row_index})

    async def finish(self, key: str, *, progress: ImportProgress) -> None:
        """Save the result of an import."""
        await self._set(key, progress, {})

    async def _set(self, key: str, progress: ImportProgress, more: Document) -> None:
        values = {"state": progress.state.value, "progress": progress.model_dump_json(), **more}
        with store_errors():
            await self._imports.update_one({"_id": key}, {"$set": values})

    async def progress(self, *, owner: str, import_id: str) -> ImportProgress:
        """Return how far an import is; raise `NotFound` when there is none of that id."""
        with store_errors():
            document = await self._imports.find_one({"_id": f"{owner}:{import_id}", "owner": owner})
        if document is None:
            raise NotFound(f"there is no import {import_id!r}")
        return ImportProgress.model_validate_json(document["progress"])

    async def files_of(self, *, owner: str, source: str) -> list[KnownFile]:
        """Return the files of one source that this owner imported."""
        with store_errors():
            documents = await self._files.find({"owner": owner, "source": source}).to_list(None)
        return [
            KnownFile(
                digest=d["digest"],
                evidence_on=date.fromisoformat(d["evidence_on"]) if d["evidence_on"] else None,
                occurred_at=d["occurred_at"],
            )
            for d in documents
        ]

    async def add_file(self, *, owner: str, source: str, file: KnownFile) -> None:
        """Remember a file by its content; one that is known already stays as it is."""
        document: Document = {
            "_id": f"{owner}:{file.digest}",
            "owner": owner,
            "source": source,
            "digest": file.digest,
            "evidence_on": file.evidence_on.isoformat() if file.evidence_on else None,
            "occurred_at": file.occurred_at,
        }
        try:
            with store_errors():
                await self._files.insert_one(document)
        except DuplicateKeyError:
            return


def _job(document: Document) -> ImportJob:
    return ImportJob(
        key=document["_id"],
        owner=document["owner"],
        import_id=document["import_id"],
        object_name=document["object_name"],
        filename=document["filename"],
        date_order=document["date_order"],
        uploaded_at=document["uploaded_at"],
        progress=ImportProgress.model_validate_json(document["progress"]),
        file_index=document["file_index"],
        row_index=document["row_index"],
    )
