"""
The errors of Hobnob.

    HobnobError
     ├─ TransientError          trying again may help: the message is redelivered with a growing delay
     │   ├─ BrokerUnavailable
     │   └─ StoreUnavailable
     └─ PermanentError          trying again will not help: the message goes to the dead-letter stream
         ├─ InvalidMessage
         ├─ InvalidToken
         ├─ NotFound
         ├─ Conflict
         ├─ TooLarge
         └─ TopologyError

Each service derives its own errors from exactly one of the two. The docstring is the default message.
"""


class HobnobError(Exception):
    """Something in Hobnob went wrong."""

    code = "error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class TransientError(HobnobError):
    """A passing fault: try again."""

    code = "unavailable"


class PermanentError(HobnobError):
    """This cannot be processed, however often it is tried."""

    code = "invalid"


class BrokerUnavailable(TransientError):
    """The NATS server does not answer."""


class StoreUnavailable(TransientError):
    """The database does not answer."""


class InvalidMessage(PermanentError):
    """A message does not follow its schema."""


class InvalidToken(PermanentError):
    """An id cannot be part of a subject: letters, digits, '_' and '-' only, 1 to 64 of them."""


class NotFound(PermanentError):
    """There is no such thing."""

    code = "not_found"


class Conflict(PermanentError):
    """The request contradicts the present state."""

    code = "conflict"


class TooLarge(PermanentError):
    """Larger than Hobnob accepts."""

    code = "too_large"


class TopologyError(PermanentError):
    """The streams on the server are not what this version of Hobnob needs."""
