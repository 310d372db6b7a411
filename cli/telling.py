"""The options of `hobnob owner set` that say when an owner is told what."""

from typing import Any, Final

import typer

from cli.when import read_clock
from shared.messages.telling import WEEK, Weekday
from shared.messages.values import Closeness, Occasion

AT_ONCE_HELP: Final = (
    "What does not wait for the daily message, such as birthday@intimate,well or new_job!now; may be repeated, '' clears."
)
NEVER: Final = "never"
NOW: Final = "!now"
LEAST_LETTERS: Final = 3
"""Of a weekday, so that it is one only."""


def read_telling(
    *,
    digest_at: str | None,
    digest_days: str | None,
    quiet: str | None,
    heartbeat_on: str | None,
    at_once: list[str] | None,
) -> dict[str, Any]:
    """
    Return the settings that these options give, for `TellingSettings`; empty when none is given.

    Raises:
        typer.BadParameter: one cannot be read; it says which and how to write it.
    """
    found: dict[str, Any] = {}
    if digest_at is not None:
        found["digest_at"] = read_clock(digest_at) if digest_at.strip() else None
    if digest_days is not None:
        found["digest_days"] = read_days(digest_days)
    if quiet is not None:
        found["quiet_from"], found["quiet_until"] = _read_quiet(quiet)
    if heartbeat_on is not None:
        found["heartbeat_on"] = NEVER if heartbeat_on.lower() == NEVER else read_day(heartbeat_on)
    if at_once is not None:
        found["at_once"] = tuple(read_rule(rule) for rule in at_once if rule)
    return found


def read_days(text: str) -> tuple[Weekday, ...]:
    """Read `all`, `never`, or days and spans of days with commas between, such as `mon-fri,sun`."""
    word = text.strip().lower()
    if word == "all":
        return WEEK
    if word in (NEVER, ""):
        return ()
    chosen: set[Weekday] = set()
    for part in word.split(","):
        first, dash, last = part.partition("-")
        start, end = WEEK.index(read_day(first)), WEEK.index(read_day(last if dash else first))
        chosen.update(WEEK[index % len(WEEK)] for index in range(start, end + 1 if end >= start else end + 1 + len(WEEK)))
    return tuple(day for day in WEEK if day in chosen)


def read_day(text: str) -> Weekday:
    """Read the name of a weekday, or its first three letters or more."""
    word = text.strip().lower()
    matching = [day for day in WEEK if len(word) >= LEAST_LETTERS and day.value.startswith(word)]
    if not matching:
        raise typer.BadParameter(f"{text!r} is no weekday: write mon, tuesday, or mon-fri where several may stand")
    return matching[0]


def read_rule(text: str) -> dict[str, Any]:
    """
    Read what goes at once: `OCCASIONS@CLOSENESS`, each a list with commas or `any`; `!now` at the end: only what an emitter
    asked to be told now.
    """
    is_now = text.endswith(NOW)
    occasions, _, closeness = text.removesuffix(NOW).partition("@")
    return {
        "occasions": _read_list(occasions, set(Occasion), what="occasion"),
        "closeness": _read_list(closeness or "any", set(Closeness), what="closeness"),
        "deliver_now": is_now,
    }


def _read_list(text: str, known: set[Any], *, what: str) -> tuple[str, ...]:
    words = [word.strip() for word in text.split(",")]
    if words == ["any"]:
        return ()
    for word in words:
        if word not in known:
            raise typer.BadParameter(f"{word!r} is no {what}: one of any, {', '.join(sorted(known))}")
    return tuple(words)


def _read_quiet(text: str) -> tuple[Any, Any]:
    if text.strip().lower() == NEVER:
        return read_clock("00:00"), read_clock("00:00")
    start, dash, end = text.partition("-")
    if not dash:
        raise typer.BadParameter(f"{text!r} is no span: write HH:MM-HH:MM, such as 21:00-08:00, or never")
    return read_clock(start.strip()), read_clock(end.strip())
