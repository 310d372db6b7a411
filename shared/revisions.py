"""The revision of a snapshot on its stream, told without reading all of it."""

import json
from typing import Final

from shared.jetstream import Stored

REVISION: Final = "Hobnob-Rev"
"""Header with the revision of the snapshot in the body."""


def revision_of(message: Stored) -> int:
    """Return the revision of a stored snapshot; 0 when it tells none."""
    try:
        return int(message.headers.get(REVISION) or json.loads(message.body)["rev"])
    except (ValueError, KeyError, TypeError):
        return 0
