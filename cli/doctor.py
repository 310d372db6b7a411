"""`hobnob doctor`: whether everything works, and what to do where it does not."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.checks import Check, State, check_disk, worst
from cli.client import connected
from cli.errors import NoStack
from cli.examine import examine
from cli.options import AsJson, Data
from cli.output import notices, print_json, safe, screen
from cli.rebuilding import rebuild_all
from cli.settings import CliSettings
from cli.target import data_folder, is_remote, resolve
from shared.errors import BrokerUnavailable

_MARK: Final = {State.OK: ("ok", "green"), State.WARN: ("look", "yellow"), State.FAIL: ("FAIL", "bold red")}


def doctor(
    data: Data = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First publish people anew from the database, and mend all timers.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at everything: timers, channels, messages, clocks, space. Exit code 1 when something is broken."""
    checks = asyncio.run(_look(data, rebuild=rebuild))
    state = worst(checks)
    if as_json:
        print_json({"state": state.value, "checks": [_shape(check) for check in checks]})
    else:
        _show(checks)
    if state is State.FAIL:
        raise typer.Exit(1)


async def _look(data: Path | None, *, rebuild: bool) -> list[Check]:
    settings = CliSettings()
    disk = [] if is_remote(data, settings) else _disk(data_folder(data, settings))
    try:
        async with connected(resolve(data, settings), outlives_broker=rebuild) as hobnob:
            if rebuild:
                await hobnob.refusals.unless_refused(rebuild_all(hobnob, tell=_tell))
            return [*await hobnob.refusals.unless_refused(examine(hobnob)), *disk]
    except BrokerUnavailable as exc:
        return [Check(name="stack", state=State.FAIL, summary=str(exc), advice="hobnob status shows the processes"), *disk]
    except NoStack as exc:
        return [Check(name="stack", state=State.FAIL, summary=str(exc), advice="start it with: hobnob up"), *disk]


def _disk(folder: Path) -> list[Check]:
    if not folder.is_dir():
        return []
    usage = shutil.disk_usage(folder)
    return [check_disk(free_bytes=usage.free, total_bytes=usage.total)]


def _tell(line: str) -> None:
    notices().print(safe(line), soft_wrap=True)


def _shape(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "state": check.state.value,
        "summary": check.summary,
        "advice": check.advice,
        "data": dict(check.data),
    }


def _show(checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        word, style = _MARK[check.state]
        line = safe(f"{word:<5}", style=style).append(f"{check.name:<{width}}  ", style="bold").append_text(safe(check.summary))
        screen().print(line, soft_wrap=True)
        if check.advice:
            screen().print(safe(f"{'':<{width + 7}}{check.advice}", style="dim"), soft_wrap=True)
