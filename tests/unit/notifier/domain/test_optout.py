"""The signed token of an opt-out link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.optout import Plea, opt_out_line, read_token, sign
from shared.errors import NotFound
from shared.messages.values import Occasion

KEY, OLDER, FOREIGN = b"k" * 44, b"o" * 44, b"f" * 44
IDS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
PLEA = Plea(owner="sam", contact="anna", occasion=Occasion.BIRTHDAY)


@given(IDS, IDS, st.sampled_from(Occasion))
def test_a_token_says_what_was_signed(owner: str, contact: str, occasion: Occasion) -> None:
    """It comes back as it was, fits into a path, and is still good when a newer key has come in front."""
    plea = Plea(owner=owner, contact=contact, occasion=occasion)
    token = sign(plea, key=OLDER)
    assert read_token(token, keys=[KEY, OLDER]) == plea
    assert len(token) < 200
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()


@given(st.integers(min_value=0, max_value=200), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_changed_token_is_none(place: int, char: str) -> None:
    """Whoever changes one character of it, such as the contact's id, has no token any more."""
    token = sign(PLEA, key=KEY)
    place %= len(token)
    changed = token[:place] + char + token[place + 1 :]
    if changed != token:
        with pytest.raises(NotFound):
            read_token(changed, keys=[KEY])


@pytest.mark.parametrize(
    "token", ["", ".", "sam.anna.birthday", "sam.anna.birthday.", "a.b.c.d.e", "\u00e9.\u00e9.\u00e9.\u00e9"]
)
def test_what_was_never_signed_is_none(token: str) -> None:
    """Neither an empty one nor one without a signature."""
    with pytest.raises(NotFound):
        read_token(token, keys=[KEY])


def test_another_key_makes_another_token() -> None:
    """A link of another installation opts nobody out here."""
    with pytest.raises(NotFound):
        read_token(sign(PLEA, key=FOREIGN), keys=[KEY, OLDER])


def test_the_line_is_in_the_language_of_the_greeting() -> None:
    """English where there are no words in it."""
    assert opt_out_line(tag="de-AT").startswith("Falls Sie")
    assert opt_out_line(tag="fr").endswith("\u00a0:")
    assert opt_out_line(tag="nl") == opt_out_line(tag="en")
