"""
The file of a backup: a tar, packed by gzip, written and read in pieces and never held as a whole.

    manifest.json                        what this is: format, when and by what it was made, the databases' schemas
    contacts/facts/000001.bson           documents of a service's collection, one after the other
    streams/HOBNOB_INTAKE/000001.jsonl   messages of a stream: subject, headers, body
    end.json                             how many parts there are, and the digest of all of them in their order

Without `end.json`, or with another digest, it is no whole backup. The digest tells damage, not malice: whoever can write the file
can write its digest.
"""

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.errors import CommandFailed
from shared.messages.values import Instant

FORMAT: Final = 1
MODE: Final = 0o600
"""The file holds people, hashes of passwords, and secrets: nobody but its owner reads it."""
PACKING: Final = 5
LARGEST_PART_BYTES: Final = 64 * 1024 * 1024
MANIFEST, END = "manifest.json", "end.json"
_PART = re.compile(r"[a-z_]+/[A-Za-z_]+/\d{6,9}\.(bson|jsonl)")
_READING_FAILED = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError)


class BackupDamaged(CommandFailed):
    """The file is not a whole backup."""


class BackupTooNew(CommandFailed):
    """The backup was made by a newer version."""


class Manifest(BaseModel):
    """What a backup says of itself first."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["hobnob-backup"] = "hobnob-backup"
    format: int = FORMAT
    made_by: str
    made_at: Instant
    schema_versions: dict[str, int]


class End(BaseModel):
    """What a backup says of itself last."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    parts: Annotated[int, Field(ge=0)]
    sha256: str
    documents: dict[str, int]
    messages: dict[str, int]


PlainT = TypeVar("PlainT", bound=BaseModel)


class Writer:
    """Writes the parts of a backup; see `writing`."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._parts = 0
        self._digest = hashlib.sha256()

    def begin(self, manifest: Manifest) -> None:
        """Write what it is."""
        self._add(MANIFEST, manifest.model_dump_json(indent=2).encode())

    def add(self, folder: str, kind: str, data: bytes) -> None:
        """Write one part, with *kind* `bson` or `jsonl`."""
        self._parts += 1
        self._add(f"{folder}/{self._parts:06}.{kind}", data)

    def finish(self, *, documents: dict[str, int], messages: dict[str, int]) -> None:
        """Write that it is whole."""
        end = End(parts=self._parts, sha256=self._digest.hexdigest(), documents=documents, messages=messages)
        self._add(END, end.model_dump_json(indent=2).encode())

    def _add(self, name: str, data: bytes) -> None:
        _count_in(self._digest, name, data)
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), MODE
        self._tar.addfile(info, io.BytesIO(data))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """
    Yield a writer, and have the file at *path* once the block ends well; what went wrong leaves nothing.

    Raises:
        CommandFailed: the file cannot be written, or is there already.
    """
    if path.exists():
        raise CommandFailed(f"{path} is there already; name a file that is not")
    fresh = path.with_name(f"{path.name}.part")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
            packed = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=PACKING)
            with packed, tarfile.open(fileobj=packed, mode="w|") as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as exc:
        raise CommandFailed(f"{path} cannot be written: {exc.strerror or exc}") from exc
    finally:
        # Where nothing can be written nothing can be removed either; that it could not be written has been said.
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def verify(path: Path) -> tuple[Manifest, End]:
    """
    Read the whole file and return what it says of itself, once all of it is as it was written.

    Raises:
        CommandFailed: it cannot be read.
        BackupDamaged: it is no backup, or not a whole one, or was changed.
        BackupTooNew: it has a format that this version does not know.
    """
    digest, parts = hashlib.sha256(), 0
    manifest: Manifest | None = None
    end: End | None = None
    for name, data in _members(path):
        if manifest is None:
            manifest = _read_manifest(path, name, data)
        elif end is not None:
            raise BackupDamaged(f"{path} is damaged: something comes after its end; nothing was changed")
        elif name == END:
            end = _read(path, data, End)
            if (end.parts, end.sha256) != (parts, digest.hexdigest()):
                raise BackupDamaged(f"{path} is damaged: its checksum is not the one that was written; nothing was changed")
        else:
            parts += 1
        _count_in(digest, name, data)
    if manifest is None or end is None:
        raise BackupDamaged(f"{path} is cut off: the end of the backup is missing; nothing was changed")
    return manifest, end


def parts_of(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """
    Yield the parts of a file that was verified, each as its service or `streams`, its collection or stream, and its data.

    Raises:
        BackupDamaged: it changed since.
    """
    for name, data in _members(path):
        if name == END:
            return
        if name != MANIFEST:
            room, what, _ = name.split("/")
            yield room, what, data
    raise BackupDamaged(f"{path} changed while it was read")


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with path.open("rb") as file:
            yield from _unpacked(file)
    except OSError as exc:
        if isinstance(exc, gzip.BadGzipFile):
            raise BackupDamaged(f"{path} is damaged, or no backup; nothing was changed") from exc
        raise CommandFailed(f"{path} cannot be read: {exc.strerror or exc}") from exc
    except _READING_FAILED as exc:
        raise BackupDamaged(f"{path} is damaged, or no backup; nothing was changed") from exc


def _unpacked(file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    with gzip.GzipFile(fileobj=file, mode="rb") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
        for member in tar:
            is_ours = member.name in (MANIFEST, END) or _PART.fullmatch(member.name)
            if not member.isreg() or not is_ours or member.size > LARGEST_PART_BYTES:
                raise ValueError(member.name)
            content = tar.extractfile(member)
            assert content is not None
            yield member.name, content.read()
        # To the last byte: what comes after the tar is the checksum of the packing.
        while packed.read(LARGEST_PART_BYTES):
            pass


def _read_manifest(path: Path, name: str, data: bytes) -> Manifest:
    if name != MANIFEST:
        raise BackupDamaged(f"{path} is no backup; nothing was changed")
    try:
        said: Any = json.loads(data)
    except ValueError as exc:
        raise BackupDamaged(f"{path} is damaged, or no backup; nothing was changed") from exc
    # Before anything else of it is read: a later format may have other fields.
    if isinstance(said, dict) and isinstance(said.get("format"), int) and said["format"] > FORMAT:
        made_by = str(said.get("made_by", "a newer Hobnob"))[:80]
        raise BackupTooNew(
            f"{path} has backup format {said['format']}, made by {made_by}; this version reads up to format {FORMAT}: "
            "restore it with that version"
        )
    return _read(path, data, Manifest)


def _read(path: Path, data: bytes, model: type[PlainT]) -> PlainT:
    try:
        return model.model_validate_json(data)
    except ValidationError as exc:
        raise BackupDamaged(f"{path} is damaged, or no backup; nothing was changed") from exc


def _count_in(digest: "hashlib._Hash", name: str, data: bytes) -> None:
    digest.update(f"{name}\n{len(data)}\n".encode())
    digest.update(data)
