"""
Every message of the contract, by its versioned name.

A fact is listed by itself, with its whole CloudEvent as its model: what an emitter writes. The other messages are listed
here and in `verbs.py`; a test compares these lists with what the services really take and answer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import cleandoc
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from shared.messages.cloudevents import CloudEvent, event_type, read_event, to_fact
from shared.messages.facts import MODELS, FactName
from shared.messages.imports import ImportProgress
from shared.messages.reminders import Agenda, InboxChanged, Reminder
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.telling import OwnerTimer
from shared.messages.values import Message

_READ_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Stands for the instant of storing when an example is read: any will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One version of one message.

    `name` is that of its schema and the stem of its examples, `title` what a page calls it. `fact` is set for facts only.
    """

    name: str
    title: str
    model: type[BaseModel]
    fact: FactName | None = None

    @property
    def explanation(self) -> str:
        """What the model's docstring says, without its section on sources and, in a request, the name of the answer's model."""
        described = MODELS[self.fact] if self.fact else self.model
        text = cleandoc(described.__doc__ or "").partition("\n\nSource:")[0]
        return text.partition(" Answer: ")[0]

    @property
    def summary(self) -> str:
        """The first paragraph of the explanation in one line."""
        return " ".join(self.explanation.partition("\n\n")[0].split())

    def read(self, payload: bytes) -> None:
        """Parse *payload* as whoever receives it does; raise `InvalidMessage` or `ValidationError` when it cannot be."""
        # The whole first, so that an error names its field from the top: `data.company`.
        self.model.model_validate_json(payload)
        if self.fact:
            to_fact(read_event(payload), owner="me", stored_at=_READ_AT)


class DeadLetterHeaders(Message):
    """
    The headers of a dead letter. Its body is the original message, to the byte, and so are its other headers.

    A message that was too large to be kept whole has `Hobnob-Cut`, and only the beginning of its body.
    """

    model_config = ConfigDict(title="DeadLetterHeaders")

    reason: Annotated[str, Field(alias="Hobnob-Reason", max_length=500)]
    attempts: Annotated[str, Field(alias="Hobnob-Attempts", pattern=r"^\d+$")]
    stream: Annotated[str, Field(alias="Hobnob-Stream")]
    sequence: Annotated[str, Field(alias="Hobnob-Sequence", pattern=r"^\d+$")]
    stored_at: Annotated[str, Field(alias="Hobnob-Stored-At", json_schema_extra={"format": "date-time"})]
    cut: Annotated[str | None, Field(alias="Hobnob-Cut")] = None
    left_out: Annotated[str | None, Field(alias="Hobnob-Left-Out")] = None


def _fact(name: FactName) -> Entry:
    versioned = event_type(name)
    model = create_model(
        "".join(part.title() for part in name.value.split(".")) + "Event",
        __base__=CloudEvent,
        __doc__=f"The CloudEvent that carries `{name.value}`.",
        type=(Literal[versioned], ...),  # type: ignore[arg-type]  # the word is known at run time only
        data=(MODELS[name], ...),
    )
    return Entry(name=versioned, title=name.value, model=model, fact=name)


FACTS: Final = tuple(_fact(name) for name in FactName)

PROFILE: Final = Entry(name="people.profile.v1", title="Owner profile", model=OwnerProfile)
PERSON: Final = Entry(name="people.contact.v1", title="Contact snapshot", model=ContactSnapshot)
AGENDA: Final = Entry(name="agenda.v1", title="Agenda", model=Agenda)
TIMER: Final = Entry(name="timer.v1", title="Timer", model=Reminder)
OWNER_TIMER: Final = Entry(name="timer.owner.v1", title="Owner timer", model=OwnerTimer)
INBOX: Final = Entry(name="inbox.v1", title="Inbox change", model=InboxChanged)
PROGRESS: Final = Entry(name="progress.v1", title="Import progress", model=ImportProgress)
DEAD: Final = Entry(name="dead.v1", title="Dead letter", model=DeadLetterHeaders)

STATE: Final = (PROFILE, PERSON, AGENDA, TIMER, OWNER_TIMER, INBOX, PROGRESS, DEAD)
