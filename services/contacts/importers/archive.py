"""
What is inside a ZIP, within bounds: total size, ratio, count; no ZIP inside a ZIP, nothing encrypted.

The sizes that the archive declares are binding: Python's reader never gives out more of a member than was declared.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from services.contacts.importers.blob import Blob
from services.contacts.importers.errors import BrokenFile, TooLarge, UnknownFormat

ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"

MAX_UNPACKED_BYTES = 2 * 1024**3
"""All members together."""
MAX_RATIO = 200
"""Unpacked to packed; text reaches 20, a ZIP bomb 1,000."""
RATIO_FROM_BYTES = 10 * 1024**2
"""Smaller members are harmless, however well they pack."""
MAX_MEMBERS = 10_000

_OFFICE_FIRST_MEMBERS = (b"[Content_Types].xml", b"mimetype", b"_rels/.rels")
_NAME_OFFSET = 30
"""Where a ZIP's first member is named (APPNOTE.TXT section 4.3.7)."""


def is_zip(head: bytes) -> bool:
    """Tell by the first bytes."""
    return head.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC))


def is_office_document(head: bytes) -> bool:
    """Tell a workbook or text document, which is a ZIP too, by the name of its first member."""
    return head.startswith(ZIP_MAGIC) and head[_NAME_OFFSET:].startswith(_OFFICE_FIRST_MEMBERS)


def members(path: Path, *, name: str) -> Iterator[Blob]:
    """
    Yield the files in a ZIP.

    Raises:
        BrokenFile: damaged or encrypted.
        TooLarge: beyond one of the bounds above.
        UnknownFormat: it holds another ZIP.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, OSError) as exc:
        raise BrokenFile(f"{name} is a damaged or incomplete ZIP ({exc}); download it again") from exc
    _check(listed, name=name)
    for index, info in enumerate(listed):
        if info.is_dir() or info.file_size == 0:
            continue
        blob = Blob(path=path, name=f"{name}/{info.filename}", member=index)
        head = blob.head()
        if is_zip(head) and not is_office_document(head):
            raise UnknownFormat(f"{name} holds another ZIP, {info.filename}; unpack it and import the files in it")
        yield blob


def _check(listed: list[zipfile.ZipInfo], *, name: str) -> None:
    if len(listed) > MAX_MEMBERS:
        raise TooLarge(f"{name} holds {len(listed):,} files; the most is {MAX_MEMBERS:,}")
    total = sum(info.file_size for info in listed)
    if total > MAX_UNPACKED_BYTES:
        raise TooLarge(f"{name} would unpack to {total / 1024**3:,.1f} GiB; the most is {MAX_UNPACKED_BYTES / 1024**3:.0f} GiB")
    for info in listed:
        if info.flag_bits & 1:
            raise BrokenFile(f"{name} is protected with a password; unpack it and import the files in it")
        if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
            raise TooLarge(f"{name}: {info.filename} unpacks to more than {MAX_RATIO} times its size, as only a ZIP bomb does")
