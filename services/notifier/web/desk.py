"""What the API and the page of what is coming work with, besides the site."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.notifier.use_cases.access import Access
from services.notifier.use_cases.channels import Channels
from services.notifier.use_cases.feeds import Feeds
from services.notifier.use_cases.importing import Importing
from services.notifier.use_cases.network_page import Network
from services.notifier.use_cases.own_dead_letters import OwnDeadLetters
from services.notifier.use_cases.people_bulk import PeopleBulk
from services.notifier.use_cases.people_page import PeopleList
from services.notifier.use_cases.sorting import Sorting
from services.notifier.use_cases.telling_tools import Telling
from services.notifier.use_cases.tools import Tools
from services.notifier.web.bodies import Room
from shared.messages.values import Message

ReplyT = TypeVar("ReplyT", bound=Message)


class AskContacts(Protocol):
    """Asks the service that owns people."""

    def __call__(self, verb: str, request: Message, reply: type[ReplyT]) -> Awaitable[ReplyT]:
        """
        Return its answer to a request.

        Raises:
            HobnobError: its refusal, or that it does not answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What the settings work with besides: who may come in, channels, dead letters, and where systems find the broker."""

    access: Access
    channels: Channels
    telling: Telling
    dead_letters: OwnDeadLetters
    nats_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """
    What the routes call: use cases of this service with its *tools*, and what only contacts knows.

    `uploads` bounds how many bytes of files are on the disk at once.
    """

    tools: Tools
    feeds: Feeds
    contacts: AskContacts
    upkeep: Upkeep
    importing: Importing
    sorting: Sorting
    network: Network
    people: PeopleList
    people_bulk: PeopleBulk
    uploads: Room
