"""The network page in a real browser: what it says, where it leads, and that it keeps nobody out."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from shared.clock import system_clock
from tests.e2e.browser.conftest import Visitor, signed_in, visitor_of
from tests.e2e.browser.crowd import gather
from tests.e2e.browser.test_inbox import troubles
from tests.e2e.conftest import Stack, wait_for

BYTES_MAX = 100_000
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def sociable(mailing_stack: Stack) -> str:
    """An owner who knows sixty people."""
    owner = mailing_stack.add_owner()
    count = gather(mailing_stack, owner, now=system_clock())
    wait_for(lambda: len(mailing_stack.json("contacts", "list", "--owner", owner, "--limit", "100")) == count)
    return owner


@pytest.fixture
def visitor(browser: Browser, mailing_stack: Stack, sociable: str) -> Iterator[Visitor]:
    """The owner, signed in at a desk."""
    with signed_in(browser, mailing_stack, sociable) as visitor:
        yield visitor


def test_picks_and_dots_lead_to_people(visitor: Visitor) -> None:
    """Five picks say why; one of them, and a dot of the picture, is a click away from the person."""
    page = visitor.page
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Network").click()
    picks = page.get_by_role("region", name="This week’s picks").get_by_role("link")
    expect(picks).to_have_count(5)
    expect(picks.first).to_contain_text("because you were last in touch")
    name = picks.first.locator("bdi").inner_text()
    picks.first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.go_back()
    dot = page.locator("figure > svg a[href^='/people/']").first
    name = (dot.locator("title").text_content() or "").partition(",")[0]
    dot.locator("circle").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_the_table_says_what_the_picture_shows(visitor: Visitor) -> None:
    """Opened, it has as many people as the picture has dots."""
    page = visitor.page
    page.goto(visitor.stack.json("status")["http_url"] + "/network")
    page.get_by_text("The same as a table").click()
    rows = page.get_by_role("table").locator("tbody tr").filter(has_not_text="drifting")
    counts = [int(text) for text in rows.locator("td").all_inner_texts()]
    assert sum(counts) == page.locator("figure > svg a circle").count() == 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_keeps_nobody_out(
    browser: Browser, mailing_stack: Stack, sociable: str, axe: str, width: int, scheme: Scheme
) -> None:
    """At both widths, light and dark, without a script of its own: no sideways scrolling, nothing serious for axe, light."""
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        visitor = visitor_of(context, mailing_stack, sociable)
        visitor.sign_in()
        page = visitor.page
        visitor.weights.clear()
        page.goto(mailing_stack.json("status")["http_url"] + "/network")
        page.get_by_text("The same as a table").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert troubles(page, axe) == []
        assert visitor.complaints == []
        assert visitor.foreign == []
        assert sum(visitor.weights.values()) < BYTES_MAX
