"""What the use cases about telling the owner work with, built once by the composition root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.notifier.notices import NoticeWriter
from services.notifier.store.channels import ChannelStore
from services.notifier.store.deliveries import DeliveryStore
from services.notifier.store.lateness import LatenessStore
from services.notifier.store.overview import OverviewStore
from services.notifier.use_cases.outlets import Outlets
from services.notifier.use_cases.tools import Tools

TROUBLED: Final = ("failed", "unconfirmed")
"""States of a greeting that want somebody to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """
    Adapters besides the service's own.

    *count_armed* asks the broker how many timers an owner's contacts have. *settle* is how long a digest, and an item that goes
    at once, waits for what comes at the same instant.
    """

    tools: Tools
    channels: ChannelStore
    deliveries: DeliveryStore
    lateness: LatenessStore
    overview: OverviewStore
    outlets: Outlets
    writer: NoticeWriter
    count_armed: Callable[[str], Awaitable[int]]
    settle: timedelta
