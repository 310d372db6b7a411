"""Greetings leave by mail: against a real mail server and one that misbehaves, with the broker and the database around."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from services.notifier.domain import transitions
from services.notifier.settings import NotifierSettings
from services.notifier.store.inbox import InboxStore
from shared import subjects
from shared.errors import Conflict, PermanentError
from shared.messages.reminders import ItemState, ReminderKind, Via
from shared.messages.rpc import Draft, EditItem, InboxItem, ItemAction, ItemReply, SendItem, SendStandard, StandardSent
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import Diagnose, Diagnosis
from shared.messages.values import Closeness
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, days, running
from tests.integration.notifier.smtp_servers import DROP, FaultyServer, RealServer, faulty_server, real_server
from tests.integration.notifier.test_actions import facts_of

TIMEOUT_S = 2


def mailing(world: World, port: int, **changes: Any) -> NotifierSettings:
    """Return settings with a mail server, short times, and *changes*."""
    url = SecretStr(f"smtp://127.0.0.1:{port}?starttls=off&timeout={TIMEOUT_S}")
    values = {"smtp_url": url, "send_lease_s": 2 * TIMEOUT_S, "send_retry_s": 0.2} | changes
    return world.settings.model_copy(update=values)


@asynccontextmanager
async def a_notifier(world: World, port: int, *, undo_s: int = 0, **changes: Any) -> AsyncIterator[None]:
    """Run a notifier with a mail server for an owner who has an address."""
    profile = OwnerProfile(owner=world.owner, rev=1, name="Robin Testwell", email="robin@example.org", undo_s=undo_s)
    await world.publish(profile)
    async with running(mailing(world, port, **changes), world.client):
        yield


async def send(world: World, item: str, **options: Any) -> InboxItem:
    """Have an item sent."""
    reply: ItemReply = await world.ask("inbox.send", SendItem(owner=world.owner, item=item, **options), ItemReply)
    return reply.item


async def act(world: World, verb: str, item: str) -> InboxItem:
    """Act upon an item."""
    reply: ItemReply = await world.ask(f"inbox.{verb}", ItemAction(owner=world.owner, item=item), ItemReply)
    return reply.item


def read(raw: bytes) -> EmailMessage:
    """Read a mail as a mail program does."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def plain_text(mail: EmailMessage) -> str:
    """Return the text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n").strip()


def mails(server: FaultyServer | RealServer) -> Callable[[int], Awaitable[None]]:
    """Return what waits until the server has had so many mails."""

    async def until(count: int) -> None:
        async def has() -> bool:
            return len(server.bodies if isinstance(server, FaultyServer) else server.mails) == count

        await eventually(has)

    return until


async def test_a_greeting_is_mailed_once_and_reported_once(world: World) -> None:
    """From the owner to the contact, with the words that were shown; each state is published; sending twice sends once."""
    async with real_server() as server, a_notifier(world, server.port):
        item = await world.an_item()
        (shown,) = await world.inbox()
        assert shown.via is Via.EMAIL
        first = await send(world, item)
        assert first.state in (ItemState.SCHEDULED, ItemState.SENDING, ItemState.SENT)
        await world.until_state(item, ItemState.SENT)
        assert (await send(world, item)).state is ItemState.SENT
        content = server.mails[0].content
        assert isinstance(content, bytes)
        mail = read(content)
        assert [server.mails[0].mail_from, server.mails[0].rcpt_tos] == ["robin@example.org", ["anna@example.com"]]
        assert (mail["From"], mail["To"]) == ("Robin Testwell <robin@example.org>", "Anna Example <anna@example.com>")
        assert mail["Subject"] == shown.draft.subject
        assert plain_text(mail) == first.draft.body.strip()
        assert "[" not in first.draft.body, "the lines for the owner's eye stay here"

        async def is_published() -> bool:
            return "pending" not in await world.item(item)

        await eventually(is_published)
        assert await world.said(item) == [ItemState.SCHEDULED, ItemState.SENDING, ItemState.SENT]
        assert len(await facts_of(world)) == 1
        (sent,) = await world.inbox(state="sent")
        assert (sent.via, sent.draft) == (Via.EMAIL, first.draft)
        assert len(server.mails) == 1


async def test_within_the_undo_window_nothing_leaves(world: World) -> None:
    """What is taken back is unread and as it was; the timer that fires for it afterwards finds nothing to send."""
    async with real_server() as server, a_notifier(world, server.port, undo_s=3600):
        item = await world.an_item()
        (before,) = await world.inbox()
        scheduled = await send(world, item)
        assert scheduled.state is ItemState.SCHEDULED
        assert scheduled.send_at is not None
        assert (await send(world, item)).send_at == scheduled.send_at
        with pytest.raises(Conflict, match="take that back first"):
            await world.ask("inbox.edit", EditItem(owner=world.owner, item=item, body="Hi"), ItemReply)
        assert (await act(world, "undo", item)).state is ItemState.UNREAD
        assert (await act(world, "undo", item)).state is ItemState.UNREAD
        assert await world.inbox() == [before]
        await world.publish(world.reminder(kind=ReminderKind.SEND, due_at=scheduled.send_at))
        other = await world.an_item("bo")
        await send(world, other)
        await world.publish(world.reminder("bo", id=other, kind=ReminderKind.SEND, due_at=scheduled.send_at + timedelta(hours=1)))
        await world.until_state(other, ItemState.SENT)
        assert len(server.mails) == 1, "the one that was not taken back"


async def test_the_timer_of_the_broker_sends(world: World) -> None:
    """A greeting whose time has come by the broker's clock leaves at once, even where ours is behind."""
    async with real_server() as server, a_notifier(world, server.port, undo_s=60):
        item = await world.an_item()
        scheduled = await send(world, item)
        assert scheduled.send_at is not None
        await world.publish(world.reminder(kind=ReminderKind.SEND, due_at=scheduled.send_at))
        await world.until_state(item, ItemState.SENT)
        assert len(server.mails) == 1


async def test_a_greeting_can_wait_for_the_morning(world: World) -> None:
    """Nine o'clock where the contact lives; without a mail server nothing can be sent by itself, and that is said."""
    async with real_server() as server, a_notifier(world, server.port):
        await world.publish(world.snapshot(timezone="Pacific/Chatham"))
        item = await world.an_item(rev=1)
        scheduled = await send(world, item, at="morning")
        assert scheduled.send_at is not None
        assert scheduled.send_at > datetime.now(UTC)
    async with running(world.settings, world.client):
        other = await world.an_item("bo")
        with pytest.raises(Conflict, match="HOBNOB_SMTP_URL"):
            await send(world, other, at="morning")
        with pytest.raises(PermanentError, match="in the future"):
            await send(world, other, at=datetime.now(UTC) - timedelta(minutes=1))


async def test_a_greeting_for_a_day_to_come_waits_for_it(world: World) -> None:
    """An item shown ahead of its day is sent on the morning of that day, unless the owner names a time."""
    async with real_server() as server, a_notifier(world, server.port):
        item = await world.an_item(kind=ReminderKind.AHEAD, on=days(7))
        await world.publish(world.snapshot(rev=2, timezone="Pacific/Chatham"))
        scheduled = await send(world, item)
        assert scheduled.state is ItemState.SCHEDULED
        assert scheduled.send_at is not None
        there = scheduled.send_at.astimezone(ZoneInfo("Pacific/Chatham"))
        assert (there.date(), there.hour) == (days(7), 9)
        assert not server.mails


async def test_whoever_was_silenced_meanwhile_is_not_greeted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last look is at the stream itself, after the claim: nothing leaves, and the item says so."""
    async with real_server() as server, a_notifier(world, server.port, undo_s=3600):
        item = await world.an_item()
        scheduled = await send(world, item)
        assert scheduled.send_at is not None

        async def deaf(*_: object, **__: object) -> None:
            return None

        monkeypatch.setattr("services.notifier.consumer.take_people", deaf)
        await world.publish(world.snapshot(rev=2, do_not_greet=True))
        await world.publish(world.reminder(kind=ReminderKind.SEND, due_at=scheduled.send_at))
        await world.until_state(item, ItemState.WITHDRAWN)
        assert server.mails == []
        assert (await world.counters())["mail.withdrawn"] == 1


async def test_a_snapshot_withdraws_what_waits_to_be_sent(world: World) -> None:
    """Somebody who opts out during the undo window has the greeting withdrawn at once."""
    async with real_server() as server, a_notifier(world, server.port, undo_s=3600):
        item = await world.an_item()
        await send(world, item)
        await world.publish(world.snapshot(rev=2, departed=True))
        await world.until_state(item, ItemState.WITHDRAWN)
        assert server.mails == []


async def test_what_the_server_refuses_has_failed_and_can_be_sent_again(world: World) -> None:
    """The reason is shown, it waits in the inbox, and nothing but the owner's word sends it again."""
    async with faulty_server({"rcpt": "550 5.1.1 no such mailbox"}) as server, a_notifier(world, server.port):
        item = await world.an_item()
        await send(world, item)
        await world.until_state(item, ItemState.FAILED)
        (failed,) = await world.inbox()
        assert failed.reason is not None
        assert "550 5.1.1 no such mailbox" in failed.reason
        with pytest.raises(Conflict, match="sending it failed"):
            await send(world, item)
        server.answers.clear()
        await send(world, item, again=True)
        await world.until_state(item, ItemState.SENT)
        assert len(server.bodies) == 1


async def test_a_refused_login_holds_all_mail_back_and_loses_none(world: World) -> None:
    """One mail tries; all stay scheduled, with the server's words to be seen; with the right password they leave, once each."""
    refusing = {"ehlo": "250-hello\r\n250 AUTH PLAIN", "auth": "535 5.7.8 wrong password"}
    async with faulty_server(refusing) as server:
        url = SecretStr(f"smtp://me:s3cr3t@127.0.0.1:{server.port}?starttls=off&timeout={TIMEOUT_S}")
        async with a_notifier(world, server.port, smtp_url=url):
            items = [await world.an_item(f"p{n}") for n in range(6)]
            await asyncio.gather(*(send(world, item) for item in items))
            await world.until_counted("mail.server_unusable")
            diagnosis: Diagnosis = await world.ask("diagnose", Diagnose(), Diagnosis)
            assert "535 5.7.8 wrong password" in (diagnosis.mail_trouble or "")
            assert "s3cr3t" not in diagnosis.model_dump_json()
            assert server.steps.count("auth") == 1
            assert {(await world.item(item))["state"] for item in items} == {"scheduled"}
        server.answers["auth"] = "235 come in"
        async with running(mailing(world, server.port, smtp_url=url), world.client):
            for item in items:
                await world.until_state(item, ItemState.SENT)
            diagnosis = await world.ask("diagnose", Diagnose(), Diagnosis)
            assert (diagnosis.mail_trouble, diagnosis.overdue) == (None, 0)
        assert len(server.bodies) == len(items)


async def test_what_can_no_longer_be_mailed_has_failed(world: World) -> None:
    """A greeting that waits is not forgotten when the mail server is taken away: it says so."""
    async with real_server() as server, a_notifier(world, server.port, undo_s=3600):
        item = await world.an_item()
        due_at = (await send(world, item)).send_at
    async with running(world.settings, world.client):
        await world.publish(world.reminder(kind=ReminderKind.SEND, due_at=due_at))
        await world.until_state(item, ItemState.FAILED)
        (failed,) = await world.inbox()
        assert failed.reason is not None
        assert "HOBNOB_SMTP_URL" in failed.reason


async def test_what_the_server_puts_off_is_tried_again(world: World) -> None:
    """A drop before the message and a 4xx after it are both certain: it comes by itself, once, when the server is well."""
    async with faulty_server({"mail": DROP}) as server, a_notifier(world, server.port, send_retry_s=0.05):
        item = await world.an_item()
        await send(world, item)

        async def has_tried_twice() -> bool:
            return bool((await world.item(item)).get("tries", 0) >= 2)

        await eventually(has_tried_twice)
        server.answers.clear()
        await world.until_state(item, ItemState.SENT)
        assert len(server.bodies) == 1


async def test_a_pause_is_kept_where_the_brokers_clock_is_ahead(world: World) -> None:
    """A timer that fired by a clock an hour ahead has the mail tried once, and not over and over until it has failed."""
    async with faulty_server({"rcpt": "451 come again"}) as server, a_notifier(world, server.port, undo_s=60, send_retry_s=3600):
        item = await world.an_item()
        await send(world, item)
        ahead = datetime.now(UTC) + timedelta(days=2)
        await world.publish(world.reminder(kind=ReminderKind.SEND, due_at=ahead))

        async def was_put_off() -> bool:
            return bool((await world.item(item)).get("tries") == 1)

        await eventually(was_put_off)
        other = await world.an_item("bo")
        due_at = (await send(world, other)).send_at
        await world.publish(world.reminder("bo", id=other, kind=ReminderKind.SEND, due_at=due_at))

        async def has_tried_the_other() -> bool:
            return (await world.item(other)).get("reason") is not None

        await eventually(has_tried_the_other)
        assert await was_put_off()
        assert server.steps.count("rcpt") == 2


async def test_a_doubt_outlives_a_second_thought(world: World) -> None:
    """Sent again and taken back, it is in doubt as before: no bulk sends it a second time."""
    async with faulty_server({"body": DROP}) as server:
        async with a_notifier(world, server.port):
            item = await world.an_item()
            await send(world, item)
            await world.until_state(item, ItemState.UNCONFIRMED)
        server.answers.clear()
        async with a_notifier(world, server.port, undo_s=3600):
            later = datetime.now(UTC) + timedelta(hours=1)
            assert (await send(world, item, again=True, at=later)).state is ItemState.SCHEDULED
            assert (await act(world, "undo", item)).state is ItemState.UNCONFIRMED
            assert (await act(world, "undo", item)).state is ItemState.UNCONFIRMED
            swept: StandardSent = await world.ask("inbox.send_all", SendStandard(owner=world.owner), StandardSent)
            assert swept.scheduled == ()
        assert len(server.bodies) == 1


async def test_a_lost_answer_is_never_sent_again_by_itself(world: World) -> None:
    """The mail may have arrived: the item waits for a human, who says that it was sent, or has it sent again as it was."""
    async with faulty_server({"body": DROP}) as server, a_notifier(world, server.port):
        item, other = await world.an_item(), await world.an_item("bo")
        for each in (item, other):
            await send(world, each)
            await world.until_state(each, ItemState.UNCONFIRMED)
        with pytest.raises(Conflict, match="nobody knows"):
            await send(world, item)
        assert {shown.state for shown in await world.inbox()} == {ItemState.UNCONFIRMED}
        server.answers.clear()
        assert (await act(world, "mark_sent", other)).state is ItemState.SENT
        await send(world, item, again=True)
        await world.until_state(item, ItemState.SENT)
        first, _, again = (read(body) for body in server.bodies)
        assert first["Message-ID"] == again["Message-ID"]
        assert plain_text(first) == plain_text(again)


async def test_a_killed_process_leaves_its_mail_unconfirmed(world: World) -> None:
    """An item that is found being sent, by nobody who still lives, is not sent again."""
    async with real_server() as server:
        async with a_notifier(world, server.port, undo_s=3600):
            item = await world.an_item()
            await send(world, item)
        inbox, now = InboxStore(world.database), datetime.now(UTC)
        found = await inbox.find(owner=world.owner, item=item)
        assert found is not None
        assert await inbox.save([transitions.claim(found, until=now + timedelta(seconds=0.3), at=now)])
        async with running(mailing(world, server.port), world.client):
            await world.until_state(item, ItemState.UNCONFIRMED)
        assert server.mails == []
        assert await world.said(item) == [ItemState.SCHEDULED, ItemState.SENDING, ItemState.UNCONFIRMED]


async def test_of_many_who_see_it_due_one_sends(world: World) -> None:
    """Two notifiers and a burst of timers: each greeting leaves once."""
    count = 60
    async with real_server() as server, a_notifier(world, server.port, undo_s=3600):
        items = [await world.an_item(f"p{n}") for n in range(count)]
        for n in range(count):
            await world.publish(world.snapshot(f"p{n}", rev=2, emails=(f"p{n}@example.com",)))
        latest = [await send(world, item) for item in items][-1].send_at
        assert latest is not None
        async with running(mailing(world, server.port, http_port=0), world.client):
            for item in (items[0], items[1], items[2]):
                contact = item.split(":")[0].removeprefix(f"{world.owner}-")
                await world.publish(world.reminder(contact, kind=ReminderKind.SEND, due_at=latest))
            await mails(server)(count)
            for item in items:
                await world.until_state(item, ItemState.SENT)
        assert len({mail.rcpt_tos[0] for mail in server.mails}) == len(server.mails) == count


async def test_an_orderly_end_finishes_the_mail_under_way(world: World) -> None:
    """SIGTERM during a slow answer: the mail is written down as sent, and what had not begun stays scheduled."""
    async with faulty_server(delay_s=0.15) as server:
        async with a_notifier(world, server.port):
            item = await world.an_item()
            await send(world, item)

            async def is_under_way() -> bool:
                return "data" in server.steps

            await eventually(is_under_way)
        assert (await world.item(item))["state"] == "sent"
        assert len(server.bodies) == 1


async def test_standard_greetings_go_out_together(world: World) -> None:
    """People who are not close are greeted with one word of the owner; who needs a look is left, each with the reason."""
    async with real_server() as server, a_notifier(world, server.port):
        close = await world.an_item("close")
        await world.publish(world.snapshot("close", rev=2, closeness=Closeness.WELL, emails=("close@example.com",)))
        nobody = await world.an_item("nobody")
        await world.publish(world.snapshot("nobody", rev=2, emails=("no-reply@example.com",)))
        edited = await world.an_item("edited")
        await world.ask("inbox.edit", EditItem(owner=world.owner, item=edited, body="Mine"), ItemReply)
        plain = [await world.an_item(f"p{n}") for n in range(5)]
        for n in range(5):
            await world.publish(world.snapshot(f"p{n}", rev=2, emails=(f"p{n}@example.com",)))
        scheduled: list[str] = []
        skipped: dict[str, str] = {}
        cursor: str | None = None
        while True:
            request = SendStandard(owner=world.owner, limit=3, cursor=cursor)
            page: StandardSent = await world.ask("inbox.send_all", request, StandardSent)
            scheduled += page.scheduled
            skipped |= {each.id: each.reason for each in page.skipped}
            if (cursor := page.cursor) is None:
                break
        assert sorted(scheduled) == sorted(plain)
        assert skipped == {close: "close", nobody: "no_address", edited: "edited"}
        for item in plain:
            await world.until_state(item, ItemState.SENT)
        assert sorted(mail.rcpt_tos[0] for mail in server.mails) == [f"p{n}@example.com" for n in range(5)]
        again: StandardSent = await world.ask("inbox.send_all", SendStandard(owner=world.owner), StandardSent)
        assert again.scheduled == ()


async def test_without_a_mail_server_links_are_given(notified: World) -> None:
    """The item is sent by hand: marked at once, with the ways to do it."""
    item = await notified.an_item()
    await notified.publish(notified.snapshot(rev=2, phones=("+49 1512 3456789",), linkedin_url="https://linkedin.com/in/anna"))

    async def has_links() -> bool:
        (shown,) = await notified.inbox()
        return shown.via is Via.HAND and len(shown.links) == 4

    await eventually(has_links)
    sent = await send(notified, item)
    assert (sent.state, sent.via) == (ItemState.SENT, Via.HAND)
    assert [link.kind for link in sent.links] == ["email", "sms", "whatsapp", "linkedin"]
    changes = await notified.published(stream="HOBNOB_INBOX", subject=f"{subjects.INBOX}.{notified.owner}.*", item=item)
    assert [body["via"] for _, body in changes] == ["hand"]


async def test_a_merge_during_the_sending_greets_once(world: World) -> None:
    """Two contacts become one while both greetings wait: exactly one mail leaves."""
    async with real_server() as server, a_notifier(world, server.port, undo_s=3600):
        first, second = await world.an_item("anna"), await world.an_item("ann")
        sent = [await send(world, item) for item in (first, second)]
        await world.publish(
            world.snapshot("ann", rev=3, name="", emails=(), birthday=None, deleted=True, merged_into=world.contact("anna")),
            world.snapshot("anna", rev=3, aliases=(world.contact("ann"),)),
        )
        due_at = max(item.send_at for item in sent if item.send_at)
        await world.publish(world.reminder("anna", id=first, kind=ReminderKind.SEND, due_at=due_at))

        async def is_settled() -> bool:
            states = sorted([(await world.item(item))["state"] for item in (first, second)])
            return states == ["sent", "withdrawn"]

        await eventually(is_settled)
        assert len(server.mails) == 1


async def test_a_claim_that_was_lost_is_not_used(world: World) -> None:
    """Whoever read an item that somebody else has claimed meanwhile cannot claim it."""
    async with running(world.settings, world.client):
        item = await world.an_item()
    inbox, now = InboxStore(world.database), datetime.now(UTC)
    found = await inbox.find(owner=world.owner, item=item)
    assert found is not None
    scheduled = transitions.schedule(found, said=Draft(subject="s", body="b"), send_at=now, at=now)
    assert await inbox.save([scheduled])
    scheduled = replace(scheduled, revision=scheduled.revision + 1)
    claims = [transitions.claim(scheduled, until=now + timedelta(minutes=1), at=now) for _ in range(8)]
    assert sorted(await asyncio.gather(*(inbox.save([claim]) for claim in claims))) == [False] * 7 + [True]
