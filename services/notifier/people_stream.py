"""The current snapshots on `HOBNOB_PEOPLE`, for when the projection may be behind."""

from collections.abc import Iterable, Mapping

from nats.aio.client import Client
from pydantic import ValidationError

from shared import subjects
from shared.errors import InvalidMessage
from shared.jetstream import Stored, last_messages, leaders_last_messages
from shared.messages.cloudevents import describe
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.revisions import revision_of
from shared.streams import PEOPLE

Key = tuple[str, str]
"""Owner and contact."""


async def current_people(
    client: Client, keys: Iterable[Key], *, at_least: Mapping[Key, int] | None = None
) -> dict[Key, ContactSnapshot]:
    """
    Return the last snapshot of each contact that has one.

    Args:
        client: Connected.
        keys: The contacts.
        at_least: Revisions that are known to exist: where a copy of the stream has not got them yet, its leader is asked.

    Raises:
        BrokerUnavailable: the broker did not answer.
        InvalidMessage: a snapshot on the stream cannot be read.
    """
    by_subject = {subjects.person(owner, contact): (owner, contact) for owner, contact in keys}
    stored = await last_messages(client, stream=PEOPLE, filters=by_subject)
    # Any copy of the stream answers that, and one may be behind for a moment.
    revisions = {subject: revision_of(message) for subject, message in stored.items()}
    if behind := [s for s, key in by_subject.items() if revisions.get(s, 0) < (at_least or {}).get(key, 0)]:
        stored |= await leaders_last_messages(client, stream=PEOPLE, of=behind)
    return {by_subject[s]: _snapshot(message) for s, message in stored.items()}


async def present_people(client: Client, keys: Iterable[Key]) -> dict[Key, ContactSnapshot]:
    """
    Return what `current_people` does as the leader of the stream has it: for the last look before something is done for good.

    Raises:
        BrokerUnavailable: the broker did not answer.
        InvalidMessage: a snapshot on the stream cannot be read.
    """
    by_subject = {subjects.person(owner, contact): (owner, contact) for owner, contact in keys}
    stored = await leaders_last_messages(client, stream=PEOPLE, of=by_subject)
    return {by_subject[s]: _snapshot(message) for s, message in stored.items()}


def _snapshot(message: Stored) -> ContactSnapshot:
    try:
        return ContactSnapshot.model_validate_json(message.body)
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
