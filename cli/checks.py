"""What `hobnob doctor` makes of what it saw: each thing is well, wants a look, or is broken, and what to do. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import ChannelInfo, Diagnosis
from shared.messages.values import format_instant

LATE: Final = timedelta(seconds=60)
"""A timer that fired this late was held up: the broker fires within a quarter of a second."""
SKEW_NOTED: Final = timedelta(seconds=2)
SKEW_TOO_LARGE: Final = timedelta(seconds=60)
LAG_NOTED: Final = 1_000
LAG_TOO_LARGE: Final = 100_000
DISK_NOTED_BYTES: Final = 2_000_000_000
DISK_TOO_SMALL_BYTES: Final = 200_000_000

REBUILD: Final = "hobnob doctor --rebuild"


class State(StrEnum):
    """How one thing is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. *advice* says what to do, where there is something to do; *data* is for programs."""

    name: str
    state: State
    summary: str
    advice: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """The last timer that fired: when it was due, where it says so, and when the broker stored it."""

    due_at: datetime | None
    fired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far a durable consumer is behind: not delivered yet, and delivered but not acknowledged."""

    durable: str
    waiting: int
    in_hand: int


def worst(checks: Iterable[Check]) -> State:
    """Return the state of the whole."""
    states = {check.state for check in checks}
    return next((state for state in (State.FAIL, State.WARN) if state in states), State.OK)


def check_services(answering: Mapping[str, bool]) -> Check:
    """Judge which services answer."""
    silent = sorted(name for name, answers in answering.items() if not answers)
    if silent:
        advice = "look at its log below the data folder (logs/), or start it; hobnob status shows the processes"
        summary = f"no answer from {', '.join(silent)}"
        return Check(name="services", state=State.FAIL, summary=summary, advice=advice, data=answering)
    return Check(name="services", state=State.OK, summary=f"{', '.join(answering)} answer", data=answering)


def check_fired(fired: Fired | None) -> Check:
    """Judge how late the last timer fired."""
    if fired is None:
        return Check(name="last timer", state=State.OK, summary="none has fired in the last 30 days")
    late = fired.fired_at - fired.due_at if fired.due_at else None
    data = {"fired_at": format_instant(fired.fired_at), "late_s": round(late.total_seconds(), 3) if late else None}
    if late is None:
        return Check(name="last timer", state=State.OK, summary=f"fired {data['fired_at']}", data=data)
    summary = f"fired {data['fired_at']}, {max(0.0, late.total_seconds()):.1f} s late"
    if late > LATE:
        advice = (
            "the broker was down when it was due, or it was asked for only after that (a restore, an import, a changed setting);"
            " nothing was lost, and belated reminders say so"
        )
        return Check(name="last timer", state=State.WARN, summary=summary, advice=advice, data=data)
    return Check(name="last timer", state=State.OK, summary=summary, data=data)


def check_next(diagnosis: Diagnosis) -> Check:
    """Say which reminder comes next, and which digest."""
    due = min((each.next_due_at for each in diagnosis.owners if each.next_due_at), default=None)
    digest = min((each.next_digest_at for each in diagnosis.owners if each.next_digest_at and each.channels), default=None)
    data = {
        "next_due_at": format_instant(due) if due else None,
        "next_digest_at": format_instant(digest) if digest else None,
    }
    parts = [f"a reminder at {data['next_due_at']}" if due else "no reminder is planned"]
    parts += [f"a digest at {data['next_digest_at']}"] if digest else []
    return Check(name="next timer", state=State.OK, summary=", ".join(parts), data=data)


def check_armed(*, armed: Mapping[str, int], expected: Mapping[str, int]) -> Check:
    """Compare the timers in the broker with those that the plans want, owner by owner: one's too many hide no other's too few."""
    data = {"armed": sum(armed.values()), "expected": sum(expected.values())}
    missing = sum(max(0, count - armed.get(owner, 0)) for owner, count in expected.items())
    extra = sum(max(0, count - expected.get(owner, 0)) for owner, count in armed.items())
    if missing:
        advice = f"the scheduler mends this within ten minutes; at once: {REBUILD}"
        summary = f"{missing} of {data['expected']} timers are missing"
        return Check(name="timers", state=State.FAIL, summary=summary, advice=advice, data=data)
    if extra:
        advice = f"look again in a minute; if they stay, the scheduler cancels them within ten minutes; at once: {REBUILD}"
        summary = f"{extra} are armed that no plan wants"
        return Check(name="timers", state=State.WARN, summary=summary, advice=advice, data=data)
    return Check(name="timers", state=State.OK, summary=f"{data['armed']} armed, {data['expected']} expected", data=data)


def check_digests(*, owners: Iterable[OwnerProfile], armed: Iterable[str]) -> Check:
    """Compare the owners who want a digest with those whose timer for it is in the broker."""
    wanted = {profile.owner for profile in owners if profile.telling.timer_days}
    missing = sorted(wanted - set(armed))
    data = {"expected": len(wanted), "missing": missing}
    if missing:
        advice = f"the scheduler mends this within ten minutes, and the notifier sends it by itself; at once: {REBUILD}"
        summary = f"no digest is armed for {', '.join(missing[:5])}{' and more' if len(missing) > 5 else ''}"
        return Check(name="digests", state=State.WARN, summary=summary, advice=advice, data=data)
    return Check(name="digests", state=State.OK, summary=f"{len(wanted)} armed, {len(wanted)} expected", data=data)


def check_channels(failing: Iterable[ChannelInfo]) -> Check:
    """Judge the channels that take nothing."""
    found = list(failing)
    data = {"failing": [{"owner": each.owner, "name": each.name, "error": each.last_error} for each in found]}
    if found:
        first = found[0]
        advice = f"try it: hobnob channel test {first.name} --owner {first.owner}; it is tried again by itself"
        summary = f"{len(found)} failing: {first.owner}/{first.name}, {first.last_error}"
        return Check(name="channels", state=State.WARN, summary=summary, advice=advice, data=data)
    return Check(name="channels", state=State.OK, summary="none is failing", data=data)


def check_deliveries(diagnosis: Diagnosis) -> Check:
    """Judge messages to owners that no channel took."""
    stuck = diagnosis.stuck
    data = {"stuck": [{"owner": each.owner, "what": each.what, "attempts": each.attempts} for each in stuck]}
    if stuck:
        first = stuck[0]
        summary = f"{len(stuck)} waiting, the first since {format_instant(first.since)}: {first.last_error or 'not tried yet'}"
        advice = f"see hobnob channel list --owner {first.owner}; the inbox has everything"
        return Check(name="messages to owners", state=State.WARN, summary=summary, advice=advice, data=data)
    return Check(name="messages to owners", state=State.OK, summary="none is stuck", data=data)


def check_mail(diagnosis: Diagnosis) -> Check:
    """Judge whether greetings can leave: a mail server that lets nobody in holds up all of them."""
    data = {"has_mail": diagnosis.has_mail, "trouble": diagnosis.mail_trouble, "overdue": diagnosis.overdue}
    waiting = f"{diagnosis.overdue} greetings are overdue"
    if diagnosis.mail_trouble:
        advice = "put HOBNOB_SMTP_URL right and start the notifier again; what waits leaves then, nothing is lost"
        summary = f"no mail is sent: {diagnosis.mail_trouble}; {waiting}"
        return Check(name="mail", state=State.FAIL, summary=summary, advice=advice, data=data)
    if diagnosis.overdue:
        advice = "look again in a minute; if it does not shrink, look at the notifier's log"
        return Check(name="mail", state=State.WARN, summary=waiting, advice=advice, data=data)
    summary = "no greeting is overdue" if diagnosis.has_mail else "no mail server is set up (HOBNOB_SMTP_URL)"
    return Check(name="mail", state=State.OK, summary=summary, data=data)


def check_greetings(greetings: Mapping[str, int]) -> Check:
    """Judge greetings that failed, or of which nobody knows whether they left."""
    summary = ", ".join(f"{count} {state}" for state, count in sorted(greetings.items()))
    if summary:
        advice = "decide on each: hobnob inbox list --state all"
        return Check(name="greetings", state=State.WARN, summary=summary, advice=advice, data=greetings)
    return Check(name="greetings", state=State.OK, summary="none failed, none is in doubt", data=greetings)


def check_dead(count: int) -> Check:
    """Judge messages that could not be processed."""
    data = {"dead_letters": count}
    if count:
        return Check(name="dead letters", state=State.WARN, summary=f"{count} waiting", advice="hobnob dead list", data=data)
    return Check(name="dead letters", state=State.OK, summary="none", data=data)


def check_lag(lags: Iterable[Lag]) -> Check:
    """Judge how far the services are behind their streams."""
    found = sorted(lags, key=lambda lag: lag.durable)
    data = {lag.durable: {"waiting": lag.waiting, "in_hand": lag.in_hand} for lag in found}
    behind = max((lag.waiting + lag.in_hand for lag in found), default=0)
    if behind <= LAG_NOTED:
        return Check(name="streams", state=State.OK, summary=f"at most {behind} messages behind", data=data)
    most = max(found, key=lambda lag: lag.waiting + lag.in_hand)
    state = State.FAIL if behind > LAG_TOO_LARGE else State.WARN
    advice = "look again in a minute; if it does not shrink, look at the service's log"
    return Check(name="streams", state=state, summary=f"{most.durable} is {behind} messages behind", advice=advice, data=data)


def check_clocks(skews: Mapping[str, timedelta]) -> Check:
    """
    Judge how far clocks are apart from this machine's.

    Args:
        skews: By whose clock it is; positive is ahead of ours.
    """
    data = {f"{name}_s": round(skew.total_seconds(), 3) for name, skew in skews.items()}
    largest = max((abs(skew) for skew in skews.values()), default=timedelta())
    summary = ", ".join(f"{name} {skew.total_seconds():+.2f} s" for name, skew in skews.items())
    if largest <= SKEW_NOTED:
        return Check(name="clocks", state=State.OK, summary=summary, data=data)
    state = State.FAIL if largest > SKEW_TOO_LARGE else State.WARN
    advice = "set the clocks by NTP: reminders come by the broker's"
    return Check(name="clocks", state=state, summary=summary, advice=advice, data=data)


def check_disk(*, free_bytes: int, total_bytes: int) -> Check:
    """Judge the space that is left for the broker and the database: when it is used up, nothing is accepted any more."""
    data = {"free_bytes": free_bytes, "total_bytes": total_bytes}
    summary = f"{free_bytes / 1e9:.1f} GB free of {total_bytes / 1e9:.0f}"
    if free_bytes > DISK_NOTED_BYTES:
        return Check(name="disk", state=State.OK, summary=summary, data=data)
    state = State.FAIL if free_bytes < DISK_TOO_SMALL_BYTES else State.WARN
    return Check(name="disk", state=state, summary=summary, advice="make room: a full disk stops everything", data=data)


def check_versions(versions: Mapping[str, str]) -> Check:
    """Say what runs."""
    summary = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Check(name="versions", state=State.OK, summary=summary, data=versions)
