"""
LinkedIn's messages.csv: with whom the owner last spoke, and when.

Thousands of messages become at most two rows a person: the newest one sent and the newest one received. The owner is the
party who takes part in most messages; where two do equally (a file of one conversation), both are listed, and since
these rows only ever match known contacts, the owner's own matches nobody.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.contacts.importers.csv_table import MISSING, Record, Table
from services.contacts.importers.instants import read_instant
from services.contacts.importers.linkedin_rows import SOURCE
from services.contacts.importers.linkedin_url import find_slug, profile_url
from services.contacts.importers.rows import Item, ParsedFile, Remark, Row, Skipped
from services.contacts.importers.text import MAX_TEXT_CHARS, name_key, one_line, shortened
from shared.messages.facts import ContactRef, FactName, InteractionLogged

FORMAT = "linkedin_messages"

_SPONSORED_MARK = "spinmail-quill-editor"
_TRUE = frozenset({"yes", "true", "1"})
_NOBODY = frozenset({"", "linkedin member"})
"""What LinkedIn writes for people who left."""


def is_messages(columns: frozenset[str]) -> bool:
    """Tell by the header."""
    return {"conversation id", "from", "to", "date", "content"} <= columns


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a message: the slug of the profile where the file gives one, and the name."""

    slug: str | None
    name: str

    @property
    def key(self) -> str:
        """What tells parties apart: the profile, else the name."""
        return f"/in/{self.slug}" if self.slug else name_key(self.name)

    @property
    def is_somebody(self) -> bool:
        """Whether there is anything to know this party by."""
        return self.slug is not None or name_key(self.name) not in _NOBODY

    def ref(self) -> ContactRef:
        """Name the contact by profile, else by name within this export."""
        if self.slug and (url := profile_url(f"linkedin.com/in/{self.slug}")):
            return ContactRef(linkedin_url=url)
        return ContactRef(source=SOURCE, id=name_key(self.name)[:MAX_TEXT_CHARS])


@dataclass(frozen=True, slots=True)
class _Message:
    line: int
    sender: Party
    recipients: tuple[Party, ...]
    at: datetime


class _Reader:
    """Reads rows by column, and remembers which profile belongs to which sender's name."""

    def __init__(self, table: Table) -> None:
        at = table.at
        self._table = table
        self._from, self._to = at("from"), at("to")
        self._sender_url, self._recipient_urls = at("sender profile url"), at("recipient profile urls")
        self._date, self._content, self._folder = at("date"), at("content"), at("folder")
        self._drafts = (at("is message draft"), at("is conversation draft"))
        self._slugs: dict[str, set[str]] = {}
        self.is_era_of_urls = self._recipient_urls != MISSING

    def learn_names(self) -> None:
        """First pass: older exports give the profile of a message's sender, but never of its recipient."""
        for record in self._table.only_records():
            if slug := find_slug(record.cells[self._sender_url]):
                self._slugs.setdefault(name_key(record.cells[self._from]), set()).add(slug)

    def messages(self) -> Iterator[_Message | Skipped | Remark]:
        """Yield what counts as contact, and why the rest does not."""
        for found in self._table.records():
            yield self._message(found) if isinstance(found, Record) else found

    def _message(self, record: Record) -> _Message | Skipped:
        cells, line = record.cells, record.line
        if any(cells[index].strip().casefold() in _TRUE for index in self._drafts):
            return Skipped(line=line, reason="a draft that was never sent")
        if cells[self._folder].strip().casefold() == "spam":
            return Skipped(line=line, reason="a message in the spam folder")
        if not cells[self._sender_url].strip() and _SPONSORED_MARK in cells[self._content]:
            return Skipped(line=line, reason="a sponsored message")
        at = read_instant(cells[self._date])
        if at is None:
            return Skipped(line=line, reason=f"the date {shortened(cells[self._date])!r} cannot be read")
        sender = self._party(cells[self._from], find_slug(cells[self._sender_url]))
        recipients = self._recipients(cells[self._to], cells[self._recipient_urls])
        if not any(party.is_somebody for party in (sender, *recipients)):
            return Skipped(line=line, reason="neither side of the message is named")
        return _Message(line, sender, recipients, at)

    def _party(self, name: str, slug: str | None) -> Party:
        known = self._slugs.get(name_key(name), set())
        return Party(slug or (next(iter(known)) if len(known) == 1 else None), one_line(name))

    def _recipients(self, names: str, urls: str) -> tuple[Party, ...]:
        slugs = [slug for url in urls.split(",") if (slug := find_slug(url))]
        if len(slugs) == 1:
            return (Party(slugs[0], one_line(names)),)
        if name_key(names) in self._slugs:
            return (self._party(names, None),)  # "Anna Muster, PhD" is one person
        split = [name for name in names.split(",") if name.strip()]
        if slugs:
            paired = split if len(split) == len(slugs) else [""] * len(slugs)
            return tuple(Party(slug, one_line(name)) for slug, name in zip(slugs, paired, strict=True))
        return tuple(self._party(name, None) for name in split)


def open_messages(table: Table) -> ParsedFile:
    """Return the last contacts that a messages.csv tells of."""

    def read() -> Iterator[Item]:
        reader = _Reader(table)
        reader.learn_names()
        presence: Counter[str] = Counter()
        for message in reader.messages():
            if isinstance(message, _Message):
                presence.update({party.key for party in (message.sender, *message.recipients)})
        most = max(presence.values(), default=0)
        owners = {key for key, count in presence.items() if count == most}
        yield from table.remarks()
        if not presence:
            yield Remark(line=0, text="the file has no messages that count as contact")
        newest: dict[tuple[str, bool], tuple[_Message, Party]] = {}
        for message in reader.messages():
            if not isinstance(message, _Message):
                yield message
                continue
            for party, is_sent in _others(message, owners):
                kept = newest.get((party.key, is_sent))
                if kept is None or message.at > kept[0].at:
                    newest[party.key, is_sent] = (message, party)
        for message, party in sorted(newest.values(), key=lambda found: (found[0].line, found[1].key)):
            # Exports of the era before RECIPIENT PROFILE URLS have no URLs in Connections.csv: a profile matches nobody there.
            yield _row(message, party, by_name=party.slug is None or not reader.is_era_of_urls)

    return ParsedFile(file=table.blob.name, format=FORMAT, read=read)


def _others(message: _Message, owners: set[str]) -> Iterator[tuple[Party, bool]]:
    """Yield with whom the owner had contact: the sender of what came in, every recipient of what went out."""
    if len(owners) > 1:
        found = [(message.sender, False), *((party, True) for party in message.recipients)]
    elif message.sender.key in owners:
        found = [(party, True) for party in message.recipients if party.key not in owners]
    else:
        found = [(message.sender, False)]
    return ((party, is_sent) for party, is_sent in found if party.is_somebody)


def _row(message: _Message, party: Party, *, by_name: bool) -> Row:
    return Row(
        line=message.line,
        name=FactName.INTERACTION_LOGGED,
        data=InteractionLogged(contact=party.ref(), channel=SOURCE, occurred_at=message.at),
        occurred_at=message.at,
        known_only=True,
        by_name=by_name and bool(party.name),
        full_name=party.name or None,
    )
