"""The keys by which people are found and sorted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.people_list import WORDS_MAX, PeopleFilter, Sort, folded, list_keys, order_span, search_words
from services.notifier.store.people_list import read_place, write_place
from shared.errors import InvalidMessage
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness


def person(**changes: Any) -> ContactSnapshot:
    """Return somebody."""
    return ContactSnapshot.model_validate({"owner": "me", "id": "ada", "rev": 1, "name": "Ada Example"} | changes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zoë Müller-Lüdenscheidt", ("zoe", "muller", "ludenscheidt")),
        ("ada@example.com", ("ada", "example", "com")),
        ("O'Neil & Sons", ("o", "neil", "sons")),
        ("STRASSE Straße", ("strasse", "strasse")),
        ("李雷", ("李雷",)),
        ("🎉 ...", ()),
    ],
)
def test_words_are_found_however_they_are_written(text: str, words: tuple[str, ...]) -> None:
    """Accents, capitals and signs make no difference."""
    assert search_words(text) == words


def test_people_are_found_by_what_is_known_of_them() -> None:
    """Name, address, place and tags all count, and no more words than an index bears."""
    words = list_keys(person(nickname="Lovely", emails=("al@example.org",), location="Ghent", tags=("choir",))).words
    assert {"ada", "example", "lovely", "al", "ghent", "choir"} <= set(words)
    assert len(list_keys(person(tags=tuple(f"t{n}" for n in range(150)))).words) == WORDS_MAX


def test_two_of_one_name_have_keys_of_their_own() -> None:
    """So a page can end between them."""
    assert list_keys(person()).name != list_keys(person(id="bob")).name


@given(name=st.text(min_size=1, max_size=50), closeness=st.sampled_from(Closeness))
def test_keys_lie_in_the_span_of_their_closeness(name: str, closeness: Closeness) -> None:
    """Whoever is of a closeness is found by it, whatever they are called."""
    start, end = order_span(closeness)
    assert start <= list_keys(person(name=name, closeness=closeness)).order < end


@given(text=st.text(max_size=200))
def test_folding_twice_is_folding_once(text: str) -> None:
    """A value from an address finds what the value of a person became."""
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize("sort", list(Sort))
def test_a_place_is_read_as_it_was_written(sort: Sort) -> None:
    """The cursor of a list leads on in that list, and is refused in one of another order."""
    cursor = write_place(person(), sort=sort, filters=PeopleFilter())
    assert read_place(cursor, sort=sort, filters=PeopleFilter()) is not None
    if sort is not Sort.SILENCE:
        with pytest.raises(InvalidMessage):
            read_place(cursor, sort=Sort.SILENCE, filters=PeopleFilter())


@given(cursor=st.text(min_size=1, max_size=80))
def test_any_other_text_is_no_place(cursor: str) -> None:
    """It is refused, and breaks nothing."""
    with pytest.raises(InvalidMessage):
        read_place(cursor, sort=Sort.SILENCE, filters=PeopleFilter())
