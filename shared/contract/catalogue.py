"""The contract in one view: every message, and every channel that one travels on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared import streams, subjects
from shared.contract.entries import AGENDA, DEAD, FACTS, INBOX, OWNER_TIMER, PERSON, PROFILE, PROGRESS, STATE, TIMER, Entry
from shared.contract.verbs import ERROR, REPLIES, SERVICES, VERBS, Verb
from shared.streams import CONSUMERS, Consumer


def _entries() -> tuple[Entry, ...]:
    listed = (*FACTS, *STATE, *(verb.request for verb in VERBS), *REPLIES.values(), ERROR)
    return tuple({entry.name: entry for entry in listed}.values())


ENTRIES: Final = _entries()
"""Every message of the contract once: facts, state, requests, replies."""


class Family(StrEnum):
    """What a channel is for: the chapters of the documents."""

    FACTS = "facts"
    SNAPSHOTS = "snapshots"
    REMINDERS = "reminders"
    INBOX = "inbox"
    DEAD = "dead letters"
    REQUESTS = "requests"


FAMILIES: Final = {
    Family.FACTS: "What other systems state. Anyone with an owner's credentials may send these.",
    Family.SNAPSHOTS: "The whole present state of owners and contacts, the last message of each subject; sent by contacts only.",
    Family.REMINDERS: "What is planned, what is armed in the broker and what fires; sent by the scheduler only.",
    Family.INBOX: "What becomes of inbox items, and how far an import is.",
    Family.DEAD: "What could not be processed, kept with the reason.",
    Family.REQUESTS: "Questions and commands: JSON in, JSON out, over NATS request and reply; for the operator and the services.",
}

PARAMETERS: Final = {
    "owner": "Id of the owner: letters, digits, `_` and `-`, 1 to 64 of them.",
    "contact": "Id of the contact; `_` stands for the owner in a timer that is about nobody.",
    "key": "The occasion, with a suffix where a contact can have several of it.",
    "state": "The state that the item took.",
    "import": "Id of the import.",
    "service": "The service.",
    "original": "The whole subject, dots included, on which the message first came.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """
    A subject, with `{parameters}`, and the one message that travels on it.

    `sender` is the service that publishes; None for channels on which Hobnob receives. `stream` keeps the messages; None is
    plain NATS. `verb` is set for requests only. `values` closes the list of a parameter's values.
    """

    key: str
    address: str
    family: Family
    entry: Entry
    sender: str | None = None
    stream: str | None = None
    verb: Verb | None = None
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """The durable consumers that read this channel."""
        return tuple(each for each in CONSUMERS if self.address.startswith(each.subject.removesuffix(">")))


def _fact_channel(entry: Entry) -> Channel:
    return Channel(
        key=f"intake.{entry.title}",
        address=f"{subjects.INTAKE}.{{owner}}.{entry.title}",
        family=Family.FACTS,
        entry=entry,
        stream=streams.INTAKE,
    )


def _request_channel(verb: Verb) -> Channel:
    service = verb.service or "{service}"
    return Channel(
        key=f"rpc.{verb.request.title}",
        address=f"{subjects.RPC}.{service}.{verb.verb}",
        family=Family.REQUESTS,
        entry=verb.request,
        verb=verb,
        values=() if verb.service else (("service", SERVICES),),
    )


CHANNELS: Final = (
    *(_fact_channel(entry) for entry in FACTS),
    Channel(
        key="people.profile",
        address=f"{subjects.PEOPLE}.{{owner}}",
        family=Family.SNAPSHOTS,
        entry=PROFILE,
        sender="contacts",
        stream=streams.PEOPLE,
    ),
    Channel(
        key="people.contact",
        address=f"{subjects.PEOPLE}.{{owner}}.{{contact}}",
        family=Family.SNAPSHOTS,
        entry=PERSON,
        sender="contacts",
        stream=streams.PEOPLE,
    ),
    Channel(
        key="agenda",
        address=f"{subjects.AGENDA}.{{owner}}.{{contact}}",
        family=Family.REMINDERS,
        entry=AGENDA,
        sender="scheduler",
        stream=streams.AGENDA,
    ),
    Channel(
        key="timer",
        address=f"{subjects.TIMER}.{{owner}}.{{contact}}.{{key}}",
        family=Family.REMINDERS,
        entry=TIMER,
        sender="scheduler",
        stream=streams.TIMERS,
    ),
    Channel(
        key="due",
        address=f"{subjects.DUE}.{{owner}}.{{contact}}.{{key}}",
        family=Family.REMINDERS,
        entry=TIMER,
        sender="scheduler",
        stream=streams.TIMERS,
    ),
    Channel(
        key="timer.owner",
        address=f"{subjects.TIMER}.{{owner}}.{subjects.OWNER_LEVEL}.{{key}}",
        family=Family.REMINDERS,
        entry=OWNER_TIMER,
        sender="scheduler",
        stream=streams.TIMERS,
    ),
    Channel(
        key="due.owner",
        address=f"{subjects.DUE}.{{owner}}.{subjects.OWNER_LEVEL}.{{key}}",
        family=Family.REMINDERS,
        entry=OWNER_TIMER,
        sender="scheduler",
        stream=streams.TIMERS,
    ),
    Channel(
        key="inbox",
        address=f"{subjects.INBOX}.{{owner}}.{{state}}",
        family=Family.INBOX,
        entry=INBOX,
        sender="notifier",
        stream=streams.INBOX,
    ),
    Channel(
        key="progress",
        address=f"{subjects.PROGRESS}.{{owner}}.{{import}}",
        family=Family.INBOX,
        entry=PROGRESS,
        sender="contacts",
    ),
    Channel(
        key="dead",
        address=f"{subjects.DEAD}.{{service}}.{{original}}",
        family=Family.DEAD,
        entry=DEAD,
        sender="every service",
        stream=streams.DEAD,
        values=(("service", SERVICES),),
    ),
    *(_request_channel(verb) for verb in VERBS),
)
