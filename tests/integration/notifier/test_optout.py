"""The link in a greeting, pressed by whoever got it, and what comes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from services.notifier.domain.optout import Plea, sign
from shared import subjects
from shared.messages.reminders import ItemState
from shared.messages.rpc import ItemReply, SendItem
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Occasion
from tests.integration.notifier.conftest import World, running
from tests.integration.notifier.doors import Answer, ask_door
from tests.integration.notifier.smtp_servers import RealServer, real_server
from tests.integration.notifier.test_item_actions import stated
from tests.integration.notifier.test_sending import mailing, plain_text, read
from tests.servers import free_port

KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Desk:
    """A notifier whose mails carry a link, and its door."""

    world: World
    server: RealServer
    port: int

    def token(self, *, who: str = "anna", key: str = KEY) -> str:
        """Return the token of somebody's link in a birthday greeting."""
        plea = Plea(owner=self.world.owner, contact=self.world.contact(who), occasion=Occasion.BIRTHDAY)
        return sign(plea, key=key.encode())

    async def get(self, token: str) -> Answer:
        """Follow a link."""
        return await ask_door(self.port, "GET", f"/optout/{token}")

    async def post(self, token: str, body: str) -> Answer:
        """Press a button."""
        return await ask_door(self.port, "POST", f"/optout/{token}", body=body.encode(), headers=FORM)


@asynccontextmanager
async def a_desk(world: World, **profile: Any) -> AsyncIterator[Desk]:
    """Run a notifier that mails and has a public address."""
    values = {"rev": 1, "name": "Robin <b>Testwell</b>", "email": "robin@example.org", "undo_s": 0, "opt_out_line": True}
    await world.publish(OwnerProfile.model_validate({"owner": world.owner, **values, **profile}))
    port = free_port()
    public: dict[str, Any] = {"public_url": "https://hobnob.example.org/", "secrets_key": SecretStr(KEY)}
    async with real_server() as server, running(mailing(world, server.port, http_port=port, **public), world.client):
        yield Desk(world, server, port)


async def test_the_link_in_a_mail_silences_its_reader_everywhere(world: World) -> None:
    """From the mail to the fact; and when contacts has taken it in, what waits is withdrawn and nothing more can be sent."""
    async with a_desk(world) as desk:
        item = await world.an_item()
        await world.ask("inbox.send", SendItem(owner=world.owner, item=item), ItemReply)
        await world.until_state(item, ItemState.SENT)
        content = desk.server.mails[0].content
        assert isinstance(content, bytes)
        mail = read(content)
        link = f"https://hobnob.example.org/optout/{desk.token()}"
        assert mail["List-Unsubscribe"] == f"<{link}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert plain_text(mail).endswith(f"tell me here:\n{link}")
        assert (await desk.post(desk.token(), "List-Unsubscribe=One-Click")).status == 200
        ((event, data),) = await stated(world)
        assert data.contact is not None
        assert (event.source, data.do_not_greet, data.contact.id) == ("hobnob/opt-out", True, world.contact())
        second = world.reminder(occasion=Occasion.STAY_IN_TOUCH, key="stay_in_touch", basis="never", milestone=None)
        await world.publish(second)
        await world.until_state(second.id, ItemState.UNREAD)
        await world.publish(world.snapshot(rev=2, do_not_greet=True))
        await world.until_state(second.id, ItemState.WITHDRAWN)
        third = world.reminder(occasion=Occasion.NEW_JOB, key="new_job", basis="x", rev=2, milestone=None)
        await world.publish(third)
        await world.until_counted("skipped.opted_out")
        assert len(desk.server.mails) == 1


async def test_what_waits_does_not_wait_for_contacts(world: World) -> None:
    """Who asks within the undo window gets nothing, even while the service that owns people is down; for one occasion or all."""
    async with a_desk(world, undo_s=3600) as desk:
        birthday = await world.an_item()
        await world.ask("inbox.send", SendItem(owner=world.owner, item=birthday), ItemReply)
        other = world.reminder(occasion=Occasion.STAY_IN_TOUCH, key="stay_in_touch", basis="never", milestone=None)
        await world.publish(other)
        await world.until_state(other.id, ItemState.UNREAD)
        await desk.post(desk.token(), "scope=occasion")
        states = [(await world.item(item))["state"] for item in (birthday, other.id)]
        assert states == ["withdrawn", "unread"]
        await desk.post(desk.token(), "scope=all")
        assert (await world.item(other.id))["state"] == "withdrawn"
        assert desk.server.mails == []


async def test_looking_changes_nothing(world: World) -> None:
    """A link checker that follows the link opts nobody out; the page has buttons, no script, and shows names as text."""
    async with a_desk(world) as desk:
        await world.publish(world.snapshot())
        for _ in range(3):
            page = await desk.get(desk.token())
        assert page.status == 200
        assert await stated(world) == []
        html = page.body.decode()
        assert "Robin &lt;b&gt;Testwell&lt;/b&gt;" in html
        assert html.count("<button") == 2
        assert "<script" not in html
        assert "form-action 'self'" in page.headers["content-security-policy"]
        assert "noindex" in page.headers["x-robots-tag"]


async def test_asking_again_is_asking_once(world: World) -> None:
    """However often it is pressed, before or after the fact was taken in, it is one fact."""
    async with a_desk(world) as desk:
        await world.publish(world.snapshot())
        for _ in range(3):
            assert "no more greetings" in (await desk.post(desk.token(), "scope=all")).body.decode()
        facts = await stated(world)
        assert len({event.id for event, _ in facts}) == 1
        await world.publish(world.snapshot(rev=2, do_not_greet=True))
        assert "Done." in (await desk.get(desk.token())).body.decode()
        await desk.post(desk.token(), "scope=all")
        assert len(await stated(world)) == len(facts)


async def test_one_occasion_can_be_muted_alone(world: World) -> None:
    """What was muted before stays muted."""
    async with a_desk(world) as desk:
        await world.publish(world.snapshot(muted=(Occasion.CUSTOM,), language="de"))
        page = await desk.post(desk.token(), "scope=occasion")
        assert "zum Geburtstag" in page.body.decode()
        ((_, data),) = await stated(world)
        assert data.muted == (Occasion.CUSTOM, Occasion.BIRTHDAY)
        assert data.do_not_greet is None


@pytest.mark.parametrize("body", ["", "x", "scope=everything", "List-Unsubscribe=One-Click", "scope=all&scope=occasion"])
async def test_whatever_else_is_sent_means_everything(world: World, body: str) -> None:
    """Mail programs send one-click requests in several forms."""
    async with a_desk(world) as desk:
        await world.publish(world.snapshot())
        assert (await desk.post(desk.token(), body)).status == 200
        ((_, data),) = await stated(world)
        assert data.do_not_greet is True


async def test_a_link_that_is_not_ours_does_nothing(world: World) -> None:
    """Changed, cut, of another key, of an installation without one: a page says so, and nothing is stated."""
    async with a_desk(world) as desk:
        await world.publish(world.snapshot())
        for token in (desk.token(key="x"), desk.token()[:-1], desk.token().replace("anna", "bert"), "x", "%2e%2e"):
            assert (await desk.get(token)).status == 404
            assert (await desk.post(token, "scope=all")).status == 404
        assert (await desk.post(desk.token(), "x" * 5_000)).status == 413
        assert await stated(world) == []
    async with running(mailing(world, 1, http_port=desk.port), world.client):
        assert (await desk.get(desk.token())).status == 404


async def test_a_person_who_lives_on_under_another_id_is_meant(world: World) -> None:
    """The link of a contact that was merged into another silences the survivor."""
    async with a_desk(world) as desk:
        merged = world.snapshot("ann", rev=3, name="", emails=(), birthday=None, deleted=True, merged_into=world.contact())
        await world.publish(world.snapshot(rev=3, aliases=(world.contact("ann"),)), merged)
        await desk.post(desk.token(who="ann"), "scope=all")
        ((_, data),) = await stated(world)
        assert data.contact is not None
        assert data.contact.id == world.contact()


async def test_whom_nobody_keeps_needs_no_fact(world: World) -> None:
    """Somebody who was removed is not called back into the network by asking to be left alone."""
    async with a_desk(world) as desk:
        await world.publish(world.snapshot(name="", emails=(), birthday=None, deleted=True))
        assert "Done." in (await desk.post(desk.token(), "scope=all")).body.decode()
        info = await world.js.stream_info("HOBNOB_INTAKE", subjects_filter=subjects.intake_of(world.owner))
        assert not info.state.subjects


async def test_without_the_owners_wish_no_mail_has_a_link(world: World) -> None:
    """The line is the owner's to switch on."""
    async with a_desk(world, opt_out_line=False) as desk:
        item = await world.an_item()
        await world.ask("inbox.send", SendItem(owner=world.owner, item=item), ItemReply)
        await world.until_state(item, ItemState.SENT)
        content = desk.server.mails[0].content
        assert isinstance(content, bytes)
        assert b"optout" not in content
