"""The list of people in a real browser: searched, changed many at a time and back, by mouse, by key and without scripts."""

import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser.conftest import Visitor, signed_in, visitor_of
from tests.e2e.browser.test_inbox import troubles
from tests.e2e.conftest import Stack, wait_for

Scheme = Literal["light", "dark"]
PEOPLE = 60
"""More than one page."""


def with_people(stack: Stack) -> str:
    """Return an owner who knows many."""
    owner = stack.add_owner()
    people = [
        {
            "name": f"Person {n:02} Example",
            "emails": [f"p{n}@example.com"],
            "company": "Example Ltd",
            "title": "Engineer",
            "tags": ["choir"] if n < 3 else [],
            "muted": ["birthday"] if n == 1 else [],
        }
        for n in range(PEOPLE)
    ]
    stack.run(
        "emit", "contact.upserted", "--owner", owner, "--data", "-", stdin="".join(json.dumps(each) + "\n" for each in people)
    )
    wait_for(lambda: len(listed(stack, owner)) == PEOPLE)
    return owner


def listed(stack: Stack, owner: str) -> list[dict[str, Any]]:
    """Return the owner's people as the command line lists them."""
    found: list[dict[str, Any]] = stack.json("contacts", "list", "--owner", owner, "--limit", "100")
    return found


def of_closeness(stack: Stack, owner: str, closeness: str) -> list[str]:
    """Return the names of people of a closeness."""
    return [each["name"] for each in listed(stack, owner) if each["closeness"] == closeness]


@pytest.fixture(scope="module")
def crowd(mailing_stack: Stack) -> str:
    """An owner whose people no test changes."""
    return with_people(mailing_stack)


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def visitor(request: pytest.FixtureRequest, browser: Browser, mailing_stack: Stack) -> Iterator[Visitor]:
    """An owner of a test's own at the list, with scripts and without."""
    owner = with_people(mailing_stack)
    with browser.new_context(java_script_enabled=request.param) as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        visitor.page.goto(f"{mailing_stack.json('status')['http_url']}/people")
        yield visitor
        assert visitor.complaints == []
        assert visitor.foreign == []


def test_some_and_then_all_are_changed_and_changed_back(visitor: Visitor) -> None:
    """Two people by their boxes, then all that match after a question; undo each time, with scripts and without."""
    page, stack, owner = visitor.page, visitor.stack, visitor.owner
    for name in ("Person 04 Example", "Person 07 Example"):
        page.get_by_label(f"Select {name}").check()
    page.get_by_text("Closeness", exact=True).last.click()
    page.get_by_label("Set closeness to").select_option("well")
    page.get_by_role("button", name="Set closeness").click()
    expect(page.get_by_role("status")).to_contain_text("2 people changed")
    assert of_closeness(stack, owner, "well") == ["Person 04 Example", "Person 07 Example"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone")
    assert of_closeness(stack, owner, "well") == []

    page.get_by_role("searchbox").fill("example ltd")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_label(f"All {PEOPLE} people that match").check()
    page.get_by_text("Closeness", exact=True).last.click()
    page.get_by_label("Set closeness to").select_option("moderate")
    page.get_by_role("button", name="Set closeness").click()
    page.get_by_role("button", name=f"Yes, change {PEOPLE} people").click()
    expect(page.get_by_role("status")).to_contain_text(f"{PEOPLE} people changed")
    assert len(of_closeness(stack, owner, "moderate")) == PEOPLE


def test_people_are_chosen_by_keys(browser: Browser, mailing_stack: Stack, crowd: str) -> None:
    """Next, select and search need no mouse; the count follows, and opening leads to the person."""
    with signed_in(browser, mailing_stack, crowd) as visitor:
        page = visitor.page
        page.goto(f"{mailing_stack.json('status')['http_url']}/people")
        expect(page.get_by_label("Everybody on this page")).to_be_visible()
        for key in ("j", "x", "j", "x"):
            page.keyboard.press(key)
        expect(page.get_by_text("2 selected")).to_be_visible()
        page.keyboard.press("/")
        page.keyboard.type("person 03")
        page.keyboard.press("Enter")
        expect(page.get_by_role("listitem").filter(has=page.get_by_role("checkbox"))).to_have_count(1)
        page.get_by_role("heading", name="People").click()
        page.keyboard.press("j")
        page.keyboard.press("o")
        expect(page.get_by_role("heading", name="Person 03 Example")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(browser: Browser, mailing_stack: Stack, crowd: str, axe: str, width: int, scheme: Scheme) -> None:
    """Axe finds nothing serious in the list, with people selected and with nobody found, and nothing is wider than the window."""
    url = mailing_stack.json("status")["http_url"]
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True) as context:
        visitor = visitor_of(context, mailing_stack, crowd)
        visitor.sign_in()
        for query in ("", "?tag=choir&sort=silence", "?q=zzz"):
            visitor.page.goto(f"{url}/people{query}")
            if query != "?q=zzz":
                visitor.page.get_by_role("checkbox").nth(1).check()
            assert troubles(visitor.page, axe) == [], query
            assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, query
