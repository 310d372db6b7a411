"""`hobnob up`, `down` and `status`: the stack on this machine."""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Hobnob, connected
from cli.first_run import bring_in_sample
from cli.inbox import list_inbox, show_items
from cli.options import AsJson, Data
from cli.output import complain, print_json, print_table, say
from cli.settings import CliSettings
from cli.signing_in import make_link
from cli.status import stack_status
from cli.target import data_folder, local_target
from deploy.local.layout import DataFolder, rotate
from deploy.local.me import NAMELESS, OWNER
from deploy.local.state import StackState
from shared.errors import HobnobError
from shared.logging import configure_logging
from shared.messages.rpc import ListInbox

SHOWN_AT_START = 8

Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65_535, help="HTTP port; 0 takes free ports for everything.", show_default="8321, if free"),
]


def register(app: typer.Typer) -> None:
    """Add the three commands."""
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)


def up(
    data: Data = None,
    port: Port = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when it is ready; it runs on.")] = False,
    sample: Annotated[bool, typer.Option("--sample", help="Load a small fictional network, if nobody is there yet.")] = False,
) -> None:
    """Start everything on this machine: broker, database and services, in one folder."""
    # Only this command needs the supervisor: the others start without its libraries.
    from deploy.local.control import start_detached
    from deploy.local.supervise import supervise

    settings = CliSettings()
    root = data_folder(data, settings)
    if detach:
        state = start_detached(root, port=port)
        _announce(state, root)
        if sample:
            asyncio.run(_greet(root, state, settings, sample=True))
        _say_what_next(root, detached=True)
        return

    async def on_ready(state: StackState) -> None:
        _announce(state, root)
        await _greet(root, state, settings, sample=sample)
        _say_what_next(root, detached=False)

    with _log_to_file(root):
        supervise(root, port=port, on_ready=on_ready, on_crash=complain)
    say("Stopped.")


def _announce(state: StackState, root: Path) -> None:
    say(f"Hobnob runs: {state.http_url}, {state.nats_url}, data in {root.resolve()}")


async def _greet(root: Path, state: StackState, settings: CliSettings, *, sample: bool) -> None:
    """Show the inbox; what goes wrong here is told and ends nothing, because the stack is up."""
    try:
        async with connected(local_target(root, state, settings)) as hobnob:
            for remark in await bring_in_sample(hobnob, owner=OWNER) if sample else []:
                say(remark)
            await _show_inbox(hobnob)
            say(f"\nYour inbox as a page (this link signs you in, once): {await make_link(hobnob, owner=OWNER)}")
            if (await hobnob.owner(OWNER)).name == NAMELESS:
                say(f"Drafts are not signed yet: hobnob owner set {OWNER} --name 'Your Name'")
    except HobnobError as exc:
        complain(str(exc))


async def _show_inbox(hobnob: Hobnob) -> None:
    items = await list_inbox(hobnob, ListInbox(owner=OWNER), limit=SHOWN_AT_START + 1)
    show_items(items[:SHOWN_AT_START])
    if len(items) > SHOWN_AT_START:
        say("… and more: hobnob inbox list")
    elif not items:
        say("The inbox is empty: nobody has a day today.")


def _say_what_next(root: Path, *, detached: bool) -> None:
    option = "" if root == data_folder(None, CliSettings()) else f" --data {root}"
    command = _command()
    where = "" if detached else " in another terminal"
    steps = (
        (f"{command} inbox list{option}", "reminders with their drafts"),
        (f"{command} inbox send ITEM{option}", "mark a greeting as sent"),
        (f"{command} import Connections.csv{option}", "your own people"),
        (f"{command} upcoming{option}", "what is coming"),
        (f"{command} down{option}", "stop"),
    )
    width = max(len(line) for line, _ in steps)
    say(f"\nWhat next{where}:")
    for line, purpose in steps:
        say(f"  {line:<{width}}  {purpose}")
    if not detached:
        say("Ctrl-C stops everything.")


def _command() -> str:
    """Return what to type for this command: its name where the shell finds it, else the path it was called by."""
    found = shutil.which("hobnob")
    return "hobnob" if found and Path(found).samefile(sys.argv[0]) else sys.argv[0]


@contextmanager
def _log_to_file(root: Path) -> Iterator[None]:
    """Keep the terminal for people: the supervisor's log goes where that of a detached one goes."""
    log = DataFolder(root.resolve()).log("stack")
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    rotate(log)
    with log.open("a", encoding="utf-8") as file:
        configure_logging(service="stack", level="info", style="json", stream=file)
        yield


def down(data: Data = None) -> None:
    """Stop the stack of a folder, and wait until all of it has ended."""
    from deploy.local.control import stop

    root = data_folder(data, CliSettings())
    say("Stopped." if stop(root) else f"Nothing runs on {root.resolve()}.")


def status(data: Data = None, as_json: AsJson = False) -> None:
    """Show what runs, and how many messages could not be processed."""
    settings = CliSettings()
    document = asyncio.run(stack_status(data, settings))
    if as_json:
        print_json(document)
        return
    _show_status(document)


def _show_status(document: dict[str, Any]) -> None:
    say(f"{document['state']}: {document['http_url'] or 'no page'}, {document['nats_url'] or 'no broker'}")
    rows = ((p["name"], p["state"], p["pid"], p["restarts"]) for p in document["processes"])
    print_table(("Process", "State", "Pid", "Restarts"), rows, empty="No process is known.")
    if document["dead_letters"]:
        say(f"Messages that could not be processed: {document['dead_letters']}. See them with: hobnob dead list")
