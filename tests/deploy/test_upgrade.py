"""What an earlier release left behind is opened by this one: nobody is lost, nothing is done twice."""

import json
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.deploy.conftest import a_stack
from tests.deploy.deployed import BROKER_PORT, Deployed, docker
from tests.deploy.record import CHANGED, DATABASES, OWNER, job_change
from tests.e2e.conftest import wait_for

RECORDED = Path(__file__).parent / "data"
RELEASES = sorted(path.name for path in RECORDED.iterdir())
INSERT = (
    "const kept = EJSON.parse(require('fs').readFileSync(0, 'utf8'), {relaxed: false});"
    "db.getSiblingDB('admin').auth('root', require('fs').readFileSync('/run/secrets/mongo_root', 'utf8').trim());"
    "for (const [name, rows] of Object.entries(kept)) if (rows.length) db.getSiblingDB('DATABASE')[name].insertMany(rows)"
)
UNPACK = "import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, mode='r|xz').extractall('/volumes/nats')"


def put_back(stack: Deployed, recorded: Path) -> None:
    """Fill the stack's volumes with what a release left behind, before anything else of it runs."""
    stack.compose("up", "--detach", "--wait", "mongo")
    for name in DATABASES:
        insert = INSERT.replace("DATABASE", name)
        into = ["docker", "exec", "-i", stack.container("mongo"), "mongosh", "--quiet", "--norc", "--eval", insert]
        subprocess.run(into, input=(recorded / f"{name}.json").read_bytes(), check=True, timeout=60, capture_output=True)
    user = stack.inspect("mongo")["Config"]["User"]
    volume = f"{stack.project}_nats:/volumes/nats"
    unpack = ["docker", "run", "--rm", "-i", "--user", user, "-v", volume, stack.image, "python", "-P", "-c", UNPACK]
    subprocess.run(unpack, input=(recorded / "nats.tar.xz").read_bytes(), check=True, timeout=60, capture_output=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("release", RELEASES)
def test_an_earlier_release_is_carried_on(release: str, image: str, tmp_path: Path) -> None:
    """People, inbox and credentials are there, an old fact changes nothing, and a new one reaches the person it is about."""
    recorded = RECORDED / release
    kept = json.loads((recorded / "kept.json").read_text())
    with a_stack(image, tmp_path) as stack:
        put_back(stack, recorded)
        stack.up(BROKER_PORT)

        contacts = stack.command("contacts", "list", "--owner", OWNER)
        known = set(kept["contacts"][0])
        assert [{key: row[key] for key in known} for row in contacts] == kept["contacts"]
        items = {item["id"]: item for item in stack.inbox(OWNER)}
        assert {item["id"] for item in kept["inbox"]} <= set(items)
        for item in kept["inbox"]:
            assert items[item["id"]]["state"] == item["state"]
            assert items[item["id"]]["draft"]["body"]

        facts = "\n".join(json.dumps(job_change(email)) for email in CHANGED)
        assert stack.command("emit", "job.changed", "--owner", OWNER, "--data", "-", stdin=facts)["sent"] == len(CHANGED)
        new = job_change(CHANGED[0])
        new |= {"id": "after-the-upgrade", "time": "2026-11-24T09:00:00Z", "data": new["data"] | {"company": "Mountain Maps"}}
        request = urllib.request.Request(
            f"http://127.0.0.1:{stack.web_port}/events",
            data=json.dumps(new).encode(),
            headers={"Authorization": f"Bearer {kept['token']}", "Content-Type": "application/cloudevents+json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status < 300

        def companies() -> list[str | None]:
            rows = stack.command("contacts", "list", "--owner", OWNER)
            return [row["company"] for row in rows]

        # Facts of one owner are taken in their order: with the new one, the old ones have been, too.
        wait_for(lambda: "Mountain Maps" in companies())
        assert len(companies()) == len(kept["contacts"])
        assert len(stack.inbox(OWNER)) == len({item["id"] for item in stack.inbox(OWNER)})
        assert stack.command("dead", "list") == []
        assert "ERR" not in docker("logs", stack.container("nats"))
