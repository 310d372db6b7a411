"""The `hobnob` command."""

import os
import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from cli import (
    backup,
    channels,
    contacts,
    dead,
    digest,
    doctor,
    draft,
    emit,
    emitters,
    history,
    importing,
    inbox,
    owners,
    restore,
    stack,
    upcoming,
)
from cli.options import Data
from cli.output import complain
from shared.errors import HobnobError

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells have it."""

app = typer.Typer(
    name="hobnob",
    help="Remembers the people in your network for you.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
stack.register(app)
app.command("import")(importing.import_files)
app.command("emit")(emit.emit)
app.add_typer(contacts.app, name="contacts")
app.add_typer(history.app, name="facts")
app.command("upcoming")(upcoming.upcoming)
app.add_typer(inbox.app, name="inbox")
app.add_typer(draft.app, name="draft")
app.add_typer(channels.app, name="channel")
app.add_typer(digest.app, name="digest")
app.add_typer(owners.app, name="owner")
app.add_typer(emitters.app, name="emitter")
app.add_typer(dead.app, name="dead")
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hobnob {version('hobnob')}")
        raise typer.Exit


@app.callback()
def _root(
    data: Data = None,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Remember the people in your network: reminders with a ready-made greeting, from events and address books."""


def run() -> None:
    """Run the command line of this process and end it with the right exit code."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command line; every failure is one line on stderr and a code: 2 for usage, 1 for the rest."""
    try:
        code = app(args=arguments, prog_name="hobnob", standalone_mode=False)
        sys.stdout.flush()
    except HobnobError as exc:
        complain(str(exc))
        return 1
    except typer.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except typer.TyperException as exc:
        complain(exc.format_message())
        return exc.exit_code
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as exc:  # noqa: BLE001  # the outermost edge: people get a sentence, never a traceback
        if os.environ.get("HOBNOB_LOG_LEVEL") == "debug":
            traceback.print_exc()
        complain(f"unexpected {type(exc).__name__}: {exc} (HOBNOB_LOG_LEVEL=debug shows where)")
        return 1
    return code if isinstance(code, int) else 0
