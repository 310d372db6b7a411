"""`hobnob emit`: state facts, one or a stream of them."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from nats.js.errors import APIError

from cli.client import Hobnob, call
from cli.errors import CommandFailed
from cli.facts import AT_ONCE, Statement, to_event, to_message
from cli.options import AsJson, Owner
from cli.output import complain, print_json, say
from cli.stream import Item, in_background, parse_document, read_stream
from shared.clock import system_clock
from shared.errors import InvalidMessage
from shared.jetstream import Outgoing, publish_all
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
        self.refused: list[SkippedRow] = []
        self.last_sequence: int | None = None

    def refuse(self, line: int, reason: str) -> None:
        """Note a fact that was not sent."""
        self.refused.append(SkippedRow(line=line, reason=reason))

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
        return iter([parse_document(argument.encode())])
    path = Path(argument[1:])
    try:
        return read_stream(stack.enter_context(path.open("rb")))
    except OSError as exc:
        raise CommandFailed(f"{path}: {exc.strerror}") from exc


async def send_all(hobnob: Hobnob, batches: Iterator[list[Item]], statement: Statement) -> Tally:
    """
    Publish every fact that is valid, a batch at a time, and return what became of all.

    Raises:
        BrokerUnavailable: the broker went away; what was sent before is kept there.
    """
    tally = Tally()
    async for batch in in_background(batches):
        await _send(hobnob, batch, statement, tally)
    return tally


async def _send(hobnob: Hobnob, batch: Sequence[Item], statement: Statement, tally: Tally) -> None:
    ready = list(_valid(batch, statement, tally))
    results = await publish_all(hobnob.js, [message for _, message in ready], stream=INTAKE)
    for (line, _), result in zip(ready, results, strict=True):
        if isinstance(result, APIError):
            tally.refuse(line, f"the broker refused it: {result}")
        else:
            tally.sent += 1
            tally.last_sequence = max(tally.last_sequence or 0, result.seq)


def _valid(batch: Iterable[Item], statement: Statement, tally: Tally) -> Iterator[tuple[int, Outgoing]]:
    for item in batch:
        if item.value is None:
            tally.refuse(item.line, item.reason)
            continue
        tally.read += 1
        if statement.id is not None and tally.read > 1:
            tally.refuse(item.line, "--id names one fact, and this is another one")
            continue
        try:
            event = to_event(item.value, statement, now=system_clock())
            yield item.line, to_message(event, owner=statement.owner)
        except InvalidMessage as exc:
            tally.refuse(item.line, str(exc))


def _report(tally: Tally) -> None:
    if tally.sent:
        say(f"{tally.sent} {'fact' if tally.sent == 1 else 'facts'} sent.")
    for row in tally.refused[:REFUSALS_SHOWN]:
        complain(f"line {row.line} was refused: {row.reason}")
    if len(tally.refused) > REFUSALS_SHOWN:
        complain(f"{len(tally.refused) - REFUSALS_SHOWN} more were refused; --json lists them all")
