"""`hobnob contacts merge`, `forget` and `sources`: what is done with a person as a whole."""

from typing import Annotated, Any

import typer

from cli.client import Hobnob, call, dump
from cli.options import AsJson, Data, Owner
from cli.output import print_json, print_table, safe, say
from shared.messages.curation import (
    PLACES,
    Forgotten,
    GetProvenance,
    MergeContacts,
    MergeReply,
    Provenance,
    StatedValue,
    Statement,
)
from shared.messages.rpc import ContactReply, ForgetContact, GetContact
from shared.messages.values import format_instant

FORGET_TIMEOUT_S = 120.0
"""The broker is looked through for what it holds of them."""
Id = Annotated[str, typer.Argument(metavar="ID", help="The contact's id, as `contacts list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `hobnob contacts`."""
    app.command("merge")(merge)
    app.command("forget")(forget)
    app.command("sources")(sources)


def merge(
    contact: Id,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The id of the same person's other contact.")],
    data: Data = None,
    owner: Owner = "me",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make one person of two contacts; both ids name them from then on."""
    request = MergeContacts(owner=owner, contact=contact, other=other)

    async def work(hobnob: Hobnob) -> MergeReply:
        if not yes and not as_json:
            preview = await _merge(hobnob, request.model_copy(update={"preview": True}))
            _show_result(preview)
            typer.confirm("Are they one person? This cannot be undone.", abort=True)
        return await _merge(hobnob, request)

    merged = call(data, work)
    if as_json:
        print_json({"contact": dump(merged.contact), "absorbed": merged.absorbed})
    else:
        say(f"{merged.contact.name} is one person now: {merged.contact.id}")


async def _merge(hobnob: Hobnob, request: MergeContacts) -> MergeReply:
    return await hobnob.ask("contacts", "merge", request, MergeReply)


def _show_result(preview: MergeReply) -> None:
    person = preview.contact
    job = ", ".join(part for part in (person.job.title, person.job.company) if part) if person.job else None
    rows = [
        ("name", person.name),
        ("emails", ", ".join(person.emails)),
        ("phones", ", ".join(person.phones)),
        ("birthday", person.birthday),
        ("job", job),
        ("closeness", person.closeness.value),
        ("last contact", format_instant(person.last_contact_at) if person.last_contact_at else None),
    ]
    print_table(["", "Together"], [row for row in rows if row[1]], empty="")


def forget(
    contact: Id,
    data: Data = None,
    owner: Owner = "me",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Erase a person with every fact about them, from the databases and from the broker.

    What cannot be erased: mails that were sent, backups, files that you imported and still have, and words about them in the
    notes of other people.
    """

    async def work(hobnob: Hobnob) -> tuple[str, Forgotten]:
        present = (await hobnob.ask("contacts", "get", GetContact(owner=owner, id=contact), ContactReply)).contact
        if not yes:
            typer.confirm(f"Erase {safe(present.name).plain} and all that is known of them?", abort=True)
        request = ForgetContact(owner=owner, id=present.id)
        return present.name, await hobnob.ask("contacts", "forget", request, Forgotten, timeout_s=FORGET_TIMEOUT_S)

    name, done = call(data, work)
    if as_json:
        print_json({"erased": done.erased, "unfinished": list(done.unfinished)})
        return
    say(f"{name} is forgotten.")
    for place, count in done.erased.items():
        say(f"  {count:>6}  {PLACES.get(place, place)}")
    if done.unfinished:
        say(f"Still to be erased, as soon as it answers: {', '.join(done.unfinished)}. Hobnob goes on by itself.")


def sources(contact: Id, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Show where each value of a person comes from."""
    request = GetProvenance(owner=owner, contact=contact)
    found = call(data, lambda hobnob: hobnob.ask("contacts", "provenance", request, Provenance))
    if as_json:
        print_json(dump(found))
        return
    print_table(["Field", "Value", "From", "When", "Others say"], map(_row, found.values), empty="Nothing is known of them.")


def _row(value: StatedValue) -> list[str]:
    at = value.by.occurred_at if value.by else None
    others = "; ".join(f"{each.source}: {_readable(each.value)}" for each in value.others)
    return [value.field, _readable(value.value), _source(value.by), format_instant(at) if at else "", others]


def _source(by: Statement | None) -> str:
    if by is None:
        return "a fact that named them so"
    return f"{by.source or 'unknown'} ({by.file})" if by.file else by.source or "unknown"


def _readable(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(each) for each in value.values())
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)
