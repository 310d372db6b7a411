"""Settings of the contacts service."""

from shared.settings import StoreSettings


class ContactsSettings(StoreSettings):
    """What the contacts service needs to run."""

    mongo_database: str = "hobnob_contacts"
    """Name of this service's own database."""

    relay_period_s: float = 5.0
    """Pause between two looks for snapshots that are stored and not yet published."""

    import_lease_s: float = 15.0
    """How long an import may be silent before another process takes it over."""
