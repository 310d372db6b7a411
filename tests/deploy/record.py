"""
`python -m tests.deploy.record DATA FOLDER`: what a release leaves behind, for `test_upgrade.py` to open with later ones.

Run it with the release's own code, on a local stack that nobody has used yet (`hobnob --data DATA up --detach`): it fills the
stack, writes the documents of both databases into FOLDER as extended JSON, stops the stack, and packs the broker's store. The
files of MongoDB itself would tie the test to one version of MongoDB. Recorded: `data/0.1.0`, with the code of 2026-11-25.
"""

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from bson import json_util
from pymongo import MongoClient

from tests.e2e.conftest import Stack, wait_for

OWNER = "old"
DATABASES = ("hobnob_contacts", "hobnob_notifier")
PEOPLE: list[dict[str, Any]] = [
    {"name": "Ada Example", "emails": ["ada@example.com"], "dates": [{"label": "Graduation", "on": "2099-06-01"}]},
    {"name": "Ben Example", "emails": ["ben@example.com"], "birthday": "1980-02-29", "closeness": "well"},
    {"name": "Cleo Example", "emails": ["cleo@example.com"], "tags": ["press"], "muted": ["birthday"]},
]
CHANGED = ("ada@example.com", "ben@example.com")
"""Who has a new job, and so an item in the inbox."""


def job_change(email: str) -> dict[str, Any]:
    """Return a fact that is the same each time."""
    return {
        "specversion": "1.0",
        "id": f"job-of-{email}",
        "source": "https://crm.example.com",
        "type": "hobnob.job.changed.v1",
        "time": "2026-11-24T08:00:00Z",
        "data": {"contact": {"email": email}, "company": "Harbour Books", "title": "Editor", "deliver_now": True},
    }


def fill(stack: Stack) -> dict[str, Any]:
    """Have the stack keep people, an inbox and a credential; return what must be found again."""
    stack.run("owner", "add", OWNER, "--name", "Robin Testwell", "--timezone", "UTC", "--deliver-at", "00:00")
    for person in PEOPLE:
        stack.run("emit", "contact.upserted", "--owner", OWNER, "--data", json.dumps(person))
    wait_for(lambda: len(stack.json("contacts", "list", "--owner", OWNER)) == len(PEOPLE))
    facts = "\n".join(json.dumps(job_change(email)) for email in CHANGED)
    stack.run("emit", "job.changed", "--owner", OWNER, "--data", "-", stdin=facts)
    first, _ = stack.wait_for_inbox(OWNER, len(CHANGED))
    stack.run("inbox", "dismiss", first["id"], "--owner", OWNER)
    token = stack.json("emitter", "add", "crm", "--owner", OWNER)["http"]["token"]
    wait_for(lambda: stack.json("upcoming", "--days", "400", "--owner", OWNER))
    return {
        "token": token,
        "contacts": stack.json("contacts", "list", "--owner", OWNER),
        "inbox": stack.json("inbox", "list", "--owner", OWNER, "--state", "all"),
    }


def documents(url: str, name: str) -> dict[str, Any]:
    """Return every document of a database, by collection."""
    client: MongoClient[dict[str, Any]] = MongoClient(url)
    with client:
        database = client[name]
        return {collection: list(database[collection].find()) for collection in sorted(database.list_collection_names())}


def main(data: Path, folder: Path) -> None:
    """Fill, write down, stop and pack."""
    stack = Stack(data)
    folder.mkdir(parents=True)
    kept = fill(stack)
    (folder / "kept.json").write_text(json.dumps(kept, indent=1) + "\n")
    url = json.loads((data / "stack.json").read_text())["mongo_url"]
    for name in DATABASES:
        (folder / f"{name}.json").write_text(json_util.dumps(documents(url, name), indent=1) + "\n")
    stack.run("down")
    with tarfile.open(folder / "nats.tar.xz", "w:xz") as archive:
        archive.add(data / "nats" / "jetstream", "jetstream")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
