"""An import whose process is killed, or only thought to be, ends as if nothing had happened."""

import io
import uuid
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from nats.js.errors import ObjectNotFoundError

from services.contacts.fact_log import FactLog
from services.contacts.import_store import ImportJob, ImportStore, LeaseLost
from services.contacts.use_cases import import_run
from services.contacts.use_cases.import_rows import ImportRows
from services.contacts.use_cases.import_run import ImportRun
from services.contacts.use_cases.imports import MAX_STARTS, Imports
from shared.emitting import Emitter
from shared.messages.facts import ImportUploaded
from shared.messages.imports import ImportProgress, ImportState
from shared.messages.rpc import GetImport
from shared.streams import IMPORTS_BUCKET
from tests.conftest import eventually
from tests.integration.contacts.core import Core, MortalDatabase, killed

CARDS = (
    ("John Smith", "UID:1\r\nTEL:+1 555 0100"),
    ("John Smith", "UID:2\r\nTEL:+1 555 0101"),
    ("Ann Doe", "EMAIL:ann@example.com"),
    ("Ann Doe", "EMAIL:ann@example.com\r\nBDAY:1980-02-29"),
    ("John Smith", "UID:3\r\nTEL:+1 555 0102"),
)
ADDRESS_BOOK = "".join(f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\n{rest}\r\nEND:VCARD\r\n" for name, rest in CARDS).encode()
WRITES_OF_AN_IMPORT = 30
"""More than the import below takes."""
LEASE_S = 15.0


@dataclass
class Shelf:
    """Where imports are queued, and a clock that can be put on."""

    core: Core
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def imports(
        self, *, dies_after_writes: int | None = None, lease_s: float = LEASE_S
    ) -> tuple[Imports, ImportStore, ImportRun]:
        """Return what a process works with, which may be killed before one of its writes."""
        database: Any = self.core.database
        if dies_after_writes is not None:
            database = MortalDatabase(database, writes=dies_after_writes)
        facts, store, _ = self.core.process_on(database)
        queue = ImportStore(database)
        rows = ImportRows(store=store, fact_log=FactLog(database), facts=facts, emitter=Emitter(self.core.client))
        run = ImportRun(client=self.core.client, store=queue, rows=rows)
        return Imports(store=queue, run=run, clock=lambda: self.now, lease_s=lease_s), queue, run

    async def upload(self, content: bytes = ADDRESS_BOOK) -> str:
        """Upload a file, queue its import and return its id."""
        import_id = uuid.uuid4().hex
        bucket = await self.core.client.jetstream().object_store(IMPORTS_BUCKET)
        await bucket.put(import_id, content)
        upload = ImportUploaded(import_id=import_id, object_name=import_id, filename="book.vcf", size_bytes=len(content))
        await self.imports()[0].enqueue(owner=self.core.owner, upload=upload, uploaded_at=self.now)
        return import_id

    async def progress(self, import_id: str) -> ImportProgress:
        """Return how far an import is."""
        return await self.imports()[0].get(GetImport(owner=self.core.owner, import_id=import_id))

    def let_leases_end(self) -> None:
        """Put the clock on."""
        self.now += timedelta(seconds=LEASE_S + 1)


@pytest.fixture
def shelf(core: Core, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A queue whose imports take one row at a time and note each."""
    monkeypatch.setattr(import_run, "BATCH_ROWS", 1)
    monkeypatch.setattr(import_run, "CHECKPOINT_BATCHES", 1)
    return Shelf(core)


@pytest.mark.parametrize("writes", range(WRITES_OF_AN_IMPORT))
async def test_an_import_that_is_cut_off_anywhere_ends_like_one_that_is_not(shelf: Shelf, writes: int) -> None:
    """The same people, each row counted once; two of one name in one file stay two."""
    import_id = await shelf.upload()
    await killed(shelf.imports(dies_after_writes=writes)[0].run_next)
    shelf.let_leases_end()
    await shelf.imports()[0].run_next()
    progress = await shelf.progress(import_id)
    assert progress.state is ImportState.DONE, progress.error
    (receipt,) = progress.receipts
    assert (receipt.read, receipt.created, receipt.merged + receipt.unchanged) == (5, 4, 1)
    page = await shelf.core.process()[1].page(owner=shelf.core.owner, filters={}, after=None, limit=10)
    assert [name for name, _ in page] == ["ann doe", "john smith", "john smith", "john smith"]


async def test_an_upload_is_kept_until_its_result_is_stored_and_no_longer(shelf: Shelf) -> None:
    """What a later process would have to read again is there; afterwards it is gone."""
    import_id = await shelf.upload()
    bucket = await shelf.core.client.jetstream().object_store(IMPORTS_BUCKET)
    _, queue, run = shelf.imports()
    job = await queue.claim(now=shelf.now, lease_s=LEASE_S)
    assert job is not None
    await run.run(job)
    assert (await bucket.get_info(import_id)).size == len(ADDRESS_BOOK)
    shelf.let_leases_end()
    assert await shelf.imports()[0].run_next()
    with pytest.raises(ObjectNotFoundError):
        await bucket.get_info(import_id)


async def test_a_process_that_was_thought_dead_changes_nothing_of_an_import_that_another_has_finished(shelf: Shelf) -> None:
    """It was only slow: its checkpoint must not make the import run again, without its file."""
    import_id = await shelf.upload()
    _, queue, _ = shelf.imports()
    slow = await queue.claim(now=shelf.now, lease_s=LEASE_S)
    assert slow is not None
    shelf.let_leases_end()
    await shelf.imports()[0].run_next()
    done = await shelf.progress(import_id)
    with pytest.raises(LeaseLost):
        await queue.checkpoint(slow, progress=slow.progress, file_index=0, row_index=1)
    with pytest.raises(LeaseLost):
        await queue.finish(slow, progress=slow.progress)
    with pytest.raises(LeaseLost):
        await queue.renew(slow, until=shelf.now)
    assert await shelf.progress(import_id) == done
    assert done.state is ImportState.DONE


async def test_a_file_that_ends_the_process_each_time_is_given_up(shelf: Shelf) -> None:
    """It would else keep the service down for ever; the owner is told, and the next import runs."""
    bad = await shelf.upload()
    for _ in range(MAX_STARTS):
        assert await killed(shelf.imports(dies_after_writes=1)[0].run_next)
        shelf.let_leases_end()
    good = await shelf.upload()
    await shelf.imports()[0].run_next()
    failed = await shelf.progress(bad)
    assert failed.state is ImportState.FAILED
    assert "ended" in (failed.error or "")
    await shelf.imports()[0].run_next()
    assert (await shelf.progress(good)).state is ImportState.DONE


async def test_an_outage_is_not_held_against_the_file(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often broker or database are away, the import waits for them."""
    import_id = await shelf.upload()

    async def is_away(*_: Any, **__: Any) -> None:
        raise LeaseLost

    for _ in range(MAX_STARTS + 5):
        imports, _, run = shelf.imports()
        monkeypatch.setattr(run, "run", is_away)
        with pytest.raises(LeaseLost):
            await imports.run_next()
        shelf.let_leases_end()
    await shelf.imports()[0].run_next()
    assert (await shelf.progress(import_id)).state is ImportState.DONE


async def test_the_lease_is_kept_while_one_step_takes_long(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetching or counting a large file writes nothing for a while; nobody else takes it over."""
    import_id = await shelf.upload()
    imports, queue, run = shelf.imports(lease_s=0.03)
    renewed: list[datetime] = []
    renew, work = queue.renew, run.run

    async def noted(job: ImportJob, *, until: datetime) -> None:
        await renew(job, until=until)
        renewed.append(until)

    async def is_kept() -> bool:
        return len(renewed) >= 3

    async def slow(job: ImportJob) -> ImportProgress:
        await eventually(is_kept)
        return await work(job)

    monkeypatch.setattr(queue, "renew", noted)
    monkeypatch.setattr(run, "run", slow)
    await imports.run_next()
    assert (await shelf.progress(import_id)).state is ImportState.DONE


async def test_an_archive_of_very_many_files_has_a_receipt_that_fits(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first files have one each, all further ones share the last; every row is counted."""
    monkeypatch.setattr(import_run, "MAX_RECEIPTS", 3)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(6):
            card = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Number {number}\r\nEMAIL:n{number}@example.com\r\nEND:VCARD\r\n"
            archive.writestr(f"{number}.vcf", card)
    import_id = await shelf.upload(target.getvalue())
    await shelf.imports()[0].run_next()
    progress = await shelf.progress(import_id)
    assert [(receipt.read, receipt.created) for receipt in progress.receipts] == [(1, 1), (1, 1), (4, 4)]
    assert progress.receipts[2].file == import_run.FURTHER_FILES
    assert progress.rows_done == 6
