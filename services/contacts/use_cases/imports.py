"""
The queue of imports: an uploaded file is noted at once, then read and applied in the background, so that neither the intake
nor anybody else waits for it. The queue is in the database: a process that dies leaves its import to be taken up again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from services.contacts.import_store import ImportJob, ImportStore
from services.contacts.use_cases.import_run import ImportRun
from services.contacts.use_cases.paging import first_that_fit, read_cursor, write_cursor
from shared.clock import Clock
from shared.errors import PermanentError, TransientError
from shared.logging import get_logger
from shared.messages.facts import ImportUploaded
from shared.messages.imports import ImportPage, ImportProgress, ImportState
from shared.messages.rpc import GetImport, ListImports
from shared.messages.values import Instant, format_instant
from shared.service import every

log = get_logger(__name__)

_CURSOR: TypeAdapter[tuple[datetime, str]] = TypeAdapter(tuple[Instant, str])
MAX_STARTS = 20
"""Beginnings of an import without a checkpoint in between, before the file is taken for what ends the process."""
IDLE_S = 2.0
"""How often the queue is looked at when nobody said that something was put in: after a crash, or by another process."""


class Imports:
    """Queues imports, runs them one after the other, and tells how far they are."""

    def __init__(self, *, store: ImportStore, run: ImportRun, clock: Clock, lease_s: float) -> None:
        self._store = store
        self._run = run
        self._clock = clock
        self._lease_s = lease_s
        self._added = asyncio.Event()

    async def enqueue(self, *, owner: str, upload: ImportUploaded, uploaded_at: datetime) -> None:
        """Queue an upload; the same one twice is one."""
        # The database keeps milliseconds: a run that is taken up again must see the same instant as the first.
        at = uploaded_at.replace(microsecond=uploaded_at.microsecond // 1000 * 1000)
        await self._store.add(owner=owner, upload=upload, uploaded_at=at)
        self._added.set()

    async def get(self, request: GetImport) -> ImportProgress:
        """Return how far an import is; raise `NotFound`."""
        return await self._store.progress(owner=request.owner, import_id=request.import_id)

    async def list(self, request: ListImports) -> ImportPage:
        """Return one page of an owner's imports, the newest upload first."""
        after = read_cursor(request.cursor, of=_CURSOR) if request.cursor else None
        found = await self._store.page(owner=request.owner, after=after, limit=request.limit + 1)
        rows = first_that_fit(found[: request.limit])
        key, last = rows[-1] if len(found) > len(rows) else (None, None)
        cursor = write_cursor(format_instant(last.uploaded_at), key) if key and last else None
        return ImportPage(imports=tuple(summary for _, summary in rows), cursor=cursor)

    async def work(self) -> None:
        """Run what is queued, for ever."""
        while True:
            try:
                if await self.run_next():
                    continue
            except TransientError as exc:
                log.warning("import_deferred", reason=str(exc))
            await self._wait()

    async def run_next(self) -> bool:
        """
        Run one import that nobody works on and return whether there was one.

        Raises:
            TransientError: it could not be finished now, or somebody else does it; it stays queued.
        """
        job = await self._store.claim(now=self._clock(), lease_s=self._lease_s)
        if job is None:
            return False
        log.info("import_started", import_id=job.import_id, rows_done=job.progress.rows_done)
        try:
            async with self._kept(job):
                done = await self._done(job)
        except TransientError:
            await self._store.give_back(job)
            raise
        await self._store.finish(job, progress=done)
        log.info("import_ended", import_id=job.import_id, state=done.state.value, rows_done=done.rows_done)
        # Only now: a process that died in between would else find a file gone that it must still read.
        if done.state is ImportState.DONE:
            await self._run.delete_upload(job)
        await self._run.announce(done)
        return True

    async def _done(self, job: ImportJob) -> ImportProgress:
        if job.starts > MAX_STARTS:
            return _failed(job, f"the service ended {MAX_STARTS} times while it read this file; what was read before is kept")
        try:
            return await self._run.run(job)
        except TransientError:
            raise
        except PermanentError as exc:
            return _failed(job, str(exc))
        except Exception:  # the outermost edge: a file that trips a parser must not stop the queue
            log.exception("import_failed", import_id=job.import_id)
            return _failed(job, "an unexpected error; the log of the contacts service has it. What was read before it is kept")

    @asynccontextmanager
    async def _kept(self, job: ImportJob) -> AsyncIterator[None]:
        """Keep the lease of *job* while the block runs, however long one of its steps takes."""

        async def renew() -> None:
            await self._store.renew(job, until=self._clock() + timedelta(seconds=self._lease_s))

        keeping = asyncio.create_task(every(self._lease_s / 3, renew, name="import_lease"))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE_S):
                await self._added.wait()
        except TimeoutError:
            return
        self._added.clear()


def _failed(job: ImportJob, error: str) -> ImportProgress:
    return job.progress.model_copy(update={"state": ImportState.FAILED, "error": error})
