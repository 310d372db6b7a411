"""
Why a file cannot be imported at all. A single bad row never raises: it becomes a `Skipped`.

    PermanentError
     ├─ UnknownFormat    readable, but nothing Hobnob imports
     ├─ BrokenFile       damaged, empty, encrypted or unreadable
     └─ TooLarge         (shared) beyond a bound that keeps the service alive
"""

from shared.errors import PermanentError, TooLarge

__all__ = ["READABLE", "BrokenFile", "TooLarge", "UnknownFormat"]

READABLE = (
    "Hobnob reads: the LinkedIn data export (the ZIP, or Connections.csv, messages.csv, Invitations.csv, Contacts.csv, "
    "Notes.csv, Recommendations_Received.csv), Google, Outlook and Thunderbird CSV, vCard 2.1 to 4.0, jCard, and ICS "
    "calendars of birthdays"
)
"""The end of every sentence about a file we cannot use."""


class UnknownFormat(PermanentError):
    """The file is in no format that Hobnob imports."""


class BrokenFile(PermanentError):
    """The file is damaged, empty or unreadable."""
