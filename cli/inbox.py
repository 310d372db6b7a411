"""`hobnob inbox`: today's reminders with their drafts, and what to do with each."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer
from rich.panel import Panel

from cli.client import Hobnob, call, collect, dump
from cli.errors import CommandFailed
from cli.options import AsJson, Data, Limit, Owner
from cli.output import print_json, safe, say, screen
from cli.texts import edit_in_editor, read_text
from cli.when import parse_span, parse_until
from shared.clock import system_clock
from shared.errors import NotFound
from shared.messages.rpc import EditItem, InboxItem, InboxPage, ItemAction, ItemReply, ListInbox, SnoozeItem

State = Literal["open", "all", "unread", "sent", "dismissed", "snoozed", "withdrawn"]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="The item's id, or its beginning where that is unique.")]

app = typer.Typer(help="Reminders with their drafts: list, send, edit, snooze, dismiss.", no_args_is_help=True)


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
                subtitle=safe(f"{item.id}" if item.state == "unread" else f"{item.state} · {item.id}", style="dim"),
                subtitle_align="left",
                padding=(0, 1),
            )
        )


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
def send(item: Item, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Mark a greeting as sent, after you have sent it in your own way."""
    _report(call(data, lambda hobnob: _act(hobnob, "inbox.send", ItemAction(owner=owner, item=item))), as_json=as_json)


@app.command("dismiss")
def dismiss(item: Item, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Put a reminder away without a greeting."""
    _report(call(data, lambda hobnob: _act(hobnob, "inbox.dismiss", ItemAction(owner=owner, item=item))), as_json=as_json)


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
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="tomorrow, friday, 18:30, 2026-12-01.")] = None,
    for_: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="30m, 2h, 3d, 1w.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hide a reminder for a while."""
    if (until is None) == (for_ is None):
        raise typer.BadParameter("say either --until or --for")

    async def work(hobnob: Hobnob) -> InboxItem:
        now = system_clock()
        if for_ is not None:
            instant = now + parse_span(for_)
        else:
            assert until is not None
            profile = await hobnob.owner(owner)
            instant = parse_until(until, now=now, zone=ZoneInfo(profile.timezone), deliver_at=profile.deliver_at)
        return await _act(hobnob, "inbox.snooze", SnoozeItem(owner=owner, item=item, until=instant))

    _report(call(data, work), as_json=as_json)


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
    items = await list_inbox(hobnob, ListInbox(owner=owner, state="all"), limit=None)
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
    else:
        say(f"{item.contact.name}, {item.occasion.value.replace('_', ' ')}: {item.state}.")
