"""`hobnob inbox`: today's reminders with their drafts, and what to do with each."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer
from rich.panel import Panel

from cli import bulk
from cli.client import Hobnob, call, collect, dump
from cli.errors import CommandFailed
from cli.options import AsJson, Data, Limit, Owner
from cli.output import print_json, safe, say, screen
from cli.texts import edit_in_editor, read_text
from cli.validation import valid
from cli.when import parse_span, parse_until
from shared.clock import system_clock
from shared.errors import NotFound
from shared.messages.reminders import ItemState, Via
from shared.messages.rpc import (
    EditItem,
    FixDate,
    InboxItem,
    InboxPage,
    ItemAction,
    ItemReply,
    ListInbox,
    SendItem,
    SnoozeItem,
    SnoozePreset,
)

State = Literal[
    "open", "all", "unread", "scheduled", "sending", "sent", "failed", "unconfirmed", "dismissed", "snoozed", "withdrawn"
]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="The item's id, or its beginning where that is unique.")]

PRESETS: dict[str | None, SnoozePreset] = {"tonight": "tonight", "tomorrow": "tomorrow", "next-week": "next-week"}
"""Words for the end of a snooze that the notifier understands."""

app = typer.Typer(help="Reminders with their drafts: list, send, undo, edit, snooze, dismiss.", no_args_is_help=True)


@app.callback()
def _group(data: Data = None) -> None:
    """See today's reminders and act upon them."""


async def list_inbox(hobnob: Hobnob, query: ListInbox, *, limit: int | None) -> list[InboxItem]:
    """Return inbox items, newest first."""

    async def page(cursor: str | None, size: int) -> tuple[tuple[InboxItem, ...], str | None]:
        request = query.model_copy(update={"cursor": cursor, "limit": size})
        found = await hobnob.ask("notifier", "inbox.list", request, InboxPage)
        return found.items, found.cursor

    return await collect(page, limit=limit)


def show_items(items: list[InboxItem]) -> None:
    """Print each item as a panel with its draft, ready to be copied."""
    console = screen()
    for item in items:
        what = item.occasion.value.replace("_", " ")
        years = f" ({item.milestone})" if item.milestone is not None else ""
        belated = ", belated" if item.belated else ""
        console.print(
            Panel(
                safe(f"{item.draft.subject}\n\n{item.draft.body.strip()}"),
                title=safe(f"{item.contact.name}: {what}{years}, {item.on:%d %B}{belated}", style="bold"),
                title_align="left",
                subtitle=safe(_subtitle(item), style="dim"),
                subtitle_align="left",
                padding=(0, 1),
            )
        )


def _subtitle(item: InboxItem) -> str:
    if item.state is ItemState.UNREAD:
        return item.id
    why = f" ({item.reason})" if item.reason else ""
    return f"{item.state}{why} · {item.id}"


@app.command("list")
def list_(
    data: Data = None,
    owner: Owner = "me",
    state: Annotated[State, typer.Option(help="Which items; open ones wait for you.")] = "open",
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List reminders with their drafts, newest first."""
    query = ListInbox.model_validate({"owner": owner, "state": state})
    items = call(data, lambda hobnob: list_inbox(hobnob, query, limit=limit))
    if as_json:
        print_json([dump(item) for item in items])
    elif items:
        show_items(items)
    else:
        say("Nothing waits for you. See what is coming with: hobnob upcoming")


@app.command("send")
def send(
    item: Annotated[str | None, typer.Argument(metavar="[ITEM]", help="The item's id, or its beginning.")] = None,
    data: Data = None,
    owner: Owner = "me",
    at: Annotated[str | None, typer.Option(metavar="WHEN", help="morning (where they live), 18:30, 2026-12-01.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Send once more what failed, or may not have been sent.")] = False,
    all_standard: Annotated[bool, typer.Option("--all-standard", help="All greetings that need no look.")] = False,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="With --all-standard: only for this date.")] = None,
    as_json: AsJson = False,
) -> None:
    """Mail a greeting, after a moment in which `undo` takes it back; or mark it as sent, and show the links to do it by hand."""
    if (item is None) != all_standard or (all_standard and (at or again)) or (on and not all_standard):
        raise typer.BadParameter("say either ITEM, with --at or --again, or --all-standard, with --on")
    if item is None:
        bulk.report(call(data, lambda hobnob: bulk.send_all(hobnob, owner=owner, on=on)), as_json=as_json)
        return
    wanted = item

    async def work(hobnob: Hobnob) -> InboxItem:
        when: datetime | Literal["morning"] | None = "morning" if at == "morning" else None
        if at is not None and when is None:
            when = await _until(hobnob, at, owner=owner)
        return await _act(hobnob, "inbox.send", SendItem(owner=owner, item=wanted, at=when, again=again))

    _report(call(data, work), as_json=as_json)


@app.command("undo")
def undo(item: Item, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Take back a greeting that is about to be sent."""
    _simple("inbox.undo", item, data=data, owner=owner, as_json=as_json)


@app.command("mark-sent")
def mark_sent(item: Item, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Say that a greeting was sent: by yourself, or, of one that is unconfirmed, that it did arrive."""
    _simple("inbox.mark_sent", item, data=data, owner=owner, as_json=as_json)


@app.command("dismiss")
def dismiss(item: Item, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Put a reminder away without a greeting."""
    _simple("inbox.dismiss", item, data=data, owner=owner, as_json=as_json)


@app.command("not-this-person")
def not_this_person(item: Item, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Never greet the person of this reminder: it is withdrawn, and so are all others of theirs."""
    _simple("inbox.not_this_person", item, data=data, owner=owner, as_json=as_json)


@app.command("fix-date")
def fix_date(
    item: Item,
    on: Annotated[str, typer.Option(metavar="DATE", help="2026-12-01, --12-01 without a year, or 2026-12 for a month.")],
    data: Data = None,
    owner: Owner = "me",
    as_json: AsJson = False,
) -> None:
    """Correct the date that a reminder is about: the birthday, the start of the job, or your own date."""
    request = valid(FixDate, {"owner": owner, "item": item, "on": on})
    fixed = call(data, lambda hobnob: _act(hobnob, "inbox.fix_date", request))
    if as_json:
        print_json(dump(fixed))
    else:
        say(f"{fixed.contact.name}: the date is now {request.on}. The reminder follows; see: hobnob upcoming")


@app.command("edit")
def edit(
    item: Item,
    data: Data = None,
    owner: Owner = "me",
    subject: Annotated[str | None, typer.Option(help="New subject.")] = None,
    body: Annotated[str | None, typer.Option(metavar="TEXT|@FILE|-", help="New text, a file with it, or - for stdin.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change a draft; without options, in your editor."""

    async def work(hobnob: Hobnob) -> InboxItem:
        if subject is None and body is None:
            present = await _find(hobnob, owner=owner, item=item)
            new_subject, new_body = edit_in_editor(present.draft)
            request = EditItem(owner=owner, item=present.id, subject=new_subject, body=new_body)
        else:
            request = EditItem(owner=owner, item=item, subject=subject, body=read_text(body) if body is not None else None)
        return await _act(hobnob, "inbox.edit", request)

    _report(call(data, work), as_json=as_json)


@app.command("snooze")
def snooze(
    item: Item,
    data: Data = None,
    owner: Owner = "me",
    until: Annotated[
        str | None, typer.Option(metavar="WHEN", help="tonight, tomorrow, next-week, friday, 18:30, 2026-12-01.")
    ] = None,
    for_: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="30m, 2h, 3d, 1w.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hide a reminder for a while."""
    if (until is None) == (for_ is None):
        raise typer.BadParameter("say either --until or --for")

    async def work(hobnob: Hobnob) -> InboxItem:
        end: datetime | SnoozePreset
        if for_ is not None:
            end = system_clock() + parse_span(for_)
        elif until in PRESETS:
            end = PRESETS[until]
        else:
            assert until is not None
            end = await _until(hobnob, until, owner=owner)
        return await _act(hobnob, "inbox.snooze", SnoozeItem(owner=owner, item=item, until=end))

    _report(call(data, work), as_json=as_json)


def _simple(verb: str, item: str, *, data: Path | None, owner: str, as_json: bool) -> None:
    _report(call(data, lambda hobnob: _act(hobnob, verb, ItemAction(owner=owner, item=item))), as_json=as_json)


async def _until(hobnob: Hobnob, text: str, *, owner: str) -> datetime:
    profile = await hobnob.owner(owner)
    return parse_until(text, now=system_clock(), zone=ZoneInfo(profile.timezone), deliver_at=profile.deliver_at)


async def _act(hobnob: Hobnob, verb: str, request: ItemAction) -> InboxItem:
    """Do it to the item; an id that nobody has is tried once more as the beginning of one."""
    try:
        return (await hobnob.ask("notifier", verb, request, ItemReply)).item
    except NotFound:
        found = await _find(hobnob, owner=request.owner, item=request.item)
        if found.id == request.item:
            raise
        return (await hobnob.ask("notifier", verb, request.model_copy(update={"item": found.id}), ItemReply)).item


async def _find(hobnob: Hobnob, *, owner: str, item: str) -> InboxItem:
    items = await list_inbox(hobnob, ListInbox(owner=owner, state="all", item=item), limit=None)
    exact = [each for each in items if each.id == item]
    matching = exact or [each for each in items if each.id.startswith(item)]
    if not matching:
        raise NotFound(f"there is no inbox item {item!r}; see: hobnob inbox list --state all")
    if len(matching) > 1:
        raise CommandFailed(f"{len(matching)} items begin with {item!r}; write more of the id")
    return matching[0]


def _report(item: InboxItem, *, as_json: bool) -> None:
    if as_json:
        print_json(dump(item))
        return
    what = f"{item.contact.name}, {item.occasion.value.replace('_', ' ')}"
    if item.send_at is not None:
        say(
            f"{what}: will be sent at {item.send_at.astimezone():%d %B, %H:%M:%S}. Take it back with: hobnob inbox undo {item.id}"
        )
        return
    say(f"{what}: {item.state}.")
    if item.via is Via.HAND and item.state is ItemState.SENT:
        for link in item.links:
            say(f"  {link.kind}: {link.url}")
