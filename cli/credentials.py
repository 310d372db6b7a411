"""Issuing and revoking credentials, and showing one: once, in every form in which somebody needs it."""

import json
from pathlib import Path
from typing import Any, Final

from cli.client import Hobnob, call
from cli.output import print_json, say
from cli.target import Target
from cli.validation import valid
from shared.access import credential_user, inbox_prefix
from shared.messages.access import CredentialIssued, IssueCredential, RevokeCredential
from shared.messages.cloudevents import event_type
from shared.messages.facts import FactName
from shared.messages.rpc import Ok

UNKNOWN_URL: Final = "HOBNOB_URL"
"""Stands in the examples for an HTTP door whose address the command was not told."""


async def issue(hobnob: Hobnob, request: IssueCredential) -> dict[str, Any]:
    """
    Have a credential made and return the document that tells it.

    Raises:
        NotFound: there is no such owner, or nothing to be replaced.
        Conflict: the name is taken.
    """
    issued = await hobnob.ask("notifier", "credential.issue", request, CredentialIssued)
    return credential_document(issued, target=hobnob.target)


def end(data: Path | None, *, owner: str, name: str, as_json: bool) -> None:
    """End a credential and say so; raise `NotFound` when there is none of that name."""
    request = valid(RevokeCredential, {"owner": owner, "name": name})
    call(data, lambda hobnob: hobnob.ask("notifier", "credential.revoke", request, Ok))
    if as_json:
        print_json({"removed": name, "owner": owner})
    else:
        say(f"{name} may no longer do anything for {owner}.")


def credential_document(issued: CredentialIssued, *, target: Target) -> dict[str, Any]:
    """Return the JSON that tells a credential: what a client of the broker needs, and what one over HTTP does."""
    owner, name = issued.credential.owner, issued.credential.name
    user = credential_user(owner=owner, name=name)
    return {
        "name": name,
        "owner": owner,
        "nats": {"url": target.nats_url, "user": user, "password": issued.secret, "inbox_prefix": inbox_prefix(user)},
        "http": {"url": target.http_url, "token": issued.secret},
    }


def show(document: dict[str, Any], *, may: str, source: str, as_json: bool) -> None:
    """
    Print a new credential.

    Args:
        document: Of `credential_document`.
        may: What it is good for, to end the sentence "… may".
        source: The `source` that its facts will carry, for the examples.
        as_json: Whether a program reads it.
    """
    if as_json:
        print_json(document)
        return
    say(f"{document['name']} may {may}. The password is shown this once, and kept nowhere:\n")
    for line in _settings(document):
        say(f"  {line}")
    for title, line in _examples(document, source=source):
        say(f"\n{title}\n  {line}")


def _settings(document: dict[str, Any]) -> list[str]:
    nats, http = document["nats"], document["http"]
    lines = [f"NATS_URL={nats['url']}", f"NATS_USER={nats['user']}", f"NATS_PASSWORD={nats['password']}"]
    lines += [f"HOBNOB_URL={http['url']}"] if http["url"] else []
    return [*lines, f"HOBNOB_TOKEN={http['token']}"]


def _examples(document: dict[str, Any], *, source: str) -> list[tuple[str, str]]:
    nats, http = document["nats"], document["http"]
    url, user, password, inbox = (json.dumps(nats[key]) for key in ("url", "user", "password", "inbox_prefix"))
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": source,
        "type": event_type(FactName.CONTACT_UPSERTED),
        "data": {"name": "Ada Example"},
    }
    text = json.dumps(event).replace("'", "'\\''")
    curl = (
        f"curl -H 'Authorization: Bearer {http['token']}' -H 'Content-Type: application/cloudevents+json' "
        f"-d '{text}' {http['url'] or UNKNOWN_URL}/events"
    )
    python = f"await nats.connect({url}, user={user}, password={password}, inbox_prefix={inbox})"
    node = f"await connect({{ servers: {url}, user: {user}, pass: {password}, inboxPrefix: {inbox} }})"
    return [("Python, nats-py:", python), ("Node, @nats-io/transport-node:", node), ("Shell, curl:", curl)]
