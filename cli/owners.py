"""`hobnob owner`: whose networks this stack keeps."""

from typing import Annotated, Any

import typer

from cli import credentials, feeds, signing_in
from cli.client import Hobnob, call, dump
from cli.options import AsJson, Data
from cli.output import print_json, print_table, say
from cli.telling import AT_ONCE_HELP, read_telling
from cli.validation import valid
from cli.when import read_clock
from shared.messages.access import IssueCredential, Scope
from shared.messages.rpc import AddOwner, ListOwners, OwnerList, OwnerReply, SetOwner
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Closeness

Id = Annotated[str, typer.Argument(metavar="ID", help="The owner's id: letters, digits, _ and -.")]
Name = Annotated[str | None, typer.Option("--name", help="Full name; drafts are signed with it.")]
Timezone = Annotated[str | None, typer.Option("--timezone", metavar="TZ", help="IANA name, such as Europe/Berlin.")]
DeliverAt = Annotated[str | None, typer.Option("--deliver-at", metavar="HH:MM", help="When reminders come, local time.")]
Email = Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="The owner's address.")]

_GROUND = ", for common ground; may be repeated, '' clears."

UNNAMED = "token"
"""What an owner's token is called when nobody says."""

app = typer.Typer(
    help="Owners of networks, their settings, tokens and sign-in: add, set, list, token, link, feed.", no_args_is_help=True
)
signing_in.register(app)
feeds.register(app)


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
    request = valid(AddOwner, {"owner": owner, "settings": settings})
    added = call(data, lambda hobnob: hobnob.ask("contacts", "owner.add", request, OwnerReply))
    _report(added.profile, as_json=as_json)


@app.command("set")
def set_(
    owner: Id,
    data: Data = None,
    name: Name = None,
    timezone: Timezone = None,
    deliver_at: DeliverAt = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The owner's address; '' takes it away.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the drafts, such as en.")] = None,
    cadence: Annotated[list[str] | None, typer.Option(metavar="CLOSENESS=DAYS", help="Days between check-ins; 0 never.")] = None,
    birthday_lead: Annotated[list[str] | None, typer.Option(metavar="CLOSENESS=DAYS", help="Birthdays this early too.")] = None,
    leap_day: Annotated[str | None, typer.Option(metavar="feb28|mar1", help="When to greet those of 29 February.")] = None,
    grace_days: Annotated[int | None, typer.Option(min=0, max=60, help="How late a belated reminder may be.")] = None,
    interest: Annotated[list[str] | None, typer.Option(help=f"What you like{_GROUND}")] = None,
    cause: Annotated[list[str] | None, typer.Option(help=f"What you stand up for{_GROUND}")] = None,
    employer: Annotated[list[str] | None, typer.Option(help=f"For whom you work or worked{_GROUND}")] = None,
    school: Annotated[list[str] | None, typer.Option(help=f"Where you learned{_GROUND}")] = None,
    place: Annotated[list[str] | None, typer.Option(help=f"Where you live or lived{_GROUND}")] = None,
    digest_at: Annotated[str | None, typer.Option(metavar="HH:MM", help="When the daily message comes; '' clears.")] = None,
    digest_days: Annotated[str | None, typer.Option(metavar="DAYS", help="On which: mon-fri, sat,sun, all, never.")] = None,
    quiet: Annotated[str | None, typer.Option(metavar="HH:MM-HH:MM", help="When nothing goes at once, or never.")] = None,
    heartbeat_on: Annotated[str | None, typer.Option(metavar="DAY", help="Weekly: that nothing was missed; or never.")] = None,
    at_once: Annotated[list[str] | None, typer.Option(metavar="RULE", help=AT_ONCE_HELP)] = None,
    undo_s: Annotated[int | None, typer.Option(min=0, max=3600, help="Seconds in which a mail can be taken back.")] = None,
    opt_out_line: Annotated[
        bool | None, typer.Option("--opt-out-line/--no-opt-out-line", help="Mails say how to get no more of them.")
    ] = None,
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
            "interests": _listed(interest),
            "causes": _listed(cause),
            "employers": _listed(employer),
            "schools": _listed(school),
            "places": _listed(place),
            "undo_s": undo_s,
            "opt_out_line": opt_out_line,
        }
    )
    if telling := read_telling(
        digest_at=digest_at, digest_days=digest_days, quiet=quiet, heartbeat_on=heartbeat_on, at_once=at_once
    ):
        plain["telling"] = telling
    if email is not None and not email.strip():
        plain["email"] = None
    new_cadence, new_lead = _read_days(cadence or []), _read_days(birthday_lead or [])
    if not (plain or new_cadence or new_lead):
        raise typer.BadParameter("say what to change, such as --deliver-at 08:00; see: hobnob owner set --help")

    async def work(hobnob: Hobnob) -> OwnerReply:
        settings = dict(plain)
        if new_cadence or new_lead:
            present = await hobnob.owner(owner)
            settings["cadence_days"] = present.cadence_days | new_cadence
            settings["birthday_lead_days"] = present.birthday_lead_days | new_lead
        return await hobnob.ask("contacts", "owner.set", valid(SetOwner, {"owner": owner, "settings": settings}), OwnerReply)

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


@app.command("token")
def token(
    owner: Id,
    data: Data = None,
    name: Annotated[str, typer.Option("--name", help="What it is called, such as the device it is for.")] = UNNAMED,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make it another one; the old one is dead at once.")] = False,
    revoke: Annotated[str | None, typer.Option("--revoke", metavar="NAME", help="End the one of that name instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token with which an owner's own device states facts and hears of the inbox, or end one."""
    if revoke is not None:
        credentials.end(data, owner=owner, name=revoke, as_json=as_json)
        return
    request = valid(IssueCredential, {"owner": owner, "name": name, "scope": Scope.OWNER, "replace": rotate})
    document = call(data, lambda hobnob: credentials.issue(hobnob, request))
    credentials.show(document, may=f"speak for {owner}", source=name, as_json=as_json)


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in values.items() if value is not None}
    if "deliver_at" in given:
        given["deliver_at"] = read_clock(given["deliver_at"])
    return given


def _listed(values: list[str] | None) -> list[str] | None:
    """Return the values of an option that may be repeated: an empty one clears, none at all leaves it as it is."""
    return [value for value in values if value.strip()] if values else None


def _read_days(pairs: list[str]) -> dict[Closeness, int]:
    found = {}
    for pair in pairs:
        closeness, _, days = pair.partition("=")
        if closeness not in set(Closeness) or not days.isdecimal():
            raise typer.BadParameter(f"{pair!r} is not CLOSENESS=DAYS, such as well=60; one of {', '.join(Closeness)}")
        found[Closeness(closeness)] = int(days)
    return found


def _report(profile: OwnerProfile, *, as_json: bool) -> None:
    if as_json:
        print_json(dump(profile))
    else:
        digest_at = profile.telling.digest_at or profile.deliver_at
        hours = f"reminders at {profile.deliver_at:%H:%M}, the daily message at {digest_at:%H:%M}"
        say(f"{profile.owner}: {profile.name}, {profile.timezone}, {hours}.")
