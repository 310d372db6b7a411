"""`python -m services.contacts`: read the settings, build, run."""

import asyncio

from services.contacts.app import build_app
from services.contacts.settings import ContactsSettings
from shared.logging import configure_logging


def main() -> None:
    """Run the service until it is told to stop."""
    settings = ContactsSettings()
    configure_logging(service="contacts", level=settings.log_level, style=settings.log_format)
    asyncio.run(build_app(settings).run())


if __name__ == "__main__":
    main()
