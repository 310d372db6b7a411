"""Many small questions to one collection, asked together: one request and one answer, however many there are."""

from collections.abc import Sequence
from typing import Final

from shared.mongo import Collection, Document, aggregate

PLACE: Final = "place"
"""Which question a document answers, counted from 0."""


async def ask_together(collection: Collection, pipelines: Sequence[Sequence[Document]]) -> list[list[Document]]:
    """Return what each of *pipelines* finds in *collection*."""
    answers: list[list[Document]] = [[] for _ in pipelines]
    marked = [[*stages, {"$set": {PLACE: place}}] for place, stages in enumerate(pipelines)]
    if marked:
        following = [{"$unionWith": {"coll": collection.name, "pipeline": stages}} for stages in marked[1:]]
        for document in await aggregate(collection, [*marked[0], *following]):
            answers[document.pop(PLACE)].append(document)
    return answers


async def count_together(collection: Collection, queries: Sequence[Document]) -> list[int]:
    """Return how many documents match each of *queries*; where an index holds all fields of a query, from the index alone."""
    answers = await ask_together(collection, [[{"$match": query}, {"$count": "count"}] for query in queries])
    return [int(answer[0]["count"]) if answer else 0 for answer in answers]
