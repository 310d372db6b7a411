"""`python -m services.contacts`: read the settings, build, run; with `health`, ask the one that runs how it is."""

import asyncio
import sys
from typing import Final

from shared.health_command import is_asked, tell_health

SERVICE: Final = "contacts"


def main() -> int:
    """Run the service until it is told to stop, or the command; return the exit code."""
    if is_asked(sys.argv[1:]):
        return tell_health(SERVICE, sys.argv[1:])
    # Importing the service takes a second, which the command has not.
    from services.contacts.app import build_app
    from services.contacts.settings import ContactsSettings
    from shared.errors import HobnobError
    from shared.logging import configure_logging, get_logger

    settings = ContactsSettings()
    configure_logging(service=SERVICE, level=settings.log_level, style=settings.log_format)
    try:
        asyncio.run(build_app(settings).run())
    except HobnobError as exc:
        get_logger(__name__).critical("service_failed", reason=str(exc))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
