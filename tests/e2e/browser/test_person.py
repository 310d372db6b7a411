"""A person's page in a real browser: log an interaction in two clicks, edit in place, send what waits."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser.conftest import Visitor, signed_in, visitor_of
from tests.e2e.browser.test_inbox import troubles
from tests.e2e.conftest import Stack, wait_for
from tests.e2e.mail_sink import Sink

BYTES_MAX = 100_000
NAME = "Ada Example"
Scheme = Literal["light", "dark"]


def add_ada(stack: Stack) -> tuple[str, str]:
    """Add an owner who knows Ada, whose birthday is today; return the two ids."""
    owner = stack.add_owner()
    stack.run("owner", "set", owner, "--email", f"{owner}@example.com", "--undo-s", "0")
    data = {
        "name": NAME,
        "emails": [f"{owner}.ada@example.org"],
        "birthday": datetime.now(UTC).strftime("1990-%m-%d"),
        "closeness": "well",
        "company": "Acme",
        "tags": ["garden"],
        "phones": ["+44 7700 900123"],
        "dates": [{"label": "Wedding", "on": "--10-03"}],
        "notes": "Likes tea.",
    }
    stack.run("emit", "contact.upserted", "--owner", owner, "--data", json.dumps(data))
    (item,) = stack.wait_for_inbox(owner, 1)
    return owner, item["contact"]["id"]


@pytest.fixture(scope="module")
def onlooker(mailing_stack: Stack) -> tuple[str, str]:
    """An owner and Ada, for the tests that change nothing."""
    return add_ada(mailing_stack)


@pytest.fixture(scope="module")
def owner_and_ada(mailing_stack: Stack) -> tuple[str, str]:
    """An owner and Ada, for the tests that do."""
    return add_ada(mailing_stack)


@pytest.fixture
def visitor(browser: Browser, mailing_stack: Stack, owner_and_ada: tuple[str, str]) -> Iterator[Visitor]:
    """The owner, who came to Ada's page from the inbox or by its address."""
    owner, ada = owner_and_ada
    with signed_in(browser, mailing_stack, owner) as visitor:
        visitor.page.goto(address(mailing_stack, ada))
        yield visitor


def address(stack: Stack, contact: str, query: str = "") -> str:
    """Return the address of a person's page."""
    return f"{stack.json('status')['http_url']}/people/{contact}{query}"


def ada_now(visitor: Visitor) -> dict[str, Any]:
    """Return Ada as the command tells of her."""
    (ada,) = visitor.stack.json("contacts", "list", "--owner", visitor.owner)
    assert isinstance(ada, dict)
    return ada


def part(page: Page, name: str) -> Any:
    """Return a part of the page by its heading."""
    return page.get_by_role("region", name=name)


def test_an_interaction_is_logged_in_one_click_and_with_words_in_two(visitor: Visitor) -> None:
    """Without leaving the page; the timeline and the plan are those of after it."""
    page = visitor.page
    page.evaluate("window.isSamePage = true")
    page.get_by_role("button", name="Called").click()
    expect(page.get_by_role("status")).to_contain_text("Noted")
    expect(part(page, "In touch")).to_contain_text("Called")
    expect(part(page, "What is planned")).to_contain_text("Because your last contact was on")
    page.locator("body").press("l")
    page.get_by_label("What you spoke of").fill("Her garden")
    page.get_by_label("I gave").check()
    page.get_by_role("button", name="Note it").click()
    expect(part(page, "In touch")).to_contain_text("Her garden")
    expect(part(page, "In touch")).to_contain_text("you gave")
    page.get_by_role("button", name="Called", exact=True).click()
    expect(part(page, "In touch").get_by_role("listitem")).to_have_count(3)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back")
    expect(part(page, "In touch").get_by_role("listitem")).to_have_count(2)
    part(page, "In touch").get_by_role("button", name="Remove: Called").click()
    expect(part(page, "In touch").get_by_role("listitem")).to_have_count(1)
    assert page.evaluate("window.isSamePage")
    assert ada_now(visitor)["last_contact_at"]


def test_a_part_is_edited_in_place_and_the_reader_stays_there(visitor: Visitor) -> None:
    """A date without its year is saved and shown; the keyboard goes on from the same part; a refusal keeps what was written."""
    page = visitor.page
    dates = part(page, "Dates")
    dates.get_by_text("Edit", exact=True).click()
    dates.get_by_label("Connected: day").fill("14")
    dates.get_by_label("Connected: month").select_option("9")
    dates.get_by_role("button", name="Save").click()
    expect(dates.locator("dl")).to_contain_text("September 14")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert page.evaluate("document.activeElement.closest('section')?.id") == "dates"
    reach = part(page, "Reach")
    reach.get_by_text("Edit", exact=True).click()
    reach.get_by_label("Time zone").fill("Moon/Base")
    reach.get_by_role("button", name="Save").click()
    expect(reach.get_by_role("alert")).to_be_visible()
    expect(reach.get_by_label("Time zone")).to_have_value("Moon/Base")
    visitor.complaints.clear()  # The browser notes that a form was refused.


def test_what_waits_is_sent_from_here(visitor: Visitor, sink: Sink) -> None:
    """One click mails the greeting; it is in the history of the person, and the page is still theirs."""
    page = visitor.page
    page.get_by_role("button", name="Send as is").click()
    wait_for(lambda: f"{visitor.owner}.ada@example.org" in sink.addresses())
    wait_for(lambda: not visitor.stack.inbox(visitor.owner, "--state", "sending"))
    page.reload()
    expect(part(page, "Greetings you sent")).to_contain_text("by email")


def test_it_all_works_without_a_script(browser: Browser, mailing_stack: Stack) -> None:
    """Logging, an edit and a mute are plain forms; links open the part that they are about."""
    owner, ada = add_ada(mailing_stack)
    with browser.new_context(java_script_enabled=False) as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        page = visitor.page
        page.goto(address(mailing_stack, ada))
        page.get_by_role("button", name="Had coffee").click()
        expect(part(page, "In touch")).to_contain_text("Coffee")
        page.goto(address(mailing_stack, ada, "?edit=greetings"))
        page.get_by_label("Birthday", exact=True).uncheck()
        part(page, "Reminders").get_by_role("button", name="Save").click()
        expect(part(page, "What is planned")).to_contain_text("Muted for this person.")
        part(page, "What is planned").get_by_role("link", name="Change: Birthday").click()
        page.get_by_label("Birthday", exact=True).check()
        part(page, "Reminders").get_by_role("button", name="Save").click()
        expect(part(page, "What is planned")).to_contain_text("Because their birthday is known")
        assert visitor.foreign == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_keeps_nobody_out(
    browser: Browser, mailing_stack: Stack, onlooker: tuple[str, str], axe: str, width: int, scheme: Scheme
) -> None:
    """At both widths, light and dark, closed and with parts open, nothing is cut off, serious for axe, or heavy."""
    owner, ada = onlooker
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        page = visitor.page
        for query in ("", "?edit=dates", "?edit=greetings", "?edit=reach", "?edit=jobs"):
            page.goto(address(mailing_stack, ada, query))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), query
            assert troubles(page, axe) == [], query
        visitor.weights.clear()
        page.goto(address(mailing_stack, ada))
        assert sum(visitor.weights.values()) < BYTES_MAX
        assert visitor.complaints == []
        assert visitor.foreign == []
