"""Imports and the files they read, in MongoDB: an import survives the process that runs it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from shared.errors import NotFound, TransientError
from shared.messages.facts import ImportUploaded
from shared.messages.imports import ImportProgress, ImportState, ImportSummary
from shared.mongo import (
    ASCENDING,
    DESCENDING,
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
    make_indexes,
    store_errors,
)

DateOrder = Literal["dmy", "mdy", "ymd"]

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class LeaseLost(TransientError):
    """Another process has taken this import over, since this one was silent for too long."""


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
    lease: int
    """Counts the claims: who holds an older one may no longer write."""
    starts: int
    """How often it was begun since its last checkpoint, this time included, and not given back."""


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
        of_imports = [
            IndexModel([("state", ASCENDING), ("lease_until", ASCENDING)], name="queue"),
            IndexModel([("owner", ASCENDING), ("uploaded_at", DESCENDING), ("_id", DESCENDING)], name="list"),
        ]
        await make_indexes(self._imports, of_imports)
        await make_indexes(self._files, [IndexModel([("owner", ASCENDING), ("source", ASCENDING)], name="by_source")])

    async def count_running(self) -> int:
        """Count the imports that are neither done nor failed."""
        with store_errors():
            return await self._imports.count_documents({"state": ImportState.RUNNING.value})

    async def add(self, *, owner: str, upload: ImportUploaded, uploaded_at: datetime) -> None:
        """Queue an import; one that is there already stays as it is."""
        progress = ImportProgress(import_id=upload.import_id, owner=owner, filename=upload.filename, state=ImportState.RUNNING)
        document: Document = {
            "_id": f"{owner}:{upload.import_id}",
            "owner": owner,
            "import_id": upload.import_id,
            "object_name": upload.object_name,
            "filename": upload.filename,
            "date_order": upload.date_order,
            "uploaded_at": uploaded_at,
            "state": ImportState.RUNNING.value,
            "lease_until": NEVER,
            "lease": 0,
            "starts": 0,
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
                {"$set": {"lease_until": now + timedelta(seconds=lease_s)}, "$inc": {"lease": 1, "starts": 1}},
                sort=[("uploaded_at", ASCENDING)],
            )
        return _claimed(document) if document else None

    async def renew(self, job: ImportJob, *, until: datetime) -> None:
        """Say that the work goes on; raise `LeaseLost` when somebody else does it."""
        await self._update(job, {"$set": {"lease_until": until}})

    async def give_back(self, job: ImportJob) -> None:
        """Say that the work stopped through no fault of the file; raise `LeaseLost` when somebody else does it."""
        await self._update(job, {"$inc": {"starts": -1}})

    async def checkpoint(self, job: ImportJob, *, progress: ImportProgress, file_index: int, row_index: int) -> None:
        """Save how far an import is; raise `LeaseLost` when somebody else does it."""
        await self._update(job, {"$set": _saved(progress) | {"file_index": file_index, "row_index": row_index, "starts": 1}})

    async def note(self, job: ImportJob, *, progress: ImportProgress) -> None:
        """Tell how many rows are done between two checkpoints; raise `LeaseLost` when somebody else does the work."""
        await self._update(job, {"$set": {"rows": [progress.rows_done, progress.rows_total]}})

    async def finish(self, job: ImportJob, *, progress: ImportProgress) -> None:
        """Save the result of an import; raise `LeaseLost` when somebody else does it."""
        await self._update(job, {"$set": _saved(progress)})

    async def _update(self, job: ImportJob, change: Document) -> None:
        with store_errors():
            result = await self._imports.update_one({"_id": job.key, "lease": job.lease}, change)
        if not result.matched_count:
            raise LeaseLost

    async def progress(self, *, owner: str, import_id: str) -> ImportProgress:
        """Return how far an import is; raise `NotFound` when there is none of that id."""
        with store_errors():
            document = await self._imports.find_one({"_id": f"{owner}:{import_id}", "owner": owner})
        if document is None:
            raise NotFound(f"there is no import {import_id!r}")
        return _progress(document)

    async def page(self, *, owner: str, after: tuple[datetime, str] | None, limit: int) -> list[tuple[str, ImportSummary]]:
        """Return at most *limit* imports with their keys, the newest upload first, from where a former page ended."""
        query: Document = {"owner": owner}
        if after:
            at, key = after
            query["$or"] = [{"uploaded_at": {"$lt": at}}, {"uploaded_at": at, "_id": {"$lt": key}}]
        with store_errors():
            documents = await (
                self._imports.find(query).sort([("uploaded_at", DESCENDING), ("_id", DESCENDING)]).limit(limit).to_list(None)
            )
        return [(document["_id"], _summary(document)) for document in documents]

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


def _progress(document: Document) -> ImportProgress:
    """Return how far an import is; its rows may be ahead of the last checkpoint."""
    progress = ImportProgress.model_validate_json(document["progress"])
    done, total = document.get("rows", (0, None))
    if progress.state is not ImportState.RUNNING or done <= progress.rows_done:
        return progress
    return progress.model_copy(update={"rows_done": done, "rows_total": total})


def _summary(document: Document) -> ImportSummary:
    progress = _progress(document)
    counts = {
        name: sum(getattr(receipt, name) for receipt in progress.receipts)
        for name in ("read", "created", "updated", "merged", "unchanged")
    }
    return ImportSummary(
        import_id=progress.import_id,
        filename=document["filename"],
        uploaded_at=document["uploaded_at"],
        state=progress.state,
        rows_done=progress.rows_done,
        rows_total=progress.rows_total,
        skipped=sum(len(receipt.skipped) + receipt.skipped_more for receipt in progress.receipts),
        error=progress.error,
        **counts,
    )


def _saved(progress: ImportProgress) -> Document:
    return {"state": progress.state.value, "progress": progress.model_dump_json()}


def _claimed(document: Document) -> ImportJob:
    """Return the job that was claimed; *document* is from before the claim."""
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
        lease=document["lease"] + 1,
        starts=document["starts"] + 1,
    )
