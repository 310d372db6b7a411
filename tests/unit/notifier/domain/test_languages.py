"""Tests of numbers, dates and spaces in each language, and of whose language is tried first."""

from datetime import date

import pytest

from services.notifier.domain.languages import (
    day_and_month,
    language_of,
    locale_of,
    ordinal,
    preferred,
    typeset,
    weekday_and_day,
    years,
)


@pytest.mark.parametrize(
    ("tag", "numbers"),
    [
        ("en", {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 111: "111th"}),
        ("de", {1: "1.", 3: "3.", 40: "40."}),
        ("fr", {1: "1er", 2: "2e", 21: "21e", 40: "40e"}),
        ("es", {1: "1.er", 2: "2.º", 3: "3.er", 11: "11.º", 13: "13.er", 21: "21.er", 40: "40.º", 111: "111.º"}),
        ("it", {1: "1", 40: "40"}),
    ],
)
def test_ordinals(tag: str, numbers: dict[int, str]) -> None:
    """Ordinals are right at the numbers that usually are not, and bare where a language has no table."""
    assert {number: ordinal(number, tag=tag) for number in numbers} == numbers


@pytest.mark.parametrize(
    ("tag", "one", "many"),
    [
        ("en", "1 year", "21 years"),
        ("de-AT", "1 Jahr", "21 Jahre"),
        ("fr", "1 an", "21 ans"),
        ("es", "1 año", "21 años"),
        ("tlh", "1 year", "21 years"),
    ],
)
def test_years(tag: str, one: str, many: str) -> None:
    """One year is singular, and a language that Babel does not know counts in English."""
    assert (years(1, tag=tag), years(21, tag=tag)) == (one, many)


def test_years_in_a_language_without_the_word() -> None:
    """Never the name of a unit that was not translated."""
    assert "duration" not in years(5, tag="it")


@pytest.mark.parametrize(
    ("tag", "written"),
    [("en", "May 4"), ("en-GB", "4 May"), ("de", "4. Mai"), ("fr", "4 mai"), ("es", "4 de mayo")],
)
def test_days(tag: str, written: str) -> None:
    """A date without its year, as the region writes it."""
    assert day_and_month(date(2026, 5, 4), tag=tag) == written


@pytest.mark.parametrize(
    ("tag", "written", "short"),
    [
        ("en", "May 1", "Fri, May 1"),
        ("de", "1. Mai", "Fr., 1. Mai"),
        ("fr", "1er mai", "ven. 1er mai"),
        ("fr-CA", "1er mai", "ven. 1er mai"),
        ("es", "1 de mayo", "vie, 1 may"),
    ],
)
def test_the_first_of_a_month(tag: str, written: str, short: str) -> None:
    """French counts the first day of a month with an ordinal, and no other."""
    assert (day_and_month(date(2026, 5, 1), tag=tag), weekday_and_day(date(2026, 5, 1), tag=tag)) == (written, short)
    assert "er" not in day_and_month(date(2026, 5, 11), tag="fr")


@pytest.mark.parametrize("tag", ["zh-TW", "xx", "tlh", "no", "de-CH-1901", "sr-Latn", "pt_BR"])
def test_every_tag_has_a_locale(tag: str) -> None:
    """Whatever the tag, something can be written."""
    assert locale_of(tag)


def test_the_languages_to_try() -> None:
    """The contact's, the owner's, English, each once."""
    assert preferred(contact="pt-BR", owner="de") == ("pt-BR", "de", "en")
    assert preferred(contact=None, owner="en") == ("en",)
    assert language_of("DE_at") == "de"


def test_french_spaces_do_not_break() -> None:
    """Before ! ? : ; and », and after «, a French line never ends; other languages are left alone."""
    assert typeset("« là »", language="fr") == "«\N{NO-BREAK SPACE}là\N{NO-BREAK SPACE}»"
    assert typeset("Quoi ? Si : là !", language="fr") == "Quoi\N{NO-BREAK SPACE}? Si\N{NO-BREAK SPACE}: là\N{NO-BREAK SPACE}!"
    assert typeset("a ?", language="en") == "a ?"
