"""What an owner wrote on the settings page among the templates: it speaks for them alone, and is as harmless as a file."""

from dataclasses import asdict
from pathlib import Path

import pytest

from services.notifier.domain.sample import sample_words
from services.notifier.drafts.library import Library
from services.notifier.drafts.sources import Origin, is_template_name

NAME = "en/birthday.close.1.j2"
CAKE = "Cake, {{ name }}!\n\nCome by.\n"


def library(folder: Path | None = None) -> Library:
    """Return a library with the files of a folder."""
    found = Library(folder=folder, samples=[asdict(words) for words in sample_words()])
    found.refresh()
    return found


def said(library: Library, owner: str) -> str:
    """Return the subject of the birthday's first template."""
    return library.render(NAME, owner=owner, variables=asdict(sample_words()[0])).strip().partition("\n")[0]


def test_it_speaks_for_its_owner_before_all_files(tmp_path: Path) -> None:
    """Before the shipped file, the installation's and the owner's own; another owner's drafts stay; gone, all is as before."""
    for folder, word in (("en", "all"), ("ann/en", "file")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "birthday.close.1.j2").write_text(f"From {word}\n\nBody\n")
    found = library(tmp_path)
    found.take_own(owner="ann", rev=1, texts={NAME: CAKE})
    assert (said(found, "ann"), said(found, "ben")) == ("Cake, Alex!", "From all")
    assert (found.origin(NAME, owner="ann"), found.origin(NAME, owner="ben")) == (Origin.OWN, Origin.FOLDER)
    assert (found.own_rev(owner="ann"), found.own_rev(owner="ben")) == (1, 0)
    found.take_own(owner="ann", rev=2, texts={})
    assert said(found, "ann") == "From file"


def test_a_change_of_the_folder_leaves_it_in_place(tmp_path: Path) -> None:
    """What is read anew are the files."""
    found = library(tmp_path)
    found.take_own(owner="ann", rev=1, texts={NAME: CAKE})
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "birthday.close.1.j2").write_text("From all\n\nBody\n")
    found.refresh()
    assert (said(found, "ann"), said(found, "ben")) == ("Cake, Alex!", "From all")


def test_one_that_is_no_longer_taken_is_left_out() -> None:
    """A text that names what a later version does not know lets the shipped one speak."""
    found = library()
    found.take_own(owner="ann", rev=1, texts={NAME: "{{ gone }}\n\nx\n"})
    assert found.origin(NAME, owner="ann") is Origin.SHIPPED
    assert said(found, "ann").startswith("Happy")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Hi\n\n{{ nobody }}\n", 3),
        ("Hi\n\n{% include 'en/letter.close.j2' %}\n", 3),
        ("Hi\n\n{{ milestone > 3 }}\n", 3),
        ("Hi\n\n{{ (name ~ name)|upper|nonsense }}\n", 3),
        ("subject alone\n", 1),
        ("x" * 20_001, 1),
    ],
)
def test_a_fault_is_found_before_it_speaks(text: str, line: int) -> None:
    """In the text, with its line, for every sample: one that fails only where nothing is known fails too."""
    problem = library().find_fault(NAME, text, owner="ann")
    assert problem is not None
    assert problem.line == line
    assert library().find_fault(NAME, CAKE, owner="ann") is None


@pytest.mark.parametrize(
    "name",
    [
        "birthday.close.1.j2",
        "en/letter.close.j2",
        "en/../x.close.1.j2",
        "en/birthday.warm.1.j2",
        "en/nothing.close.1.j2",
        "en/",
        "",
    ],
)
def test_other_names_are_none(name: str) -> None:
    """A letter, a path and what is no occasion are no templates that an owner can write."""
    assert not is_template_name(name)
    assert is_template_name("en/birthday.close.mine-2.j2")
