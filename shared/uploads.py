"""Handing over a file to be imported: its bytes into the object store, then the fact that says so."""

from datetime import datetime
from typing import Any, BinaryIO, Final, Literal

import nats.errors
from nats.aio.client import Client
from nats.js.errors import APIError, NotFoundError

from shared.emitting import Emitter
from shared.errors import BrokerUnavailable, NotFound, PermanentError
from shared.messages.cloudevents import new_event
from shared.messages.facts import FactName, upload_name
from shared.streams import IMPORTS_BUCKET

DateOrder = Literal["dmy", "mdy", "ymd"]
MAX_UPLOAD_BYTES: Final = 1024**3
"""The largest file that is imported: beyond it, split the file."""
NAME_CHARS: Final = 200
"""What is kept of a file's name."""


async def hand_over(
    client: Client,
    *,
    owner: str,
    import_id: str,
    content: BinaryIO,
    filename: str,
    source: str,
    at: datetime,
    date_order: DateOrder | None = None,
) -> None:
    """
    Store an upload and state that it is there; from then on its import happens, whatever becomes of the caller.

    Args:
        client: Connected, with the right to write uploads and facts.
        owner: Whose people are in it.
        import_id: Chosen by the caller; the same one again is the same import.
        content: Read in pieces, never as a whole.
        filename: What the owner calls it.
        source: Who states the fact.
        at: When it was handed over.
        date_order: How `03/04/1985` is meant; None concludes it from the file.

    Raises:
        NotFound: the broker has no place for uploads.
        BrokerUnavailable: it does not answer; hand it over again.
        PermanentError: it refuses the file.
        OSError: *content* cannot be read.
    """
    name = upload_name(owner=owner, import_id=import_id)
    data: dict[str, Any] = {"import_id": import_id, "object_name": name, "filename": filename[:NAME_CHARS] or "upload"}
    data["size_bytes"] = await _store(client, name=name, content=content)
    if date_order:
        data["date_order"] = date_order
    event = new_event(name=FactName.IMPORT_UPLOADED, source=source, id=import_id, data=data, time=at)
    await Emitter(client).emit([event], owner=owner)


async def _store(client: Client, *, name: str, content: BinaryIO) -> int:
    try:
        bucket = await client.jetstream().object_store(IMPORTS_BUCKET)
        info = await bucket.put(name, content)  # type: ignore[arg-type]  # nats-py's annotation wants a buffered reader
    except NotFoundError as exc:
        raise NotFound("the stack has no place for uploads; start it once, or run `python -m shared.topology`") from exc
    except APIError as exc:
        raise PermanentError(f"the broker refused the upload: {exc}") from exc
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable("the upload got no answer") from exc
    return info.size or 0
