"""`/import`: files come in piece by piece, within bounds, for one owner alone."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from faststream.nats import NatsBroker

from services.notifier.web.import_uploads import DRAIN_S, FILES_MAX
from shared import subjects
from shared.broker import answer_requests
from shared.errors import NotFound
from shared.messages.imports import ImportPage, ImportProgress, ImportState, ImportSummary, MergedRow, Receipt, SkippedRow
from shared.messages.rpc import GetImport, ListImports
from shared.messages.values import Message
from shared.streams import IMPORTS_BUCKET, INTAKE
from tests.conftest import eventually
from tests.integration.notifier.conftest import World
from tests.integration.notifier.doors import Answer, ask_door
from tests.integration.notifier.visits import Page, Visit, visiting

BOUNDARY = "x-a-boundary-x"
SCRIPT = '<script>alert("x")</script>'
LIMIT = 1_000_000


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    """Return one part of a form."""
    named = f'; filename="{filename}"' if filename is not None else ""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


async def bring(visit: Visit, *parts: bytes, accept: str = "text/html", path: str = "/import", **headers: str) -> Answer:
    """Send a form with files as the owner who is signed in."""
    sent = {"Cookie": visit.cookie, "Accept": accept, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **headers}
    return await ask_door(visit.port, "POST", path, body=b"".join(parts) + END, headers=sent)


async def token_part(visit: Visit) -> bytes:
    """Return the field that every form carries."""
    return part("csrf", (await visit.csrf("/import")).encode())


async def uploaded(world: World) -> list[dict[str, Any]]:
    """Return the data of the imports that were stated for the owner."""
    subject = subjects.intake(world.owner, "import.uploaded")
    info = await world.js.stream_info(INTAKE, subjects_filter=subject)
    count = sum((info.state.subjects or {}).values())
    subscription = await world.js.pull_subscribe(subject, stream=INTAKE)
    try:
        messages = await subscription.fetch(count, timeout=5) if count else []
    finally:
        await subscription.unsubscribe()
    return [json.loads(message.data)["data"] for message in messages]


async def stored(world: World, name: str) -> bytes:
    """Return a file as it lies in the object store."""
    bucket = await world.js.object_store(IMPORTS_BUCKET)
    return (await bucket.get(name)).data or b""


@asynccontextmanager
async def contacts_that_import(world: World, *known: ImportProgress) -> AsyncIterator[None]:
    """Stand for the service that owns people; it has the imports that are *known*, and of all others the upload."""
    broker = NatsBroker(world.settings.nats_url, logger=None)
    by_id = {each.import_id: each for each in known}

    async def on_get(request: GetImport) -> Message:
        if request.owner != world.owner:
            raise NotFound("there is no such import")
        fresh = ImportProgress(import_id=request.import_id, owner=world.owner, filename="fresh.csv", state=ImportState.RUNNING)
        return by_id.get(request.import_id, fresh)

    async def on_list(request: ListImports) -> Message:
        rows = [
            ImportSummary(import_id=each.import_id, filename=each.filename or "", uploaded_at=datetime.now(UTC), state=each.state)
            for each in known
            if each.owner == request.owner
        ]
        return ImportPage(imports=tuple(rows))

    answer_requests(broker, service="contacts", verb="import.get", request=GetImport, handle=on_get)
    answer_requests(broker, service="contacts", verb="import.list", request=ListImports, handle=on_list)
    async with broker:
        await broker.start()
        yield


def finished(world: World, **changes: Any) -> ImportProgress:
    """Return an import that is done."""
    receipt = Receipt(
        file=f"{SCRIPT}.csv",
        format="linkedin",
        read=4,
        created=1,
        merged=1,
        skipped=(SkippedRow(line=3, reason="no name"), SkippedRow(line=9, reason=SCRIPT)),
        merges=(MergedRow(line=4, name=SCRIPT),),
        notes=(SCRIPT,),
    )
    values: dict[str, Any] = {
        "import_id": "import-1",
        "owner": world.owner,
        "filename": f"{SCRIPT}.zip",
        "state": ImportState.DONE,
        "rows_done": 4,
        "receipts": (receipt,),
    }
    return ImportProgress(**(values | changes))


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """An owner at a notifier that takes a megabyte at once, with a stand-in for contacts."""
    async with contacts_that_import(world, finished(world)), visiting(world, upload_max_bytes=LIMIT) as visit:
        yield visit


async def test_files_are_stored_stated_and_followed(visit: Visit) -> None:
    """Each file lies in the object store as it came, is stated once under its bare name, and its page follows."""
    token = await token_part(visit)
    one = await bring(visit, token, part("date_order", b"dmy"), part("file", b"Name\nAda\n", r"C:\\lists\\people.csv"))
    assert one.status == 303, one.body
    (first,) = await uploaded(visit.world)
    assert one.headers["location"] == f"/import/{first['import_id']}"
    assert (first["filename"], first["size_bytes"], first["date_order"]) == ("people.csv", 9, "dmy")
    assert await stored(visit.world, f"{visit.world.owner}/{first['import_id']}") == b"Name\nAda\n"
    several = await bring(visit, token, part("file", b"a", "a.csv"), part("file", b"", "empty.csv"))
    assert several.headers["location"] == "/import?did=accepted&count=2"
    assert [each["filename"] for each in await uploaded(visit.world)] == ["people.csv", "a.csv", "empty.csv"]
    page = (await visit.page(one.headers["location"])).body.decode()
    assert "You can leave this page" in page
    assert 'http-equiv="refresh"' in page


async def test_nothing_chosen_no_token_no_form(visit: Visit) -> None:
    """A form without a file is told so; one without the session's token, or of another kind, states nothing."""
    token = await token_part(visit)
    assert (await bring(visit, token, part("file", b"", ""))).headers["location"] == "/import?did=nothing"
    assert b"Choose a file first." in (await visit.page("/import?did=nothing")).body
    assert (await bring(visit, part("file", b"a", "a.csv"))).status == 403
    assert (await bring(visit, part("csrf", b"x"), part("file", b"a", "a.csv"))).status == 403
    assert (await visit.page("/import", {"csrf": "x"})).status == 415
    wrong = {"Content-Type": "multipart/form-data; boundary=another"}
    assert (await bring(visit, token, part("file", b"a", "a.csv"), **wrong)).status == 400
    assert (await bring(visit, token, part("date_order", b"xyz"), part("file", b"a", "a.csv"))).status == 422
    assert await uploaded(visit.world) == []


async def test_too_many_files_are_refused_with_a_sentence(visit: Visit) -> None:
    """At once, though all of it has come, and nothing is stated."""
    files = [part("file", b"a", f"{number}.csv") for number in range(FILES_MAX + 1)]
    async with asyncio.timeout(DRAIN_S / 2):
        refused = await bring(visit, await token_part(visit), *files)
    assert refused.status == 400
    assert f"at most {FILES_MAX} files" in refused.body.decode()
    assert await uploaded(visit.world) == []


async def test_too_large_is_refused_with_a_sentence(visit: Visit) -> None:
    """More than the limit is answered 413, whether it was announced or not, and nothing is stated."""
    token = await token_part(visit)
    big = part("file", b"x" * (LIMIT + 100_000), "big.csv")
    announced = await bring(visit, token, big)
    assert announced.status == 413
    assert b"at most 977 KB at once" in announced.body
    chunks = iter([token, big, END])
    headers = {"Cookie": visit.cookie, "Accept": "application/json", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    unannounced = await ask_door(visit.port, "POST", "/import", body=chunks, headers=headers)
    assert unannounced.status == 413
    assert unannounced.json["detail"].startswith("Hobnob takes at most")
    assert await uploaded(visit.world) == []


async def test_the_receipt_says_everything_as_text(visit: Visit) -> None:
    """File names, reasons, names and remarks of a receipt are shown, and markup in them stays text."""
    answer = await visit.page("/import/import-1")
    text = answer.body.decode()
    assert SCRIPT not in text
    assert text.count("&lt;script&gt;") >= 5
    assert "Give them a name or an address" in text
    listed = (await visit.page("/import")).body.decode()
    assert SCRIPT not in listed
    assert "&lt;script&gt;" in listed


@pytest.mark.parametrize(
    ("error", "rows", "said"),
    [
        ("notes.doc is a workbook: save it as CSV.", 0, "Nothing of yours was changed"),
        ("cut", 7, "kept: 7"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(world: World, error: str, rows: int, said: str) -> None:
    """One clear sentence, what was kept, and a way on."""
    failed = finished(world, state=ImportState.FAILED, error=error, rows_done=rows, receipts=())
    async with contacts_that_import(world, failed), visiting(world) as visit:
        text = Page.read(await visit.page("/import/import-1")).texts
    assert any(error.rstrip(".") in each for each in text)
    assert any(said in each for each in text)


async def test_without_contacts_the_page_still_takes_files(world: World) -> None:
    """While contacts is down the list says so, and a file is accepted all the same: it waits in the broker."""
    async with visiting(world) as visit:
        assert b"cannot be read at the moment" in (await visit.page("/import")).body
        token = await token_part(visit)
        answer = await bring(visit, token, part("file", b"a", "a.csv"))
        assert answer.headers["location"] == "/import?did=accepted&count=1"
        assert len(await uploaded(world)) == 1


async def test_the_api_takes_lists_and_reads_imports(visit: Visit) -> None:
    """A program brings files with its token and reads what became of them, with tags; a missing file is a problem document."""
    headers = {"Authorization": f"Bearer {visit.token}", "Cookie": ""}
    accepted = await bring(visit, part("file", b"a", "a.csv"), path="/api/v1/imports", accept="application/json", **headers)
    assert accepted.status == 202, accepted.body
    assert accepted.json["imports"] == [each["import_id"] for each in await uploaded(visit.world)]
    missing = await bring(visit, part("other", b"a"), path="/api/v1/imports", accept="application/json", **headers)
    assert (missing.status, missing.json["title"]) == (422, "Invalid")
    listed = await visit.api("GET", "/imports")
    assert [each["import_id"] for each in listed.json["imports"]] == ["import-1"]
    one = await visit.api("GET", "/imports/import-1")
    assert one.json["receipts"][0]["created"] == 1
    assert (await visit.api("GET", "/imports/import-1", If_None_Match=one.headers["etag"])).status == 304


async def test_the_session_of_a_page_needs_its_token_for_the_api(visit: Visit) -> None:
    """With the cookie alone another site could bring files: it is refused."""
    parts = part("file", b"a", "a.csv")
    assert (await bring(visit, parts, path="/api/v1/imports", accept="application/json")).status == 403
    token = await visit.csrf("/import")
    sent = await bring(visit, parts, path="/api/v1/imports", accept="application/json", **{"X-CSRF-Token": token})
    assert sent.status == 202


async def test_progress_reaches_an_open_page(visit: Visit) -> None:
    """A message of progress is an event within a second; one of another owner is none."""
    world = visit.world
    reader, writer = await asyncio.open_connection("127.0.0.1", visit.port)
    writer.write(
        f"GET /import/events HTTP/1.1\r\nHost: x\r\nCookie: {visit.cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    await writer.drain()
    await asyncio.wait_for(reader.readuntil(b"retry: 3000"), 5)
    started = time.monotonic()
    await world.client.publish(subjects.progress(world.owner, "import-1"), b"{}")
    await asyncio.wait_for(reader.readuntil(b"event: changed"), 5)
    assert time.monotonic() - started < 2
    writer.close()
    await writer.wait_closed()


async def test_sixty_megabytes_stay_out_of_memory(world: World) -> None:
    """A file of 60 MB comes in and is stored without the process growing by a fraction of it."""
    piece = b"x" * 65_536

    def pieces(token: bytes) -> Iterator[bytes]:
        yield token
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'.encode()
        for _ in range(960):
            yield piece
        yield b"\r\n" + END

    async with contacts_that_import(world), visiting(world) as visit:
        token = await token_part(visit)
        await bring(visit, token, part("file", piece, "warm.csv"))
        before = peak_bytes()
        headers = {"Cookie": visit.cookie, "Accept": "text/html", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        answer = await ask_door(visit.port, "POST", "/import", body=pieces(token), headers=headers)
        assert answer.status == 303, answer.body
        assert peak_bytes() - before < 30_000_000

        async def is_whole() -> bool:
            return any(each["size_bytes"] == 960 * 65_536 for each in await uploaded(world))

        await eventually(is_whole)


def peak_bytes() -> int:
    """Return the most memory that this process had so far: a growth shows, a peak before hides it only if it was higher."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
