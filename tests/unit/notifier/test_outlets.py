"""A mail to an owner that a server holds up."""

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import cast

import pytest

from services.notifier.channels.apprise import ChannelFailed, Notifier
from services.notifier.channels.outcomes import Unconfirmed
from services.notifier.channels.smtp import Mailer
from services.notifier.channels.vault import Vault
from services.notifier.domain.deliveries import Channel
from services.notifier.notices import Notice
from services.notifier.store.channels import ChannelStore
from services.notifier.use_cases import outlets
from services.notifier.use_cases.outlets import Mail, Outlets
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import EMAIL

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
CHANNEL = Channel(owner="sam", name="email", stored=EMAIL, shown="email", order=10, added_at=NOW)
SAM = OwnerProfile(owner="sam", rev=1, name="Sam Sample", email="sam@example.com")


class SlowMailer:
    """Never answers; of a mail that is given up nobody knows whether it left."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()

    async def send(self, _: EmailMessage) -> None:
        self.is_asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise Unconfirmed("given up") from None


class Health:
    """Takes down how channels do."""

    def __init__(self) -> None:
        self.noted: list[Channel] = []

    async def save_health(self, channel: Channel) -> None:
        self.noted.append(channel)


def telling(mailer: SlowMailer, health: Health) -> asyncio.Task[Channel]:
    """Begin to tell something by mail."""
    told = Outlets(
        store=cast(ChannelStore, health),
        vault=Vault(None, environment={}),
        notifier=Notifier(),
        mail=Mail(mailer=cast(Mailer, mailer), sender=None),
        clock=lambda: NOW,
    )
    notice = Notice(title="A title", lines=(), language="en")
    return asyncio.create_task(told.tell(CHANNEL, notice, what="digest:2026-05-04", profile=SAM))


async def test_a_mail_server_that_hangs_is_a_channel_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up within the lease of the message, noted, and the next channel may be tried."""
    monkeypatch.setattr(outlets, "MAIL_TIMEOUT_S", 0.05)
    health = Health()
    with pytest.raises(ChannelFailed):
        await telling(SlowMailer(), health)
    assert [each.failures for each in health.noted] == [1]


async def test_the_end_of_the_service_is_no_failure_of_the_channel() -> None:
    """A task that is cancelled while a mail is in doubt ends, and goes on to no other channel."""
    mailer, health = SlowMailer(), Health()
    task = telling(mailer, health)
    await mailer.is_asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert health.noted == []
