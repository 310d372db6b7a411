"""`hobnob emitter`: which other systems may state facts, each with a credential of its own."""

from typing import Annotated, Any

import typer

from cli import credentials
from cli.client import Hobnob, call, collect, dump
from cli.options import AsJson, Data, Owner
from cli.output import print_json, print_table
from cli.validation import valid
from shared.messages.access import (
    CredentialInfo,
    CredentialPage,
    IssueCredential,
    ListCredentials,
    Scope,
)
from shared.messages.rpc import OwnerReply, SetOwner
from shared.messages.snapshots import UnknownPolicy

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the emitter is called: letters, digits, _ and -.")]

app = typer.Typer(help="Other systems that may state facts: add, list, remove.", no_args_is_help=True)


@app.callback()
def _group(data: Data = None) -> None:
    """Let other systems state facts, and end that."""


@app.command("add")
def add(
    name: Name,
    data: Data = None,
    owner: Owner = "me",
    source: Annotated[str | None, typer.Option(metavar="URI", help="The source its facts carry.", show_default="NAME")] = None,
    unknown: Annotated[
        UnknownPolicy | None, typer.Option(help="What becomes of its facts about somebody unknown.", show_default="create")
    ] = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Give it another password; the old one is dead at once.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Make a credential that may state facts of one owner, and nothing else.

    It is the password at the broker and the token over HTTP. Whoever has it reads nothing, sees nobody, and cannot state
    facts of anybody else.
    """
    request = valid(IssueCredential, {"owner": owner, "name": name, "scope": Scope.EMIT, "replace": rotate})
    policy = None
    if unknown is not None:
        policy = valid(SetOwner, {"owner": owner, "settings": {"unknown_contacts": {source or name: unknown}}})

    async def work(hobnob: Hobnob) -> dict[str, Any]:
        if policy is not None:
            # Before the credential: were this to fail after it, a password would be made that nobody ever sees.
            await hobnob.ask("contacts", "owner.set", policy, OwnerReply)
        return await credentials.issue(hobnob, request)

    credentials.show(call(data, work), may=f"state facts of {owner}", source=source or name, as_json=as_json)


@app.command("list")
def list_(
    data: Data = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="ID", help="Of this owner only.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the credentials there are; `owner` in the last column is one that `hobnob owner token` made."""

    async def work(hobnob: Hobnob) -> list[CredentialInfo]:
        async def page(cursor: str | None, limit: int) -> tuple[tuple[CredentialInfo, ...], str | None]:
            request = valid(ListCredentials, {"owner": owner, "cursor": cursor, "limit": limit})
            found = await hobnob.ask("notifier", "credential.list", request, CredentialPage)
            return found.credentials, found.cursor

        return await collect(page, limit=None)

    found = call(data, work)
    if as_json:
        print_json([dump(each) for each in found])
        return
    rows = ((each.owner, each.name, f"{each.created_at:%Y-%m-%d %H:%M} UTC", each.scope.value) for each in found)
    print_table(("Owner", "Name", "Since", "Scope"), rows, empty="There is none yet. Add one with: hobnob emitter add NAME")


@app.command("remove")
def remove(name: Name, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """End a credential: whoever uses it is cut off at once and kept out from then on."""
    credentials.end(data, owner=owner, name=name, as_json=as_json)
