"""The inbox as a page: what it shows, its forms without any script, and its events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from html import unescape

import pytest
from pydantic import SecretStr

from services.notifier.web.inbox_events import CHANGED, HELLO, OVER
from shared.messages.facts import CustomDate
from shared.messages.reminders import ItemState, ReminderKind
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Closeness, Occasion, PartialDate
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, days, today
from tests.integration.notifier.smtp_servers import faulty_server
from tests.integration.notifier.visits import Page, Visit, visiting

EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "{{ 7*7 }}",
    "</textarea><script>alert(1)</script>",
    "\u202egnp.exe\u2066",
]
"""What people are called who want to get into a page."""
EVENTS_TIMEOUT_S = 10.0


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """A notifier with an owner who is signed in."""
    async with visiting(world) as visit:
        yield visit


async def act(visit: Visit, item: str, action: str, **fields: str) -> str:
    """Press a button and return the page that it leads to."""
    answer = await visit.page(f"/inbox/{item}/{action}", {"csrf": await visit.csrf("/inbox"), "back": "/inbox?show=all"} | fields)
    assert answer.status == 303, answer.body
    assert answer.headers["location"].startswith("/inbox?show=all&did=")
    following = await visit.page(answer.headers["location"])
    assert following.status == 200
    return following.body.decode()


async def test_items_stand_by_closeness(visit: Visit) -> None:
    """The closest come first, each with initials, occasion, milestone and draft; the badge counts the unread."""
    for who, closeness in (("a", Closeness.CONNECTED), ("b", Closeness.INTIMATE), ("c", Closeness.WELL)):
        await visit.world.publish(visit.world.snapshot(who, name=f"Person {who.upper()}", closeness=closeness))
        await visit.world.publish(reminder := visit.world.reminder(who))
        await visit.world.until_state(reminder.id, ItemState.UNREAD)
    answer = await visit.page("/inbox")
    page = Page.read(answer)
    text = " ".join(page.texts)
    assert len(page.all("article")) == 3
    order = [text.index(name) for name in ("Intimate", "Person B", "Well known", "Person C", "Connected", "Person A")]
    assert order == sorted(order)
    assert "Birthday, turns 30" in text
    assert "PB" in page.texts
    assert "(3) Inbox" in text


@pytest.mark.parametrize("name", EVIL)
async def test_what_people_are_called_stays_text(visit: Visit, name: str) -> None:
    """A name, a company, a label and a draft of one's own never become markup, wherever the page has them."""
    world = visit.world
    dates = (CustomDate(label=name, on=PartialDate(year=2000, month=today().month, day=today().day)),)
    await world.publish(world.snapshot(name=name, dates=dates))
    await world.until_known(world.snapshot(name=name, dates=dates))
    item = await an_item_of(visit, name)
    await act(visit, item, "edit", subject=name, body=f"Dear {name},\n\n{name}")
    for path in ("/inbox", f"/inbox?contact={world.contact()}", f"/inbox?did=edit&item={item}", "/inbox/standard"):
        answer = await visit.page(path)
        page = Page.read(answer)
        assert len(page.all("script")) == 1
        assert not page.all("img")
        assert not [attributes for _, attributes in page.elements if {"onerror", "onfocus", "onload"} & attributes.keys()]
        assert "49" not in page.texts
    body = (await visit.page("/inbox")).body.decode()
    assert name.strip() in unescape(body)


async def an_item_of(visit: Visit, name: str) -> str:
    """Let the birthday of somebody of that name fire."""
    await visit.world.publish(visit.world.snapshot(name=name), reminder := visit.world.reminder())
    await visit.world.until_state(reminder.id, ItemState.UNREAD)
    return reminder.id


async def test_every_button_works_without_a_script(visit: Visit) -> None:
    """Edit, snooze, dismiss and mark as sent are plain forms that lead back and say what was done."""
    world = visit.world
    edited, asleep, put_away = [await world.an_item(who) for who in ("a", "b", "c")]
    assert "Saved your words" in await act(visit, edited, "edit", subject="Hi", body="First\r\nsecond")
    assert (await world.item(edited))["draft"] == {"subject": "Hi", "body": "First\nsecond"}
    assert "comes back" in await act(visit, asleep, "snooze", until="next-week")
    assert (await world.item(asleep))["state"] == ItemState.SNOOZED
    assert "Dismissed" in await act(visit, put_away, "dismiss")
    assert "Marked as sent" in await act(visit, edited, "mark-sent")
    assert (await world.item(edited))["state"] == ItemState.SENT
    shown = [each["data-item"] for each in Page.read(await visit.page("/inbox?show=dismissed")).all("article")]
    assert shown == [put_away]
    assert Page.read(await visit.page("/inbox")).all("article") == []


async def test_a_snooze_until_a_day_ends_at_the_hour_of_delivery(visit: Visit) -> None:
    """The day is the owner's; one that has passed, or is none, is refused with a page that says so."""
    item = await visit.world.an_item()
    token = await visit.csrf("/inbox")
    for text in ("", "2020-01-01", "soon"):
        answer = await visit.page(f"/inbox/{item}/snooze", {"csrf": token, "until": "date", "date": text})
        assert answer.status == 422
        assert answer.headers["content-type"].startswith("text/html")
    await act(visit, item, "snooze", until="date", date=days(3).isoformat())
    expected = datetime(days(3).year, days(3).month, days(3).day, 9, tzinfo=UTC)
    assert (await visit.world.item(item))["snoozed_until"] == expected


async def test_sent_as_is_and_taken_back(world: World) -> None:
    """With a mail server one click schedules the greeting, and Undo takes it back; its button is gone with its moment."""
    async with with_mail(world) as visit:
        item = await world.an_item()
        assert "Undo" in await act(visit, item, "send")
        assert (await world.item(item))["state"] == ItemState.SCHEDULED
        assert "Taken back" in await act(visit, item, "undo")
        assert (await world.item(item))["state"] == ItemState.UNREAD
        await act(visit, item, "edit", subject="Hi", body="Hello", then="send")
        assert (await world.item(item))["said"]["body"] == "Hello"


async def test_standard_greetings_leave_together_after_a_look_at_who(world: World) -> None:
    """The page lists those who are not close; the button sends to them and to nobody else."""
    async with with_mail(world) as visit:
        far, close = await world.an_item("far"), "close"
        await world.publish(world.snapshot(close, closeness=Closeness.INTIMATE, name="Close Example"))
        await world.publish(reminder := world.reminder(close))
        await world.until_state(reminder.id, ItemState.UNREAD)
        assert "Send all standard greetings (1)" in " ".join(Page.read(await visit.page("/inbox")).texts)
        text = " ".join(Page.read(await visit.page("/inbox/standard")).texts)
        assert "Anna Example" in text
        assert "Close Example" not in text
        sent = await visit.page("/inbox/standard", {"csrf": await visit.csrf("/inbox")})
        assert sent.headers["location"] == "/inbox?did=standard&count=1"
        assert (await world.item(far))["state"] == ItemState.SCHEDULED
        assert (await world.item(reminder.id))["state"] == ItemState.UNREAD


async def test_an_early_word_says_that_it_is_one(world: World) -> None:
    """An item that was shown ahead of its day says so, and that its greeting waits for that day."""
    async with with_mail(world) as visit:
        born = PartialDate(year=1990, month=days(7).month, day=days(7).day)
        await world.publish(world.snapshot(birthday=born))
        await world.until_known(world.snapshot(birthday=born))
        reminder = world.reminder(on=days(7), basis=str(born), kind=ReminderKind.AHEAD)
        await world.publish(reminder)
        await world.until_state(reminder.id, ItemState.UNREAD)
        page = Page.read(await visit.page("/inbox"))
        assert "In 7 days" in page.texts
        assert "Send on the day" in page.texts
        assert "Send as is" not in page.texts


async def test_an_open_page_hears_of_changes_until_its_session_ends(visit: Visit) -> None:
    """A new item and an edit are told at once; signing out ends the stream."""
    async with listening(visit) as told:
        assert await told() == HELLO
        item = await visit.world.an_item()
        assert await told() == CHANGED
        await act(visit, item, "edit", subject="Hi", body="Hello")
        assert await told() == CHANGED
        await visit.page("/sign-out", {"csrf": await visit.csrf("/inbox")})
        assert await told.until(OVER)
        with pytest.raises(asyncio.IncompleteReadError):
            await told()


async def test_a_filter_and_a_cursor_that_are_none_are_refused(visit: Visit) -> None:
    """They are answered with a page, never with a failure."""
    for query in ("show=everything", "cursor=nonsense", "contact=a.b", f"q={'x' * 201}"):
        answer = await visit.page(f"/inbox?{query}")
        assert answer.status == 422, query
        assert answer.headers["content-type"].startswith("text/html"), query


async def test_a_search_that_nobody_can_answer_says_so(visit: Visit) -> None:
    """Without the service that knows the people the page says that it cannot look now."""
    answer = await visit.page("/inbox?q=anna")
    assert answer.status == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert "retry-after" in answer.headers


async def test_pages_follow_each_other(visit: Visit) -> None:
    """Each item is on exactly one page."""
    for number in range(17):
        await visit.world.publish(visit.world.snapshot(f"p{number}", emails=(f"p{number}@example.com",)))
    reminders = [visit.world.reminder(f"p{number}", occasion=Occasion.BIRTHDAY) for number in range(17)]
    await visit.world.publish_burst(reminders)
    for reminder in reminders:
        await visit.world.until_state(reminder.id, ItemState.UNREAD)
    first = Page.read(await visit.page("/inbox"))
    (older,) = [each["href"] for each in first.all("a") if "cursor=" in each.get("href", "")]
    second = Page.read(await visit.page(older))
    shown = [each["data-item"] for page in (first, second) for each in page.all("article")]
    assert sorted(shown) == sorted(reminder.id for reminder in reminders)


@asynccontextmanager
async def with_mail(world: World) -> AsyncIterator[Visit]:
    """Visit a notifier that has a mail server, as an owner with an address."""
    async with faulty_server() as server:
        url = SecretStr(f"smtp://127.0.0.1:{server.port}?starttls=off&timeout=2")
        async with visiting(world, smtp_url=url) as visit:
            await world.publish(OwnerProfile(owner=world.owner, rev=2, name="Sam Example", email="sam@example.com", undo_s=600))

            async def has_address() -> object:
                return await world.database["owners"].find_one({"_id": world.owner, "rev": 2})

            await eventually(has_address)
            yield visit


class Told:
    """The events of a stream, one by one."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def __call__(self) -> str:
        """Return the next event."""
        async with asyncio.timeout(EVENTS_TIMEOUT_S):
            return (await self._reader.readuntil(b"\n\n")).decode()

    async def until(self, event: str) -> bool:
        """Return once *event* has come."""
        while await self() != event:
            pass
        return True


@asynccontextmanager
async def listening(visit: Visit) -> AsyncIterator["Told"]:
    """Open the stream of events; yields what returns the next one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", visit.port)
    writer.write(f"GET /inbox/events HTTP/1.0\r\nHost: x\r\nAccept: text/event-stream\r\nCookie: {visit.cookie}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert " 200 " in head.splitlines()[0]
    assert "text/event-stream" in head
    try:
        yield Told(reader)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
