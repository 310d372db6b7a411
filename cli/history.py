"""`hobnob facts`: what was accepted, what waits for somebody to appear, and what sources may do."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from cli.client import Hobnob, call, collect, dump
from cli.options import AsJson, Data, Limit, Owner
from cli.output import print_json, print_table, say
from cli.validation import valid
from shared.messages.facts import FactName
from shared.messages.rpc import AcceptedFact, CountParked, FactPage, ListFacts, OwnerReply, ParkedCount, SetOwner
from shared.messages.values import format_instant

DATA_CHARS = 80
"""Of what a fact says, in a table."""

app = typer.Typer(help="What was stated: list, parked, policy.", no_args_is_help=True)


class Policy(StrEnum):
    """What becomes of a source's facts about somebody unknown."""

    CREATE = "create"
    PARK = "park"
    NONE = "none"


@app.callback()
def _group(data: Data = None) -> None:
    """Look at what was stated."""


@app.command("list")
def list_(
    data: Data = None,
    owner: Owner = "me",
    contact: Annotated[str | None, typer.Option(metavar="ID", help="Only facts about this person.")] = None,
    name: Annotated[FactName | None, typer.Option(help="Only facts of this name.")] = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List the facts that were accepted, newest occurrence first."""
    query = valid(ListFacts, {"owner": owner, "name": name, "contact": contact})

    async def work(hobnob: Hobnob) -> list[AcceptedFact]:
        async def page(cursor: str | None, size: int) -> tuple[tuple[AcceptedFact, ...], str | None]:
            found = await hobnob.ask(
                "contacts", "facts.list", query.model_copy(update={"cursor": cursor, "limit": size}), FactPage
            )
            return found.facts, found.cursor

        return await collect(page, limit=limit)

    facts = call(data, work)
    if as_json:
        print_json([dump(fact) for fact in facts])
        return
    rows = ([format_instant(f.occurred_at), f.name.value, f.source, f.contact, _short(f)] for f in facts)
    print_table(["When", "Fact", "Source", "Contact", "Says"], rows, empty="Nothing was stated yet.")


def _short(fact: AcceptedFact) -> str:
    if fact.data is None:
        return "(not kept)"
    text = json.dumps(fact.data, ensure_ascii=False)
    return text if len(text) <= DATA_CHARS else f"{text[: DATA_CHARS - 1]}…"


@app.command("parked")
def parked(data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Count the facts that wait until the person they are about appears, by source."""
    found = call(data, lambda hobnob: hobnob.ask("contacts", "parked.count", CountParked(owner=owner), ParkedCount))
    if as_json:
        print_json(found.sources)
    else:
        print_table(["Source", "Facts"], found.sources.items(), empty="No fact waits.")


@app.command("policy")
def policy(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The `source` of its facts.")],
    to: Annotated[Policy, typer.Argument(metavar="create|park|none", help="None takes the policy away.")],
    data: Data = None,
    owner: Owner = "me",
) -> None:
    """Say what becomes of a source's facts about somebody unknown: a new contact, or they wait."""
    value = None if to is Policy.NONE else to.value
    request = valid(SetOwner, {"owner": owner, "settings": {"unknown_contacts": {source: value}}})
    call(data, lambda hobnob: hobnob.ask("contacts", "owner.set", request, OwnerReply))
    say(f"{source} has no policy of its own any more." if value is None else f"{source}: {value}")
