"""One module per format: bytes in, facts and receipt lines out. `open_import` is the door."""

from services.contacts.importers.detect import open_import
from services.contacts.importers.errors import BrokenFile, TooLarge, UnknownFormat
from services.contacts.importers.rows import Remark, Row, Skipped, SourceFile

__all__ = ["BrokenFile", "Remark", "Row", "Skipped", "SourceFile", "TooLarge", "UnknownFormat", "open_import"]
