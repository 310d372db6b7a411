"""
Watch a CSV file that some system exports, and tell Hobnob what is new in it. Needs `pip install nats-py`, and nothing of Hobnob.

    NATS_URL=… NATS_USER=… NATS_PASSWORD=… python watch_csv.py staff.csv --key "Staff no" \
        --map name="Full name" --map emails=Mail --map company=Employer --map birthday=Born --date-format %d.%m.%Y

A new row becomes `contact.upserted`; a row whose company changed `job.changed`; a row in which anything else changed
`contact.upserted` again. A row that is gone says nothing: nobody is removed. Columns that are named like a field of
`contact.upserted` (name, emails, company, title, ...) need no --map. With --once it looks once and ends, as from cron.

What was told is remembered by row in a small file beside the CSV (hashes only, no personal data). A fact's id follows from the
row's key, how often the row has changed, and what it says: told again after a crash, it is the same fact and changes nothing.
"""

import argparse
import asyncio
import csv
import hashlib
import io
import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import nats.errors
from nats.aio.client import Client

FIELDS = (
    *("name", "given_name", "family_name", "nickname", "emails", "phones", "linkedin_url", "birthday", "company", "title"),
    *("started_on", "connected_on", "closeness", "timezone", "language", "location", "tags", "interests", "notes"),
)
LISTS = ("emails", "phones", "tags", "interests")
DATES = ("birthday", "started_on", "connected_on")
JOB = ("company", "title", "started_on")
SETTLED_S = 2.0
"""A file that was written to less than this ago may not be whole yet."""


class NotWhole(Exception):
    """The file is still being written, or was cut off; what it says now is not what it will say."""


@dataclass(frozen=True)
class Columns:
    """How rows are read: the column with the key, and the column of each field."""

    key: str
    of_field: dict[str, str]
    date_format: str | None


@dataclass(frozen=True)
class Fact:
    """One thing to tell, before it is an event."""

    name: str
    id: str
    data: dict[str, Any]


def read_rows(text: str, columns: Columns, *, delimiter: str) -> dict[str, dict[str, Any]]:
    """
    Return what each row says, by its key; a cell that is empty says nothing.

    Raises:
        NotWhole: the text ends in the middle of a row, or has no header yet.
        ValueError: a column that was asked for is not there.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header, *rows = [[cell.strip() for cell in row] for row in reader if row] or [[]]
    except csv.Error as exc:
        raise NotWhole(str(exc)) from exc
    if not header or (rows and len(rows[-1]) < len(header)):
        raise NotWhole("the last row is not complete")
    of_field = {name.lower(): name for name in header if name.lower() in FIELDS} | columns.of_field
    if missing := {columns.key, *of_field.values()} - set(header):
        raise ValueError(f"the file has no column {', '.join(sorted(missing))}; it has {', '.join(header)}")
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows, start=2):
        cells = dict(zip(header, row, strict=False))
        if key := cells.get(columns.key):
            found[key] = {name: value for name, column in of_field.items() if (value := _value(name, cells, column, columns))}
        else:
            complain(f"row {number} has no {columns.key}: left out")
    return found


def _value(field: str, cells: dict[str, str], column: str, columns: Columns) -> Any:
    text = cells.get(column, "")
    if field in LISTS:
        return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    if text and field in DATES and columns.date_format:
        try:
            return datetime.strptime(text, columns.date_format).date().isoformat()  # noqa: DTZ007  # a calendar date
        except ValueError:
            complain(f"{text!r} in {column} is no date of the form {columns.date_format}: left out")
            return ""
    return text


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def changes(key: str, row: dict[str, Any], told: dict[str, Any] | None, *, source: str) -> tuple[list[Fact], dict[str, Any]]:
    """
    Return the facts that tell what is new in a row, and what to remember of it.

    Args:
        told: What was remembered of it, None when it was never told.
    """
    employer, job, rest = (
        _hash(row.get("company")),
        {n: row[n] for n in JOB if n in row},
        {n: row[n] for n in row if n not in JOB},
    )
    now = {"employer": employer, "job": _hash(job), "rest": _hash(rest)}
    if told is not None and now == {name: told[name] for name in now}:
        return [], told
    # The number of changes is part of the id: a value that changes and changes back is three facts.
    number = told["number"] + 1 if told else 1
    facts: list[Fact] = []
    has_moved = told is not None and employer != told["employer"] and "company" in job
    if has_moved:
        contact = {"source": source, "id": key}
        facts.append(Fact("job.changed", _hash(key, number, "job", job), {"contact": contact, **job}))
    if told is None or now["rest"] != told["rest"] or not has_moved:
        person = {"external_id": key, **rest} if has_moved else {"external_id": key, **row}
        facts.append(Fact("contact.upserted", _hash(key, number, "person", person), person))
    return facts, {"number": number, **now}


def load_state(path: Path) -> dict[str, Any]:
    """Return what was told, by key; nothing when there is no state yet."""
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return state


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write what was told, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(state, indent=0, sort_keys=True), encoding="utf-8")
    draft.replace(path)


def read_settled(path: Path, *, encoding: str, settled_s: float) -> str:
    """
    Return the file's text, when nobody writes to it.

    Raises:
        NotWhole: it is not there, was written to just now, or changed while it was read.
    """
    try:
        before = path.stat()
        content = path.read_bytes()
        after = path.stat()
    except FileNotFoundError as exc:
        raise NotWhole("the file is not there") from exc
    has_changed = (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino)
    if has_changed or time.time() - after.st_mtime < settled_s:  # noqa: TID251  # an example of foreign code
        raise NotWhole("the file is being written")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as exc:
        raise ValueError(f"the file is not {encoding}: name its encoding with --encoding") from exc


class Watcher:
    """Looks at the file and tells what is new."""

    def __init__(self, client: Client, options: argparse.Namespace) -> None:
        self._js = client.jetstream(timeout=10)
        self._owner = os.environ["NATS_USER"].partition(".")[0]  # the user is <owner>.<name>
        self._options = options
        self._columns = Columns(options.key, dict(options.map), options.date_format)
        self._source = options.source or f"csv/{options.file.name}"
        self._state_path = options.state or options.file.with_name(f".{options.file.name}.told.json")

    async def look(self) -> int:
        """
        Tell what is new and return how many facts that took.

        Raises:
            NotWhole: look again later.
            nats.errors.Error, TimeoutError: the broker did not take it; what was told before is remembered.
        """
        options = self._options
        text = read_settled(options.file, encoding=options.encoding, settled_s=options.settled)
        state = load_state(self._state_path)
        told = 0
        try:
            for key, row in read_rows(text, self._columns, delimiter=options.delimiter).items():
                facts, remembered = changes(key, row, state.get(key), source=self._source)
                for fact in facts:
                    await self._tell(fact)
                    told += 1
                state[key] = remembered
        finally:
            if told:
                save_state(self._state_path, state)
        return told

    async def _tell(self, fact: Fact) -> None:
        event = {
            "specversion": "1.0",
            "type": f"hobnob.{fact.name}.v1",
            "source": self._source,
            "id": fact.id,
            "time": datetime.now(UTC).isoformat(),  # noqa: TID251  # an example of foreign code
            "data": fact.data,
        }
        await self._js.publish(f"hobnob.intake.{self._owner}.{fact.name}", json.dumps(event).encode())


async def run(options: argparse.Namespace) -> None:
    """Look at the file, once or until somebody stops it."""
    user = os.environ["NATS_USER"]
    client = await nats.connect(
        os.environ["NATS_URL"],
        user=user,
        password=os.environ["NATS_PASSWORD"],
        inbox_prefix=f"_INBOX.{user}",
        max_reconnect_attempts=-1,
    )
    watcher = Watcher(client, options)
    try:
        while True:
            try:
                if told := await watcher.look():
                    print(f"{told} facts told", flush=True)  # noqa: T201  # it is a script
            except NotWhole as exc:
                complain(f"{exc}: looking again in {options.every:g} s")
            except (nats.errors.Error, TimeoutError) as exc:
                complain(f"Hobnob did not take it ({exc!r}): trying again in {options.every:g} s")
            else:
                if options.once:
                    return
            await asyncio.sleep(options.every)
    finally:
        await client.close()


def complain(line: str) -> None:
    """Say something on stderr."""
    print(f"watch_csv: {line}", file=sys.stderr, flush=True)  # noqa: T201  # it is a script


def _mapping(text: str) -> tuple[str, str]:
    field, _, column = text.partition("=")
    if field not in FIELDS or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD=COLUMN; the fields are {', '.join(FIELDS)}")
    return field, column


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description="Watch a CSV file and tell Hobnob what is new in it.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", required=True, metavar="COLUMN", help="what names a row for ever, such as a staff number")
    parser.add_argument("--map", type=_mapping, action="append", default=[], metavar="FIELD=COLUMN")
    parser.add_argument("--source", help="who states it (csv/<file name>); keep it the same for ever")
    parser.add_argument("--state", type=Path, help="where to remember what was told (.<file name>.told.json beside the file)")
    parser.add_argument("--date-format", help="how dates are written, such as %%d.%%m.%%Y (YYYY-MM-DD, --MM-DD or YYYY-MM)")
    parser.add_argument("--encoding", default="utf-8-sig")
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--every", type=float, default=5.0, metavar="SECONDS", help="how often to look")
    parser.add_argument("--settled", type=float, default=SETTLED_S, metavar="SECONDS", help="how long nobody may have written")
    parser.add_argument("--once", action="store_true", help="end after one look at a whole file")
    try:
        asyncio.run(run(parser.parse_args()))
    except (ValueError, KeyError, OSError) as exc:
        complain(f"{exc.args[0]} is not set" if isinstance(exc, KeyError) else str(exc))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
