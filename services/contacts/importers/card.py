"""
One entry of an address book as it is written, whichever format it came in.

The formats differ in where things stand; what becomes of them is decided once for all, in `card_facts.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.contacts.importers.addresses import email_address
from services.contacts.importers.dates import Reading
from services.contacts.importers.linkedin_url import profile_url
from services.contacts.importers.text import name_key, one_line
from shared.messages.values import PartialDate

ANNIVERSARY = "Anniversary"
"""The label of a date that its format calls the anniversary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A date with the label it was written under."""

    label: str
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """
    What one entry says, as written: nothing is trimmed, checked or cut yet.

    `birthdays` holds every spelling found; the first that can be read counts. An organisation without a person's name is
    no person, even with an email address.
    """

    line: int
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    nickname: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    uid: str = ""
    organisation: str = ""
    title: str = ""
    location: str = ""
    language: str = ""
    timezone: str = ""
    birthdays: tuple[Reading, ...] = ()
    dates: tuple[Labelled, ...] = ()
    notes: str = ""
    tags: tuple[str, ...] = ()
    is_deceased: bool = False
    is_birthday_muted: bool = False
    occurred_at: datetime | None = None
    remarks: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """The name to show: as written in full, else made of its parts, else the nickname."""
        return one_line(self.name) or one_line(f"{self.given_name} {self.family_name}") or one_line(self.nickname)

    @property
    def is_organisation(self) -> bool:
        """Whether the only name is that of the organisation."""
        has_parts = one_line(self.given_name) or one_line(self.family_name)
        return not has_parts and bool(self.full_name) and name_key(self.full_name) == name_key(self.organisation)

    @property
    def birthday(self) -> PartialDate | None:
        """The first birthday that can be read."""
        return next((reading.on for reading in self.birthdays if reading.on), None)

    @property
    def is_anonymous(self) -> bool:
        """Whether the entry has no key by which it would be known again: no UID, email or LinkedIn profile."""
        return not self.uid and not any(map(email_address, self.emails)) and not any(map(profile_url, self.links))


def namesakes(cards: Iterable[Card]) -> frozenset[int]:
    """
    Return the hashed names that two entries without any other key share, though their birthdays differ.

    Their birthday then becomes part of their identity. Holds two integers for each entry that has a birthday and no key.
    """
    seen: dict[int, int] = {}
    shared: set[int] = set()
    for card in cards:
        if (birthday := card.birthday) and card.is_anonymous:
            key = hash(name_key(card.full_name))
            if seen.setdefault(key, hash(birthday)) != hash(birthday):
                shared.add(key)
    return frozenset(shared)
