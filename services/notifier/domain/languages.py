"""In which language a greeting is written, and what numbers and dates look like in it."""

import re
from datetime import date
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.units import format_unit

ENGLISH: Final = "en"
"""The language of last resort."""

_ORDINALS: Final[dict[str, dict[str, str]]] = {
    "en": {"one": "st", "two": "nd", "few": "rd", "other": "th"},
    "de": {"other": "."},
    "fr": {"one": "er", "other": "e"},
    "es": {"other": ".º"},
}
"""What follows the digits of an ordinal before "birthday", "Geburtstag", "anniversaire", "cumpleaños", by CLDR's forms."""
_SPANISH_APOCOPE: Final = ".er"
"""Spanish shortens *primero* and *tercero* before a masculine noun, which CLDR's plural forms do not tell apart."""

_SPACED_IN_FRENCH: Final = "!?:;»"
_FRENCH: Final = "fr"


def language_of(tag: str) -> str:
    """Return the language of a BCP 47 tag: `de` of `de-AT`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def preferred(*, contact: str | None, owner: str | None) -> tuple[str, ...]:
    """
    Return the tags to try in turn: the contact's, the owner's, English.

    Whether there are words in a language is for whoever has the words to say.
    """
    return tuple(dict.fromkeys(tag for tag in (contact, owner, ENGLISH) if tag))


def locale_of(tag: str) -> Locale:
    """Return Babel's locale for a tag; English where Babel has none."""
    try:
        return Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(ENGLISH)


def ordinal(number: int, *, tag: str) -> str:
    """
    Write *number* as an ordinal: 1st, 22nd; 1.; 1er, 2e; 1.er, 2.º. In a language without a table it is the bare number.

    Source:
        CLDR, plural rules of type "ordinal"; for Spanish, RAE, Diccionario panhispánico de dudas, "ordinales".
    """
    language = language_of(tag)
    if language not in _ORDINALS:
        return str(number)
    if language == "es" and (number % 10 == 3 or (number % 10 == 1 and number % 100 != 11)):
        return f"{number}{_SPANISH_APOCOPE}"
    return f"{number}{_ORDINALS[language][locale_of(tag).ordinal_form(number)]}"


def years(number: int, *, tag: str) -> str:
    """Write a span of whole years: 1 year, 2 years; in a language that Babel cannot count in, the bare number."""
    unit = "duration-year"
    written = format_unit(number, unit, length="long", locale=locale_of(tag)).replace("\N{NO-BREAK SPACE}", " ")
    return str(number) if unit in written else written


def day_and_month(day: date, *, tag: str) -> str:
    """Write a date without its year: May 4, 4 May, 4. Mai, 4 mai, 1er mai, 4 de mayo."""
    return _written(day, "MMMMd", tag=tag)


def weekday_and_day(day: date, *, tag: str) -> str:
    """Write a date without its year, the weekday before it, both short: Mon, May 4."""
    return _written(day, "MMMEd", tag=tag)


def typeset(text: str, *, language: str) -> str:
    """Return *text* with the spaces that its language does not break at: French has one before ! ? : ; and », and after «."""
    if language != _FRENCH:
        return text
    text = text.replace("« ", "«\N{NO-BREAK SPACE}")
    for mark in _SPACED_IN_FRENCH:
        text = text.replace(f" {mark}", f"\N{NO-BREAK SPACE}{mark}")
    return text


def _written(day: date, skeleton: str, *, tag: str) -> str:
    locale = locale_of(tag)
    written = format_skeleton(skeleton, day, locale=locale)
    # CLDR has no pattern for it: the first of a French month is an ordinal, the other days are not.
    return re.sub(r"\b1\b", "1er", written, count=1) if locale.language == _FRENCH and day.day == 1 else written
