"""What can go wrong with a local stack, each in a sentence that says what to do."""

from shared.errors import PermanentError


class StackError(PermanentError):
    """The local stack cannot do this."""


class AlreadyRunning(StackError):
    """Another supervisor runs on this folder."""


class StartFailed(StackError):
    """A part of the stack did not start."""


class PortTaken(StackError):
    """Another program listens on that port."""
