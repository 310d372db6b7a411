"""How documents travel: BSON one after the other, packed by zlib, in Base64, so that a page fits into a message of the broker."""

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import Final

from shared.errors import InvalidMessage, TooLarge

PAGE_BYTES: Final = 600_000
"""Of documents, unpacked: in Base64 they fit into the broker's megabyte even where packing wins nothing."""
MOST_PACKED: Final = 1_000_000
_LEVEL: Final = 1
"""The file is packed again, and better."""
_MOST_UNPACKED: Final = 64 * 1024 * 1024
"""More than any document of the database may have several times over; what says it is larger is refused."""


def pack(documents: Sequence[bytes]) -> str:
    """
    Return *documents* packed.

    Raises:
        TooLarge: a document by itself is too large for a message.
    """
    return pack_bytes(b"".join(documents))


def pack_bytes(data: bytes) -> str:
    """
    Return the bytes of documents packed.

    Raises:
        TooLarge: they do not fit into a message.
    """
    packed = base64.b64encode(zlib.compress(data, _LEVEL)).decode()
    if len(packed) > MOST_PACKED:
        raise TooLarge(f"a document of {len(data)} bytes is too large for a backup")
    return packed


def unpack(packed: str) -> bytes:
    """
    Return the bytes of the documents.

    Raises:
        InvalidMessage: nothing was packed like this.
    """
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(base64.b64decode(packed, validate=True), _MOST_UNPACKED)
    except (zlib.error, binascii.Error) as exc:
        raise InvalidMessage("the documents cannot be unpacked") from exc
    if not unpacking.eof:
        raise InvalidMessage("the documents cannot be unpacked")
    return data
