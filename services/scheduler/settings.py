"""The scheduler's settings."""

from typing import Annotated

from pydantic import Field

from shared.settings import ServiceSettings


class SchedulerSettings(ServiceSettings):
    """What the scheduler needs to run."""

    sweep_period_s: Annotated[float, Field(gt=0)] = 600.0
    """Pause between two turns of the sweep, in seconds."""

    sweep_slice: Annotated[int, Field(ge=1)] = 25_000
    """Contacts whose agendas one turn compares, after the first: 1.3 s of a core, every ten minutes."""
