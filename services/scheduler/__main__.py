"""Run the scheduler: `python -m services.scheduler`."""

import asyncio

from services.scheduler.app import build_app
from services.scheduler.settings import SchedulerSettings
from services.scheduler.state import SERVICE
from shared.logging import configure_logging


def main() -> None:
    """Read the settings, build the service and run it until SIGTERM."""
    settings = SchedulerSettings()
    configure_logging(service=SERVICE, level=settings.log_level, style=settings.log_format)
    asyncio.run(build_app(settings).run())


if __name__ == "__main__":
    main()
