"""
The titles under which calendars file a birthday, in the languages of the calendars we met.

`name_in` finds whose birthday it is; a title that only mentions a birthday (`Buy a birthday cake`) is none.
"""

import re

from services.contacts.importers.text import one_line

_AFTER = (
    r"birthday of\b",
    r"happy birthday,?",
    r"(?:birthday|bday|geburtstag|anniversaire|cumpleaños|cumple|compleanno|aniversário|verjaardag|urodziny|födelsedag|"
    r"fødselsdag|bursdag|syntymäpäivä|narozeniny|doğum günü|день рождения|день народження)\s*[:\-–]",
    r"geburtstag (?:von|of)\b",
    r"anniversaire (?:de\b(?! mariage| rencontre)|d['’])",
    r"(?:cumpleaños|cumple) del?\b",
    r"compleanno (?:di\b|d['’]|del\b|della\b)",
    r"aniversário (?:de|do|da)\b",
    r"(?:verjaardag|jarig) van\b",
    r"urodziny",
    r"(?:день рождения|день народження)",
    r"narozeniny",
)
"""What stands before the name."""
_BEFORE = (
    r" (?:hat|feiert) geburtstag",
    r" (?:har|fyller) (?:fødselsdag|födelsedag|bursdag|år)",
    r" is jarig",
    r"['’]s? (?:birthday|bday|b-day|geburtstag|verjaardag)",
    r"(?: -| –|:)? (?:birthday|bday|geburtstag|verjaardag|syntymäpäivä|födelsedag|fødselsdag|bursdag|doğum günü)",
    r"s (?:födelsedag|fødselsdag|bursdag)",
    r"(?:['’]?n[ıiuü]n)? doğum günü",
    r" ?(?:さん)?の誕生日",
    r" ?的生日",
)
"""What stands after the name; the longer words first, or they would pass for a part of it."""

_TITLES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        *(rf"{words}\s*(?P<name>\S.*)" for words in _AFTER),
        *(rf"(?P<name>.*?\S){words}[.!]*" for words in _BEFORE),
    )
)
_ICONS = re.compile(r"[🎂🎁🎈🎉🥳]\ufe0f?")
_YEAR = re.compile(r"\s*[\[(]\s*\*?\s*(?P<year>(?:18|19|20)\d\d)\s*[\])]\s*\*?|\s+\*(?P<bare>(?:18|19|20)\d\d)\b")
_AGE = re.compile(r"\s*[\[(]\d{1,3}[\])]")
_BORN = re.compile(
    r"(?:\bborn|\bbirth ?year|\byear of birth|\bdate of birth|geboren|geburtsjahr|geburtsdatum|\bn[ée]e?\b|naissance|naci[óo]|"
    r"nat[oa]|nascid[oa]|geboortejaar|urodzon|född|\*)[^\d\n]{0,25}(?:\d{1,2}[./ -]\w{1,9}[./ -]+)?(?P<year>(?:18|19|20)\d\d)\b",
    re.IGNORECASE,
)
_THINGS = re.compile(
    r"\b(?:party|cake|card|gift|present|dinner|lunch|feier|geschenk|kuchen|fest|fête|fiesta|festa)\b", re.IGNORECASE
)

_OWN = frozenset({"my", "mein", "mon", "mi", "il mio", "o meu", "mijn", "min", "mój"})
"""A birthday of the owner is nobody else's."""


def name_in(title: str, *, is_known_birthday: bool = False) -> str | None:
    """
    Return whose birthday *title* names, or None when it names none.

    Args:
        title: The event's summary.
        is_known_birthday: The calendar itself marks the event as a birthday; the whole title is then a name.
    """
    plain = one_line(_AGE.sub(" ", _YEAR.sub(" ", _ICONS.sub(" ", title))))
    for form in _TITLES:
        if found := form.fullmatch(plain):
            name = found["name"].strip(" :-–!.")
            return name if name and name.casefold() not in _OWN and not _THINGS.search(name) else None
    if plain and (is_known_birthday or (_ICONS.search(title) and not _THINGS.search(plain))):
        return plain
    return None


def birth_year_in(title: str, description: str) -> int | None:
    """Return the year of birth that the words around a birthday state."""
    if found := _YEAR.search(title):
        return int(found["year"] or found["bare"])
    found = _BORN.search(description)
    return int(found["year"]) if found else None
