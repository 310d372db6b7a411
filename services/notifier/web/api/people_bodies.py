"""What a change of many people says, and what is answered."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from services.notifier.domain.people_bulk import BulkChange, BulkKind
from services.notifier.domain.people_list import PeopleFilter, Silence
from services.notifier.web.api.bodies import Body
from shared.messages.values import Closeness, Id, Message, Occasion, Text

Occasions = Annotated[tuple[Occasion, ...], Field(min_length=1, max_length=20)]
Words = Annotated[str, Field(max_length=200)]
BATCH = r"^[0-9a-f]{32}$"


class Matching(Body):
    """Whom the list shows with the same filters; `expected` is how many they are, so that nobody is changed unseen."""

    search: Words = ""
    closeness: Closeness | None = None
    tag: Words = ""
    company: Words = ""
    silence: Silence | None = None
    expected: Annotated[int, Field(ge=0, le=1_000_000)]

    @property
    def filters(self) -> PeopleFilter:
        """The filters alone."""
        return PeopleFilter(
            search=self.search, closeness=self.closeness, tag=self.tag, company=self.company, silence=self.silence
        )


class PeopleChange(Body):
    """
    One change of many people: those in `contacts`, or all who are `matching`.

    Exactly one of `closeness`, `add_tag`, `remove_tag`, `mute` and `unmute` says what changes.
    """

    contacts: Annotated[tuple[Id, ...], Field(min_length=1, max_length=5_000)] | None = None
    matching: Matching | None = None
    closeness: Closeness | None = None
    add_tag: Text | None = None
    remove_tag: Text | None = None
    mute: Occasions | None = None
    unmute: Occasions | None = None

    @model_validator(mode="after")
    def _is_one_change(self) -> Self:
        if (self.contacts is None) == (self.matching is None):
            raise ValueError("name the people in contacts, or describe them in matching")
        changes = (self.closeness, self.add_tag, self.remove_tag, self.mute, self.unmute)
        if sum(each is not None for each in changes) != 1:
            raise ValueError("say one of: closeness, add_tag, remove_tag, mute, unmute")
        return self

    @property
    def change(self) -> BulkChange:
        """What changes."""
        if self.closeness is not None:
            return BulkChange(kind=BulkKind.CLOSENESS, closeness=self.closeness)
        if self.add_tag is not None:
            return BulkChange(kind=BulkKind.ADD_TAG, tag=self.add_tag)
        if self.remove_tag is not None:
            return BulkChange(kind=BulkKind.REMOVE_TAG, tag=self.remove_tag)
        if self.mute is not None:
            return BulkChange(kind=BulkKind.MUTE, occasions=self.mute)
        return BulkChange(kind=BulkKind.UNMUTE, occasions=self.unmute or ())


class PeopleChanged(Message):
    """
    How many people were chosen, and how many of them changed: the others were so already, or are gone.

    `batch` takes it back for an hour. With `is_seen` false everything is kept, and lists show it a moment later.
    """

    batch: str
    chosen: int
    changed: int
    is_seen: bool
