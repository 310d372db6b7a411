"""Two notifiers behind one door: an owner is signed in at both, and a page that is open at one hears what the other did."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.notifier.web.inbox_events import CHANGED, HEARTBEAT_S, HELLO, OVER
from shared import subjects
from tests.integration.notifier.conftest import World, running
from tests.integration.notifier.test_inbox_page import EVENTS_TIMEOUT_S, act, listening
from tests.integration.notifier.visits import Visit, visiting
from tests.servers import free_port

assert EVENTS_TIMEOUT_S < HEARTBEAT_S, "a word that got lost would be made up for by a heartbeat"


@pytest.fixture
async def visits(world: World) -> AsyncIterator[tuple[Visit, Visit]]:
    """The same owner at two notifiers."""
    other = world.settings.model_copy(update={"http_port": free_port()})
    async with visiting(world) as here, running(other, world.client):
        yield here, replace(here, port=other.http_port)


async def test_a_page_hears_what_another_notifier_did(visits: tuple[Visit, Visit]) -> None:
    """What is edited at one is told at the other at once; signing out at one ends the stream of the other."""
    here, there = visits
    item = await here.world.an_item()
    async with listening(there) as told:
        assert await told() == HELLO
        await act(here, item, "edit", subject="Hi", body="Hello")
        assert await told() == CHANGED
        assert "Hello" in (await there.page("/inbox")).body.decode()
        await here.page("/sign-out", {"csrf": await there.csrf("/inbox")})
        assert await told.until(OVER)


async def test_a_word_that_nobody_understands_does_no_harm(visits: tuple[Visit, Visit]) -> None:
    """What is not a notifier's word is passed over, and the next one is heard."""
    here, there = visits
    item = await here.world.an_item()
    async with listening(there) as told:
        assert await told() == HELLO
        for nonsense in (b"", b"[]", b'{"sender": 1, "owners": ["a.b"]}'):
            await here.world.client.publish(subjects.CHANGED, nonsense)
        await act(here, item, "edit", subject="Hi", body="Hello")
        assert await told() == CHANGED
