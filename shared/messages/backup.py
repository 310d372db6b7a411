"""
Taking a service's database out and putting it back: `backup.describe`, `.read`, `.clear`, `.write`, `.finish`.

Answered by contacts and notifier, to the operator alone. Documents travel as the database keeps them, so that nothing of them is
lost on the way; what they mean is the service's business.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.messages.values import Message

CollectionName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
Packed = Annotated[str, Field(max_length=1_000_000)]
"""Documents: BSON, one after the other, by zlib, in Base64."""


class DescribeStore(Message):
    """`backup.describe`: what there is to back up, and whether it may be now. Answer: `StoreDescription`."""


class StoreDescription(Message):
    """
    What a service's database holds.

    `mark` changes with every change that a copy must not have half of; two that are alike say that there was none between. `busy`
    counts work under way that a backup waits for. `is_unfinished`: a restore began and did not end.
    """

    type: Literal["store"] = "store"
    schema_version: int
    documents: dict[str, int]
    mark: str = ""
    busy: int = 0
    is_unfinished: bool = False


class ReadStore(Message):
    """`backup.read`: the next documents of a collection. Answer: `StorePage`."""

    collection: CollectionName
    after: Annotated[str, Field(max_length=10_000)] | None = None


class StorePage(Message):
    """Documents of a collection in the order of their ids; `after` asks for the next, None: there are no more."""

    type: Literal["store_page"] = "store_page"
    documents: Packed
    count: int
    after: str | None = None


class ClearStore(Message):
    """`backup.clear`: delete what a backup would replace, and what is made anew from it. Answer: `Ok`."""


class WriteStore(Message):
    """`backup.write`: store documents of a backup; doing it twice is doing it once. Answer: `Ok`."""

    collection: CollectionName
    documents: Packed


class FinishStore(Message):
    """`backup.finish`: everything is written; bring documents of an older schema up to date. Answer: `Ok`."""

    schema_version: Annotated[int, Field(ge=1)]
