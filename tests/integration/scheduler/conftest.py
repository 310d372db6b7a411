"""A stage and a running scheduler on the run's broker."""

from collections.abc import AsyncIterator

import pytest

from shared.streams import AGENDA, INBOX, PEOPLE, TIMERS
from tests.integration.scheduler.stage import Stage, running_scheduler, stage_on
from tests.servers import Servers


@pytest.fixture
async def stage(servers: Servers) -> AsyncIterator[Stage]:
    """An owner of their own on the run's broker; no scheduler yet."""
    async with stage_on(servers.nats_url) as found:
        # What other tests left there would be planned, fired and counted too.
        for stream in (PEOPLE, AGENDA, TIMERS, INBOX):
            await found.js.purge_stream(stream)
        yield found


@pytest.fixture
async def live(servers: Servers, stage: Stage) -> AsyncIterator[Stage]:
    """The same, with a scheduler that runs."""
    async with running_scheduler(servers.nats_url):
        yield stage
