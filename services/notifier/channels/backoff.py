"""How long a channel that fails is left alone."""

from datetime import timedelta
from typing import Final

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
"""A channel that works again is noticed on the same day."""


def pause_after(*, failures: int, retry_after_s: float | None = None) -> timedelta:
    """
    Return the pause before the next attempt: a minute after the first failure, four times as long after each further one.

    Args:
        failures: How many there were in a row, 1 or more.
        retry_after_s: What the service asked for; a longer pause than ours is respected, a shorter one is not.
    """
    # Beyond a few failures the power would only be cut back again, and one day overflow.
    growth: int = 4 ** min(failures - 1, 10)
    pause = min(FIRST_PAUSE * growth, LONGEST_PAUSE)
    return max(pause, timedelta(seconds=retry_after_s or 0))
