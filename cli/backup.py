"""`hobnob backup`: everything that cannot be made anew, in one file, while everything runs."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.broker import consumer_info, stream_info
from cli.client import Hobnob, call
from cli.errors import CommandFailed
from cli.options import AsJson, Data
from cli.output import print_json, say
from cli.saving import stores
from cli.saving.archive import FORMAT, Manifest, Writer, writing
from cli.saving.bar import OnProgress, bar
from cli.saving.holding import held
from cli.saving.messages import UPLOADS, read_messages
from shared.clock import system_clock
from shared.messages.values import format_instant
from shared.streams import CONTACTS_INTAKE, DEAD, INTAKE

ATTEMPTS: Final = 3
"""What somebody merges or forgets by hand while it is copied makes a copy useless."""
BUSY_PATIENCE_S: Final = 300.0
"""How long running imports are waited for."""
LOOK_S: Final = 0.5


@dataclass(kw_only=True)
class Saved:
    """What a backup holds: documents by `<service>.<collection>`, messages by stream."""

    made_at: str = ""
    documents: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)


class _Changed(CommandFailed):
    """People were changed in a way that a copy cannot have half of."""


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; there must be no such file yet.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """
    Save everything in one file, while everything runs.

    Keep the file as you keep a password: it holds people, notes and hashes of passwords, and only you can read it. The key that
    your channels' passwords are encrypted with is not in it; docs/operations.md says where that is.
    """

    async def work(hobnob: Hobnob) -> Saved:
        with bar("Saving") as show:
            return await save(hobnob, file, on_progress=show)

    saved = call(data, work)
    size = file.stat().st_size
    if as_json:
        shape = {"file": str(file), "bytes": size, "format": FORMAT, "made_at": saved.made_at}
        print_json(shape | {"documents": dict(saved.documents), "messages": dict(saved.messages)})
        return
    people, items = saved.documents["contacts.contacts"], saved.documents["notifier.inbox"]
    say(f"{file}: {people} people, {items} items of the inbox, {size / 1e6:.1f} MB.")
    say("It holds everything about them: keep it as you keep a password.")


async def save(hobnob: Hobnob, file: Path, *, on_progress: OnProgress = lambda _done, _total: None) -> Saved:
    """
    Write a backup to *file*.

    It has every fact that was acknowledged before its last step: those that contacts had taken are in its database, the rest is
    copied from the intake. What comes meanwhile waits there.

    Raises:
        CommandFailed: the file cannot be written, or people kept being changed.
        BrokerUnavailable: the broker or a service does not answer.
    """
    for attempt in range(ATTEMPTS):
        try:
            with writing(file) as writer:
                return await _save(hobnob, writer, on_progress=on_progress)
        except _Changed:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


async def _save(hobnob: Hobnob, writer: Writer, *, on_progress: OnProgress) -> Saved:
    saved = Saved(made_at=format_instant(system_clock()))
    async with held(hobnob, [CONTACTS_INTAKE]):
        taken = (await consumer_info(hobnob, CONTACTS_INTAKE))["ack_floor"]["stream_seq"]
        await _until_not_busy(hobnob)
        found = {service: await stores.describe(hobnob, service) for service in stores.SERVICES}
        if unfinished := [service for service, each in found.items() if each.is_unfinished]:
            raise CommandFailed(f"a restore of {unfinished[0]} did not finish; run it again, with --replace, before a backup")
        schemas = {service: each.schema_version for service, each in found.items()}
        writer.begin(Manifest(made_by=f"hobnob {version('hobnob')}", made_at=system_clock(), schema_versions=schemas))
        total = sum(sum(each.documents.values()) for each in found.values())
        for service, description in found.items():
            for collection in description.documents:
                async for count, documents in stores.read_collection(hobnob, service, collection):
                    writer.add(f"{service}/{collection}", "bson", documents)
                    saved.documents[f"{service}.{collection}"] += count
                    on_progress(saved.documents.total(), total)
        if (await stores.describe(hobnob, "contacts")).mark != found["contacts"].mark:
            raise _Changed("people kept being changed while they were copied: an import, or somebody at work; try again later")
        await _save_streams(hobnob, writer, saved, taken=taken)
    writer.finish(documents=dict(saved.documents), messages=dict(saved.messages))
    return saved


async def _until_not_busy(hobnob: Hobnob) -> None:
    """Wait for imports that run: what they have and have not done cannot be copied."""
    deadline = asyncio.get_running_loop().time() + BUSY_PATIENCE_S
    while (await stores.describe(hobnob, "contacts")).busy:
        if asyncio.get_running_loop().time() > deadline:
            raise CommandFailed("an import has been running for minutes; make the backup when it is done")
        await asyncio.sleep(LOOK_S)


async def _save_streams(hobnob: Hobnob, writer: Writer, saved: Saved, *, taken: int) -> None:
    """Copy what is on the broker alone; the intake's end is fixed before the uploads that its facts name are copied."""
    last = {stream: await _last(hobnob, stream) for stream in (INTAKE, DEAD)}
    last[UPLOADS] = await _last(hobnob, UPLOADS)
    first = {INTAKE: taken + 1, DEAD: 1, UPLOADS: 1}
    # Uploads first, and in that order back again: a fact that names one finds it.
    for stream in (UPLOADS, INTAKE, DEAD):
        async for count, lines in read_messages(hobnob, stream=stream, first=first[stream], last=last[stream]):
            writer.add(f"streams/{stream}", "jsonl", lines)
            saved.messages[stream] += count


async def _last(hobnob: Hobnob, stream: str) -> int:
    return int((await stream_info(hobnob, stream))["state"]["last_seq"])
