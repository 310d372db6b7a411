"""`make screenshots`: the pictures of the documentation, of the sample network in a stack of its own."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser.conftest import chromium_options
from tests.e2e.conftest import Stack
from tests.e2e.mail_sink import mail_sink

IMAGES = Path(__file__).parents[3] / "docs" / "images"
OWNER = "me"


@dataclass(frozen=True)
class Picture:
    """A picture of a page in a window of a size."""

    file: str
    path: str
    width: int = 1280
    height: int = 860
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("inbox-page.png", "/inbox"),
    Picture("inbox-phone.png", "/inbox", width=390, height=800, scheme="dark"),
    Picture("upcoming-page.png", "/upcoming"),
)


def main() -> None:
    """Take all of them."""
    with tempfile.TemporaryDirectory() as folder, mail_sink() as sink:
        stack = Stack(Path(folder))
        environment = {"HOBNOB_SMTP_URL": f"smtp://127.0.0.1:{sink.port}?starttls=off&timeout=5"}
        started = stack.attempt("up", "--detach", "--port", "0", "--sample", environment=environment)
        assert started.returncode == 0, started.stderr
        try:
            stack.run("owner", "set", OWNER, "--name", "Robin Example", "--email", "robin@example.com")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(**chromium_options())
                take_all(browser, stack)
                browser.close()
        finally:
            stack.run("down")


def take_all(browser: Browser, stack: Stack) -> None:
    """Take the pictures of a stack that runs."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    door = stack.json("status")["http_url"]
    for picture in PICTURES:
        size = {"width": picture.width, "height": picture.height}
        with browser.new_context(viewport=size, color_scheme=picture.scheme) as context:  # type: ignore[arg-type]  # a TypedDict
            page = context.new_page()
            page.goto(stack.json("owner", "link", OWNER)["url"])
            page.get_by_role("button", name="Open my inbox").click()
            page.wait_for_url("**/inbox")
            page.goto(f"{door}{picture.path}")
            page.screenshot(path=IMAGES / picture.file)


if __name__ == "__main__":
    main()
