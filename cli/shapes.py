"""The JSON shapes that people script against (design, "The command line"), made from messages."""

from typing import Any

from shared.messages.imports import Receipt
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import format_instant


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
