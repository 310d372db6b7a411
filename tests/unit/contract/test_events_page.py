"""`docs/events.md` says what a sender needs."""

import json
import re
from pathlib import Path

import pytest

from shared.contract.__main__ import ROOT
from shared.contract.documents import EVENTS
from shared.contract.entries import FACTS, Entry
from shared.contract.examples import Example
from shared.messages.facts import MODELS


@pytest.fixture
def page(documents: dict[Path, str]) -> str:
    """The page."""
    return documents[EVENTS]


@pytest.mark.parametrize("entry", FACTS, ids=lambda entry: entry.title)
def test_every_fact_has_a_chapter(entry: Entry, page: str) -> None:
    """It has the subject, a line for every field, and an example that can be copied and is read."""
    assert entry.fact is not None
    chapter = page.partition(f"### {entry.title}\n")[2].partition("\n### ")[0]
    assert f"`hobnob.intake.<owner>.{entry.title}`" in chapter
    for field in MODELS[entry.fact].model_fields:
        assert f"\n| `{field}` | " in chapter
    (copied,) = re.findall(r"```json\n(.*?)\n```", chapter, flags=re.DOTALL)
    entry.read(copied.encode())
    (least,) = re.findall(r"The least it needs: `(.*)`\n", chapter)
    MODELS[entry.fact].model_validate(json.loads(least))


def test_every_link_inside_the_page_leads_somewhere(page: str) -> None:
    """Anchors are those that headings get: lower case, dots left out, spaces as hyphens."""
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert links
    assert links - anchors == set()


def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    """Relative links are from where the page is."""
    for target in set(re.findall(r"\]\(((?!#|https:)[^)]+)\)", page)):
        assert ((ROOT / EVENTS).parent / target).exists(), target


def test_tables_are_whole(page: str) -> None:
    """No cell breaks its row: every line of a table has as many cells as its head."""
    for line in page.splitlines():
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) == 5, line


def test_the_event_to_send_is_an_example(page: str, examples: tuple[Example, ...]) -> None:
    """What the page says to send is published, and so parses for ever."""
    first = re.findall(r"```json\n(.*?)\n```", page, flags=re.DOTALL)[0]
    assert json.loads(first) in [example.document for example in examples]
