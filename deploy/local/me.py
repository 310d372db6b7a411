"""The owner of a fresh local stack: the person at this machine."""

import os
import pwd
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal
from nats.aio.client import Client

from shared.errors import Conflict
from shared.logging import get_logger
from shared.messages.rpc import AddOwner, OwnerReply, OwnerSettings
from shared.requests import ask

log = get_logger(__name__)

OWNER = "me"
NAMELESS = "Me"
TIMEOUT_S = 10.0


def name_of_user() -> str:
    """Return the full name the system has for the user; `Me` when it has none, or only the login name."""
    user = pwd.getpwuid(os.getuid())
    name = user.pw_gecos.split(",")[0].strip()
    return name if name and name != user.pw_name else NAMELESS


def zone_of_machine() -> str:
    """Return the IANA name of the machine's time zone; UTC, logged, where the machine does not tell one."""
    try:
        name = tzlocal.get_localzone_name()
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        log.warning("time_zone_unknown", reason=str(exc), taken="UTC")
        return "UTC"
    return name


async def ensure_owner(client: Client) -> bool:
    """Create the owner `me` unless there is one; whether it was created."""
    settings = OwnerSettings(name=name_of_user(), timezone=zone_of_machine())
    request = AddOwner(owner=OWNER, settings=settings)
    try:
        await ask(client, service="contacts", verb="owner.add", request=request, reply=OwnerReply, timeout_s=TIMEOUT_S)
    except Conflict:
        return False
    return True
