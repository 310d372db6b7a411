"""The settings in a real browser: a setting changed, words tried as they are typed, a mistake told, and no JavaScript needed."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser.conftest import Visitor, signed_in, visitor_of
from tests.e2e.browser.test_inbox import troubles
from tests.e2e.conftest import Stack

Scheme = Literal["light", "dark"]
SECTIONS = ("", "/times", "/cadence", "/sending", "/words", "/words/en/birthday.close.1.j2", "/channels", "/access")
MORE_SECTIONS = ("/emitters", "/dead", "/health")


@pytest.fixture(scope="module")
def owner(mailing_stack: Stack) -> str:
    """An owner of this module's own."""
    return mailing_stack.add_owner()


@pytest.fixture
def visitor(browser: Browser, mailing_stack: Stack, owner: str) -> Iterator[Visitor]:
    """The owner, signed in at a desk."""
    with signed_in(browser, mailing_stack, owner) as visitor:
        yield visitor


def open_section(visitor: Visitor, section: str) -> Page:
    """Open a section by its path."""
    visitor.page.goto(visitor.stack.json("status")["http_url"] + f"/settings{section}")
    return visitor.page


def test_a_setting_is_changed(visitor: Visitor) -> None:
    """It is saved without a page load, the page says so, and the command sees it."""
    page = open_section(visitor, "/times")
    page.get_by_label("Reminders come at").fill("07:15")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    (profile,) = [each for each in visitor.stack.json("owner", "list") if each["owner"] == visitor.owner]
    assert profile["deliver_at"].startswith("07:15")


def test_a_mistake_is_brought_into_sight(visitor: Visitor) -> None:
    """Of a form that is longer than the window, the field that is wrong has the focus, with what was typed in it."""
    page = open_section(visitor, "")
    page.get_by_label("Time zone").fill("Mars/Olympus")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Choose a time zone by its name")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_be_focused()
    expect(page.get_by_label("Time zone")).to_have_value("Mars/Olympus")
    # The browser notes that the answer was none of success.
    visitor.complaints.clear()


def test_a_draft_is_read_while_its_words_are_typed(visitor: Visitor) -> None:
    """The preview follows the text without a button, says what is wrong with it, and what is saved is shown as one's own."""
    page = open_section(visitor, "/words/en/new_job.close.1.j2")
    expect(page.get_by_role("button", name="Preview")).to_be_hidden()
    preview = page.locator("#preview")
    page.get_by_label("Words").fill("Well done, {{ name }}!\n\nSo glad.\n\n{{ signature }}")
    expect(preview).to_contain_text("Well done, Alex!")
    page.get_by_label("Words").fill("{{ nobody }}")
    expect(preview).to_contain_text("there is no variable")
    page.get_by_label("Words").fill("Bravo, {{ name }}!\n\nSo glad.\n\n{{ signature }}")
    expect(preview).to_contain_text("Bravo, Alex!")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("yours", exact=True)).to_be_visible()
    page.get_by_role("link", name="All words").click()
    expect(page.get_by_role("link", name="Bravo, Alex! yours")).to_be_visible()


def test_what_is_shown_once_can_be_copied(visitor: Visitor) -> None:
    """A new system's secret and what to paste are there with a button, and gone when the page is loaded again."""
    page = open_section(visitor, "/emitters")
    page.get_by_label("What it is called").fill("crm")
    page.get_by_role("button", name="Make a credential").click()
    secret = page.get_by_label("Secret").input_value()
    assert secret.startswith("hob_")
    expect(page.get_by_role("heading", name="Python, over NATS")).to_be_visible()
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    page.reload()
    assert secret not in page.content()


def test_it_works_without_javascript(browser: Browser, mailing_stack: Stack, owner: str) -> None:
    """A mistake is told at its field and what was typed stays; words are previewed with a button."""
    with browser.new_context(java_script_enabled=False) as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        page = open_section(visitor, "")
        page.get_by_label("Name").fill("Sam Sample")
        page.get_by_label("Time zone").fill("Mars/Olympus")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Choose a time zone by its name")).to_be_visible()
        expect(page.get_by_label("Name")).to_have_value("Sam Sample")
        page.get_by_label("Time zone").fill("Europe/Berlin")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        open_section(visitor, "/words/en/custom.close.1.j2")
        page.get_by_label("Words").fill("Hello {{ name }}\n\nA word.\n")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("#preview")).to_contain_text("Hello Alex")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_it_fits_and_keeps_nobody_out(
    browser: Browser, mailing_stack: Stack, owner: str, axe: str, width: int, scheme: Scheme
) -> None:
    """Every section fits its width and axe finds nothing serious there, light and dark."""
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        for section in (*SECTIONS, *MORE_SECTIONS):
            page = open_section(visitor, section)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), section
            assert troubles(page, axe) == [], section
        assert visitor.complaints == []
        assert visitor.foreign == []
