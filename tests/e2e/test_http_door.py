"""The HTTP door of the real stack, as another system meets it: a token, a POST, and what becomes of it."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.conftest import Stack, wait_for

STRUCTURED = "application/cloudevents+json"
TIMEOUT_S = 20


@dataclass(frozen=True)
class Crm:
    """A system that was given what `hobnob emitter add` shows, and knows nothing else."""

    stack: Stack
    owner: str
    url: str
    token: str

    def post(self, body: Any, *, content_type: str = STRUCTURED, **headers: str) -> tuple[int, dict[str, Any]]:
        """Post to the door; the status and the document that it answers."""
        request = urllib.request.Request(f"{self.url}/events", data=json.dumps(body).encode(), method="POST")
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", content_type)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, json.load(exc)


@pytest.fixture
def crm(stack: Stack) -> Crm:
    """An emitter of an owner whose reminders come at once."""
    owner = stack.add_owner()
    shown = stack.json("emitter", "add", "crm", "--owner", owner)
    # The door is where `status` says; the credential may have been made for another address of it.
    return Crm(stack, owner, stack.json("status")["http_url"], shown["http"]["token"])


def event(**changes: Any) -> dict[str, Any]:
    """Return a fact about a connection, which makes a reminder."""
    return {
        "specversion": "1.0",
        "id": "crm-1",
        "source": "https://crm.example.com",
        "type": "hobnob.connection.accepted.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": {"name": "Petra Posted", "emails": ["petra@example.com"], "deliver_now": True},
    } | changes


def test_a_posted_fact_becomes_a_contact_and_an_inbox_item(crm: Crm) -> None:
    """One POST is a person and a reminder with a draft; the same POST again is accepted and changes nothing."""
    status, answer = crm.post(event())
    assert (status, list(answer)) == (202, ["sequence"])
    (item,) = crm.stack.wait_for_inbox(crm.owner, 1)
    assert (item["occasion"], item["contact"]["name"]) == ("new_connection", "Petra Posted")
    status, again = crm.post(event())
    assert status == 202
    assert again["sequence"] > answer["sequence"]
    marker = event(id="crm-2", data={"name": "Mark Marker", "emails": ["mark@example.com"], "deliver_now": True})
    assert crm.post(marker)[0] == 202  # facts are taken in order: the repeated one is done with
    assert len(crm.stack.wait_for_inbox(crm.owner, 2)) == 2
    assert len(crm.stack.json("contacts", "list", "--owner", crm.owner)) == 2


def test_binary_mode_and_batches_reach_the_contacts_too(crm: Crm) -> None:
    """The other two modes of CloudEvents' HTTP binding state the same facts."""
    headers = {"ce_specversion": "1.0", "ce_id": "b-1", "ce_source": "crm", "ce_type": "hobnob.contact.upserted.v1"}
    assert crm.post({"name": "Bina Binary"}, content_type="application/json", **headers)[0] == 202
    batch = [event(id=f"n-{n}", type="hobnob.contact.upserted.v1", data={"name": f"Number {n} Batch"}) for n in range(3)]
    status, answer = crm.post(batch, content_type="application/cloudevents-batch+json")
    assert (status, len(answer["sequences"])) == (202, 3)

    def names() -> set[str]:
        return {contact["name"] for contact in crm.stack.json("contacts", "list", "--owner", crm.owner)}

    wait_for(lambda: names() == {"Bina Binary", "Number 0 Batch", "Number 1 Batch", "Number 2 Batch"})


def test_a_token_speaks_for_its_owner_only(crm: Crm) -> None:
    """A fact about another owner is refused with 403, and neither owner has it."""
    other = crm.stack.add_owner()
    status, problem = crm.post(event(owner=other))
    assert (status, problem["type"], problem["errors"][0]["pointer"]) == (403, "/problems/another-owner", "/owner")
    assert crm.post(event(id="own", owner=crm.owner))[0] == 202
    crm.stack.wait_for_inbox(crm.owner, 1)
    assert crm.stack.json("contacts", "list", "--owner", other) == []


def test_a_removed_emitter_is_refused_at_once(crm: Crm) -> None:
    """After `emitter remove` the very next request is 401."""
    assert crm.post(event())[0] == 202
    crm.stack.run("emitter", "remove", "crm", "--owner", crm.owner)
    status, problem = crm.post(event(id="late"))
    assert (status, problem["type"]) == (401, "/problems/unauthorized")


def test_nothing_that_was_accepted_is_a_dead_letter(crm: Crm) -> None:
    """What does not fit is refused at the door, where its sender hears of it."""
    status, problem = crm.post(event(data={"name": "Wanda Wrong", "birthday": "2025-02-29"}))
    assert (status, problem["errors"][0]["pointer"]) == (422, "/data/birthday")
    assert crm.post(event(id="right"))[0] == 202
    crm.stack.wait_for_inbox(crm.owner, 1)
    assert crm.stack.json("dead", "list", "--owner", crm.owner) == []
