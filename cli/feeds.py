"""`hobnob owner feed`: the address at which a calendar program reads what is coming."""

from typing import Annotated

import typer

from cli.client import Hobnob, call
from cli.options import AsJson, Data
from cli.output import print_json, say
from cli.validation import valid
from shared.messages.access import FeedIssued, IssueFeed

Id = Annotated[str, typer.Argument(metavar="ID", help="The owner's id.")]


def register(app: typer.Typer) -> None:
    """Add the command to `hobnob owner`."""
    app.command("feed")(feed)


def feed(
    owner: Id,
    data: Data = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make it another one; the old one is dead at once.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the secret address of an owner's calendar feed; it is shown once."""
    url = call(data, lambda hobnob: _make(hobnob, owner=owner, replace=rotate))
    if as_json:
        print_json({"owner": owner, "url": url})
    else:
        say(url)


async def _make(hobnob: Hobnob, *, owner: str, replace: bool) -> str:
    """
    Return the address; its path alone where nobody knows the address of the HTTP door.

    Raises:
        NotFound: there is no such owner.
        Conflict: there is an address already, and it is not to be replaced.
    """
    issued = await hobnob.ask("notifier", "feed.issue", valid(IssueFeed, {"owner": owner, "replace": replace}), FeedIssued)
    base = hobnob.target.http_url
    return issued.url or (f"{base.rstrip('/')}{issued.path}" if base else issued.path)
