"""What is coming, in a real browser: the month, a day of it, and the address for a calendar program."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, expect

from tests.e2e.browser.conftest import Visitor, signed_in, visitor_of
from tests.e2e.browser.test_inbox import troubles
from tests.e2e.conftest import Stack, wait_for

TIMEOUT_S = 20
Scheme = Literal["light", "dark"]


def birthday_ahead() -> date:
    """Return a date that is still to come this week or the next."""
    return datetime.now(UTC).date() + timedelta(days=6)


@pytest.fixture(scope="module")
def planner(mailing_stack: Stack) -> str:
    """An owner who knows somebody whose birthday comes."""
    owner = mailing_stack.add_owner()
    born = birthday_ahead().replace(year=1992)  # It has a 29 February.
    person = json.dumps({"name": "Ada Example", "birthday": born.isoformat()})
    mailing_stack.run("emit", "contact.upserted", "--owner", owner, "--data", person)
    wait_for(lambda: mailing_stack.json("upcoming", "--owner", owner))
    return owner


@pytest.fixture
def visitor(browser: Browser, mailing_stack: Stack, planner: str) -> Iterator[Visitor]:
    """The owner, signed in at a desk."""
    with signed_in(browser, mailing_stack, planner) as visitor:
        yield visitor


def test_a_day_of_the_month_is_a_click_away(visitor: Visitor) -> None:
    """Turning the page to another month and back, a day shows who is to be greeted."""
    page, on = visitor.page, birthday_ahead()
    page.get_by_role("link", name="Upcoming").click()
    expect(page.get_by_role("region", name="Next up")).to_contain_text("Ada Example")
    page.get_by_role("link", name="Next month").click()
    page.get_by_role("navigation", name="Months").get_by_role("link", name="Today").click()
    if on.month != datetime.now(UTC).month:
        page.get_by_role("link", name="Next month").click()
    page.locator(f'.calendar td:not(.outside) a[href*="day={on}"]').click()
    expect(page.locator("#day")).to_contain_text("Ada Example")


def test_the_feed_is_made_and_read(visitor: Visitor) -> None:
    """A button makes the address; a calendar program finds the birthday there."""
    page = visitor.page
    page.goto(visitor.stack.json("status")["http_url"] + "/upcoming")
    page.get_by_role("button", name="Make").click()
    url = page.get_by_label("Address of the calendar feed").input_value()
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as reply:
        events: list[Any] = Calendar.from_ical(reply.read()).walk("VEVENT")
    assert birthday_ahead() in {event["dtstart"].dt for event in events}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_keeps_nobody_out(
    browser: Browser, mailing_stack: Stack, planner: str, axe: str, width: int, scheme: Scheme
) -> None:
    """At both widths, light and dark, it does not scroll sideways and axe finds nothing serious; the list comes first."""
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        visitor = visitor_of(context, mailing_stack, planner)
        visitor.sign_in()
        page = visitor.page
        page.goto(mailing_stack.json("status")["http_url"] + f"/upcoming?day={birthday_ahead()}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        first, second = (page.locator(each).bounding_box() for each in (".agenda", ".month"))
        assert first is not None
        assert second is not None
        assert first["x"] + first["y"] < second["x"] + second["y"]
        assert troubles(page, axe) == []
        assert visitor.complaints == []
        assert visitor.foreign == []
