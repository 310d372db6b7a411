"""What a backup has of the notifier's database, and what becomes of it when it is put back."""

from functools import partial
from typing import Final

from services.notifier.domain.deliveries import Outcome
from services.notifier.domain.restoring import restored
from services.notifier.migrations import MIGRATIONS
from services.notifier.store.deliveries import PENDING
from services.notifier.store.documents import from_document, to_document
from services.notifier.wiring.ground import Ground
from shared.backup.store import Contents, StoreBackup
from shared.clock import Clock
from shared.messages.reminders import ItemState
from shared.mongo import Document

_LEAVES_BY_ITSELF: Final = frozenset({ItemState.SCHEDULED.value, ItemState.SENDING.value})


def contents(*, clock: Clock) -> Contents:
    """
    Return what is in a backup.

    People and plans are copies of what contacts and the scheduler say, and come anew with it: one that is ahead of contacts would
    take nothing that comes later for new. Who was signed in signs in again.
    """
    return Contents(
        kept=("accounts", "channels", "credentials", "deliveries", "feeds", "inbox", "lateness", "own_templates", "sorting"),
        made_anew=("people", "owners", "agenda", "people_bulk", "sessions", "sign_in_links", "sign_in_attempts"),
        # Up to where owners were told at once: what is put back is not told again.
        left=("marks",),
        mends={"inbox": partial(_item, clock=clock), "deliveries": partial(_delivery, clock=clock)},
    )


def backup_of(ground: Ground) -> StoreBackup:
    """Return who answers for the database."""
    return StoreBackup(database=ground.database, contents=contents(clock=ground.clock), migrations=MIGRATIONS, clock=ground.clock)


def _item(document: Document, *, clock: Clock) -> Document:
    if document["state"] not in _LEAVES_BY_ITSELF:
        return document
    return to_document(restored(from_document(document), at=clock()))


def _delivery(document: Document, *, clock: Clock) -> Document:
    """Return what was to be told as given up: it may have been told since, and the inbox has everything."""
    if document["state"] != PENDING:
        return document
    kept = {name: value for name, value in document.items() if name not in ("next_at", "claimed_until")}
    return kept | {"state": Outcome.EXPIRED.value, "settled_at": clock(), "told_until": document["due_at"], "channel": None}
