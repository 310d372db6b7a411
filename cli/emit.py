"""`hobnob emit`: state facts, one or a stream of them."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Hobnob, call
from cli.errors import CommandFailed
from cli.facts import AT_ONCE, Statement, to_outgoing
from cli.options import AsJson, Owner
from cli.output import complain, print_json, say
from cli.stream import Item, in_background, parse_document, read_stream
from cli.window import open_window
from shared.clock import system_clock
from shared.errors import InvalidMessage
from shared.jetstream import Outgoing
from shared.messages.facts import FactName
from shared.messages.imports import SkippedRow
from shared.streams import INTAKE

SOURCE = "hobnob/cli"
REFUSALS_SHOWN = 20


class Tally:
    """What became of the facts so far."""

    def __init__(self) -> None:
        self.read = 0
        self.sent = 0
        self._refused: list[SkippedRow] = []
        self.last_sequence: int | None = None

    def accept(self, tag: int, sequence: int) -> None:
        """Note that the stream has the fact of line *tag*."""
        self.sent += 1
        self.last_sequence = max(self.last_sequence or 0, sequence)

    def refuse(self, tag: int, reason: str) -> None:
        """Note that the fact of line *tag* was not sent, or not taken."""
        self._refused.append(SkippedRow(line=tag, reason=reason))

    @property
    def refused(self) -> list[SkippedRow]:
        """What was refused, in the order of the lines: the broker says so later than we do."""
        return sorted(self._refused, key=lambda row: row.line)

    @property
    def document(self) -> dict[str, Any]:
        """The JSON that the command prints."""
        refused = [{"line": row.line, "reason": row.reason} for row in self.refused]
        return {"sent": self.sent, "refused": refused, "last_sequence": self.last_sequence}


def emit(
    context: typer.Context,
    fact: Annotated[FactName, typer.Argument(metavar="FACT", help="What happened, such as job.changed.")],
    data: Annotated[
        str, typer.Option("--data", metavar="JSON|@FILE|-", help="The fact's data, or JSON Lines of data or CloudEvents.")
    ],
    owner: Owner = "me",
    now: Annotated[bool, typer.Option("--now", help="Remind at once, whatever the owner's delivery hour.")] = False,
    source: Annotated[str, typer.Option(help="Who states it.")] = SOURCE,
    event_id: Annotated[
        str | None, typer.Option("--id", help="The fact's id at its source; by default made from its content.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    State a fact: `hobnob emit job.changed --data '{"contact": {"email": "…"}, "company": "…"}'`.

    The stack's folder, where it is not the usual one, is named before the command: `hobnob --data DIR emit …`. The same fact
    twice adds nothing. A line that is a CloudEvent keeps its own type, source and id.
    """
    if now and fact not in AT_ONCE:
        raise typer.BadParameter(f"--now means something for {' and '.join(AT_ONCE)} only")
    statement = Statement(owner=owner, fact=fact, source=source, id=event_id, deliver_now=now)
    folder: Path | None = context.obj
    with ExitStack() as stack:
        batches = _open(data, stack)
        tally = call(folder, lambda hobnob: send_all(hobnob, batches, statement))
    if as_json:
        print_json(tally.document)
    else:
        _report(tally)
    if tally.refused:
        raise typer.Exit(1)


def _open(argument: str, stack: ExitStack) -> Iterator[list[Item]]:
    if argument == "-":
        # Unbuffered: a daemon thread that waits inside a buffer would hold its lock when the interpreter ends.
        return read_stream(stack.enter_context(open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)))
    if not argument.startswith("@"):
        return iter([parse_document(os.fsencode(argument))])
    path = Path(argument[1:])
    try:
        return read_stream(stack.enter_context(path.open("rb")))
    except OSError as exc:
        raise CommandFailed(f"{path}: {exc.strerror}") from exc


async def send_all(hobnob: Hobnob, batches: Iterator[list[Item]], statement: Statement) -> Tally:
    """
    Publish every fact that is valid, without waiting for the ones before, and return what became of all.

    Whenever there is nothing to read, all that was published is settled first: a broker that is gone is not found out only at the
    end of a pipe that has none.

    Raises:
        BrokerUnavailable: the broker went away; what was sent before is kept there.
    """
    tally = Tally()
    async with open_window(hobnob.client, stream=INTAKE, outcomes=tally) as window:
        async for batch in in_background(batches, when_idle=window.settle):
            for item in batch:
                if (message := _prepare(item, statement, tally)) is not None:
                    await window.publish(message, tag=item.line)
    return tally


def _prepare(item: Item, statement: Statement, tally: Tally) -> Outgoing | None:
    """Return the message that states *item*, or note why there is none."""
    if item.value is None:
        tally.refuse(item.line, item.reason)
        return None
    tally.read += 1
    if statement.id is not None and tally.read > 1:
        tally.refuse(item.line, "--id names one fact, and this is another one")
        return None
    try:
        return to_outgoing(item.value, statement, now=system_clock(), written=item.written)
    except InvalidMessage as exc:
        tally.refuse(item.line, str(exc))
        return None


def _report(tally: Tally) -> None:
    if tally.sent:
        say(f"{tally.sent} {'fact' if tally.sent == 1 else 'facts'} sent.")
    refused = tally.refused
    for row in refused[:REFUSALS_SHOWN]:
        complain(f"line {row.line} was refused: {row.reason}")
    if len(refused) > REFUSALS_SHOWN:
        complain(f"{len(refused) - REFUSALS_SHOWN} more were refused; --json lists them all")
