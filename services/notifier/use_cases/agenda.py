"""Agendas: keep what the scheduler plans, for the list of what is coming."""

from collections.abc import Iterable
from datetime import datetime

from services.notifier.use_cases.tools import Tools
from shared.messages.reminders import Agenda


async def take_agendas(tools: Tools, *, agendas: Iterable[tuple[Agenda, datetime]]) -> None:
    """
    Keep the last of each contact's *agendas*, each given with the instant at which its stream stored it.

    Raises:
        TransientError: the same batch again completes it.
    """
    latest: dict[str, tuple[Agenda, datetime]] = {}
    for agenda, stored_at in agendas:
        if (known := latest.get(agenda.contact)) is None or known[1] <= stored_at:
            latest[agenda.contact] = (agenda, stored_at)
    await tools.agenda.save(latest)
