"""One message through one channel: whatever the channel is, it takes the message or there is a reason why not."""

import asyncio
from dataclasses import dataclass
from typing import Final

from services.notifier.channels.apprise import ChannelFailed, Notifier
from services.notifier.channels.backoff import pause_after
from services.notifier.channels.outcomes import NotSent, Rejected, Unconfirmed
from services.notifier.channels.schemes import InvalidChannel
from services.notifier.channels.smtp import Mailer
from services.notifier.channels.vault import InvalidReference, SecretsKeyError, Vault
from services.notifier.domain.addresses import InvalidAddress
from services.notifier.domain.deliveries import Channel, after_failure, after_success
from services.notifier.domain.mail import InvalidLink, Mailbox, build_notice
from services.notifier.notices import Notice
from services.notifier.store.channels import ChannelStore
from shared.clock import Clock
from shared.messages.snapshots import OwnerProfile

SENDER_NAME: Final = "Hobnob"
MAIL_TIMEOUT_S: Final = 60.0
"""For one mail in all, the wait for a free connection included: it must be over before the lease of its delivery is."""

_CANNOT: Final = (InvalidChannel, InvalidReference, SecretsKeyError, InvalidAddress, InvalidLink)
"""What has to be put right by somebody; the message of each says what, and shows no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """How mail leaves: *sender* is the address that the server lets us send from; None is the owner's own."""

    mailer: Mailer
    sender: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """Everything that a message to an owner may go through. *mail* is None where no mail server is configured."""

    store: ChannelStore
    vault: Vault
    notifier: Notifier
    mail: Mail | None
    clock: Clock

    async def tell(self, channel: Channel, notice: Notice, *, what: str, profile: OwnerProfile) -> Channel:
        """
        Send *notice* through *channel*, note how that went, and return the channel as it is after it took it.

        Args:
            channel: Of the owner.
            notice: The message.
            what: What it is about; a mail about the same has the same Message-ID.
            profile: The owner.

        Raises:
            ChannelFailed: it did not take it, or nobody knows; the reason shows no secret.
        """
        try:
            await self._send(channel, notice, what=what, profile=profile)
        except ChannelFailed as exc:
            pause = pause_after(failures=channel.failures + 1, retry_after_s=exc.retry_after_s)
            await self.store.save_health(after_failure(channel, reason=exc.reason, pause=pause, at=self.clock()))
            raise
        told = after_success(channel, at=self.clock())
        await self.store.save_health(told)
        return told

    async def mail_to_owner(self, notice: Notice, *, what: str, profile: OwnerProfile) -> None:
        """
        Mail *notice* to the owner's own address, whether or not that is one of their channels.

        Raises:
            ChannelFailed: it did not leave, or nobody knows; the reason shows no secret.
        """
        try:
            await self._mail(notice, what=what, profile=profile)
        except (NotSent, Rejected, Unconfirmed, *_CANNOT) as exc:
            raise ChannelFailed(str(exc)) from exc

    async def _send(self, channel: Channel, notice: Notice, *, what: str, profile: OwnerProfile) -> None:
        try:
            if channel.is_email:
                await self._mail(notice, what=what, profile=profile)
            else:
                url = self.vault.open(channel.stored)
                await self.notifier.notify(owner=channel.owner, url=url, title=notice.title, body=notice.text)
        except (NotSent, Rejected, Unconfirmed, *_CANNOT) as exc:
            raise ChannelFailed(str(exc)) from exc

    async def _mail(self, notice: Notice, *, what: str, profile: OwnerProfile) -> None:
        if self.mail is None:
            raise ChannelFailed("no mail server is configured: set HOBNOB_SMTP_URL for the notifier")
        if profile.email is None:
            raise ChannelFailed(f"the owner has no address; set one with: hobnob owner set {profile.owner} --email ADDRESS")
        message = build_notice(
            owner=profile.owner,
            item=what,
            sender=Mailbox(address=self.mail.sender or profile.email, name=SENDER_NAME),
            recipient=Mailbox(address=profile.email, name=profile.name),
            subject=notice.title,
            lines=notice.lines,
            at=self.clock(),
            language=notice.language,
        )
        try:
            async with asyncio.timeout(MAIL_TIMEOUT_S):
                await self.mail.mailer.send(message)
        except Unconfirmed as exc:
            if (task := asyncio.current_task()) and task.cancelling():  # the service ends: no other channel is tried
                raise asyncio.CancelledError from exc
            raise
        except TimeoutError as exc:
            raise ChannelFailed(f"the mail server did not take the message within {MAIL_TIMEOUT_S:g} s") from exc
