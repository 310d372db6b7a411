"""The JSON shapes that people script against (design, "The command line"), made from messages."""

from dataclasses import asdict
from typing import Any

from cli.payload import readable
from shared.dead_letters import DeadLetter
from shared.messages.imports import Receipt
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import format_instant

PAYLOAD_CHARS = 100_000
"""A payload in a JSON document is cut here; `dead show --raw` prints all of it."""


def contact_shape(contact: ContactSnapshot) -> dict[str, Any]:
    """Return a contact as `contacts list --json` prints it."""
    return {
        "id": contact.id,
        "name": contact.name,
        "closeness": contact.closeness.value,
        "birthday": str(contact.birthday) if contact.birthday else None,
        "dates": [{"label": date.label, "on": str(date.on)} for date in contact.dates],
        "emails": list(contact.emails),
        "company": contact.job.company if contact.job else None,
        "title": contact.job.title if contact.job else None,
        "connected_on": str(contact.connected_on) if contact.connected_on else None,
        "last_contact_at": format_instant(contact.last_contact_at) if contact.last_contact_at else None,
        "muted": [occasion.value for occasion in contact.muted],
        "deceased": contact.deceased,
    }


def receipt_shape(receipt: Receipt) -> dict[str, Any]:
    """Return what became of one file as `import --json` prints it."""
    return {
        "file": receipt.file,
        "format": receipt.format,
        "read": receipt.read,
        "created": receipt.created,
        "updated": receipt.updated,
        "merged": receipt.merged,
        "unchanged": receipt.unchanged,
        "skipped": [{"line": row.line, "reason": row.reason} for row in receipt.skipped],
    }


def dead_letter_shape(letter: DeadLetter) -> dict[str, Any]:
    """Return a dead letter as `dead list --json` prints it; `attempts` is null where nobody said."""
    return {
        "id": letter.id,
        "service": letter.service,
        "subject": letter.subject,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "at": format_instant(letter.at),
    }


def whole_dead_letter_shape(letter: DeadLetter) -> dict[str, Any]:
    """Return a dead letter as `dead show --json` prints it: with its headers and its payload as text."""
    return dead_letter_shape(letter) | {
        "stored_at": letter.stored_at,
        "headers": dict(letter.headers),
        "payload": asdict(readable(letter.body or b"", most_chars=PAYLOAD_CHARS)),
    }
