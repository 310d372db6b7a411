"""`hobnob digest`: what the daily message says, now."""

from typing import Annotated

import typer
from rich.panel import Panel

from cli.client import call, dump
from cli.options import AsJson, Data, Owner
from cli.output import print_json, safe, say, screen
from cli.validation import valid
from shared.messages.telling import AskDigest, DigestReply

PATIENCE_S = 300.0
"""Each channel that hangs is waited for before the next one is tried."""

Heartbeat = Annotated[bool, typer.Option("--heartbeat", help="Say what was watched too, as once a week.")]

app = typer.Typer(help="The daily message: preview, send.", no_args_is_help=True)


@app.callback()
def _group(data: Data = None) -> None:
    """See what the daily message says, or have it sent now."""


@app.command("preview")
def preview(data: Data = None, owner: Owner = "me", heartbeat: Heartbeat = False, as_json: AsJson = False) -> None:
    """Show the digest of the last days as it would be sent now."""
    request = valid(AskDigest, {"owner": owner, "heartbeat": heartbeat})
    found = call(data, lambda hobnob: hobnob.ask("notifier", "digest.preview", request, DigestReply))
    if as_json:
        print_json(_shape(found))
    else:
        title = safe(found.subject, style="bold")
        screen().print(Panel(safe(found.text.strip()), title=title, title_align="left", padding=(0, 1)))


@app.command("send")
def send(data: Data = None, owner: Owner = "me", heartbeat: Heartbeat = False, as_json: AsJson = False) -> None:
    """Send it now, through the first channel that takes it, besides the one of the day."""
    request = valid(AskDigest, {"owner": owner, "heartbeat": heartbeat})
    sent = call(data, lambda hobnob: hobnob.ask("notifier", "digest.send", request, DigestReply, timeout_s=PATIENCE_S))
    if as_json:
        print_json(_shape(sent))
    else:
        say(f"{sent.channel} took it: {sent.subject}")


def _shape(reply: DigestReply) -> dict[str, object]:
    return {key: value for key, value in dump(reply).items() if key != "type"}
