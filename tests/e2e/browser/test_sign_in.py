"""Signing in with a real browser, by what the command says."""

import re

from playwright.sync_api import Browser, expect

from tests.e2e.browser.conftest import visitor_of
from tests.e2e.conftest import Stack

PASSWORD = "correct horse battery"


def test_a_password_from_the_command_opens_the_page_that_was_asked_for(browser: Browser, mailing_stack: Stack) -> None:
    """A wrong password says so and keeps the owner's id; the right one leads on, and signing out leads back."""
    owner = mailing_stack.add_owner()
    mailing_stack.run("owner", "password", owner, stdin=f"{PASSWORD}\n")
    with browser.new_context() as context:
        visitor = visitor_of(context, mailing_stack, owner)
        page = visitor.page
        page.goto(f"{mailing_stack.json('status')['http_url']}/inbox?show=sent")
        page.get_by_label("Owner").fill(owner)
        page.get_by_label("Password").fill("not this one, surely")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Owner")).to_have_value(owner)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/inbox?show=sent")
        page.get_by_text("Account of Robin Testwell").locator("..").click()
        page.get_by_role("button", name="Sign out everywhere").click()
        # The answer to the form, or the page that hears that its session is over, whichever comes first.
        page.wait_for_url(re.compile(r"/sign-in(\?|$)"))
        assert visitor.foreign == []


def test_a_short_password_is_refused_by_the_command(mailing_stack: Stack) -> None:
    """It says how long one has to be, and changes nothing."""
    owner = mailing_stack.add_owner()
    refused = mailing_stack.attempt("owner", "password", owner, stdin="short\n")
    assert refused.returncode != 0
    assert "10" in refused.stderr
    assert "short" not in refused.stderr.replace("too short", "").replace("too_short", "")
