"""`python -m services.notifier`: read settings, build, run."""

import asyncio
import sys

from services.notifier.app import build_app
from services.notifier.consumer import SERVICE
from services.notifier.settings import NotifierSettings
from shared.errors import HobnobError
from shared.logging import configure_logging, get_logger


def main() -> int:
    """Run the notifier until it is told to stop; return the exit code."""
    settings = NotifierSettings()
    configure_logging(service=SERVICE, level=settings.log_level, style=settings.log_format)
    try:
        asyncio.run(build_app(settings).run())
    except HobnobError as exc:
        get_logger(__name__).critical("service_failed", reason=str(exc))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
