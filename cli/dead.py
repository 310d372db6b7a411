"""`hobnob dead`: the messages that could not be processed; see them, replay them once they can be, or drop them."""

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from cli.client import Hobnob, call
from cli.options import AsJson, Data, Limit
from cli.output import complain, print_json, print_table, safe, say, screen
from cli.payload import readable
from cli.shapes import dead_letter_shape, whole_dead_letter_shape
from cli.texts import read_bytes
from shared.dead_desk import DeadDesk
from shared.dead_letters import DeadLetter, Wanted
from shared.errors import NotFound, PermanentError

REFUSALS_SHOWN = 20
SHOWN_CHARS = 10_000
"""A payload is shown this far; `--raw` prints all of it."""

Id = Annotated[str, typer.Argument(metavar="ID", help="The dead letter's id, as `dead list` shows it.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids, as `dead list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every dead letter that the filters leave.")]
Service = Annotated[str | None, typer.Option("--service", metavar="NAME", help="Only those that this service gave up.")]
OfOwner = Annotated[str | None, typer.Option("--owner", metavar="ID", help="Only those of this owner's network.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Only those with this text in their reason.")]

app = typer.Typer(help="Messages that could not be processed: list, show, replay, drop.", no_args_is_help=True)


@dataclass(slots=True)
class Tally:
    """What became of each dead letter that was named or selected."""

    done: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


@app.callback()
def _group(data: Data = None) -> None:
    """See what could not be processed, and replay or drop it."""


@app.command("list")
def list_(
    data: Data = None,
    service: Service = None,
    owner: OfOwner = None,
    reason: Reason = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters, newest first."""
    wanted = Wanted(service=service, owner=owner, reason=reason)
    letters = call(data, lambda hobnob: DeadDesk(hobnob.client).newest(wanted=wanted, limit=limit))
    if as_json:
        print_json([dead_letter_shape(letter) for letter in letters])
        return
    rows = (
        (each.id, f"{each.at:%Y-%m-%d %H:%M:%S}Z", each.service, each.subject, each.attempts, each.reason) for each in letters
    )
    headings = ("Id", "Given up at", "Service", "Subject", "Attempts", "Reason")
    print_table(headings, rows, empty="There is no dead letter." if wanted == Wanted() else "There is no such dead letter.")


@app.command("show")
def show(
    letter: Id,
    data: Data = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the payload alone, byte by byte, to be mended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter with its headers and its payload."""
    if raw and as_json:
        raise typer.BadParameter("say either --raw or --json")
    found = call(data, lambda hobnob: DeadDesk(hobnob.client).get(id=letter))
    if raw:
        sys.stdout.buffer.write(found.body or b"")
    elif as_json:
        print_json(whole_dead_letter_shape(found))
    else:
        _show(found)


def _show(letter: DeadLetter) -> None:
    console = screen()
    console.print(safe(f"Dead letter {letter.id}: {letter.reason}", style="bold"), soft_wrap=True)
    shape = dead_letter_shape(letter) | {"stored_at": letter.stored_at}
    for key in ("service", "subject", "attempts", "at", "stored_at"):
        if shape[key] is not None:
            console.print(safe(f"  {key.replace('_', ' '):<10} {shape[key]}"), soft_wrap=True)
    for key, value in letter.original_headers.items():
        console.print(safe(f"  {key}: {value}", style="dim"), soft_wrap=True)
    payload = readable(letter.body or b"", most_chars=SHOWN_CHARS)
    console.print(safe(f"\n{payload.text}"), soft_wrap=True)
    if not payload.is_whole:
        say(f"… the rest of {payload.size_bytes} bytes: hobnob dead show {letter.id} --raw")


@app.command("replay")
def replay(
    context: typer.Context,
    letters: Ids = None,
    all_: All = False,
    service: Service = None,
    owner: OfOwner = None,
    reason: Reason = None,
    payload: Annotated[
        str | None, typer.Option("--data", metavar="@FILE|-", help="This payload instead, mended by hand; for one ID.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Give facts back to the intake, as they came, and drop their dead letters.

    The stack's folder, where it is not the usual one, is named before the command: `hobnob --data DIR dead replay …`. Doing it
    twice is doing it once. What still cannot be processed comes back as a new dead letter.
    """
    wanted = _select(letters, all_=all_, service=service, owner=owner, reason=reason)
    mended = _mended(payload, letters)

    async def work(hobnob: Hobnob) -> Tally:
        desk, tally = DeadDesk(hobnob.client), Tally()
        async for letter in _each(desk, letters, wanted, tally):
            try:
                await desk.replay(letter=letter, payload=mended)
                tally.done.append(letter.id)
            except PermanentError as exc:
                tally.refused.append((letter.id, f"dead letter {letter.id} cannot be replayed: {exc}"))
        return tally

    folder: Path | None = context.obj
    _report(call(folder, work), done="replayed", as_json=as_json)


@app.command("drop")
def drop(
    letters: Ids = None,
    data: Data = None,
    all_: All = False,
    service: Service = None,
    owner: OfOwner = None,
    reason: Reason = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete dead letters for good."""
    wanted = _select(letters, all_=all_, service=service, owner=owner, reason=reason)

    async def work(hobnob: Hobnob) -> Tally:
        desk, tally = DeadDesk(hobnob.client), Tally()
        ids = list(dict.fromkeys(letters or ())) or [letter.id for letter in await desk.newest(wanted=wanted, limit=None)]
        if ids and not yes:
            what = f"dead letter {ids[0]}" if len(ids) == 1 else f"{len(ids)} dead letters"
            typer.confirm(safe(f"Drop {what} for good?").plain, abort=True, err=True)
        for each in ids:
            try:
                await desk.drop(id=each)
                tally.done.append(each)
            except NotFound as exc:
                tally.refused.append((each, str(exc)))
        return tally

    _report(call(data, work), done="dropped", as_json=as_json)


def _select(ids: list[str] | None, *, all_: bool, service: str | None, owner: str | None, reason: str | None) -> Wanted:
    wanted = Wanted(service=service, owner=owner, reason=reason)
    if bool(ids) == all_:
        raise typer.BadParameter("say either the ids or --all")
    if ids and wanted != Wanted():
        raise typer.BadParameter("--service, --owner and --reason go with --all, not with ids")
    return wanted


def _mended(argument: str | None, ids: list[str] | None) -> bytes | None:
    if argument is None:
        return None
    if not ids or len(ids) != 1:
        raise typer.BadParameter("--data is the payload of one dead letter: name its id, and no other")
    if argument != "-" and not argument.startswith("@"):
        raise typer.BadParameter("--data takes @FILE or -; the stack's folder goes before the command: hobnob --data DIR dead …")
    return read_bytes(argument)


async def _each(desk: DeadDesk, ids: list[str] | None, wanted: Wanted, tally: Tally) -> AsyncIterator[DeadLetter]:
    if not ids:
        async for letter in desk.oldest_first(wanted=wanted):
            yield letter
    for each in dict.fromkeys(ids or ()):
        try:
            letter = await desk.get(id=each)
        except NotFound as exc:
            tally.refused.append((each, str(exc)))
        else:
            yield letter


def _report(tally: Tally, *, done: str, as_json: bool) -> None:
    if as_json:
        print_json({done: tally.done, "refused": [{"id": id_, "reason": reason} for id_, reason in tally.refused]})
    elif tally.done or not tally.refused:
        count = len(tally.done)
        say(f"{count} dead {'letter' if count == 1 else 'letters'} {done}." if count else f"There is nothing to be {done}.")
    for _, reason in tally.refused[:REFUSALS_SHOWN]:
        complain(reason)
    if len(tally.refused) > REFUSALS_SHOWN:
        complain(f"{len(tally.refused) - REFUSALS_SHOWN} more could not be {done}; --json lists them all")
    if tally.refused:
        raise typer.Exit(1)
