"""Owners: add one, change settings, list them."""

from services.contacts.outbox import Outbox
from services.contacts.owner_store import OwnerStore
from shared.errors import BrokerUnavailable, InvalidMessage, TransientError
from shared.logging import get_logger
from shared.messages.rpc import AddOwner, ListOwners, OwnerList, OwnerReply, OwnerSettings, SetOwner
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import with_telling

log = get_logger(__name__)

MAX_TRIES = 10


class Owners:
    """Handles the `owner.*` requests."""

    def __init__(self, *, store: OwnerStore, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox

    async def add(self, request: AddOwner) -> OwnerReply:
        """Add an owner; raise `Conflict` when the id is taken, `InvalidMessage` when it is reserved."""
        if request.owner.startswith("_"):
            raise InvalidMessage("owner: an id that begins with '_' is reserved")
        blank = OwnerProfile(owner=request.owner, rev=1, name=request.settings.name or request.owner)
        profile = with_settings(profile=blank, settings=request.settings, rev=1)
        await self._store.add(profile)
        await self._publish(profile)
        return OwnerReply(profile=profile)

    async def set(self, request: SetOwner) -> OwnerReply:
        """Change the settings that are given; raise `NotFound` when there is no such owner."""
        for _ in range(MAX_TRIES):
            known = await self._store.get(request.owner)
            profile = with_settings(profile=known, settings=request.settings, rev=known.rev + 1)
            if profile.model_copy(update={"rev": known.rev}) == known:
                return OwnerReply(profile=known)
            if await self._store.replace(profile, known_rev=known.rev):
                await self._publish(profile)
                return OwnerReply(profile=profile)
        raise TransientError("the settings keep being changed by somebody else")

    async def list(self, request: ListOwners) -> OwnerList:
        """Return every owner."""
        return OwnerList(owners=await self._store.all())

    async def _publish(self, profile: OwnerProfile) -> None:
        try:
            await self._outbox.publish([profile.owner])
        except BrokerUnavailable as exc:
            log.warning("publishing_deferred", reason=str(exc), owners=1)


def with_settings(*, profile: OwnerProfile, settings: OwnerSettings, rev: int) -> OwnerProfile:
    """
    Return *profile* with those *settings* that are given.

    Cadences, lead times, policies for unknown contacts and the parts of `telling` are changed one by one; a policy of None is
    taken away.

    Raises:
        ValidationError: together with those that were there, there are too many policies.
    """
    given = settings.given()
    for name in ("cadence_days", "birthday_lead_days", "unknown_contacts"):
        if name in given:
            changed = getattr(profile, name) | given[name]
            given[name] = {key: value for key, value in changed.items() if value is not None}
    if settings.telling is not None:
        given["telling"] = with_telling(telling=profile.telling, settings=settings.telling)
    return OwnerProfile.model_validate({**dict(profile), **given, "rev": rev})
