"""
Users of the broker and where each hears its answers.

A user is a service, the operator, or a credential, whose name is `<owner>.<name>`. Each has an inbox prefix of its own and may
subscribe to nothing else below `_INBOX`: a shared one would show everybody's replies to everybody.
"""

from typing import Final

from shared.subjects import token

OPERATOR: Final = "operator"
"""The user of the `hobnob` command and of the supervisor."""
DOORKEEPER: Final = "doorkeeper"
"""The user with which the notifier answers, in the system account, who else may come in."""


def credential_user(*, owner: str, name: str) -> str:
    """Return the user name of a credential."""
    return f"{token(owner)}.{token(name)}"


def inbox_prefix(user: str) -> str:
    """
    Return the inbox prefix of a user, without the trailing dot: `_INBOX.<owner>.<name>` or `_INBOX_<service>`.

    deploy/nats/nats.conf and the doorkeeper allow exactly these.
    """
    return f"_INBOX.{user}" if _is_credential(user) else f"_INBOX_{user}"


def command_inbox_prefix(user: str | None) -> str:
    """Return the inbox prefix of the `hobnob` command: the operator's, unless it comes with a credential."""
    return inbox_prefix(user if user and _is_credential(user) else OPERATOR)


def _is_credential(user: str) -> bool:
    return "." in user
