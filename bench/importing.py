"""Import: a LinkedIn export from upload until everybody is stored, published and armed."""

import time
import uuid
from datetime import time as wall_time

from bench.people import OWNER, linkedin_export
from bench.raw import insert_raw, publish_raw
from bench.results import Comparison, Import
from bench.stack import RoundFailed, Stack, fresh_stack
from bench.watch import peaks_mb, until_drained
from shared import subjects
from shared.clock import system_clock
from shared.emitting import Emitter
from shared.jetstream import Outgoing, last_messages, subjects_in
from shared.messages.cloudevents import new_event
from shared.messages.facts import FactName, upload_name
from shared.messages.imports import ImportProgress, ImportState
from shared.messages.rpc import AddOwner, OwnerReply, OwnerSettings
from shared.mongo import Document, open_database
from shared.requests import ask
from shared.streams import IMPORTS_BUCKET, NOTIFIER_AGENDA, NOTIFIER_PEOPLE, PEOPLE, SCHEDULER_PEOPLE, TIMERS

DATABASE = "hobnob_contacts"


async def measure_import(*, rows: int, rounds: int) -> Import:
    """Return how fast *rows* are imported, beside publishing and inserting what the import published and stored."""
    ours: list[float] = []
    raw: list[float] = []
    peaks: dict[str, float] = {}
    for _ in range(rounds):
        async with fresh_stack() as stack:
            ours.append(await _import_once(stack, rows))
            peaks = {name: max(peak, peaks.get(name, 0.0)) for name, peak in peaks_mb(stack).items()}
            snapshots, documents = await _what_it_made(stack, rows)
        async with fresh_stack() as stack, open_database(stack.mongo_url, name="bench") as database:
            publish_s = await publish_raw(stack, snapshots, stream=PEOPLE)
            raw.append(publish_s + await insert_raw(database, documents))
    comparison = Comparison(
        what="import",
        raw_is="publish the same snapshots, insert the same documents; ours: upload to stored, published, armed",
        count=rows,
        ours_s=tuple(ours),
        raw_s=tuple(raw),
    )
    return Import(comparison=comparison, peaks_mb=peaks)


async def _import_once(stack: Stack, rows: int) -> float:
    """Import into an empty stack and return the seconds it took."""
    await stack.start_service("contacts", "scheduler", "notifier")
    content = linkedin_export(rows, connected_on=system_clock().date())
    # Connections of today, told at the end of the day: each has a timer to arm.
    request = AddOwner(owner=OWNER, settings=OwnerSettings(name="Sam Bench", deliver_at=wall_time(23, 59)))
    await ask(stack.client, service="contacts", verb="owner.add", request=request, reply=OwnerReply, timeout_s=10)
    started = time.perf_counter()
    await _upload_and_wait(stack, content, rows=rows)
    # The profile is one more message on the stream.
    elapsed_s = await until_drained(stack, SCHEDULER_PEOPLE, at_least=rows + 1) - started
    found = await subjects_in(stack.client, stream=TIMERS, filter_subject=subjects.ALL_TIMERS)
    armed = found - await subjects_in(stack.client, stream=TIMERS, filter_subject=subjects.ALL_OWNER_TIMERS)
    if len(armed) != rows:
        raise RoundFailed(f"{len(armed)} timers are armed after an import of {rows} people")
    for consumer in (NOTIFIER_PEOPLE, NOTIFIER_AGENDA):
        await until_drained(stack, consumer, at_least=rows)
    return elapsed_s


async def _what_it_made(stack: Stack, rows: int) -> tuple[list[Outgoing], list[Document]]:
    """Return the snapshots that an import published and the documents that it stored."""
    async with open_database(stack.mongo_url, name=DATABASE) as database:
        documents = await database["contacts"].find({"owner": OWNER}).to_list(None)
    names = await subjects_in(stack.client, stream=PEOPLE, filter_subject=subjects.people_of(OWNER))
    stored = await last_messages(stack.client, stream=PEOPLE, filters=names)
    if not len(documents) == len(stored) == rows:
        raise RoundFailed(f"an import of {rows} people stored {len(documents)} and published {len(stored)}")
    return [Outgoing(message.subject, message.body) for message in stored.values()], documents


async def _upload_and_wait(stack: Stack, content: bytes, *, rows: int) -> None:
    import_id = f"import-{uuid.uuid4().hex}"
    progress = await stack.client.subscribe(subjects.progress(OWNER, import_id))
    bucket = await stack.client.jetstream().object_store(IMPORTS_BUCKET)
    name = upload_name(owner=OWNER, import_id=import_id)
    await bucket.put(name, content)
    data = {"import_id": import_id, "object_name": name, "filename": "Connections.csv", "size_bytes": len(content)}
    event = new_event(name=FactName.IMPORT_UPLOADED, source="bench", id=import_id, data=data, time=system_clock())
    await Emitter(stack.client).emit([event], owner=OWNER)
    async for message in progress.messages:
        state = ImportProgress.model_validate_json(message.data)
        if state.state is ImportState.DONE:
            (receipt,) = state.receipts
            if receipt.created != rows:
                raise RoundFailed(f"of {rows} rows {receipt.created} became people")
            break
        if state.state is ImportState.FAILED:
            raise RoundFailed(f"the import failed: {state.error}")
    await progress.unsubscribe()
