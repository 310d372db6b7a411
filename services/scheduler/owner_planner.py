"""
Keeps the timers of owners armed, as their settings say: when these change, whenever one fires, and at every turn of the sweep.

A cron that is replaced may fire once more at its old time (engineering notes on the replace race), so one that is wrong is
cancelled first; and whoever hears it fire judges by the present settings.
"""

import asyncio
from collections.abc import Collection, Iterable
from typing import Final

import nats.errors
from nats.js.errors import NotFoundError

from services.scheduler import timers
from services.scheduler.domain.owner_timers import ArmedCron, is_right, wanted_timers
from services.scheduler.state import State
from shared import subjects
from shared.counters import Counters
from shared.errors import BrokerUnavailable, InvalidMessage, InvalidToken, PermanentError
from shared.jetstream import Outgoing, subjects_in
from shared.logging import get_logger
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import DIGEST_KEY, OwnerTimer
from shared.streams import PEOPLE, TIMERS

log = get_logger(__name__)

KEYS: Final = (DIGEST_KEY,)
AT_ONCE: Final = 50
"""Owners looked at together: each costs a question to the broker."""


class OwnerPlanner:
    """Arms and cancels the timers of owners."""

    def __init__(self, state: State, counters: Counters) -> None:
        self._state = state
        self._counters = counters
        self._turn = asyncio.Lock()

    async def plan(self, owners: Collection[str]) -> None:
        """
        Bring the timers of *owners* in line with their present settings. Doing it twice is doing it once.

        A timer that the broker refuses, as it does for a zone it does not know, is counted and left: the digest is made up for.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """
        ordered = sorted(owners)
        for start in range(0, len(ordered), AT_ONCE):
            async with self._turn:  # two that mend the same timer at once would cancel each other's
                await self._plan(ordered[start : start + AT_ONCE])

    async def sweep(self) -> None:
        """
        Compare the timers of all owners, and cancel those of nobody.

        Raises:
            BrokerUnavailable: the broker does not answer; the next turn does it.
        """
        profiles = await subjects_in(self._state.client, stream=PEOPLE, filter_subject=subjects.ALL_PROFILES)
        armed = await subjects_in(self._state.client, stream=TIMERS, filter_subject=subjects.ALL_OWNER_TIMERS)
        await self.plan({*_owners(profiles, is_profile=True), *_owners(armed, is_profile=False)})
        if strangers := [subject for subject in armed if _is_strange(subject)]:
            self._counters.add("owner_timers.cancelled", len(strangers))
            await timers.publish_timers(self._state.js, [timers.cancel(subject=subject) for subject in strangers])

    async def _plan(self, owners: Collection[str]) -> None:
        profiles = await self._state.readable_profiles(owners)
        pairs = [(owner, key) for owner in profiles for key in KEYS]
        armed = await asyncio.gather(*(self._armed(owner, key) for owner, key in pairs))
        for (owner, key), present in zip(pairs, armed, strict=True):
            wanted = _wanted(profiles[owner], key)
            if not is_right(wanted=wanted, armed=present):
                await self._mend(owner, key, wanted=wanted, is_armed=present is not None)

    async def _mend(self, owner: str, key: str, *, wanted: OwnerTimer | None, is_armed: bool) -> None:
        messages: list[Outgoing] = []
        if is_armed:
            messages.append(timers.cancel(subject=subjects.timer(owner, subjects.OWNER_LEVEL, key)))
            self._counters.add("owner_timers.cancelled")
        if wanted:
            messages.append(timers.arm_cron(wanted))
        try:
            await timers.publish_timers(self._state.js, messages)
        except PermanentError as exc:
            self._counters.add("owner_timers.refused")
            log.error("owner_timer_refused", key=key, reason=str(exc))
        else:
            self._counters.add("owner_timers.armed", 1 if wanted else 0)

    async def _armed(self, owner: str, key: str) -> ArmedCron | None:
        try:
            stored = await self._state.js.get_last_msg(TIMERS, subjects.timer(owner, subjects.OWNER_LEVEL, key))
        except NotFoundError:
            return None
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{TIMERS} did not answer") from exc
        headers = stored.headers or {}
        return ArmedCron(schedule=headers.get("Nats-Schedule", ""), timezone=headers.get("Nats-Schedule-Time-Zone", ""))


def _wanted(profile: OwnerProfile | None, key: str) -> OwnerTimer | None:
    return wanted_timers(profile=profile).get(key) if profile else None


def _is_strange(subject: str) -> bool:
    """Whether an owner's timer has a key that none of ours has; what is no timer at all is for the sweep of contacts."""
    try:
        return subjects.parse_timer(subject).key not in KEYS
    except (InvalidMessage, InvalidToken):
        return False


def _owners(found: Iterable[str], *, is_profile: bool) -> list[str]:
    """Return the owners that subjects are of; one that is none of ours is for the sweep of contacts."""
    owners = []
    for subject in found:
        try:
            owners.append(subjects.parse_person(subject).owner if is_profile else subjects.parse_timer(subject).owner)
        except (InvalidMessage, InvalidToken):
            continue
    return owners
