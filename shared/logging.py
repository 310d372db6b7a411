"""Structured logs on stderr: one JSON object a line (or text), the same for our code and for every library."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor

QUIET_LIBRARIES = ("nats", "pymongo", "asyncio", "uvicorn.access")


def configure_logging(*, service: str, level: str, style: str, stream: TextIO | None = None) -> None:
    """
    Route all logging of this process through structlog.

    Args:
        service: Name that every line carries.
        level: `debug`, `info`, `warning` or `error`.
        style: `json`, or `text` (`console` is the same).
        stream: Where to; None is stderr.
    """

    def name_service(_: object, __: str, event: EventDict) -> EventDict:
        # Not a context variable: batches run in contexts of their own, and threads do.
        event.setdefault("service", service)
        return event

    stamp: list[Processor] = [
        name_service,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: Processor = structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=stamp,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *stamp,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
