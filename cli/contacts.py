"""`hobnob contacts`: the people of a network."""

import uuid
from typing import Annotated, Any

import typer

from cli import curating
from cli.client import Hobnob, call, collect, dump
from cli.edits import Edits, apply_edits, read_assignments
from cli.options import AsJson, Data, Limit, Owner
from cli.output import print_json, print_table, safe, screen
from cli.shapes import contact_shape
from shared.clock import system_clock
from shared.messages.cloudevents import new_event
from shared.messages.facts import FactName
from shared.messages.rpc import (
    ApplyFact,
    ContactPage,
    ContactReply,
    GetContact,
    ListContacts,
)
from shared.messages.snapshots import ContactSnapshot, Interaction, Meeting
from shared.messages.values import Closeness, Occasion, format_instant

SOURCE = "hobnob/cli"
SECTIONS = ("interactions", "meetings", "search")
"""Fields that have lines of their own."""
Id = Annotated[str, typer.Argument(metavar="ID", help="The contact's id, as `contacts list` shows it.")]

app = typer.Typer(help="The people of a network: list, show, set, merge, forget, sources.", no_args_is_help=True)
curating.register(app)


@app.callback()
def _group(data: Data = None) -> None:
    """List, show, change and forget people."""


async def list_contacts(hobnob: Hobnob, query: ListContacts, *, limit: int | None) -> list[ContactSnapshot]:
    """Return the contacts that match, by name."""

    async def page(cursor: str | None, size: int) -> tuple[tuple[ContactSnapshot, ...], str | None]:
        request = query.model_copy(update={"cursor": cursor, "limit": size})
        found = await hobnob.ask("contacts", "list", request, ContactPage)
        return found.contacts, found.cursor

    return await collect(page, limit=limit)


@app.command("list")
def list_(
    data: Data = None,
    owner: Owner = "me",
    search: Annotated[str | None, typer.Option(help="Part of a name, email, company or tag.")] = None,
    closeness: Annotated[Closeness | None, typer.Option(help="Only people this close.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only people with this tag.")] = None,
    company: Annotated[str | None, typer.Option(help="Only people at this company.")] = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List people by name."""
    query = ListContacts(owner=owner, search=search, closeness=closeness, tag=tag, company=company)
    people = call(data, lambda hobnob: list_contacts(hobnob, query, limit=limit))
    if as_json:
        print_json([contact_shape(contact) for contact in people])
        return
    shapes = [contact_shape(contact) for contact in people]
    columns = ("name", "closeness", "birthday", "company", "title", "id")
    rows = ([shape[column] for column in columns] for shape in shapes)
    print_table([column.capitalize() for column in columns], rows, empty="Nobody here yet. Try: hobnob import FILE")


@app.command("show")
def show(contact: Id, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Show all that is known of one person."""
    found = call(data, lambda hobnob: hobnob.ask("contacts", "get", GetContact(owner=owner, id=contact), ContactReply))
    if as_json:
        print_json(dump(found.contact))
    else:
        _show(found.contact)


def _show(contact: ContactSnapshot) -> None:
    console = screen()
    console.print(safe(contact.name, style="bold"))
    for key, value in dump(contact).items():
        if key in ("owner", "name", "rev", "aliases", "jobs", *SECTIONS) or value in (None, "", [], False):
            continue
        console.print(safe(f"  {key:<18} {_readable(value)}"), soft_wrap=True)
    for line in history_lines(contact):
        console.print(safe(f"  {line}"), soft_wrap=True)


def history_lines(contact: ContactSnapshot) -> list[str]:
    """Return what happened and what is planned with a person, for people to read: one line each, under headings."""
    lines: list[str] = []
    if contact.search:
        lines += ["search", f"  {_readable(dump(contact.search))}"]
    if contact.meetings:
        lines += ["meetings", *(f"  {_meeting_line(meeting)}" for meeting in contact.meetings)]
    if contact.interactions:
        lines += ["interactions", *(f"  {_interaction_line(each)}" for each in contact.interactions)]
    return lines


def _meeting_line(meeting: Meeting) -> str:
    starts_at = format_instant(meeting.starts_at) if meeting.starts_at else "unknown time"
    parts = ["cancelled" if meeting.cancelled else "", meeting.place, meeting.purpose, *meeting.questions, meeting.meeting_id]
    return "  ".join([starts_at, *(_one_line(part) for part in parts if part)])


def _interaction_line(interaction: Interaction) -> str:
    parts = [interaction.direction.value, interaction.channel, interaction.note]
    return "  ".join([format_instant(interaction.at), *(_one_line(part) for part in parts if part)])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _readable(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_readable(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_readable(item)}" for key, item in value.items() if item not in (None, "", False))
    return str(value)


@app.command("set")
def set_(
    contact: Id,
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE...", help="Any field of contact.upserted, such as company='ACME Ltd'."),
    ] = None,
    data: Data = None,
    owner: Owner = "me",
    name: Annotated[str | None, typer.Option(help="Full name.")] = None,
    closeness: Annotated[Closeness | None, typer.Option(help="How well you know them.")] = None,
    birthday: Annotated[str | None, typer.Option(metavar="DATE", help="1985-04-12, or --04-12 without a year.")] = None,
    date: Annotated[list[str] | None, typer.Option(metavar="LABEL=DATE", help="A date of their own, every year.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Add a tag.")] = None,
    untag: Annotated[list[str] | None, typer.Option(help="Take a tag away.")] = None,
    note: Annotated[str | None, typer.Option(help="Your notes about them, replacing the present ones.")] = None,
    cadence_days: Annotated[int | None, typer.Option(min=0, help="Days between check-ins; 0 is never.")] = None,
    lead_days: Annotated[int | None, typer.Option(min=0, help="Days of warning before a birthday.")] = None,
    mute: Annotated[list[Occasion] | None, typer.Option(help="No more reminders of this occasion.")] = None,
    unmute: Annotated[list[Occasion] | None, typer.Option(help="Reminders of this occasion again.")] = None,
    do_not_greet: Annotated[bool | None, typer.Option("--do-not-greet/--greet", help="No reminders at all.")] = None,
    deceased: Annotated[bool | None, typer.Option("--deceased/--alive", help="They died: no greetings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is known of a person."""
    plain = {
        "name": name,
        "closeness": closeness.value if closeness else None,
        "birthday": birthday,
        "notes": note,
        "cadence_days": cadence_days,
        "lead_days": lead_days,
        "do_not_greet": do_not_greet,
        "deceased": deceased,
    }
    edits = Edits(
        fields={key: value for key, value in plain.items() if value is not None} | read_assignments(assignments or []),
        dates=tuple(date or ()),
        add_tags=tuple(tag or ()),
        remove_tags=tuple(untag or ()),
        mute=tuple(mute or ()),
        unmute=tuple(unmute or ()),
    )
    if edits.is_empty:
        raise typer.BadParameter("say what to change, such as --closeness well; see: hobnob contacts set --help")
    changed = call(data, lambda hobnob: _apply(hobnob, owner=owner, contact=contact, edits=edits))
    if as_json:
        print_json(contact_shape(changed))
    else:
        _show(changed)


async def _apply(hobnob: Hobnob, *, owner: str, contact: str, edits: Edits) -> ContactSnapshot:
    present = (await hobnob.ask("contacts", "get", GetContact(owner=owner, id=contact), ContactReply)).contact
    event = new_event(
        name=FactName.CONTACT_UPSERTED,
        source=SOURCE,
        id=uuid.uuid4().hex,  # saying the same again later is a new statement: it may undo what came between
        data=apply_edits(present, edits),
        time=system_clock(),
    )
    request = ApplyFact(owner=owner, event=event.model_dump(mode="json", exclude_none=True))
    return (await hobnob.ask("contacts", "apply", request, ContactReply)).contact
