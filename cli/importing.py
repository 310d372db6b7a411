"""`hobnob import`: hand a file to the contacts service, watch it work, and print the receipt."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import nats.errors
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.client import Hobnob, call
from cli.errors import CommandFailed
from cli.options import AsJson, Data, Owner
from cli.output import complain, notices, print_json, print_table, safe, say
from cli.shapes import receipt_shape
from shared import subjects
from shared.clock import system_clock
from shared.errors import BrokerUnavailable, HobnobError, NotFound
from shared.messages.imports import ImportProgress, ImportState, Receipt, SkippedRow
from shared.messages.rpc import GetImport
from shared.uploads import DateOrder, hand_over

SOURCE = "hobnob/cli"
POLL_S = 1.0
"""After this long without a progress message the service is asked."""
SILENCE_S = 60.0
"""An import that is neither heard of nor known to the service for this long is given up waiting for."""
LINES_SHOWN = 10

OnProgress = Callable[[ImportProgress], None]


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="LinkedIn, Google, Outlook, vCard, ICS, ZIP, …")],
    data: Data = None,
    owner: Owner = "me",
    date_order: Annotated[
        DateOrder | None, typer.Option(help="How 03/04/1985 is meant, for files that do not show it themselves.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import address books and exports; the same file again changes nothing."""

    async def work(hobnob: Hobnob) -> list[Receipt]:
        receipts = []
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=notices()
        ) as progress:
            progress.disable = progress.disable or not progress.console.is_terminal
            for file in files:
                task = progress.add_task(safe(file.name).plain.replace("[", r"\["), total=None)

                def show(state: ImportProgress, task: Any = task) -> None:
                    progress.update(task, completed=state.rows_done, total=state.rows_total)

                receipts += await _import_or_explain(hobnob, file, owner=owner, date_order=date_order, on_progress=show)
        return receipts

    receipts = call(data, work, outlives_broker=True)
    if as_json:
        print_json({"files": [receipt_shape(receipt) for receipt in receipts]})
    else:
        _report(receipts)
    failed = [receipt for receipt in receipts if is_failure(receipt)]
    for receipt in failed:
        reason = receipt.skipped[0].reason
        complain(reason if reason.startswith(receipt.file) else f"{receipt.file}: {reason}")
    if failed:
        raise typer.Exit(1)


def is_failure(receipt: Receipt) -> bool:
    """Whether nothing could be made of the file as a whole."""
    return receipt.read == 0 and any(row.line == 0 for row in receipt.skipped)


async def _import_or_explain(
    hobnob: Hobnob, file: Path, *, owner: str, date_order: DateOrder | None, on_progress: OnProgress
) -> list[Receipt]:
    """Import one file; a failure becomes a receipt, so that the other files have their turn."""
    try:
        return list(await import_file(hobnob, file, owner=owner, date_order=date_order, on_progress=on_progress))
    except HobnobError as exc:
        return [Receipt(file=file.name, format="unknown", skipped=(SkippedRow(line=0, reason=str(exc)),))]


async def import_file(
    hobnob: Hobnob, file: Path, *, owner: str, date_order: DateOrder | None = None, on_progress: OnProgress = lambda _: None
) -> tuple[Receipt, ...]:
    """
    Upload one file, have it imported and return its receipts: one, or one for each file of an archive.

    Raises:
        CommandFailed: the file cannot be read, or the import failed, and why.
        BrokerUnavailable: the stack does not answer; an import that was accepted goes on when it does.
    """
    import_id = f"import-{uuid.uuid4().hex}"
    progress = await hobnob.client.subscribe(subjects.progress(owner, import_id))
    try:
        await _hand_over(hobnob, file, owner=owner, import_id=import_id, date_order=date_order)
        done = await _until_done(hobnob, progress, owner=owner, import_id=import_id, on_progress=on_progress)
    finally:
        await progress.unsubscribe()
    if done.state is ImportState.FAILED:
        raise CommandFailed(done.error or "the import failed; the log of the contacts service says why")
    return done.receipts


async def _hand_over(hobnob: Hobnob, file: Path, *, owner: str, import_id: str, date_order: DateOrder | None) -> None:
    try:
        with file.open("rb") as content:
            await hand_over(
                hobnob.client,
                owner=owner,
                import_id=import_id,
                content=content,
                filename=file.name,
                source=SOURCE,
                at=system_clock(),
                date_order=date_order,
            )
    except IsADirectoryError as exc:
        raise CommandFailed("this is a folder; name the files in it, or zip it") from exc
    except OSError as exc:
        raise CommandFailed(exc.strerror or str(exc)) from exc


async def _until_done(hobnob: Hobnob, progress: Any, *, owner: str, import_id: str, on_progress: OnProgress) -> ImportProgress:
    """Follow an import: by its messages while they come, by asking when they do not."""
    loop = asyncio.get_running_loop()
    heard_at = loop.time()
    while True:
        try:
            state = ImportProgress.model_validate_json((await progress.next_msg(timeout=POLL_S)).data)
        except (TimeoutError, nats.errors.TimeoutError):
            try:
                request = GetImport(owner=owner, import_id=import_id)
                state = await hobnob.ask("contacts", "import.get", request, ImportProgress)
            except (NotFound, BrokerUnavailable) as exc:
                if loop.time() - heard_at > SILENCE_S:
                    raise BrokerUnavailable(f"{exc}; the file is accepted and will be imported when it is its turn") from exc
                continue
        heard_at = loop.time()
        on_progress(state)
        if state.state is not ImportState.RUNNING:
            return state


def _report(receipts: list[Receipt]) -> None:
    counts = ("read", "created", "updated", "merged", "unchanged")
    rows = ((r.file, r.format, *(getattr(r, count) for count in counts), len(r.skipped)) for r in receipts)
    print_table(("File", "Format", *(count.capitalize() for count in counts), "Skipped"), rows, empty="Nothing was imported.")
    for receipt in receipts:
        details = [f"line {merge.line}: joined {merge.name}" for merge in receipt.merges]
        details += [f"line {row.line}: skipped, {row.reason}" for row in receipt.skipped if row.line or not is_failure(receipt)]
        details += list(receipt.notes)
        for line in details[:LINES_SHOWN]:
            say(f"  {receipt.file}, {line}")
        if len(details) > LINES_SHOWN:
            say(f"  {receipt.file}: {len(details) - LINES_SHOWN} more; --json lists every skipped line")
