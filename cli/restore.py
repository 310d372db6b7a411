"""`hobnob restore`: a backup put back into a stack that runs, and everything else made anew from it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.broker import consumer_info, purge_stream
from cli.client import Hobnob, call
from cli.errors import CommandFailed
from cli.options import AsJson, Data
from cli.output import complain, notices, print_json, safe, say
from cli.rebuilding import rebuild_all
from cli.saving import stores
from cli.saving.archive import BackupTooNew, End, Manifest, parts_of, verify
from cli.saving.bar import OnProgress, bar
from cli.saving.holding import held
from cli.saving.messages import UPLOADS, publish_again, read_lines
from shared.errors import HobnobError
from shared.messages.backup import StoreDescription
from shared.messages.telling import Diagnose, Diagnosis
from shared.messages.values import format_instant
from shared.streams import AGENDA, CONSUMERS, CONTACTS_INTAKE, DEAD, INBOX, INTAKE, PEOPLE, TIMERS

WORD: Final = "replace"
"""What is typed to have everything replaced."""
_MADE_BY_UP: Final = 1
"""Owners in a stack that nobody has used: `hobnob up` makes one."""
_COUNTS_NOT: Final = frozenset({"contacts.owners", "notifier.lateness"})
STREAMS: Final = (INTAKE, PEOPLE, AGENDA, TIMERS, INBOX, DEAD, UPLOADS)
"""Emptied before anything is put back: what they hold belongs to the people who were there."""
_ORDER: Final = ("notifier", "contacts")
"""What was sent is known again before anybody is: nothing is made twice."""
IN_DOUBT: Final = "unconfirmed"


@dataclass(kw_only=True)
class Restored:
    """What was put back: documents by `<service>.<collection>`, messages by stream; *in_doubt* are greetings to decide on."""

    manifest: Manifest
    documents: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    in_doubt: int = 0


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `hobnob backup` made.")],
    data: Data = None,
    replace: Annotated[bool, typer.Option("--replace", help="Delete what is there first; you are asked to type it.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Put a backup back into a running stack that is empty.

    Nothing is sent again by itself: greetings that were about to leave when the backup was made come back as `unconfirmed`.
    """
    manifest, end = verify(file)

    async def work(hobnob: Hobnob) -> Restored:
        await _expect_fit(hobnob, file, manifest, replace=replace)
        try:
            with bar("Putting back") as show:
                restored = await put_back(hobnob, file, manifest, end, on_progress=show)
            await rebuild_all(hobnob, tell=lambda line: notices().print(safe(line), soft_wrap=True))
        except HobnobError:
            complain("the restore did not finish, and the stack is not whole: run it again, with --replace")
            raise
        restored.in_doubt = await _in_doubt(hobnob)
        return restored

    restored = call(data, work)
    made_at = format_instant(manifest.made_at)
    if as_json:
        shape = {"file": str(file), "made_at": made_at, "documents": dict(restored.documents)}
        print_json(shape | {"messages": dict(restored.messages), "unconfirmed": restored.in_doubt})
        return
    people, items = restored.documents["contacts.contacts"], restored.documents["notifier.inbox"]
    say(f"Put back from {made_at}: {people} people, {items} items of the inbox.")
    if restored.in_doubt:
        say(f"{restored.in_doubt} greetings may have left; decide on each: hobnob inbox list --state {IN_DOUBT}")
    say("What was sent, forgotten or revoked since then is not known here: look before you send, and forget and revoke again.")
    say("Everybody signs in anew: hobnob owner link ID")


async def _expect_fit(hobnob: Hobnob, file: Path, manifest: Manifest, *, replace: bool) -> None:
    """
    Return when the stack can take the backup, and its owner wants it to.

    Raises:
        BackupTooNew: its documents are of a newer version.
        CommandFailed: the stack is not empty, or nobody agreed to lose what is in it.
    """
    found = {service: await stores.describe(hobnob, service) for service in stores.SERVICES}
    for service, description in found.items():
        # Of a database without migrations of its own the version is the newest that its service knows.
        if (wanted := manifest.schema_versions.get(service, 1)) > description.schema_version:
            raise BackupTooNew(
                f"{file} was made by {manifest.made_by} with schema {wanted} of {service}; this stack knows "
                f"{description.schema_version}: restore it with that version"
            )
    waiting = (await consumer_info(hobnob, CONTACTS_INTAKE))["num_pending"]
    if is_empty(found) and not waiting:
        return
    held_here = found["contacts"].documents.get("contacts", 0), found["notifier"].documents.get("inbox", 0)
    what = f"{held_here[0]} people and {held_here[1]} items of the inbox"
    if not replace:
        raise CommandFailed(f"the stack is not empty ({what}); restore into a new one, or say --replace to delete what is there")
    typed = typer.prompt(f"This deletes {what} for good, and all credentials. Type {WORD} to go on", err=True, default="")
    if typed.strip() != WORD:
        raise CommandFailed("nothing was changed")


def is_empty(found: dict[str, StoreDescription]) -> bool:
    """Whether nobody has used the stack yet: there is no more than `hobnob up` makes by itself."""
    if any(each.is_unfinished for each in found.values()) or found["contacts"].documents.get("owners", 0) > _MADE_BY_UP:
        return False
    counts = {f"{service}.{name}": count for service, each in found.items() for name, count in each.documents.items()}
    return not any(count for name, count in counts.items() if name not in _COUNTS_NOT)


async def put_back(hobnob: Hobnob, file: Path, manifest: Manifest, end: End, *, on_progress: OnProgress) -> Restored:
    """
    Empty the stack and fill it from *file*. What it publishes is taken once everything is there.

    Raises:
        CommandFailed: the file changed since it was verified.
        BrokerUnavailable: the broker or a service does not answer; the stack is not whole.
    """
    restored = Restored(manifest=manifest)
    total = sum(end.documents.values()) + sum(end.messages.values())
    async with held(hobnob, CONSUMERS):
        for service in _ORDER:
            await stores.clear(hobnob, service)
        for stream in STREAMS:
            await purge_stream(hobnob, stream)
        for service in _ORDER:
            for room, what, part in parts_of(file):
                if room == service:
                    restored.documents[f"{service}.{what}"] += await stores.write(hobnob, service, what, part)
                    on_progress(restored.documents.total(), total)
            await stores.finish(hobnob, service, schema_version=manifest.schema_versions.get(service, 1))
        for room, what, part in parts_of(file):
            if room == "streams":
                messages = read_lines(part)
                await publish_again(hobnob, messages, stream=what)
                restored.messages[what] += len(messages)
                on_progress(restored.documents.total() + restored.messages.total(), total)
    return restored


async def _in_doubt(hobnob: Hobnob) -> int:
    reply = await hobnob.ask("notifier", "diagnose", Diagnose(), Diagnosis, timeout_s=stores.TIMEOUT_S)
    return reply.greetings.get(IN_DOUBT, 0)
