"""What the API and the page of what is coming work with, besides the site."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.notifier.use_cases.feeds import Feeds
from services.notifier.use_cases.tools import Tools
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
class Desk:
    """What the routes call: use cases of this service with its *tools*, and what only contacts knows."""

    tools: Tools
    feeds: Feeds
    contacts: AskContacts
