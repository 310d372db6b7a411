"""Bringing a data folder of an earlier version up to date, before anything starts on it."""

from typing import Final

from deploy.local.layout import DataFolder
from shared.logging import get_logger

log = get_logger(__name__)

_BEFORE: Final = "$G"
"""The account of a broker without accounts, as the local stack had it before there were passwords."""
_NOW: Final = "HOBNOB"


def upgrade(folder: DataFolder) -> None:
    """
    Give the streams of an earlier version to the account that has them now. Doing it twice is doing it once.

    A folder of the broker's store per account is all that tells whose a stream is (nats-server 2.15.1).
    """
    (folder.root / "nats.conf").unlink(missing_ok=True)
    before, now = folder.nats / "jetstream" / _BEFORE, folder.nats / "jetstream" / _NOW
    if before.exists() and not now.exists():
        before.rename(now)
        log.info("streams_adopted")
