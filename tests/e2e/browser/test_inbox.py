"""The inbox in a real browser: what an owner does there every morning."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser.conftest import Visitor, signed_in, visitor_of
from tests.e2e.conftest import Stack, wait_for
from tests.e2e.mail_sink import Sink

BYTES_MAX = 100_000
Scheme = Literal["light", "dark"]


def add_people(stack: Stack, owner: str, *names: str) -> None:
    """Have people known whose birthday is today, and wait for their items."""
    today = datetime.now(UTC).strftime("1990-%m-%d")
    for number, name in enumerate(names):
        address = f"{owner}.{number}@example.org"
        data = {"name": name, "emails": [address], "birthday": today, "tags": ["garden"], "closeness": "well"}
        stack.run("emit", "contact.upserted", "--owner", owner, "--data", json.dumps(data))
    stack.wait_for_inbox(owner, len(names))


@pytest.fixture
def owner(mailing_stack: Stack) -> str:
    """An owner with an address to send from and three people to greet."""
    return an_owner(mailing_stack)


@pytest.fixture(scope="module")
def onlooker(mailing_stack: Stack) -> str:
    """Such an owner for the tests that change nothing."""
    return an_owner(mailing_stack)


def an_owner(stack: Stack) -> str:
    """Add an owner whose greetings can be taken back for ten minutes."""
    owner = stack.add_owner()
    stack.run("owner", "set", owner, "--email", f"{owner}@example.com", "--undo-s", "600")
    add_people(stack, owner, "Ada Example", "Bela Example", "Cleo Example")
    return owner


@pytest.fixture
def visitor(browser: Browser, mailing_stack: Stack, owner: str) -> Iterator[Visitor]:
    """The owner, signed in at a desk."""
    with signed_in(browser, mailing_stack, owner) as visitor:
        yield visitor


def state_of(visitor: Visitor, name: str) -> str:
    """Return the state of somebody's item."""
    items = visitor.stack.inbox(visitor.owner, "--state", "all")
    (state,) = {item["state"] for item in items if item["contact"]["name"] == name}
    return str(state)


def card(visitor: Visitor, name: str) -> Any:
    """Return somebody's card."""
    return visitor.page.get_by_role("article", name=name)


def test_send_as_is_and_undo(visitor: Visitor) -> None:
    """One click schedules the greeting without leaving the page; Undo brings it back."""
    page = visitor.page
    page.evaluate("window.isSamePage = true")
    card(visitor, "Ada Example").get_by_role("button", name="Send as is").click()
    expect(page.get_by_role("status")).to_contain_text("leaves")
    expect(page.get_by_role("article")).to_have_count(2)
    assert state_of(visitor, "Ada Example") == "scheduled"
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("article")).to_have_count(3)
    assert state_of(visitor, "Ada Example") == "unread"
    assert page.evaluate("window.isSamePage")


def test_edit_and_send(visitor: Visitor, sink: Sink) -> None:
    """The owner's own words arrive, and the page hears of it by itself."""
    visitor.stack.run("owner", "set", visitor.owner, "--undo-s", "0")
    mine = card(visitor, "Bela Example")
    mine.get_by_text("Edit", exact=True).click()
    mine.get_by_label("Greeting").fill("Dear Bela,\n\nthese are my own words.")
    mine.get_by_role("button", name="Save and send").click()
    expect(visitor.page.get_by_role("article")).to_have_count(2)

    def has_arrived() -> bool:
        return any(b"these are my own words" in content for _, content in list(sink.taken))

    wait_for(has_arrived)
    wait_for(lambda: state_of(visitor, "Bela Example") == "sent")


def test_snooze_by_keyboard(visitor: Visitor) -> None:
    """j, z and Enter put the first item off; k, / and ? do what the help says."""
    page = visitor.page
    page.keyboard.press("j")
    first = page.locator("[data-item].is-here")
    expect(first).to_have_count(1)
    name = first.get_by_role("heading").inner_text()
    page.keyboard.press("z")
    first.get_by_role("button", name="Tomorrow").click()
    expect(page.get_by_role("status")).to_contain_text("comes back")
    assert state_of(visitor, name) == "snoozed"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_what_happens_elsewhere_shows(visitor: Visitor) -> None:
    """An item that is dismissed by the command leaves an open page, and a new one comes, without a reload."""
    item = visitor.stack.inbox(visitor.owner)[0]
    visitor.stack.run("inbox", "dismiss", item["id"], "--owner", visitor.owner)
    expect(visitor.page.get_by_role("article", name=item["contact"]["name"])).to_have_count(0)
    add_people_later(visitor)
    expect(visitor.page.get_by_role("article", name="Dora Example")).to_have_count(1)
    expect(visitor.page.locator("#unread")).to_contain_text("3")


def add_people_later(visitor: Visitor) -> None:
    """Have one more person known."""
    today = datetime.now(UTC).strftime("1990-%m-%d")
    data = json.dumps({"name": "Dora Example", "emails": [f"{visitor.owner}.d@example.org"], "birthday": today})
    visitor.stack.run("emit", "contact.upserted", "--owner", visitor.owner, "--data", data)
    visitor.stack.wait_for_inbox(visitor.owner, 3)


def test_search_by_name(visitor: Visitor) -> None:
    """The page shows the items of whom the words find."""
    page = visitor.page
    page.get_by_role("searchbox").fill("cleo")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article", name="Cleo Example")).to_be_visible()


def test_without_javascript(browser: Browser, mailing_stack: Stack, owner: str) -> None:
    """Signing in, sending, undoing, editing, snoozing and signing out are plain forms."""
    with browser.new_context(java_script_enabled=False) as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        page = visitor.page
        card(visitor, "Ada Example").get_by_role("button", name="Send as is").click()
        page.get_by_role("status").get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_contain_text("Taken back")
        mine = card(visitor, "Bela Example")
        mine.get_by_text("Edit", exact=True).click()
        mine.get_by_label("Greeting").fill("Plain words")
        mine.get_by_role("button", name="Save", exact=True).click()
        expect(card(visitor, "Bela Example")).to_contain_text("Plain words")
        card(visitor, "Cleo Example").get_by_text("Snooze", exact=True).click()
        card(visitor, "Cleo Example").get_by_role("button", name="Next week").click()
        expect(page.get_by_role("status")).to_contain_text("comes back")
        page.get_by_text("Account of Robin Testwell").locator("..").click()
        page.get_by_role("button", name="Sign out", exact=True).click()
        expect(page.get_by_role("heading", name="Sign in to Hobnob")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_everybody_can_use_it(
    browser: Browser, mailing_stack: Stack, onlooker: str, axe: str, width: int, scheme: Scheme
) -> None:
    """On a phone and at a desk, light and dark: nothing sticks out, axe has no serious complaint, and it is light."""
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        visitor = visitor_of(context, mailing_stack, onlooker)
        page = visitor.page
        page.goto(f"{mailing_stack.json('status')['http_url']}/inbox")
        assert troubles(page, axe) == []
        visitor.sign_in()
        expect(page.get_by_role("article")).to_have_count(3)
        assert sum(weight for url, weight in visitor.weights.items() if "/sign-in" not in url) < BYTES_MAX
        for path in ("/inbox", "/inbox?show=scheduled", "/inbox/standard"):
            page.goto(f"{mailing_stack.json('status')['http_url']}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert troubles(page, axe) == [], path
        page.goto(f"{mailing_stack.json('status')['http_url']}/inbox")
        card(visitor, "Ada Example").get_by_text("More", exact=True).click()
        assert troubles(page, axe) == []
        assert visitor.complaints == []
        assert visitor.foreign == []


def troubles(page: Any, axe: str) -> list[str]:
    """Return what axe finds serious or critical. The script comes by the debugger: the page's own policy stays as it is."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found if each["impact"] in ("serious", "critical")]
