"""Answering the requests `backup.…` in a service."""

from collections.abc import Callable

from faststream.nats import NatsBroker

from shared.backup.store import StoreBackup
from shared.broker import answer_requests
from shared.messages.backup import ClearStore, DescribeStore, FinishStore, ReadStore, WriteStore


def answer_backups(broker: NatsBroker, *, service: str, backup: Callable[[], StoreBackup]) -> None:
    """
    Answer them on *broker*, which is not started yet.

    Args:
        broker: The service's.
        service: Its name.
        backup: Returns who handles them; asked only once requests arrive.
    """
    answer_requests(broker, service=service, verb="backup.describe", request=DescribeStore, handle=lambda r: backup().describe(r))
    answer_requests(broker, service=service, verb="backup.read", request=ReadStore, handle=lambda r: backup().read(r))
    answer_requests(broker, service=service, verb="backup.clear", request=ClearStore, handle=lambda r: backup().clear(r))
    answer_requests(broker, service=service, verb="backup.write", request=WriteStore, handle=lambda r: backup().write(r))
    answer_requests(broker, service=service, verb="backup.finish", request=FinishStore, handle=lambda r: backup().finish(r))
