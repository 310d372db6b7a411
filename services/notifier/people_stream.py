"""The current snapshots on `HOBNOB_PEOPLE`, for when the projection may be behind."""

from collections.abc import Iterable

from nats.aio.client import Client
from pydantic import ValidationError

from shared import subjects
from shared.errors import InvalidMessage
from shared.jetstream import last_messages
from shared.messages.cloudevents import describe
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.streams import PEOPLE

Key = tuple[str, str]
"""Owner and contact."""


async def current_people(client: Client, keys: Iterable[Key]) -> dict[Key, ContactSnapshot]:
    """
    Return the last snapshot of each contact that has one.

    Raises:
        BrokerUnavailable: the broker did not answer.
        InvalidMessage: a snapshot on the stream cannot be read.
    """
    by_subject = {subjects.person(owner, contact): (owner, contact) for owner, contact in keys}
    stored = await last_messages(client, stream=PEOPLE, filters=by_subject)
    try:
        return {by_subject[s]: ContactSnapshot.model_validate_json(message.body) for s, message in stored.items()}
    except ValidationError as exc:
        raise InvalidMessage(f"a snapshot on {PEOPLE} cannot be read: {describe(exc)}") from exc


async def current_profiles(client: Client, owners: Iterable[str]) -> list[OwnerProfile]:
    """
    Return the last profile of each owner that has one.

    Raises:
        BrokerUnavailable: the broker did not answer.
        InvalidMessage: a profile on the stream cannot be read.
    """
    stored = await last_messages(client, stream=PEOPLE, filters=[subjects.profile(owner) for owner in owners])
    try:
        return [OwnerProfile.model_validate_json(message.body) for message in stored.values()]
    except ValidationError as exc:
        raise InvalidMessage(f"a profile on {PEOPLE} cannot be read: {describe(exc)}") from exc
