"""The options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer


def _inherit(context: typer.Context, value: Path | None) -> Path | None:
    """Make `hobnob --data D inbox list` the same as `hobnob inbox list --data D`."""
    if value is not None:
        context.obj = value
    inherited: Path | None = context.obj
    return inherited


Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder of a local stack. Default: HOBNOB_DATA, else HOBNOB_NATS_URL, else this user's data folder.",
        callback=_inherit,
        show_default=False,
    ),
]
Owner = Annotated[str, typer.Option("--owner", metavar="ID", help="Whose network.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most this many rows.", show_default="all")]
