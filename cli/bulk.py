"""`hobnob inbox send --all-standard`: every greeting that needs no look, in one go."""

from collections import Counter
from typing import Any

from cli.client import Hobnob
from cli.output import print_json, say
from cli.validation import valid
from shared.messages.rpc import SendStandard, StandardSent
from shared.messages.values import format_instant

WHY = {
    "close": "to people you know well",
    "check_first": "to be checked first",
    "edited": "that you have edited",
    "too_early": "whose day is still to come",
    "too_late": "too late to go out without a look",
    "no_address": "to people without an address",
    "no_sender": "because you have no address (hobnob owner set ID --email ADDRESS)",
    "no_mail_server": "because no mail server is set up (HOBNOB_SMTP_URL)",
    "no_words": "without words",
}
"""Completes "2 were left: …"; other reasons speak for themselves."""


async def send_all(hobnob: Hobnob, *, owner: str, on: str | None) -> list[StandardSent]:
    """Have them sent, a page of the inbox at a time; return what became of each page."""
    pages: list[StandardSent] = []
    cursor: str | None = None
    while True:
        request = valid(SendStandard, {"owner": owner, "on": on, "cursor": cursor})
        pages.append(await hobnob.ask("notifier", "inbox.send_all", request, StandardSent))
        if (cursor := pages[-1].cursor) is None:
            return pages


def report(pages: list[StandardSent], *, as_json: bool) -> None:
    """Say what is about to be sent, and what was left and why."""
    document = _shape(pages)
    if as_json:
        print_json(document)
        return
    say(f"{len(document['scheduled'])} greetings leave within moments; take one back with: hobnob inbox undo ITEM")
    for reason, count in Counter(each["reason"] for each in document["skipped"]).most_common():
        say(f"{count} were left: {WHY.get(reason, reason.replace('_', ' '))}.")


def _shape(pages: list[StandardSent]) -> dict[str, Any]:
    return {
        "scheduled": [item for page in pages for item in page.scheduled],
        "skipped": [{"id": each.id, "reason": each.reason} for page in pages for each in page.skipped],
        "send_at": format_instant(max(page.send_at for page in pages)),
    }
