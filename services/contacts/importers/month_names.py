"""The names of months and weekdays in the languages that exports are written in, from CLDR."""

from collections import defaultdict

from babel import Locale

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "ru", "uk", "tr", "ro", "hu")

_SMALL_WORDS = {"of", "the", "st", "nd", "rd", "th", "de", "del", "den", "do", "er", "ème", "º", "ª", "г", "года", "р"}


def _words(kind: str) -> dict[str, set[int]]:
    words: dict[str, set[int]] = defaultdict(set)
    for language in LANGUAGES:
        names = getattr(Locale(language), kind)
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in names[context][width].items():
                    words[name.casefold().strip(".")].add(number)
    return words


def _months() -> dict[str, int]:
    names = Locale("en").months["format"]
    english = {name.casefold(): number for width in ("wide", "abbreviated") for number, name in names[width].items()}
    unique = {word: numbers.copy().pop() for word, numbers in _words("months").items() if len(numbers) == 1}
    return unique | english | {"sept": 9}


MONTHS: dict[str, int] = _months()
"""Lower-case name or abbreviation to number; a word that names different months in two languages is left out."""

FILLERS: frozenset[str] = frozenset((set(_words("days")) | _SMALL_WORDS) - set(MONTHS))
"""Words around a date that say nothing: weekdays, `de`, `st`."""
