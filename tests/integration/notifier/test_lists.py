"""The inbox and what is coming, page by page."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import PermanentError
from shared.messages.reminders import Agenda, ItemState, Planned, reminder_id
from shared.messages.rpc import InboxPage, ItemAction, ItemReply, ListInbox, ListUpcoming, UpcomingItem, UpcomingPage
from shared.messages.values import Occasion
from tests.conftest import eventually
from tests.integration.notifier.conftest import World


async def all_pages(world: World, limit: int) -> list[list[str]]:
    """Return the ids of every page of the inbox."""
    pages: list[list[str]] = []
    cursor = None
    while True:
        request = ListInbox(owner=world.owner, limit=limit, cursor=cursor)
        page: InboxPage = await world.ask("inbox.list", request, InboxPage)
        pages.append([item.id for item in page.items])
        if (cursor := page.cursor) is None:
            return pages


async def test_pages_hold_every_item_once_newest_first(notified: World) -> None:
    """However many came in the same instant, paging neither repeats nor loses one."""
    names = [f"c{number}" for number in range(7)]
    for name in names:
        await notified.publish(notified.snapshot(name))
    await notified.publish_burst([notified.reminder(name) for name in names])
    await notified.until_counted("inbox.created", 7)
    newest = await notified.an_item("newest")
    pages = await all_pages(notified, limit=3)
    assert [len(page) for page in pages] == [3, 3, 2]
    listed = [item for page in pages for item in page]
    assert listed[0] == newest
    assert sorted(listed[1:]) == sorted(notified.reminder(name).id for name in names)


async def test_the_list_filters_and_counts(notified: World) -> None:
    """State, contact and the beginning of an id filter; the count of unread ones does not depend on them."""
    first, second = await notified.an_item("first"), await notified.an_item("second")
    await notified.ask("inbox.dismiss", ItemAction(owner=notified.owner, item=first), ItemReply)
    dismissed = ListInbox(owner=notified.owner, state=ItemState.DISMISSED)
    page: InboxPage = await notified.ask("inbox.list", dismissed, InboxPage)
    assert ([item.id for item in page.items], page.unread) == ([first], 1)
    assert [item.id for item in await notified.inbox(contact=notified.contact("second"))] == [second]
    assert {item.id for item in await notified.inbox(state="all")} == {first, second}
    assert [item.id for item in await notified.inbox(state="all", item=first[:-8])] == [first]
    assert await notified.inbox(state="all", item=".") == []
    assert (await notified.ask("inbox.list", ListInbox(owner="intruder"), InboxPage)).items == ()


async def test_a_page_of_long_drafts_fits_into_one_reply(notified: World) -> None:
    """Many long letters are spread over more pages instead of a reply that cannot be sent."""
    for number in range(60):
        await notified.publish(notified.snapshot(f"c{number}"))
    await notified.publish_burst([notified.reminder(f"c{number}") for number in range(60)])
    await notified.until_counted("inbox.created", 60)
    draft = {"subject": "long", "body": "é" * 20_000}
    await notified.database["inbox"].update_many({"owner": notified.owner}, {"$set": {"draft": draft}})
    pages = await all_pages(notified, limit=200)
    assert len(pages) > 1
    assert len({item for page in pages for item in page}) == 60


@pytest.mark.parametrize("verb", ["inbox.list", "upcoming"])
async def test_a_foreign_cursor_is_refused(notified: World, verb: str) -> None:
    """Nonsense as a cursor is answered in words."""
    request = (ListInbox if verb == "inbox.list" else ListUpcoming)(owner=notified.owner, cursor="nonsense")
    with pytest.raises(PermanentError, match="cursor"):
        await notified.ask(verb, request, InboxPage)


def planned(world: World, name: str, *, days: float, occasion: Occasion = Occasion.BIRTHDAY) -> Planned:
    """Return a line of an agenda."""
    due_at = datetime.now(UTC) + timedelta(days=days)
    contact = world.contact(name)
    return Planned(
        id=reminder_id(contact=contact, key=occasion.value, on=due_at.date()),
        occasion=occasion,
        key=occasion.value,
        on=due_at.date(),
        due_at=due_at,
        milestone=30,
    )


async def upcoming(world: World, *, days: int = 30, limit: int = 200) -> list[list[UpcomingItem]]:
    """Return every page of what is coming."""
    pages: list[list[UpcomingItem]] = []
    cursor = None
    while True:
        request = ListUpcoming(owner=world.owner, days=days, limit=limit, cursor=cursor)
        page: UpcomingPage = await world.ask("upcoming", request, UpcomingPage)
        pages.append(list(page.items))
        if (cursor := page.cursor) is None:
            return pages


async def until_planned(world: World, count: int) -> None:
    """Wait until that many agendas of the owner arrived."""

    async def all_there() -> bool:
        return await world.database["agenda"].count_documents({"owner": world.owner}) == count

    await eventually(all_there)


async def test_what_is_coming_is_one_sorted_list_over_all_contacts(notified: World) -> None:
    """Lines of several contacts are merged by due time, paged without loss, and limited to the days asked for."""
    agendas = []
    for number in range(5):
        name = f"c{number}"
        lines = tuple(planned(notified, name, days=days) for days in (number + 0.5, number + 10.5, 90))
        agendas.append(Agenda(owner=notified.owner, contact=notified.contact(name), rev=1, planned=lines))
    people = [notified.snapshot(f"c{number}") for number in range(5)]
    await notified.publish(*people, *agendas)
    await until_planned(notified, 5)
    await notified.until_known(*people)
    pages = await upcoming(notified, limit=3)
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    lines_shown = [item for page in pages for item in page]
    assert [item.due_at for item in lines_shown] == sorted(item.due_at for item in lines_shown)
    assert len({item.id for item in lines_shown}) == 10
    assert {item.contact.name for item in lines_shown} == {"Anna Example"}
    assert len((await upcoming(notified, days=366))[0]) == 15


async def test_a_later_agenda_of_the_same_revision_replaces_the_earlier(notified: World) -> None:
    """Agendas follow each other without a new revision; what they no longer plan is gone."""
    contact = notified.contact()
    before = Agenda(owner=notified.owner, contact=contact, rev=1, planned=(planned(notified, "anna", days=1),))
    await notified.publish(notified.snapshot(), before)
    await until_planned(notified, 1)
    await notified.publish(Agenda(owner=notified.owner, contact=contact, rev=1))

    async def is_empty() -> bool:
        return await upcoming(notified) == [[]]

    await eventually(is_empty)


async def test_what_has_passed_or_must_not_be_is_not_coming(notified: World) -> None:
    """Neither overdue lines nor people who were silenced since are announced; nor are another owner's."""
    lines = (planned(notified, "anna", days=-0.1), planned(notified, "anna", days=1))
    muted = notified.snapshot("muted", muted=(Occasion.BIRTHDAY,))
    await notified.publish(
        notified.snapshot(),
        muted,
        Agenda(owner=notified.owner, contact=notified.contact(), rev=1, planned=lines),
        Agenda(owner=notified.owner, contact=muted.id, rev=1, planned=(planned(notified, "muted", days=2),)),
    )
    await until_planned(notified, 2)
    await notified.until_known(muted)
    ((item,),) = await upcoming(notified)
    assert item.id == lines[1].id
    assert (await notified.ask("upcoming", ListUpcoming(owner="intruder"), UpcomingPage)).items == ()
