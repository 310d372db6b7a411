"""`hobnob owner link` and `owner password`: how an owner gets into the pages."""

import sys
from typing import Annotated

import typer

from cli.client import Hobnob, call
from cli.options import AsJson, Data
from cli.output import print_json, say
from cli.target import Target
from cli.validation import valid
from shared.messages.access import SetPassword, SignInLink, SignInLinkIssued
from shared.messages.rpc import Ok

Id = Annotated[str, typer.Argument(metavar="ID", help="The owner's id.")]


def register(app: typer.Typer) -> None:
    """Add the two commands to `hobnob owner`."""
    app.command("link")(link)
    app.command("password")(password)


def link(owner: Id, data: Data = None, as_json: AsJson = False) -> None:
    """Make a link that signs an owner in, once, within 15 minutes."""
    url = call(data, lambda hobnob: make_link(hobnob, owner=owner))
    if as_json:
        print_json({"url": url})
    else:
        say(url)


def password(owner: Id, data: Data = None, as_json: AsJson = False) -> None:
    """Set the password of an owner, from a prompt or a line on stdin, and sign them out everywhere."""
    if sys.stdin.isatty():
        typed = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    request = valid(SetPassword, {"owner": owner, "password": typed})
    call(data, lambda hobnob: hobnob.ask("notifier", "signin.password", request, Ok))
    if as_json:
        print_json({"owner": owner})
    else:
        say(f"{owner} has a new password, and is signed out everywhere.")


async def make_link(hobnob: Hobnob, *, owner: str) -> str:
    """
    Return a link that signs *owner* in once; its path alone where nobody knows the address of the HTTP door.

    Raises:
        NotFound: there is no such owner.
    """
    issued = await hobnob.ask("notifier", "signin.link", valid(SignInLink, {"owner": owner}), SignInLinkIssued)
    return issued.url or _at(hobnob.target, issued.path)


def _at(target: Target, path: str) -> str:
    return f"{target.http_url.rstrip('/')}{path}" if target.http_url else path
