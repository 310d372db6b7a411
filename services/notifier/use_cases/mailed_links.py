"""
A sign-in link by mail, for whoever has no other way in at the moment.

Whoever asks learns nothing: the answer is the same, and as quick, whether there is such an owner, an address or neither. What
is asked for is done after the answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from services.notifier.channels.apprise import ChannelFailed
from services.notifier.notices import NoticeWriter
from services.notifier.use_cases.outlets import Outlets
from services.notifier.use_cases.signing_in import SigningIn
from shared.clock import Clock
from shared.errors import TransientError
from shared.logging import get_logger
from shared.messages.access import SignInLink
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import format_instant

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedLinks:
    """
    Mails links. *find* returns the owners whom a name or an address stands for.

    A link is made of the configured public address alone: what a browser says of where it is could be anybody's.
    """

    signing_in: SigningIn
    outlets: Outlets
    writer: NoticeWriter
    find: Callable[[str], Awaitable[OwnerProfile | None]]
    clock: Clock
    _sending: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def can_mail(self) -> bool:
        """Whether this installation can: it needs a mail server and has to know its own address."""
        return self.outlets.mail is not None and self.signing_in.public_url is not None

    async def ask(self, *, named: str, address: str) -> None:
        """
        Have a link mailed to the owner whom *named* stands for, if there is one who has an address.

        Args:
            named: An owner's id, or their mail address.
            address: Where the request comes from.

        Raises:
            TooManyAttempts: for that name, whoever it is, or from that address.
        """
        await self.signing_in.count_link_request(named=named, address=address)
        if self.can_mail:
            task = asyncio.create_task(self._mail(named))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def aclose(self) -> None:
        """Wait for what is being sent."""
        await asyncio.gather(*self._sending)

    async def _mail(self, named: str) -> None:
        """Do what was asked for. Nobody waits for it: what fails is logged, without whom it was for."""
        try:
            profile = await self.find(named)
            if profile is None or profile.email is None:
                self.signing_in.counters.add("sign_in.link_not_mailed")
                return
            issued = await self.signing_in.issue_link(request=SignInLink(owner=profile.owner))
            assert issued.url is not None
            notice = self.writer.sign_in_link(url=issued.url, profile=profile)
            await self.outlets.mail_to_owner(notice, what=f"sign-in:{format_instant(self.clock())}", profile=profile)
        except (ChannelFailed, TransientError) as exc:
            self.signing_in.counters.add("sign_in.link_failed")
            log.warning("sign_in_link_not_mailed", reason=type(exc).__name__)
        else:
            self.signing_in.counters.add("sign_in.link_mailed")
