"""What the command itself refuses, each in one line that says what to do."""

from shared.errors import PermanentError


class CommandFailed(PermanentError):
    """The command could not do what it was asked."""


class NotAllowed(CommandFailed):
    """The broker does not let this user do that."""


class NoStack(CommandFailed):
    """There is no stack to talk to."""
