"""The parts of pages that need no server."""

import re
from importlib.resources import files

import pytest

from services.notifier.web.pages import AVATARS, avatar, initials
from services.notifier.web.wording import CLOSENESS, OCCASIONS, STATES, occasion_text
from shared.messages.reminders import ItemState
from shared.messages.values import Closeness, Occasion

CONTRAST_MIN = 4.5
"""WCAG 2.2, 1.4.3."""


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("number", range(AVATARS))
def test_initials_can_be_read(number: int) -> None:
    """White letters on each colour have the contrast that WCAG asks for."""
    sheet = (files("services.notifier.web") / "static" / "app.css").read_text()
    found = re.search(rf"\.avatar-{number} {{ background: (#[0-9a-f]{{6}}); }}", sheet)
    assert found
    assert 1.05 / (luminance(found[1]) + 0.05) >= CONTRAST_MIN


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Example", "AE"),
        ("Ada", "A"),
        ("ada van der example", "AE"),
        ("", "?"),
        ("✨", "?"),
        ("(Bo) Li", "L"),
        ("李 雷", "李雷"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    """First and last word; a mark that is no letter stands for nobody."""
    assert initials(name) == letters


def test_a_contact_keeps_the_colour() -> None:
    """It depends on the id alone."""
    assert avatar("abc") == avatar("abc")
    assert len({avatar(str(number)) for number in range(200)}) == AVATARS


def test_every_code_has_words() -> None:
    """Nothing that a message can name is shown as a code."""
    assert (set(CLOSENESS), set(OCCASIONS), set(STATES)) == (set(Closeness), set(Occasion), set(ItemState))


@pytest.mark.parametrize(
    ("occasion", "milestone", "label", "text"),
    [
        (Occasion.BIRTHDAY, 40, None, "Birthday, turns 40"),
        (Occasion.BIRTHDAY, None, None, "Birthday"),
        (Occasion.WORK_ANNIVERSARY, 1, None, "Work anniversary, 1 year"),
        (Occasion.WORK_ANNIVERSARY, 5, None, "Work anniversary, 5 years"),
        (Occasion.CUSTOM, 10, "Wedding", "Wedding (10)"),
        (Occasion.CUSTOM, None, None, "Your own date"),
    ],
)
def test_an_occasion_in_a_few_words(occasion: Occasion, milestone: int | None, label: str | None, text: str) -> None:
    """With its milestone where there is one."""
    assert occasion_text(occasion, milestone=milestone, label=label) == text
