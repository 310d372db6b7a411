"""`hobnob owner`: whose networks this stack keeps."""

from datetime import datetime, time
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from cli.client import Hobnob, call, dump
from cli.options import AsJson, Data
from cli.output import print_json, print_table, say
from shared.messages.cloudevents import describe
from shared.messages.rpc import AddOwner, ListOwners, OwnerList, OwnerReply, SetOwner
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Closeness

RequestT = TypeVar("RequestT", AddOwner, SetOwner)
Id = Annotated[str, typer.Argument(metavar="ID", help="The owner's id: letters, digits, _ and -.")]
Name = Annotated[str | None, typer.Option("--name", help="Full name; drafts are signed with it.")]
Timezone = Annotated[str | None, typer.Option("--timezone", metavar="TZ", help="IANA name, such as Europe/Berlin.")]
DeliverAt = Annotated[str | None, typer.Option("--deliver-at", metavar="HH:MM", help="When reminders come, local time.")]
Email = Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="The owner's address.")]

app = typer.Typer(help="Owners of networks and their settings: add, set, list.", no_args_is_help=True)


@app.callback()
def _group(data: Data = None) -> None:
    """Add owners and change their settings."""


@app.command("add")
def add(
    owner: Id,
    name: Annotated[str, typer.Option("--name", help="Full name; drafts are signed with it.")],
    data: Data = None,
    timezone: Timezone = None,
    deliver_at: DeliverAt = None,
    email: Email = None,
    as_json: AsJson = False,
) -> None:
    """Add an owner."""
    settings = _settings({"name": name, "timezone": timezone, "deliver_at": deliver_at, "email": email})
    request = _valid(AddOwner, {"owner": owner, "settings": settings})
    added = call(data, lambda hobnob: hobnob.ask("contacts", "owner.add", request, OwnerReply))
    _report(added.profile, as_json=as_json)


@app.command("set")
def set_(
    owner: Id,
    data: Data = None,
    name: Name = None,
    timezone: Timezone = None,
    deliver_at: DeliverAt = None,
    email: Email = None,
    language: Annotated[str | None, typer.Option(help="Language of the drafts, such as en.")] = None,
    cadence: Annotated[list[str] | None, typer.Option(metavar="CLOSENESS=DAYS", help="Days between check-ins; 0 never.")] = None,
    birthday_lead: Annotated[list[str] | None, typer.Option(metavar="CLOSENESS=DAYS", help="Birthdays this early too.")] = None,
    leap_day: Annotated[str | None, typer.Option(metavar="feb28|mar1", help="When to greet those of 29 February.")] = None,
    grace_days: Annotated[int | None, typer.Option(min=0, max=60, help="How late a belated reminder may be.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change an owner's settings; every reminder is planned anew."""
    plain = _settings(
        {
            "name": name,
            "timezone": timezone,
            "deliver_at": deliver_at,
            "email": email,
            "language": language,
            "leap_day": leap_day,
            "belated_grace_days": grace_days,
        }
    )
    new_cadence, new_lead = _read_days(cadence or []), _read_days(birthday_lead or [])
    if not (plain or new_cadence or new_lead):
        raise typer.BadParameter("say what to change, such as --deliver-at 08:00; see: hobnob owner set --help")

    async def work(hobnob: Hobnob) -> OwnerReply:
        settings = dict(plain)
        if new_cadence or new_lead:
            present = await hobnob.owner(owner)
            settings["cadence_days"] = present.cadence_days | new_cadence
            settings["birthday_lead_days"] = present.birthday_lead_days | new_lead
        return await hobnob.ask("contacts", "owner.set", _valid(SetOwner, {"owner": owner, "settings": settings}), OwnerReply)

    _report(call(data, work).profile, as_json=as_json)


@app.command("list")
def list_(data: Data = None, as_json: AsJson = False) -> None:
    """List the owners of this stack."""
    found = call(data, lambda hobnob: hobnob.ask("contacts", "owner.list", ListOwners(), OwnerList))
    if as_json:
        print_json([dump(profile) for profile in found.owners])
        return
    rows = ((each.owner, each.name, each.timezone, f"{each.deliver_at:%H:%M}", each.email) for each in found.owners)
    print_table(("Id", "Name", "Time zone", "Delivery", "Email"), rows, empty="There is no owner yet.")


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in values.items() if value is not None}
    if "deliver_at" in given:
        given["deliver_at"] = read_clock(given["deliver_at"])
    return given


def read_clock(text: str) -> time:
    """
    Read `HH:MM`.

    Raises:
        typer.BadParameter: it is no time of the day.
    """
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  # a wall-clock time has no zone
    except ValueError as exc:
        raise typer.BadParameter(f"{text!r} is no time of the day: write HH:MM, such as 09:00") from exc


def _read_days(pairs: list[str]) -> dict[Closeness, int]:
    found = {}
    for pair in pairs:
        closeness, _, days = pair.partition("=")
        if closeness not in set(Closeness) or not days.isdecimal():
            raise typer.BadParameter(f"{pair!r} is not CLOSENESS=DAYS, such as well=60; one of {', '.join(Closeness)}")
        found[Closeness(closeness)] = int(days)
    return found


def _valid(model: type[RequestT], values: dict[str, Any]) -> RequestT:
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise typer.BadParameter(describe(exc)) from exc


def _report(profile: OwnerProfile, *, as_json: bool) -> None:
    if as_json:
        print_json(dump(profile))
    else:
        say(f"{profile.owner}: {profile.name}, {profile.timezone}, reminders at {profile.deliver_at:%H:%M}.")
