"""What the server does not permit: logged and counted, because whoever waits for an answer sees no more than a timeout."""

import re

from shared.counters import Counters
from shared.logging import get_logger

log = get_logger(__name__)

_VIOLATION = re.compile(r"permissions violation for (?P<action>publish|subscription) to \"(?P<subject>[^\"]*)\"")


class Violations:
    """Mistakes in the permissions (deploy/nats/nats.conf), in the code, or in a password's safekeeping."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    async def note(self, error: Exception) -> None:
        """Log and count *error* when it is a violation; for a client's error callback."""
        if (violation := describe_violation(error)) is not None:
            action, subject = violation
            self._counters.add("permissions.violated")
            log.error("permission_violated", action=action, subject=subject)


def describe_violation(error: Exception) -> tuple[str, str] | None:
    """
    Return what was refused, `publish` or `subscription`, and the subject; None when *error* is about something else.

    Of our own subjects only the family is told: the rest names owners and contacts. The client gives them in lower case.
    """
    found = _VIOLATION.search(str(error))
    if found is None:
        return None
    subject = found["subject"]
    return found["action"], ".".join(subject.split(".")[:2]) if subject.startswith("hobnob.") else subject
