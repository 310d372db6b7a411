"""Where the bytes of one file are: on disk, or inside a ZIP. Opened anew for every pass, never held in memory."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from services.contacts.importers.errors import BrokenFile

HEAD_BYTES = 64 * 1024
"""Enough for any preamble and header, and for the first card of an address book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A readable run of bytes. `member` is the place in the ZIP's directory; None is the file itself."""

    path: Path
    name: str
    member: int | None = None

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """
        Open for one pass from the start.

        Raises:
            BrokenFile: it is not there, cannot be read, or is damaged inside the ZIP; also while reading.
        """
        try:
            if self.member is None:
                with self.path.open("rb") as stream:
                    yield stream
            else:
                with zipfile.ZipFile(self.path) as archive, archive.open(archive.infolist()[self.member]) as stream:
                    yield stream
        except OSError as exc:
            raise BrokenFile(f"{self.name} cannot be read: {exc.strerror or exc}") from exc
        except (zipfile.BadZipFile, zlib.error, EOFError) as exc:
            raise BrokenFile(f"{self.name} is damaged ({exc}); download or export it again") from exc
        except NotImplementedError as exc:
            raise BrokenFile(f"{self.name} is packed in a way we cannot read ({exc}); unpack it and import the files") from exc

    def head(self) -> bytes:
        """Return the first 64 KiB."""
        with self.open() as stream:
            return stream.read(HEAD_BYTES)
