"""What of an owner's could not be processed: see it, give it back to the intake, drop it. Never anybody else's."""

from dataclasses import dataclass

from shared.dead_desk import DeadDesk
from shared.dead_letters import DeadLetter
from shared.dead_reading import DeadReader
from shared.logging import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDeadLetters:
    """The dead letters as one owner may use them; the errors are those of *reader* and *desk*."""

    reader: DeadReader
    desk: DeadDesk

    async def newest(self, *, owner: str, limit: int) -> list[DeadLetter]:
        """Return up to *limit* letters of *owner*, newest first."""
        return await self.reader.newest(owner=owner, limit=limit)

    async def get(self, *, owner: str, id: str) -> DeadLetter:  # noqa: A002  # the word of the contract
        """Return one letter; raise `NotFound` when *owner* has none of that id."""
        return await self.reader.get(owner=owner, id=id)

    async def replay(self, *, owner: str, id: str, payload: bytes | None = None) -> None:  # noqa: A002
        """
        Give a letter back to the intake, with *payload* in place of what it held where that is given, and drop it.

        Raises:
            NotFound: *owner* has none of that id.
            NotReplayable, TooLarge, Conflict: why it cannot be given back.
        """
        await self.desk.replay(letter=await self.get(owner=owner, id=id), payload=payload)
        log.info("dead_letter_replayed", mended=payload is not None)

    async def drop(self, *, owner: str, id: str) -> None:  # noqa: A002
        """Delete one letter; raise `NotFound` when *owner* has none of that id."""
        letter = await self.get(owner=owner, id=id)
        await self.desk.drop(id=letter.id)
        log.info("dead_letter_dropped")
