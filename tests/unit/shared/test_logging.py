"""The lines that a service writes."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from contextvars import Context

import pytest
import structlog

from shared.logging import configure_logging, get_logger


@pytest.fixture
def restored() -> Iterator[None]:
    """Give logging back as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("restored")
async def test_every_line_is_json_and_names_its_service() -> None:
    """Ours and a library's, inside a task with a context of its own too, where batches are handled."""
    stream = io.StringIO()
    configure_logging(service="contacts", level="info", style="json", stream=stream)

    async def work() -> None:
        get_logger("ours").info("message_settled", trace_id="ab")
        logging.getLogger("theirs").warning("something %s", "odd")
        get_logger("ours").debug("not shown")

    await asyncio.create_task(work(), context=Context())
    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert (ours["service"], ours["event"], ours["level"], ours["trace_id"]) == ("contacts", "message_settled", "info", "ab")
    assert (theirs["service"], theirs["event"], theirs["level"]) == ("contacts", "something odd", "warning")
    assert ours["timestamp"].endswith("Z")


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("style", ["text", "console"])
def test_people_may_have_text(style: str) -> None:
    """Both words for it give a line that is not JSON."""
    stream = io.StringIO()
    configure_logging(service="contacts", level="info", style=style, stream=stream)
    get_logger("ours").info("service_ready")
    assert "service_ready" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
