"""The channels through which an owner is told: add, list, test, remove."""

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.notifier.channels.vault import is_reference, redact
from services.notifier.domain.deliveries import Channel, info_of
from services.notifier.notices import NoticeWriter
from services.notifier.use_cases.outlets import Outlets
from shared.clock import Clock
from shared.errors import Conflict, InvalidMessage, NotFound, TooLarge
from shared.logging import get_logger
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import (
    CHANNELS_MAX,
    EMAIL,
    AddChannel,
    ChannelAction,
    ChannelList,
    ChannelReply,
    ListChannels,
)
from shared.messages.values import format_instant

log = get_logger(__name__)

STEP: Final = 10
"""Between the orders of two channels, so that one fits between them."""
NAME_CHARS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Handles the `channel.*` requests."""

    outlets: Outlets
    writer: NoticeWriter
    profile_of: Callable[[str], Awaitable[OwnerProfile | None]]
    clock: Clock

    async def add(self, request: AddChannel) -> ChannelReply:
        """
        Add a channel, checked and sealed.

        Raises:
            NotFound: there is no such owner.
            InvalidChannel, InvalidReference, SecretsKeyError, InvalidMessage: it cannot be used, and why.
            Conflict: the name is taken.
            TooLarge: there are as many as an owner may have.
            ChannelFailed: earlier messages of this owner hang, so it cannot be checked.
        """
        profile = await self._profile(request.owner)
        known = await self.outlets.store.of(request.owner)
        if len(known) >= CHANNELS_MAX:
            raise TooLarge(f"{request.owner} has {CHANNELS_MAX} channels already; remove one first")
        stored, shown, kind = await self._sealed(request, profile)
        channel = Channel(
            owner=request.owner,
            name=request.name or _free_name(kind, {each.name for each in known}),
            stored=stored,
            shown=shown,
            order=request.order if request.order is not None else _last_order(known),
            added_at=self.clock(),
        )
        if not await self.outlets.store.insert(channel):
            raise Conflict(f"{request.owner} has a channel {channel.name!r} already; choose another --name, or remove it first")
        log.info("channel_added", kind=kind)
        return ChannelReply(channel=info_of(channel))

    async def list(self, request: ListChannels) -> ChannelList:
        """Return an owner's channels; raise `NotFound` when there is no such owner."""
        await self._profile(request.owner)
        return ChannelList(channels=tuple(info_of(each) for each in await self.outlets.store.of(request.owner)))

    async def test(self, request: ChannelAction) -> ChannelReply:
        """
        Send a message through one channel, also through one that is left alone at the moment.

        Raises:
            NotFound: there is no such owner or channel.
            ChannelFailed: it was not taken, and why.
        """
        profile = await self._profile(request.owner)
        channel = await self._channel(request)
        notice = self.writer.test(channel=channel.name, profile=profile)
        told = await self.outlets.tell(channel, notice, what=_test_name(channel, at=self.clock()), profile=profile)
        return ChannelReply(channel=info_of(told))

    async def remove(self, request: ChannelAction) -> ChannelReply:
        """Forget a channel; raise `NotFound` when there is none of that name."""
        channel = await self._channel(request)
        if not await self.outlets.store.remove(owner=request.owner, name=request.name):
            raise _no_such(request)
        log.info("channel_removed")
        return ChannelReply(channel=info_of(channel))

    async def _sealed(self, request: AddChannel, profile: OwnerProfile) -> tuple[str, str, str]:
        """Check a URL and return what is stored of it, what is shown, and its kind."""
        if request.url == EMAIL:
            if self.outlets.mail is None:
                raise InvalidMessage("no mail server is configured: set HOBNOB_SMTP_URL for the notifier")
            if profile.email is None:
                raise InvalidMessage(f"{request.owner} has no address; set one: hobnob owner set {request.owner} --email ADDRESS")
            return EMAIL, f"email to {profile.email}", EMAIL
        stored = self.outlets.vault.seal(request.url)
        url = self.outlets.vault.open(stored)
        shown = await self.outlets.notifier.check(url, owner=request.owner)
        kind = url.partition("://")[0].lower()
        return stored, f"{shown}, {redact(stored)}" if is_reference(stored) else shown, kind

    async def _profile(self, owner: str) -> OwnerProfile:
        profile = await self.profile_of(owner)
        if profile is None:
            raise NotFound(f"there is no owner {owner!r}; add one with: hobnob owner add {owner} --name NAME")
        return profile

    async def _channel(self, request: ChannelAction) -> Channel:
        channel = await self.outlets.store.find(owner=request.owner, name=request.name)
        if channel is None:
            raise _no_such(request)
        return channel


def _no_such(request: ChannelAction) -> NotFound:
    return NotFound(f"{request.owner} has no channel {request.name!r}; see: hobnob channel list --owner {request.owner}")


def _test_name(channel: Channel, *, at: datetime) -> str:
    return f"test:{channel.name}:{format_instant(at)}"


def _last_order(channels: Collection[Channel]) -> int:
    return min(1_000, max((each.order for each in channels), default=0) + STEP)


def _free_name(kind: str, taken: Collection[str]) -> str:
    base = re.sub(r"[^a-z0-9-]", "-", kind)[:NAME_CHARS] or "channel"
    return next(
        name for number in range(1, CHANNELS_MAX + 2) if (name := base if number == 1 else f"{base}-{number}") not in taken
    )
