"""Arming: snapshots become armed timers and agendas, by the scheduler alone; beside publishing the same timers raw."""

from datetime import datetime, timedelta

from bench.people import KEY, profile_message, reminders, snapshot_messages
from bench.raw import publish_raw
from bench.stack import Stack, fresh_stack
from bench.watch import pause, resume, until_drained
from services.scheduler import timers
from shared.clock import system_clock
from shared.jetstream import publish_all
from shared.streams import PEOPLE, SCHEDULER_PEOPLE, TIMERS

FAR = timedelta(days=100)


async def arm(stack: Stack, *, people: int, due_at: datetime) -> float:
    """Have the scheduler plan *people* whose birthday reminders are due at *due_at* and return the seconds it took."""
    await pause(stack, SCHEDULER_PEOPLE)
    birthday = due_at.date()
    messages = [profile_message(deliver_at=due_at), *snapshot_messages(people, birthday=birthday)]
    await publish_all(stack.js, messages, stream=PEOPLE)
    started = await resume(stack, SCHEDULER_PEOPLE)
    return await until_drained(stack, SCHEDULER_PEOPLE, at_least=people) - started


async def arm_raw(*, people: int) -> float:
    """Publish the same timers with the client alone and return the seconds it took."""
    due_at = system_clock() + FAR
    messages = [timers.arm(key=KEY, reminder=reminder) for reminder in reminders(people, due_at=due_at)]
    async with fresh_stack() as stack:
        return await publish_raw(stack, messages, stream=TIMERS)
