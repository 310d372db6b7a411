"""Importing and sorting in a real browser: from the ZIP to people who have their place."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser.conftest import Visitor, signed_in, visitor_of
from tests.e2e.conftest import Stack, wait_for

HEADER = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"
PEOPLE = ("Ada", "Bela", "Cleo", "Dora", "Edda", "Finn")
ZIP = "Basic_LinkedInDataExport_01-10-2026.zip"


def row(name: str, number: int) -> str:
    """Return a connection."""
    return f"{name},Example,https://www.linkedin.com/in/{name.lower()}-example,,Initech,Engineer,0{number + 1} Jan 2024"


def export(folder: Path, *extra: str, name: str = ZIP) -> Path:
    """Write a LinkedIn export with six people, one hidden member and an unnamed one."""
    rows = [*(row(each, number) for number, each in enumerate(PEOPLE)), ",,,,,,02 Oct 2023", ",,,,Globex,,03 Oct 2023", *extra]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("Connections.csv", "\n".join(["Notes:", '"When exporting …"', "", HEADER, *rows]))
    path = folder / name
    path.write_bytes(content.getvalue())
    return path


@pytest.fixture
def visitor(browser: Browser, mailing_stack: Stack) -> Iterator[Visitor]:
    """A new owner, signed in at a desk, at the page for importing."""
    with signed_in(browser, mailing_stack, mailing_stack.add_owner()) as visitor:
        visitor.page.get_by_role("navigation").get_by_role("link", name="Import").click()
        yield visitor


def closeness(visitor: Visitor) -> dict[str, str]:
    """Return how close each person is, as the command tells it."""
    people: list[dict[str, Any]] = visitor.stack.json("contacts", "list", "--owner", visitor.owner)
    return {person["name"].split()[0]: person["closeness"] for person in people}


def front(page: Page) -> str:
    """Return who is asked about."""
    return page.locator("[data-sort]:not([hidden])").get_by_role("heading").inner_text().split()[0]


def to_receipt(page: Page) -> None:
    """Wait for the receipt."""
    page.wait_for_url("**/import/import-*")
    expect(page.locator(".totals")).to_contain_text("new")


def until_all_are_here(page: Page) -> None:
    """Look again until all six people have come from contacts to the pages."""

    def are_here() -> bool:
        page.reload()
        return page.get_by_text("0 of 6").is_visible()

    wait_for(are_here)


def test_import_then_sort_by_keys(visitor: Visitor, tmp_path: Path) -> None:
    """The ZIP becomes people, the receipt names every skipped row, and four keys place four of them; undo takes one back."""
    page = visitor.page
    page.get_by_label("Files to import").set_input_files(export(tmp_path))
    to_receipt(page)
    receipt = page.get_by_role("table")
    expect(receipt).to_contain_text("hides their profile")
    expect(receipt).to_contain_text("11")
    expect(receipt).to_contain_text("12")
    expect(receipt).to_contain_text("Nothing to do: LinkedIn says nothing else of them.")
    page.get_by_role("link", name="Sort them").click()
    until_all_are_here(page)
    placed = {}
    for key, word in (("1", "intimate"), ("2", "well"), ("3", "moderate"), ("4", "connected")):
        placed[front(page)] = word
        page.keyboard.press(key)
    expect(page.get_by_text("4 of 6")).to_be_visible()
    last = front(page)
    page.keyboard.press("1")
    page.keyboard.press("u")
    expect(page.get_by_text("4 of 6")).to_be_visible()
    assert front(page) == last
    page.keyboard.press("s")
    assert front(page) != last
    wait_for(lambda: placed.items() <= closeness(visitor).items())
    wait_for(lambda: closeness(visitor)[last] == "connected")
    page.reload()
    expect(page.get_by_text("4 of 5, 1 skipped")).to_be_visible()
    page.keyboard.press("2")
    page.get_by_role("button", name="Look at them again").click()
    assert front(page) == last


def test_keys_outrun_the_network(visitor: Visitor, tmp_path: Path) -> None:
    """What is said while nothing gets through is said again, in its order, and the page tells that it waits."""
    page = visitor.page
    page.get_by_label("Files to import").set_input_files(export(tmp_path))
    to_receipt(page)
    page.get_by_role("link", name="Sort them").click()
    until_all_are_here(page)
    failures = iter(range(2))

    def fail_twice(route: Any) -> None:
        if next(failures, None) is None:
            route.continue_()
        else:
            route.abort()

    page.route("**/import/sort/*", fail_twice)
    names = []
    for key in "12321":
        names.append(front(page))
        page.keyboard.press(key)
    expect(page.get_by_role("alert")).to_contain_text("sent again by itself")
    expect(page.get_by_role("alert")).to_be_hidden()
    expected = dict(zip(names, ("intimate", "well", "moderate", "well", "intimate"), strict=True))
    wait_for(lambda: expected.items() <= closeness(visitor).items())
    visitor.complaints[:] = [each for each in visitor.complaints if "ERR_FAILED" not in each]


def test_dropping_files(visitor: Visitor, tmp_path: Path) -> None:
    """Files dropped anywhere on the page are imported; a foreign one ends in a sentence, and the others are not touched by it."""
    page = visitor.page
    content = export(tmp_path).read_bytes()
    page.evaluate(
        """async ([zip, name]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(zip)], name));
            transfer.items.add(new File(["%PDF-1.7 ..."], "letter.pdf"));
            const drop = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
            document.querySelector("h1").dispatchEvent(drop);
        }""",
        [list(content), ZIP],
    )
    page.wait_for_url("**/import?did=accepted*")
    history = page.locator(".history")
    expect(history).to_contain_text("6 new")
    expect(history).to_contain_text("failed")
    history.get_by_role("link", name="letter.pdf").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be imported")
    expect(page.get_by_role("alert")).to_contain_text("Hobnob reads")


def test_too_large_is_told_before_it_is_sent(visitor: Visitor, tmp_path: Path) -> None:
    """The page knows the limit and says it."""
    page = visitor.page
    page.evaluate("document.querySelector('[data-upload]').dataset.max = '10'")
    page.get_by_label("Files to import").set_input_files(export(tmp_path))
    expect(page.get_by_role("alert")).to_contain_text("at most 1 GB at once")


def test_without_javascript(browser: Browser, mailing_stack: Stack, tmp_path: Path) -> None:
    """The form, the receipt, sorting and undo work without a script."""
    owner = mailing_stack.add_owner()
    with browser.new_context(java_script_enabled=False) as context:
        visitor = visitor_of(context, mailing_stack, owner)
        visitor.sign_in()
        page = visitor.page
        page.get_by_role("link", name="Import").click()
        page.get_by_label("Files to import").set_input_files(export(tmp_path, name="<b>mine.zip"))
        page.get_by_role("button", name="Import", exact=True).click()
        page.wait_for_url("**/import/import-*")
        expect(page.get_by_role("heading", name="<b>mine.zip")).to_be_visible()
        expect(page.locator(".totals")).to_contain_text("new")  # the page refreshes by itself
        page.get_by_role("link", name="Sort them").click()
        until_all_are_here(page)
        first = front(page)
        page.get_by_role("button", name="Well known").click()
        expect(page.get_by_text("1 of 6")).to_be_visible()
        assert front(page) != first
        page.get_by_role("button", name=f"Undo: {first}").click()
        expect(page.get_by_text("0 of 6")).to_be_visible()
        assert front(page) == first
        assert visitor.foreign == []


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_nobody_is_kept_out(browser: Browser, mailing_stack: Stack, imported: str, axe: str, width: int, scheme: Any) -> None:
    """On each page axe finds nothing serious, and nothing is wider than the window: a phone in the dark, a desk by day."""
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True) as context:
        visitor = visitor_of(context, mailing_stack, imported)
        visitor.sign_in()
        page = visitor.page
        page.get_by_role("navigation").get_by_role("link", name="Import").click()
        for step in ("import", "receipt", "sort"):
            if step == "receipt":
                page.locator(".history a").first.click()
                expect(page.get_by_role("table")).to_be_visible()
            if step == "sort":
                page.get_by_role("link", name="Sort them").click()
                expect(page.locator("[data-sort]:not([hidden])")).to_be_visible()
            page.evaluate(axe)
            found = page.evaluate("axe.run()")["violations"]
            assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == [], step
            assert page.evaluate("document.documentElement.scrollWidth") <= width, step


@pytest.fixture(scope="module")
def imported(mailing_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An owner who imported the export."""
    owner = mailing_stack.add_owner()
    mailing_stack.run("import", str(export(tmp_path_factory.mktemp("export"))), "--owner", owner)
    return owner
