"""Files that a browser or a program sends: read in pieces into temporary files, never more than may be."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from services.notifier.use_cases.importing import Upload
from services.notifier.web.bodies import Room
from services.notifier.web.problems import Refusal
from shared.errors import InvalidMessage
from shared.uploads import DateOrder

MULTIPART: Final = "multipart/form-data"
FILES_MAX: Final = 20
FIELDS_MAX: Final = 10
FIELD_BYTES: Final = 4 * 1024
FRAME_BYTES: Final = 64 * 1024
"""What boundaries, headers and fields may take besides the files."""
IDLE_S: Final = 30.0
"""How long a sender may send nothing. The whole may take its time: a gigabyte through a telephone takes an hour."""
DRAIN_S: Final = 10.0
"""How long what is refused is still read: a browser shows an answer only once it could send what it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The fields and the files of a form, open until the request ends."""

    fields: Mapping[str, str]
    uploads: Sequence[Upload]

    @property
    def date_order(self) -> DateOrder | None:
        """
        How the owner says that dates such as 03/04/1985 are meant.

        Raises:
            InvalidMessage: in none of the ways that there are.
        """
        said = self.fields.get("date_order", "")
        if said not in ("", "dmy", "mdy", "ymd"):
            raise InvalidMessage("date_order: one of dmy, mdy, ymd, or nothing")
        return cast(DateOrder, said) if said else None


@asynccontextmanager
async def received(request: Request, *, room: Room, limit_bytes: int) -> AsyncIterator[Received]:
    """
    Yield what a multipart form carries, with place for it on the disk until the block ends.

    Raises:
        Refusal: it is no such form, larger than *limit_bytes*, stops coming, or too much is coming in already.
        ClientDisconnect: the client went away.
    """
    if not request.headers.get("content-type", "").lower().startswith(MULTIPART):
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", f"send the files as {MULTIPART}")
    body = _Body(request, limit_bytes=limit_bytes)
    declared = int(request.headers.get("content-length", 0))
    if declared > limit_bytes + FRAME_BYTES:
        await body.drain()
        raise _too_large(limit_bytes)
    async with room.place(declared or limit_bytes):
        form = await _read(request, body)
        try:
            items = form.multi_items()
            # A browser whose owner chose nothing sends a file without a name.
            files = [value for _, value in items if isinstance(value, UploadFile) and (value.filename or value.size)]
            yield Received(
                fields={name: value for name, value in items if isinstance(value, str)},
                uploads=[Upload(filename=_bare(file.filename or ""), content=file.file) for file in files],
            )
        finally:
            await form.close()


def spoken_size(size_bytes: int) -> str:
    """Write a size as people do: 1 GB, 512 KB."""
    for unit, name in ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.3g} {name}"
    return f"{size_bytes} bytes"


def _bare(filename: str) -> str:
    """Return the last part of a name: some browsers send the whole path."""
    return filename.replace("\\", "/").rpartition("/")[2].strip() or "upload"


class _Body:
    """The body of a request as it comes in: up to a limit, and not too slowly."""

    def __init__(self, request: Request, *, limit_bytes: int) -> None:
        self._request = request
        self._limit_bytes = limit_bytes
        self._taken = 0
        self._is_over = False

    async def receive(self) -> Message:
        """
        Return the next piece.

        Raises:
            Refusal: it is one too many, or none came.
        """
        try:
            async with asyncio.timeout(IDLE_S):
                message = await self._next()
        except TimeoutError as exc:
            detail = f"nothing came for {IDLE_S:g} s; send the file again"
            raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "too-slow", detail, headers={"Connection": "close"}) from exc
        self._taken += len(message.get("body", b""))
        if self._taken > self._limit_bytes + FRAME_BYTES:
            await self.drain()
            raise _too_large(self._limit_bytes)
        return message

    async def drain(self) -> None:
        """Read on for a while, and keep nothing."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while not self._is_over:
                    await self._next()

    async def _next(self) -> Message:
        message = await self._request.receive()
        self._is_over = not message.get("more_body", False)
        return message


async def _read(request: Request, body: _Body) -> FormData:
    try:
        return await Request(request.scope, body.receive).form(
            max_files=FILES_MAX, max_fields=FIELDS_MAX, max_part_size=FIELD_BYTES
        )
    except HTTPException as exc:
        await body.drain()
        detail = f"this is no form of at most {FILES_MAX} files: bring fewer at once, or put them into one ZIP"
        raise Refusal(HTTPStatus.BAD_REQUEST, "unreadable-form", detail) from exc


def _too_large(limit_bytes: int) -> Refusal:
    detail = f"Hobnob takes at most {spoken_size(limit_bytes)} at once: bring the files one by one, or split the large one"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail)
