"""
What an owner does with a person as a whole: make one of two, forget one, and ask who said what.

contacts: `merge`, `forget` (its request is in `rpc.py`), `provenance`; scheduler and notifier: `erase`
"""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from shared.messages.facts import FactName
from shared.messages.rpc import ContactName
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Id, Instant, Message

PLACES: Final[dict[str, str]] = {
    "HOBNOB_INTAKE": "stated facts on the broker",
    "HOBNOB_DEAD": "dead letters",
    "HOBNOB_TIMERS": "timers",
    "HOBNOB_AGENDA": "plans",
    "HOBNOB_INBOX": "messages about items of the inbox",
    "HOBNOB_IMPORTS": "uploaded files that could not be imported",
    "contacts.facts": "facts in the database",
    "contacts.parked": "facts that waited",
    "contacts.reports": "reports of imports that named them",
    "notifier.inbox": "items of the inbox, with their drafts",
    "notifier.agenda": "copies of plans",
    "notifier.sorting": "notes of how you sorted them",
    "notifier.deliveries": "messages to you that named their items",
}
"""Where things are erased, in words for people."""
IDS_MAX = 2_001
"""Ids of one person: the present one, and all others that a snapshot has room for."""


class MergeContacts(Message):
    """
    `merge`: two contacts are one person; doing it twice is doing it once. Answer: `MergeReply`.

    With `preview` nothing is changed. `conflict`: one of them was removed, or the two have too many keys for one person.
    """

    owner: Id
    contact: Id
    other: Id
    preview: bool = False


class MergeReply(Message):
    """The one person, as they are or would be; `absorbed` is the id of the two that lives on as another name, if one did."""

    type: Literal["merged"] = "merged"
    contact: ContactSnapshot
    absorbed: Id | None = None
    preview: bool = False


class Forgotten(Message):
    """
    What was erased of somebody.

    `erased` counts by place: a collection of a service, as in `notifier.inbox`, or a stream. In the places in `unfinished`
    something is left, because a service or the broker did not answer in time; it is tried again until it is done.
    """

    type: Literal["forgotten"] = "forgotten"
    erased: dict[str, int]
    unfinished: tuple[str, ...] = ()


class EraseContact(Message):
    """
    `erase`, answered by scheduler and notifier: erase what is kept of somebody who was removed. Answer: `Erased`.

    `contacts` are all ids of the person. `conflict`: one of them is somebody who is still there.
    """

    owner: Id
    contacts: Annotated[tuple[Id, ...], Field(min_length=1, max_length=IDS_MAX)]


class Erased(Message):
    """How much was erased, by place; doing it again erases what has come since."""

    type: Literal["erased"] = "erased"
    erased: dict[str, int]


class GetProvenance(Message):
    """`provenance`: where each value of a contact comes from. Answer: `Provenance`."""

    owner: Id
    contact: Id


class Statement(Message):
    """
    What a fact says of one field.

    `name`, `source` and `id` are the fact's; each is None where it is not known any more. `file` is the import's that stated
    it. `value` is None where what the fact said is not kept.
    """

    name: FactName | None = None
    source: str | None = None
    id: str | None = None
    occurred_at: Instant | None = None
    file: str | None = None
    value: Any = None


class StatedValue(Message):
    """
    One value of a contact and the fact that decided it.

    `by` is None of what a fact only referred by. `others` are what other sources last said of the same field, where that
    differs and is kept.
    """

    field: str
    value: Any
    by: Statement | None = None
    others: tuple[Statement, ...] = ()


class Provenance(Message):
    """Where each value of a contact comes from; `sources` are all that ever told of them."""

    type: Literal["provenance"] = "provenance"
    contact: ContactName
    values: tuple[StatedValue, ...]
    sources: tuple[str, ...]
