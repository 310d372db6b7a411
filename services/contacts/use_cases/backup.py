"""What a backup has of the contacts' database."""

from typing import Final

from services.contacts.import_store import ImportStore
from services.contacts.migrations import MIGRATIONS
from shared.backup.store import Contents, StoreBackup
from shared.clock import Clock
from shared.mongo import Database

CONTENTS: Final = Contents(
    kept=("owners", "contacts", "facts", "parked", "imports", "import_files", "erasures"),
    # Two people who are made one while they are copied would be in the copy twice, or not at all.
    counted={"contacts": "version", "facts": "version", "parked": "version"},
)


def backup_of(database: Database, *, imports: ImportStore, clock: Clock) -> StoreBackup:
    """Return who answers for the database; a backup waits until no import runs."""
    return StoreBackup(database=database, contents=CONTENTS, migrations=MIGRATIONS, clock=clock, busy=imports.count_running)
