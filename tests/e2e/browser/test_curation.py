"""Merging two people, forgetting one, and where values come from, in a real browser and without scripts."""

import json
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser.conftest import Visitor, signed_in, visitor_of
from tests.e2e.browser.test_inbox import troubles
from tests.e2e.conftest import Stack, wait_for

Scheme = Literal["light", "dark"]
HOSTILE = "<img src=x onerror=document.title='caught'>"
PEOPLE = (
    {
        "name": "Ada Example",
        "emails": ["ada@example.com"],
        "birthday": "1985-03-04",
        "company": "Analytical Engines",
        "title": "CTO",
    },
    {
        "name": "Ada M. Example",
        "emails": ["ada@example.org"],
        "birthday": "--03-04",
        "tags": ["choir", HOSTILE],
        "location": "Ghent",
    },
    {"name": "Bo Bystander", "emails": ["bo@example.com"]},
)


def with_people(stack: Stack) -> tuple[str, dict[str, str]]:
    """Return an owner who has Ada twice, and the ids by name."""
    owner = stack.add_owner()
    lines = "".join(json.dumps(person) + "\n" for person in PEOPLE)
    stack.run("emit", "contact.upserted", "--owner", owner, "--data", "-", stdin=lines)
    people = wait_for(lambda: len(found := stack.json("contacts", "list", "--owner", owner)) == len(PEOPLE) and found)
    return owner, {person["name"]: person["id"] for person in people}


@pytest.fixture(scope="module")
def keeper(mailing_stack: Stack) -> tuple[str, dict[str, str]]:
    """An owner whose people no test changes."""
    return with_people(mailing_stack)


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def curator(
    request: pytest.FixtureRequest, browser: Browser, mailing_stack: Stack
) -> Iterator[tuple[Visitor, dict[str, str], str]]:
    """An owner of a test's own, with scripts and without, the ids of their people, and the address of the pages."""
    owner, ids = with_people(mailing_stack)
    url = mailing_stack.json("status")["http_url"]
    with browser.new_context(java_script_enabled=request.param) as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        yield visitor, ids, url
        assert visitor.complaints == []
        assert visitor.foreign == []


def test_two_are_merged_and_the_one_is_forgotten(curator: tuple[Visitor, dict[str, str], str]) -> None:
    """From the likeliest other entry to one person with the values of both, then to nobody, with and without scripts."""
    visitor, ids, url = curator
    page, stack, owner = visitor.page, visitor.stack, visitor.owner
    page.goto(f"{url}/people/{ids['Ada Example']}/merge")
    page.get_by_role("link", name="Ada M. Example").first.click()
    together = page.locator("tr", has=page.get_by_role("rowheader", name="Email", exact=True)).locator("td").last
    expect(together).to_contain_text("ada@example.org")
    expect(together).to_contain_text("ada@example.com")
    expect(page.get_by_role("row", name="Tags")).to_contain_text(HOSTILE)
    page.get_by_role("button", name="Yes, make them one").click()
    expect(page.get_by_role("status")).to_contain_text("is one person now")
    people = stack.json("contacts", "list", "--owner", owner)
    assert sorted(person["name"] for person in people) == ["Ada M. Example", "Bo Bystander"]
    assert "caught" not in page.title()

    page.goto(f"{url}/people/{ids['Ada M. Example']}/forget")
    page.get_by_label("I mean it").check()
    page.get_by_role("button", name="Forget this person").click()
    expect(page.get_by_role("heading", name="They are forgotten")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("facts in the database")
    assert [person["name"] for person in stack.json("contacts", "list", "--owner", owner)] == ["Bo Bystander"]


def test_each_value_has_its_source(browser: Browser, mailing_stack: Stack, keeper: tuple[str, dict[str, str]]) -> None:
    """The page names the value, who said it, and what somebody else says of it."""
    owner, ids = keeper
    stack = mailing_stack
    other = {"contact": {"id": ids["Bo Bystander"]}, "birthday": "--05-06", "location": "Lisbon"}
    stack.run("contacts", "set", ids["Bo Bystander"], "--owner", owner, "location=Porto")
    stack.run("emit", "contact.upserted", "--owner", owner, "--source", "https://crm.example.com", "--data", json.dumps(other))
    url = stack.json("status")["http_url"]
    with signed_in(browser, stack, owner) as visitor:

        def is_there() -> bool:
            visitor.page.goto(f"{url}/people/{ids['Bo Bystander']}/sources")
            return visitor.page.get_by_role("row", name="Birthday").count() == 1

        wait_for(is_there)
        birthday = visitor.page.get_by_role("row", name="Birthday")
        expect(birthday).to_contain_text("May 6")
        expect(birthday).to_contain_text("crm.example.com")
        place = visitor.page.get_by_role("row", name="Place")
        expect(place).to_contain_text("Lisbon")
        expect(place).to_contain_text("You, on the command line: Porto")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(
    browser: Browser, mailing_stack: Stack, keeper: tuple[str, dict[str, str]], axe: str, width: int, scheme: Scheme
) -> None:
    """On each of the pages axe finds nothing serious, and nothing is wider than the window."""
    owner, ids = keeper
    url = mailing_stack.json("status")["http_url"]
    ada, other = ids["Ada Example"], ids["Ada M. Example"]
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True) as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        for path in ("merge", f"merge?other={other}", "forget", "sources"):
            visitor.page.goto(f"{url}/people/{ada}/{path}")
            assert troubles(visitor.page, axe) == [], path
            assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_nothing_is_told_of_another_owners_people(
    browser: Browser, mailing_stack: Stack, keeper: tuple[str, dict[str, str]]
) -> None:
    """Their ids lead nowhere, neither as the first nor as the other one."""
    _, theirs = keeper
    owner, own = with_people(mailing_stack)
    url = mailing_stack.json("status")["http_url"]
    foreign = theirs["Ada Example"]
    with browser.new_context() as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        for path in ("merge", "forget", "sources"):
            answer = visitor.page.goto(f"{url}/people/{foreign}/{path}")
            assert answer is not None
            assert answer.status == 404
        answer = visitor.page.goto(f"{url}/people/{own['Bo Bystander']}/merge?other={foreign}")
        assert answer is not None
        assert answer.status == 404
