"""The page for people."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from shared.contract.catalogue import ENTRIES
from shared.contract.page import paragraphs, prose, render_page


class Reader(HTMLParser):
    """Notes ids, links, and what a page loads; fails on tags that do not match."""

    VOID = ("meta", "link", "br", "img", "input")

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes.update(given)
        if tag not in self.VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        elif "href" in given or "src" in given:
            self.loaded.append(str(given.get("href") or given.get("src")))

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that is open."""
        assert self.open.pop() == tag


@pytest.fixture
def html(document: dict[str, Any]) -> str:
    """The page of the committed document."""
    return render_page(document, style_url="/style.css", document_url="/asyncapi.json")


@pytest.fixture
def reader(html: str) -> Reader:
    """The page, read."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_it_loads_its_style_sheet_and_nothing_else(reader: Reader) -> None:
    """No script, no style in the page, nothing from elsewhere: a strict policy can be set."""
    assert reader.loaded == ["/style.css"]
    assert not reader.tags & {"script", "style", "img", "iframe", "form"}
    assert not any(name.startswith("on") or name == "style" for name in reader.attributes)


def test_every_link_leads_somewhere(reader: Reader) -> None:
    """Anchors exist once each; other links are to the documents beside the page."""
    assert len(reader.ids) == len(set(reader.ids))
    anchors = {link.removeprefix("#") for link in reader.links if link.startswith("#")}
    assert anchors - set(reader.ids) == set()
    schemas = {f"/schemas/{entry.name}.json" for entry in ENTRIES}
    assert {link for link in reader.links if not link.startswith("#")} == schemas | {"/asyncapi.json"}


def test_every_channel_is_on_it(html: str, document: dict[str, Any]) -> None:
    """Each subject is shown with the message on it."""
    for channel in document["channels"].values():
        if channel["address"]:
            assert f"<code>{channel['address']}</code>" in html


def test_no_mark_up_of_the_texts_is_left_over(html: str) -> None:
    """Backquotes and links have become elements, outside of examples."""
    texts = re.sub(r"<pre.*?</pre>", "", html, flags=re.DOTALL)
    assert "`" not in texts
    assert "[[" not in texts


def test_texts_are_escaped() -> None:
    """What stands in a document cannot become mark-up of the page."""
    assert prose("a `<b>` & [[Model]]") == 'a <code>&lt;b&gt;</code> &amp; <a href="#model-Model">Model</a>'
    assert prose('<script>"`x`"</script>') == "&lt;script&gt;&#34;<code>x</code>&#34;&lt;/script&gt;"


def test_paragraphs_are_taken_apart_at_empty_lines() -> None:
    """Lines of one paragraph become one."""
    assert paragraphs("one\ntwo\n\nthree\n") == ["one two", "three"]
