"""`hobnob upcoming`: what is planned."""

from typing import Annotated

import typer

from cli.client import Hobnob, call, collect, dump
from cli.options import AsJson, Data, Limit, Owner
from cli.output import print_json, print_table
from shared.messages.rpc import ListUpcoming, UpcomingItem, UpcomingPage


async def list_upcoming(hobnob: Hobnob, *, owner: str, days: int, limit: int | None) -> list[UpcomingItem]:
    """Return the planned reminders of the next *days*, soonest first."""

    async def page(cursor: str | None, size: int) -> tuple[tuple[UpcomingItem, ...], str | None]:
        request = ListUpcoming(owner=owner, days=days, cursor=cursor, limit=size)
        found = await hobnob.ask("notifier", "upcoming", request, UpcomingPage)
        return found.items, found.cursor

    return await collect(page, limit=limit)


def upcoming(
    data: Data = None,
    owner: Owner = "me",
    days: Annotated[int, typer.Option(min=0, max=400, help="How far to look ahead.")] = 30,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Show what is planned in the next days."""
    items = call(data, lambda hobnob: list_upcoming(hobnob, owner=owner, days=days, limit=limit))
    if as_json:
        print_json([dump(item) for item in items])
        return
    rows = ((item.on, item.contact.name, item.occasion.value.replace("_", " "), item.milestone) for item in items)
    print_table(("On", "Who", "Occasion", "Years"), rows, empty=f"Nothing is planned in the next {days} days.")
