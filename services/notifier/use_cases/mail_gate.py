"""Whether mail is handed to the mail server at all: not while it would let none in."""

from datetime import datetime

from services.notifier.channels.backoff import pause_after


class MailGate:
    """
    Shut while the mail server cannot be used as it is set up; then one mail at a time tries it, with growing pauses.

    At the beginning one mail goes first, too: a wrong password is what accounts get locked for. Each process has a gate of
    its own, so that one that is started with better settings sends at once.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        """Why it is shut, None while it is not."""
        self._is_proven = False
        self._failures = 0
        self._next_try_at: datetime | None = None

    def admits(self, *, most: int, now: datetime) -> int:
        """Return how many mails may go now: none, one that tries, or *most*."""
        if self._is_proven:
            return most
        return 0 if self._next_try_at is not None and now < self._next_try_at else 1

    def open(self) -> None:
        """Note that the mail server spoke with us about a mail, whatever it said of it."""
        self.reason, self._next_try_at = None, None
        self._is_proven, self._failures = True, 0

    def shut(self, *, reason: str, at: datetime) -> None:
        """Note that the mail server cannot be used."""
        self.reason, self._is_proven = reason, False
        self._failures += 1
        self._next_try_at = at + pause_after(failures=self._failures)
