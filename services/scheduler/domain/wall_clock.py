"""The owner's clock on the wall: dates and hours in their zone, turned into instants and back."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from shared.wall_clock import instant_of

__all__ = ["OwnerClock", "instant_of"]


@dataclass(frozen=True, slots=True)
class OwnerClock:
    """The owner's time zone and the hour at which their reminders come."""

    zone: ZoneInfo
    deliver_at: time

    def due_at(self, *, on: date) -> datetime:
        """Return the instant of the delivery hour of a local date."""
        return instant_of(on=on, at=self.deliver_at, zone=self.zone)

    def date_of(self, *, instant: datetime) -> date:
        """Return the local date of an instant."""
        return instant.astimezone(self.zone).date()
