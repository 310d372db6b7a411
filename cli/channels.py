"""`hobnob channel`: where an owner is told that something waits."""

import sys
from typing import Annotated

import typer

from cli.client import call, dump
from cli.options import AsJson, Data, Owner
from cli.output import print_json, print_table, say
from cli.validation import valid
from shared.messages.telling import (
    AddChannel,
    ChannelAction,
    ChannelInfo,
    ChannelList,
    ChannelReply,
    ChannelState,
    ListChannels,
)
from shared.messages.values import format_instant

STDIN = "-"
PATIENCE_S = 90.0
"""A channel that hangs is given up by the notifier after a while, and only then is there an answer that says so."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The channel's name.")]

app = typer.Typer(help="Where you are told: push, chat and mail channels: add, list, test, remove.", no_args_is_help=True)


@app.callback()
def _group(data: Data = None) -> None:
    """Say where you want to be told that something waits."""


@app.command("add")
def add(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="An Apprise URL, `-` to read one from stdin, env:HOBNOB_CHANNEL_NAME, file:/run/secrets/NAME, or email.",
        ),
    ],
    data: Data = None,
    owner: Owner = "me",
    name: Annotated[str | None, typer.Option("--name", help="What it is called.", show_default="its service")] = None,
    order: Annotated[int | None, typer.Option(min=0, max=1000, help="The lowest is tried first.", show_default="last")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a channel. URLs hold passwords: `-` keeps one out of the shell's history and of the list of processes."""
    given = sys.stdin.readline().strip() if url == STDIN else url
    if not given:
        raise typer.BadParameter("there is no URL on standard input")
    request = valid(AddChannel, {"owner": owner, "url": given, "name": name, "order": order})
    added = call(data, lambda hobnob: hobnob.ask("notifier", "channel.add", request, ChannelReply, timeout_s=PATIENCE_S)).channel
    if as_json:
        print_json(dump(added))
    else:
        say(f"{added.name}: {added.shown}. Try it: hobnob channel test {added.name}{_option(owner)}")


@app.command("list")
def list_(data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """List channels in the order in which they are tried, and how each does."""
    request = valid(ListChannels, {"owner": owner})
    found = call(data, lambda hobnob: hobnob.ask("notifier", "channel.list", request, ChannelList)).channels
    if as_json:
        print_json([dump(each) for each in found])
        return
    rows = ((each.name, each.shown, each.order, how_it_does(each)) for each in found)
    empty = "There is no channel, so nothing is sent: the inbox has everything. Add one with: hobnob channel add URL"
    print_table(("Name", "Where", "Order", "State"), rows, empty=empty)


@app.command("test")
def try_out(name: Name, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Send a message through one channel now."""
    request = valid(ChannelAction, {"owner": owner, "name": name})
    tested = call(
        data, lambda hobnob: hobnob.ask("notifier", "channel.test", request, ChannelReply, timeout_s=PATIENCE_S)
    ).channel
    if as_json:
        print_json(dump(tested))
    else:
        say(f"{tested.name} took it. Look there: {tested.shown}")


@app.command("remove")
def remove(name: Name, data: Data = None, owner: Owner = "me", as_json: AsJson = False) -> None:
    """Forget a channel and its URL."""
    request = valid(ChannelAction, {"owner": owner, "name": name})
    removed = call(data, lambda hobnob: hobnob.ask("notifier", "channel.remove", request, ChannelReply)).channel
    if as_json:
        print_json(dump(removed))
    else:
        say(f"{removed.name} is forgotten.")


def how_it_does(channel: ChannelInfo) -> str:
    """Return the state of a channel in words."""
    if channel.state is ChannelState.FAILING:
        since = format_instant(channel.failing_since) if channel.failing_since else "unknown"
        again = f", left alone until {format_instant(channel.next_try_at)}" if channel.next_try_at else ""
        return f"failing since {since}: {channel.last_error}{again}"
    return f"ok, last at {format_instant(channel.delivered_at)}" if channel.delivered_at else "never used"


def _option(owner: str) -> str:
    return "" if owner == "me" else f" --owner {owner}"
