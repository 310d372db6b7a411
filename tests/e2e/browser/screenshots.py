"""`make screenshots`: the pictures of the documentation, of the sample network in a stack of its own."""

import tempfile
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from shared.clock import system_clock
from tests.e2e.browser.conftest import chromium_options
from tests.e2e.browser.crowd import gather
from tests.e2e.conftest import Stack, wait_for
from tests.e2e.mail_sink import Sink, mail_sink
from tests.servers import free_port

IMAGES = Path(__file__).parents[3] / "docs" / "images"
OWNER = "me"
PERSON = "Marguerite Quillfeather"
"""Of the sample network: much is known about her, and today is her birthday."""
SETTLED_S = 60.0


@dataclass(frozen=True)
class Picture:
    """A picture of a page in a window of a size; of the page's whole length where the window has no height."""

    file: str
    path: str
    width: int = 1280
    height: int | None = 860
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("inbox-page.png", "/inbox"),
    Picture("inbox-phone.png", "/inbox", width=390, height=800, scheme="dark"),
    Picture("upcoming-page.png", "/upcoming"),
    Picture("people-page.png", "/people"),
    Picture("person-page.png", "/people/{person}", height=1000),
    Picture("import-page.png", "/import"),
    Picture("network-page.png", "/network", height=920),
    Picture("network-phone.png", "/network", width=390, height=800, scheme="dark"),
    Picture("settings-page.png", "/settings"),
)
MAILS = (
    Picture("digest-mail.png", "", width=720, height=None),
    Picture("digest-mail-phone.png", "", width=360, height=None),
)


def main() -> None:
    """Take all of them."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, mail_sink() as sink:
        stack = Stack(Path(folder))
        port = free_port()
        environment = {
            "HOBNOB_SMTP_URL": f"smtp://127.0.0.1:{sink.port}?starttls=off&timeout=5",
            "HOBNOB_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        started = stack.attempt("up", "--detach", "--port", str(port), "--sample", environment=environment)
        assert started.returncode == 0, started.stderr
        try:
            stack.run("owner", "set", OWNER, "--name", "Robin Example", "--email", "robin@example.com")
            _settle(stack)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(**chromium_options())
                take_pages(browser, stack)
                take_mails(browser, digest_of(stack, sink))
                browser.close()
        finally:
            stack.run("down")


def take_pages(browser: Browser, stack: Stack) -> None:
    """Take the pictures of the pages."""
    door = stack.json("status")["http_url"]
    person = next(each["id"] for each in stack.json("contacts", "list", "--limit", "200") if each["name"] == PERSON)
    for picture in PICTURES:
        size = {"width": picture.width, "height": picture.height}
        with browser.new_context(viewport=size, color_scheme=picture.scheme) as context:  # type: ignore[arg-type]  # a TypedDict
            page = context.new_page()
            page.goto(stack.json("owner", "link", OWNER)["url"])
            page.get_by_role("button", name="Open my inbox").click()
            page.wait_for_url("**/inbox")
            answer = page.goto(f"{door}{picture.path.format(person=person)}")
            assert answer is not None
            assert answer.ok, f"{picture.path}: {answer.status}"
            _shoot(page, picture)


def take_mails(browser: Browser, html: str) -> None:
    """Take the pictures of a mail as its reader sees it, who loads nothing from anywhere."""
    for picture in MAILS:
        with browser.new_context(viewport={"width": picture.width, "height": 640}, offline=True) as context:
            page = context.new_page()
            page.set_content(html)
            _shoot(page, picture)


def digest_of(stack: Stack, sink: Sink) -> str:
    """Have the daily message mailed, and return its HTML."""
    stack.run("channel", "add", "email")
    stack.run("digest", "send")
    content = message_from_bytes(sink.taken[-1][1], policy=policy.default).get_body(("html",))
    assert content is not None
    return str(content.get_content())


def _settle(stack: Stack) -> None:
    """Bring in the crowd, and wait until everybody is planned for."""
    before = len(stack.json("contacts", "list", "--limit", "200"))
    count = gather(stack, OWNER, now=system_clock())
    wait_for(lambda: len(stack.json("contacts", "list", "--limit", "200")) == before + count, within_s=SETTLED_S)
    wait_for(lambda: len(stack.json("upcoming", "--days", "366")) > count, within_s=SETTLED_S)


def _shoot(page: Page, picture: Picture) -> None:
    page.screenshot(path=IMAGES / picture.file, full_page=picture.height is None)


if __name__ == "__main__":
    main()
