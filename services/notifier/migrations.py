"""
The steps that bring the documents of an earlier version up to date, the oldest first; see `shared/schema.py`.

A field that may be missing is read as missing and needs no step: there has been none yet. One that is added goes to the end of
the list, and stays for ever.
"""

from typing import Final

from shared.schema import Migration

MIGRATIONS: Final[tuple[Migration, ...]] = ()
