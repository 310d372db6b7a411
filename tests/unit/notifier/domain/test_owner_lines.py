"""Tests of the lines that are meant for the owner and never for the person greeted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.owner_lines import bracketed, check_first, personal_line, without_owner_lines
from shared.messages.rpc import Draft

LANGUAGES = ["en", "de", "fr", "es"]


def sent(body: str, *lines: str) -> str:
    """Return what goes out of a body."""
    return without_owner_lines(Draft(subject="s", body=body), lines=lines).body


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_meant_for_the_owner_does_not_go_out(language: str) -> None:
    """In every language, whatever the note was when the draft was made; the owner's own brackets stay."""
    first, plain = bracketed(check_first(tag=language)), bracketed(personal_line(note="", tag=language))
    noted = bracketed(personal_line(note="the [new] garden", tag=language))
    body = f"{first}\n\nHi Anna,\n\nwell done! [photo]\n\n{noted}\n{plain}\r\n\n[see you]\n\nSam"
    assert sent(body) == "Hi Anna,\n\nwell done! [photo]\n\n[see you]\n\nSam"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edited_line_stays(language: str) -> None:
    """Whatever the owner made of a prompt is the owner's own text."""
    prompt = bracketed(personal_line(note="the garden", tag=language))
    for edited in (f"{prompt} How is it?", f"So: {prompt}", prompt.strip("[]"), "[How is the garden?]"):
        assert sent(f"Hi,\n\n{edited}\n\nSam") == f"Hi,\n\n{edited}\n\nSam"


def test_a_line_of_an_owners_template_is_dropped_as_it_was() -> None:
    """A template of the owner's own may have such lines too: those that the draft was made with are known."""
    assert sent("Hi,\n\n[ask about the dog]\n\nSam", "[ask about the dog]") == "Hi,\n\nSam"
    assert sent("Hi,\n\n[ask about the cat]\n\nSam", "[ask about the dog]") == "Hi,\n\n[ask about the cat]\n\nSam"


@given(note=st.text(max_size=200).map(lambda text: " ".join(text.split())), language=st.sampled_from(LANGUAGES))
def test_no_note_makes_a_line_go_out(note: str, language: str) -> None:
    """Whatever was spoken of last time, the line that reminds of it is recognised."""
    line = bracketed(personal_line(note=note, tag=language))
    assert sent(f"Hi,\n\n{line}\n\nSam") == "Hi,\n\nSam"
