"""A real browser (Chromium, driven by Playwright) before a real stack that mails into a sink."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from tests.e2e.conftest import Stack
from tests.e2e.mail_sink import Sink, mail_sink

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NPM_TIMEOUT_S = 180
PAGE_TIMEOUT_MS = 15_000


@dataclass
class Visitor:
    """A page in the browser of an owner, and all that went wrong or elsewhere while it was used."""

    page: Page
    owner: str
    stack: Stack
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)

    def sign_in(self) -> None:
        """Follow a link of the command and press its button."""
        self.page.goto(self.stack.json("owner", "link", self.owner)["url"])
        self.page.get_by_role("button", name="Open my inbox").click()
        self.page.wait_for_url("**/inbox")

    def watch(self, host: str) -> None:
        """Note complaints of the browser, requests to other hosts than *host*, and what everything weighs."""

        def on_response(response: Response) -> None:
            if response.status == 200:
                self.weights[response.url] = int(response.headers.get("content-length", 0))

        def on_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                self.complaints.append(message.text)

        def on_request(request: Request) -> None:
            if urlsplit(request.url).netloc != host:
                self.foreign.append(request.url)

        self.page.on("console", on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", on_request)
        self.page.on("response", on_response)


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    """Where greetings arrive."""
    with mail_sink() as sink:
        yield sink


@pytest.fixture(scope="session")
def mailing_stack(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[Stack]:
    """One stack for all browser tests; each brings an owner of its own."""
    stack = Stack(tmp_path_factory.mktemp("mailing"))
    environment = {"HOBNOB_SMTP_URL": f"smtp://127.0.0.1:{sink.port}?starttls=off&timeout=5"}
    started = stack.attempt("up", "--detach", "--port", "0", environment=environment)
    assert started.returncode == 0, started.stderr
    try:
        yield stack
    finally:
        stack.run("down")


class NoChromium(RuntimeError):
    """The browser tests need Chromium; on Debian: apt-get install --no-install-recommends chromium."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class Options(TypedDict):
    """How the browser is started."""

    executable_path: str
    args: list[str]


def chromium_options() -> Options:
    """Return how the browser is started; raise `NoChromium` where it is not installed."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise NoChromium
    # Inside a container, where tests often run as root, Chromium has no sandbox of its own.
    return {"executable_path": found, "args": ["--no-sandbox"] if os.geteuid() == 0 else []}


@pytest.fixture(scope="module")
def browser(mailing_stack: Stack) -> Iterator[Browser]:
    """
    Debian's Chromium, or whatever is installed by one of its names.

    Playwright keeps an event loop running in this thread as long as it is there: it ends with the module, and what the
    session shares begins before it.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, which finds what keeps people out of a page."""
    folder = tmp_path_factory.mktemp("axe")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder)
    subprocess.run(["npm", "ci", "--silent"], cwd=folder, check=True, timeout=NPM_TIMEOUT_S)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@contextmanager
def signed_in(browser: Browser, stack: Stack, owner: str) -> Iterator[Visitor]:
    """An owner at a desk; the browser has complained of nothing, and asked nobody else, by the end."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        visitor = visitor_of(context, stack, owner)
        visitor.sign_in()
        yield visitor
        assert visitor.complaints == []
        assert visitor.foreign == []


def visitor_of(context: BrowserContext, stack: Stack, owner: str) -> Visitor:
    """Open a page that is watched."""
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    visitor = Visitor(page=context.new_page(), owner=owner, stack=stack)
    visitor.watch(urlsplit(stack.json("status")["http_url"]).netloc)
    return visitor
