"""
The sample network of `hobnob up --sample`: fictional people around today's date, brought in through the doors that everybody
uses: two uploaded files and facts on the intake.

`examples/sample-network.json` says who they are and how far from today their days are, so that a first run shows a full
inbox on any day of the year.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cli.errors import CommandFailed

FOLDER = Path(__file__).resolve().parents[1] / "examples"
MANIFEST = "sample-network.json"
LINKEDIN_HEADER = ("First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFile:
    """A file to import."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFact:
    """A fact to emit."""

    fact: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The network as of one day, to be brought in from first to last."""

    files: tuple[SampleFile, ...]
    facts: tuple[SampleFact, ...]
    expected_items: int
    """Reminders that are due at once."""


def load_sample(*, now: datetime) -> Sample:
    """
    Return the sample network as of *now*, an instant in the owner's zone.

    Raises:
        CommandFailed: the examples are not there; they come with the source code.
    """
    path = FOLDER / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise CommandFailed(f"the sample network comes with the source code and is not at {path}") from exc
    return build_sample(manifest, now=now)


def build_sample(manifest: dict[str, Any], *, now: datetime) -> Sample:
    """Turn the manifest's distances into dates."""
    today = now.date()
    exports = [
        SampleFile(name=f"Connections-{index}.csv", content=_connections(rows, today))
        for index, rows in enumerate(manifest["linkedin_exports"], start=1)
    ]
    cards = "".join(_card(person, today) for person in manifest["address_book"])
    return Sample(
        files=(*exports, SampleFile(name="address-book.vcf", content=cards.encode())),
        facts=tuple(_fact(entry, now) for entry in manifest["facts"]),
        expected_items=manifest["expected_items"],
    )


def _connections(rows: list[dict[str, Any]], today: date) -> bytes:
    text = io.StringIO()
    text.write('Notes:\n"When exporting your connection data, you may notice that some email addresses are missing."\n\n')
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(LINKEDIN_HEADER)
    for row in rows:
        connected_on = today - timedelta(days=row["connected_days_ago"])
        slug = f"{row['first']}-{row['last']}-sample".lower()
        url = f"https://www.linkedin.com/in/{slug}"
        writer.writerow((row["first"], row["last"], url, "", row["company"], row["position"], f"{connected_on:%d %b %Y}"))
    return text.getvalue().encode()


def _card(person: dict[str, Any], today: date) -> str:
    first, last = person["first"], person["last"]
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"UID:{person['email']}", f"FN:{first} {last}", f"N:{last};{first};;;"]
    lines += [f"EMAIL:{person['email']}"]
    if "nickname" in person:
        lines.append(f"NICKNAME:{person['nickname']}")
    if "org" in person:
        lines += [f"ORG:{person['org']}", f"TITLE:{person['title']}"]
    if "birthday" in person:
        lines.append(f"BDAY:{_birthday(person['birthday'], today)}")
    if "tags" in person:
        lines.append(f"CATEGORIES:{','.join(person['tags'])}")
    return "\r\n".join([*lines, "END:VCARD"]) + "\r\n"


def _birthday(days: dict[str, Any], today: date) -> str:
    day = today + timedelta(days=days["in_days"])
    return f"{_years_before(day, days['turns']):%Y%m%d}" if "turns" in days else f"--{day:%m%d}"


def _years_before(day: date, years: int) -> date:
    """Return the same day that many years earlier; the 28th where a 29 February has none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _fact(entry: dict[str, Any], now: datetime) -> SampleFact:
    return SampleFact(fact=entry["fact"], data=dict(_resolved(entry["data"], now)))


def _resolved(data: dict[str, Any], now: datetime) -> Iterator[tuple[str, Any]]:
    """Replace `<field>_days_ago` and `<field>_years_ago` by the field: an instant where it ends in `_at`, else a date."""
    for key, value in data.items():
        if key.endswith("_at_days_ago"):
            yield key.removesuffix("_days_ago"), (now - timedelta(days=value)).isoformat()
        elif key.endswith("_years_ago"):
            yield key.removesuffix("_years_ago"), _years_before(now.date(), value).isoformat()
        elif key.endswith("_days_ago"):
            yield key.removesuffix("_days_ago"), (now.date() - timedelta(days=value)).isoformat()
        elif key == "dates":
            yield key, [_date(entry, now.date()) for entry in value]
        else:
            yield key, value


def _date(entry: dict[str, Any], today: date) -> dict[str, str]:
    day = _years_before(today + timedelta(days=entry["in_days"]), entry["years"])
    return {"label": entry["label"], "on": day.isoformat()}
