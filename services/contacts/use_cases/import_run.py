"""One run of one import: fetch the file, read it in a thread, bring its rows in batch by batch, report."""

import asyncio
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import nats.errors
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from services.contacts.domain.import_rules import occurred_at, source_of
from services.contacts.import_store import ImportJob, ImportStore, KnownFile
from services.contacts.importers import open_import
from services.contacts.importers.rows import Item, Remark, SourceFile
from services.contacts.use_cases.import_rows import FileContext, ImportRows
from services.contacts.use_cases.receipts import LISTED_BYTES, ReceiptWriter, listed_bytes
from shared import subjects
from shared.errors import BrokerUnavailable, NotFound, TooLarge
from shared.messages.imports import ImportProgress, ImportState, Receipt
from shared.streams import IMPORTS_BUCKET
from shared.uploads import MAX_UPLOAD_BYTES

BATCH_ROWS = 500
CHECKPOINT_BATCHES = 10
"""Between two checkpoints. A process that dies repeats at most this many batches, and counts them the same way again."""
MAX_RECEIPTS = 100
"""An archive may hold a file for each contact: the last of its receipts speaks for all further files."""
FURTHER_FILES = "the further files"
COUNTED_BYTES = 32 * 1024**2
"""Of a file up to this size the rows are counted first, so that its progress has an end."""


class ImportRun:
    """Runs imports; each of its steps may be done again."""

    def __init__(self, *, client: Client, store: ImportStore, rows: ImportRows) -> None:
        self._client = client
        self._store = store
        self._rows = rows

    async def run(self, job: ImportJob) -> ImportProgress:
        """
        Run *job* from where it stopped and return its final progress.

        Raises:
            PermanentError: the file cannot be imported, and why.
            TransientError: broker or store do not answer; the job stays queued.
        """
        with tempfile.TemporaryDirectory(prefix="hobnob-import-") as folder:
            path = Path(folder) / "upload"
            digest = await self._fetch(job, path)
            files = await asyncio.to_thread(open_import, path, filename=job.filename, date_order=job.date_order)
            total = await asyncio.to_thread(_count_rows, files) if path.stat().st_size <= COUNTED_BYTES else None
            progress = job.progress.model_copy(update={"rows_total": total})
            for index, file in enumerate(files):
                if index >= job.file_index:
                    skip = job.row_index if index == job.file_index else 0
                    progress = await self._import_file(job, progress, file, index=index, skip=skip, digest=f"{digest}.{index}")
        return progress.model_copy(update={"state": ImportState.DONE})

    async def announce(self, progress: ImportProgress) -> None:
        """Publish how far an import is to whoever watches it."""
        subject = subjects.progress(progress.owner, progress.import_id)
        try:
            await self._client.publish(subject, progress.model_dump_json().encode())
        except nats.errors.Error as exc:
            raise BrokerUnavailable("the progress of an import cannot be published") from exc

    async def _import_file(
        self, job: ImportJob, progress: ImportProgress, file: SourceFile, *, index: int, skip: int, digest: str
    ) -> ImportProgress:
        slot = min(index, MAX_RECEIPTS - 1)
        earlier = progress.receipts[:slot]
        resumed = progress.receipts[slot] if slot < len(progress.receipts) else Receipt(file=file.file, format=file.format)
        if index > slot:
            resumed = resumed.model_copy(update={"file": FURTHER_FILES})
        receipt = ReceiptWriter(resumed, room_bytes=LISTED_BYTES - sum(listed_bytes(item) for item in earlier))
        done_before = sum(item.read for item in earlier)
        context = await self._context(job, file, digest, via=f"{job.key}/{index}", is_resumed=skip > 0)
        numbered = enumerate(file.rows())
        place = 0
        batches = 0
        while batch := await asyncio.to_thread(_next_batch, numbered):
            place = batch[-1][0] + 1
            if place <= skip:
                continue
            await self._rows.bring([item for item in batch if item[0] >= skip], context=context, receipt=receipt)
            batches += 1
            progress = progress.model_copy(
                update={"rows_done": done_before + receipt.rows, "receipts": (*earlier, receipt.receipt())}
            )
            if batches % CHECKPOINT_BATCHES == 0:
                await self._store.checkpoint(job, progress=progress, file_index=index, row_index=place)
            await self._store.note(job, progress=progress)
            await self.announce(progress.model_copy(update={"receipts": ()}))
        progress = progress.model_copy(
            update={"rows_done": done_before + receipt.rows, "receipts": (*earlier, receipt.receipt())}
        )
        await self._store.checkpoint(job, progress=progress, file_index=index + 1, row_index=0)
        return progress

    async def _context(self, job: ImportJob, file: SourceFile, digest: str, *, via: str, is_resumed: bool) -> FileContext:
        """Decide when what the file says was true, once for each content: importing it again must say the same."""
        source = source_of(file.format)
        known = await self._store.files_of(owner=job.owner, source=source)
        this = next((item for item in known if item.digest == digest), None)
        if this is None:
            same = [item.occurred_at for item in known if file.evidence_on and item.evidence_on == file.evidence_on]
            at = occurred_at(evidence_on=file.evidence_on, uploaded_at=job.uploaded_at, same_evidence=same)
            this = KnownFile(digest=digest, evidence_on=file.evidence_on, occurred_at=at)
            await self._store.add_file(owner=job.owner, source=source, file=this)
        later = [item for item in known if item.evidence_on and item.occurred_at > this.occurred_at]
        return FileContext(
            owner=job.owner,
            via=via,
            digest=digest,
            format=file.format,
            occurred_at=this.occurred_at,
            uploaded_at=job.uploaded_at,
            is_newest=file.evidence_on is not None and not later,
            touched=await self._rows.touched(owner=job.owner, via=via) if is_resumed else set(),
        )

    async def _fetch(self, job: ImportJob, path: Path) -> str:
        """Copy the upload to *path* and return a digest of its content."""
        try:
            bucket = await self._client.jetstream().object_store(IMPORTS_BUCKET)
            info = await bucket.get_info(job.object_name)
            if (info.size or 0) > MAX_UPLOAD_BYTES:
                raise TooLarge(f"the file has {info.size} bytes; the most is {MAX_UPLOAD_BYTES}: split it")
            with path.open("wb") as target:
                await self._copy(bucket, job.object_name, target)
        except NotFoundError as exc:
            raise NotFound("the uploaded file is gone (uploads are kept for a week); import it again") from exc
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable("the uploaded file cannot be fetched now") from exc
        return await asyncio.to_thread(_digest, path)

    @staticmethod
    async def _copy(bucket: object, name: str, target: BinaryIO) -> None:
        await bucket.get(name, writeinto=target)  # type: ignore[attr-defined]  # nats-py's annotation wants a buffered reader

    async def delete_upload(self, job: ImportJob) -> None:
        """Delete the file of an import that is done; one that is gone already is no matter."""
        try:
            bucket = await self._client.jetstream().object_store(IMPORTS_BUCKET)
            await bucket.delete(job.object_name)
        except NotFoundError:
            return
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable("the uploaded file cannot be deleted now") from exc


def _next_batch(rows: Iterator[tuple[int, Item]]) -> list[tuple[int, Item]]:
    return list(islice(rows, BATCH_ROWS))


def _count_rows(files: Sequence[SourceFile]) -> int:
    return sum(1 for file in files for item in file.rows() if not isinstance(item, Remark))


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()[:16]
