"""The list of people: by what it is searched, narrowed and sorted, and the keys of a person that this takes."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness

WORDS_MAX: Final = 100
"""Words of one person by which they are found."""
WORD_CHARS: Final = 40
KEY_CHARS: Final = 120
"""Of a name, a company or a tag, as keys."""


class Silence(StrEnum):
    """Whom the owner was not in touch with for longer than this, or of whom no contact is noted."""

    MONTH = "1m"
    QUARTER = "3m"
    HALF_YEAR = "6m"
    YEAR = "12m"
    NEVER = "never"


class Sort(StrEnum):
    """What comes first: names by the alphabet, the longest silence, or the closest."""

    NAME = "name"
    SILENCE = "silence"
    CLOSENESS = "closeness"


SILENCE_DAYS: Final = {Silence.MONTH: 30, Silence.QUARTER: 90, Silence.HALF_YEAR: 180, Silence.YEAR: 365}
_RANKS: Final = {closeness: str(rank) for rank, closeness in enumerate(Closeness)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    """Whom the list shows; what is left out narrows nothing. `search` are beginnings of words, all of which a person has."""

    search: str = ""
    closeness: Closeness | None = None
    tag: str = ""
    company: str = ""
    silence: Silence | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everybody is shown."""
        return self == PeopleFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeys:
    """
    By what a person is found and sorted.

    `name` sorts by name, `order` by closeness and then by name; no two people share one. `company` and `tags` are folded.
    """

    name: str
    order: str
    words: tuple[str, ...]
    tags: tuple[str, ...]
    company: str | None


def list_keys(person: ContactSnapshot) -> ListKeys:
    """Return the keys of somebody."""
    company = person.job.company if person.job else None
    title = person.job.title if person.job else None
    name = f"{folded(shown_name(person))}\0{person.id}"
    texts = (person.name, person.nickname, person.given_name, person.family_name, company, title, person.location)
    found = (word for text in (*texts, *person.emails, *person.tags) if text for word in search_words(text))
    return ListKeys(
        name=name,
        order=f"{_RANKS[person.closeness]}{name}",
        words=tuple(list(dict.fromkeys(found))[:WORDS_MAX]),
        tags=tuple(dict.fromkeys(folded(tag) for tag in person.tags)),
        company=folded(company) if company else None,
    )


def shown_name(person: ContactSnapshot) -> str:
    """Return how the list calls somebody: by name, else by address, else by id."""
    return person.name or next(iter(person.emails), person.id)


def folded(text: str) -> str:
    """Return what all ways to write a text have in common: without accents, capitals and doubled spaces."""
    plain = _folded_once(text)
    # Some letters come apart into what is to be folded itself.
    while (again := _folded_once(plain)) != plain:
        plain = again
    return plain


def _folded_once(text: str) -> str:
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join(plain.replace("\0", " ").split())[:KEY_CHARS].rstrip()


def search_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are searched: runs of letters and digits, folded."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    spaced = "".join(char if char.isalnum() else " " for char in plain if not unicodedata.combining(char))
    return tuple(word[:WORD_CHARS] for word in spaced.split())


def order_span(closeness: Closeness) -> tuple[str, str]:
    """Return from where to before where the `order` of people of one closeness lies."""
    rank = int(_RANKS[closeness])
    return str(rank), str(rank + 1)


def silent_before(silence: Silence, *, now: datetime) -> datetime | None:
    """Return before when the last contact was of those whom a filter shows; None for `NEVER`, of whom none is noted."""
    days = SILENCE_DAYS.get(silence)
    return now - timedelta(days=days) if days is not None else None
