"""How an address-book entry becomes a fact: what is kept, cut, refused and remarked upon."""

from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter

from services.contacts.importers.addresses import phone, sort_emails, valid
from services.contacts.importers.card import ANNIVERSARY, Card, Labelled
from services.contacts.importers.dates import Reading, problem_sentence
from services.contacts.importers.linkedin_url import profile_url
from services.contacts.importers.rows import Item, Remark, Row, Skipped, stated
from services.contacts.importers.text import MAX_FIELD_CHARS, MAX_TEXT_CHARS, long_text, name_key, one_line, shortened
from shared.messages.facts import ContactUpserted, CustomDate, FactName
from shared.messages.values import Language, Occasion, PartialDate, TimeZoneName

MAX_ADDRESSES = 50
MAX_DATES = 100
MAX_TAGS = 200
"""The bounds of `ContactUpserted`."""

_LANGUAGE: TypeAdapter[str] = TypeAdapter(Language)
_ZONE: TypeAdapter[str] = TypeAdapter(TimeZoneName)


def card_items(card: Card, *, shared_names: frozenset[int]) -> Iterator[Item]:
    """Yield the fact that *card* states and remarks on what of it could not be used, or the reason why it is skipped."""
    name = card.full_name
    emails, bad_emails = sort_emails(card.emails)
    if (not name and (card.organisation or not emails)) or card.is_organisation:
        yield Skipped(line=card.line, reason=_nameless(card))
        return
    draft = _Draft(card.line)
    yield from (Remark(line=card.line, text=text) for text in card.remarks)
    for bad in bad_emails:
        draft.remark(f"{shortened(bad)!r} is no email address and is left out")
    birthday = draft.birthday(card)
    dates = draft.dates(card.dates)
    link = next(filter(None, map(profile_url, card.links)), None)
    key = name_key(name)
    external_id = None
    if not (card.uid or emails or link):
        twin = f"|{birthday}" if birthday and hash(key) in shared_names else ""
        external_id = f"name:{key}"[: MAX_TEXT_CHARS - len(twin)] + twin
    tags = draft.at_most(_unique(one_line(tag)[:MAX_TEXT_CHARS] for tag in card.tags), MAX_TAGS, "tags")
    yield stated(
        lambda: Row(
            line=card.line,
            name=FactName.CONTACT_UPSERTED,
            data=ContactUpserted(
                name=draft.text("name", name),
                given_name=draft.text("given name", card.given_name),
                family_name=draft.text("family name", card.family_name),
                nickname=draft.text("nickname", card.nickname),
                emails=draft.at_most(emails, MAX_ADDRESSES, "email addresses"),
                phones=draft.at_most(_unique(map(phone, card.phones)), MAX_ADDRESSES, "phone numbers"),
                linkedin_url=link,
                uid=one_line(card.uid)[:MAX_TEXT_CHARS] or None,
                external_id=external_id,
                birthday=birthday,
                dates=dates,
                company=draft.text("company", card.organisation),
                title=draft.text("title", card.title),
                location=draft.text("location", card.location),
                language=draft.language(card.language),
                timezone=valid(_ZONE, card.timezone),
                tags=tags or None,
                notes=draft.notes(card.notes),
                deceased=card.is_deceased or None,
                muted=(Occasion.BIRTHDAY,) if card.is_birthday_muted else None,
            ),
            occurred_at=card.occurred_at,
            by_name=bool(name),
            full_name=name or None,
        ),
        line=card.line,
    )
    yield from (Remark(line=card.line, text=text) for text in draft.remarks)


class _Draft:
    """Collects the remarks, and the texts to keep in the notes, while one card is turned into a fact."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.remarks: list[str] = []
        self._kept: list[str] = []

    def remark(self, text: str) -> None:
        self.remarks.append(text)

    def text(self, what: str, value: str) -> str | None:
        flat = one_line(value)
        if len(flat) > MAX_TEXT_CHARS:
            self.remark(f"the {what} is cut after {MAX_TEXT_CHARS} of {len(flat):,} characters")
        return flat[:MAX_TEXT_CHARS].strip() or None

    def language(self, value: str) -> str | None:
        tag = valid(_LANGUAGE, one_line(value))
        if one_line(value) and not tag:
            self.remark(f"{shortened(value)!r} is no language tag such as 'en' and is left out")
        return tag

    def at_most(self, values: tuple[str, ...], limit: int, what: str) -> tuple[str, ...]:
        if len(values) > limit:
            self.remark(f"only the first {limit} of {len(values)} {what} are kept")
        return values[:limit]

    def keep(self, what: str, reading: Reading) -> None:
        """Keep the text of a date that is not, or not wholly, in the fact."""
        self._kept.append(f"{what}: {reading.text[:MAX_TEXT_CHARS]}")
        if reading.problem:
            self.remark(problem_sentence(what, reading))
        elif reading.loss:
            self.remark(f"the {what} {shortened(reading.text)!r} is kept as text too: {reading.loss}")

    def birthday(self, card: Card) -> PartialDate | None:
        chosen = card.birthday
        for reading in card.birthdays:
            if reading.problem or (reading.loss and reading.on == chosen):
                self.keep("birthday", reading)
            elif reading.on and chosen and not _same_day(reading.on, chosen):
                self.keep("birthday", reading)
                self.remark(f"two birthdays are written: {chosen} is taken, {shortened(reading.text)!r} is kept as text")
        return chosen

    def dates(self, dates: tuple[Labelled, ...]) -> tuple[CustomDate, ...]:
        found: list[CustomDate] = []
        for dated in dates:
            label, reading = one_line(dated.label)[:MAX_TEXT_CHARS] or ANNIVERSARY, dated.reading
            if reading.on and reading.on.month is None:
                reading = Reading(reading.text, problem="a year alone is no date to remember")
            if reading.problem or reading.loss:
                self.keep(label, reading)
            if reading.on:
                found.append(CustomDate(label=label, on=reading.on))
        if len(found) > MAX_DATES:
            self.remark(f"only the first {MAX_DATES} of {len(found)} dates are kept")
        return _distinct(found[:MAX_DATES])

    def notes(self, written: str) -> str | None:
        kept = "\n".join(self._kept)
        own = long_text(written)[: MAX_FIELD_CHARS - len(kept) - bool(kept)]
        return "\n".join(filter(None, (own, kept)))[:MAX_FIELD_CHARS] or None


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _same_day(one: PartialDate, other: PartialDate) -> bool:
    return (one.month, one.day) == (other.month, other.day) and (one.year == other.year or None in (one.year, other.year))


def _distinct(dates: list[CustomDate]) -> tuple[CustomDate, ...]:
    """Drop second spellings of one day: the same label, or the bare `Anniversary` beside a label of the owner's own."""
    kept: list[CustomDate] = []
    for date in sorted(dates, key=lambda d: (d.label == ANNIVERSARY, d.on.year is None)):
        same = (d for d in kept if _same_day(d.on, date.on))
        if not any(date.label == ANNIVERSARY or d.label.casefold() == date.label.casefold() for d in same):
            kept.append(date)
    return tuple(sorted(kept, key=lambda d: dates.index(d)))


def _nameless(card: Card) -> str:
    if organisation := one_line(card.organisation):
        return f"an organisation ({shortened(organisation)}), no person"
    return "no name and no email address"
