"""The Compose stack: up in one command, closed, and whatever happens to it, nothing is lost or doubled. In this order."""

import csv
import json
import re
import urllib.request
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.deploy.deployed import BROKER_PORT, ONE_SHOTS, SERVICES, Deployed, docker
from tests.e2e.conftest import wait_for

pytestmark = pytest.mark.timeout(600)
OWNER = "robin"
PEOPLE = 40
FACTS = 60
"""Facts that are under way when a container is killed."""
IN_TURN = ("contacts", "scheduler", "notifier", "mongo", "nats")
"""The order of killing: the broker last, as facts reach nobody without it."""
SECRET_FREE = ("nats_issuer", "smtp_url")
"""Files of the secrets folder that hold none: a public key, and nothing yet."""


@pytest.fixture(scope="module")
def reached(deployed: Deployed) -> Deployed:
    """The stack with the broker's port published on this machine, and an owner whom reminders reach at any hour."""
    deployed.up(BROKER_PORT)
    deployed.command("owner", "add", OWNER, "--name", "Robin Testwell", "--timezone", "UTC", "--deliver-at", "00:00")
    return deployed


def job_changes(round_: str) -> str:
    """Return facts about people of their own, each with a reminder that is due at once."""
    facts = []
    for number in range(FACTS):
        data = {
            "contact": {"email": f"{round_}-{number}@example.com"},
            "company": "Lighthouse Press",
            "title": "Publisher",
            "deliver_now": True,
        }
        facts.append(
            {
                "specversion": "1.0",
                "id": f"{round_}-{number}",
                "source": "https://crm.example.com",
                "type": "hobnob.job.changed.v1",
                "time": datetime.now(UTC).isoformat(),
                "data": data,
            }
        )
    return "\n".join(json.dumps(fact) for fact in facts)


def test_it_comes_up_healthy_from_nothing(deployed: Deployed) -> None:
    """After `make secrets` one command starts all of it; what has to run once ended well, and the page answers."""
    assert all(deployed.is_healthy(service) for service in SERVICES)
    for once in ONE_SHOTS:
        state = deployed.inspect(once)["State"]
        assert (state["Status"], state["ExitCode"]) == ("exited", 0)
    with urllib.request.urlopen(f"http://127.0.0.1:{deployed.web_port}/sign-in", timeout=10) as page:
        assert page.status == 200
        assert "Hobnob" in page.read().decode()
    with urllib.request.urlopen(f"http://127.0.0.1:{deployed.web_port}/health/ready", timeout=10) as answer:
        assert json.load(answer)["status"] == "ready"


def test_nothing_runs_as_root_or_with_more_than_it_needs(deployed: Deployed) -> None:
    """Each container has an unprivileged user, no capability, a root folder that cannot be written, limits, and is restarted."""
    for service in (*SERVICES, *ONE_SHOTS):
        about = deployed.inspect(service)
        host = about["HostConfig"]
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", about["Config"]["User"]), service
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert host["SecurityOpt"] == ["no-new-privileges:true"], service
        assert not host["Privileged"], service
        assert host["Memory"] > 0, service
        assert host["RestartPolicy"]["Name"] == ("no" if service in ONE_SHOTS else "unless-stopped"), service
    for service in SERVICES:
        users = docker("top", deployed.container(service), "-eo", "pid,uid").split()[3::2]
        assert users, service
        assert "0" not in users, service


def test_nothing_but_the_page_can_be_reached(deployed: Deployed) -> None:
    """One port is published, on the loopback; every other container has only networks that lead nowhere else."""
    for service in SERVICES:
        about = deployed.inspect(service)
        published = {port: where for port, where in about["NetworkSettings"]["Ports"].items() if where}
        if service == "notifier":
            assert published == {"8321/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(deployed.web_port)}]}
            continue
        assert published == {}, service
        for network in about["NetworkSettings"]["Networks"]:
            assert docker("network", "inspect", "--format", "{{.Internal}}", network).strip() == "true", (service, network)


def test_the_scheduler_cannot_reach_the_database(deployed: Deployed) -> None:
    """A service is in the networks that it needs: the name of the database means nothing where the scheduler is."""
    probe = "import socket; socket.create_connection(('mongo', 27017), 3)"
    docker("exec", deployed.container("contacts"), "python", "-P", "-c", probe)
    docker("exec", deployed.container("scheduler"), "python", "-P", "-c", probe, code=1)


def test_every_user_of_the_database_has_its_own_database_only(deployed: Deployed) -> None:
    """Nobody gets in without a password, and the notifier's user cannot read what belongs to contacts."""
    ask = (
        "const r = {};"
        "try { db.getSiblingDB('hobnob_contacts').contacts.findOne(); r.anonymous = true } catch (e) { r.anonymous = e.codeName }"
        "db.getSiblingDB('admin').auth('notifier', require('fs').readFileSync('/run/secrets/mongo_notifier', 'utf8').trim());"
        "try { db.getSiblingDB('hobnob_contacts').contacts.findOne(); r.foreign = true } catch (e) { r.foreign = e.codeName }"
        "db.getSiblingDB('hobnob_notifier').inbox.findOne(); r.own = true; print(JSON.stringify(r))"
    )
    printed = docker("exec", deployed.container("mongo"), "mongosh", "--quiet", "--norc", "--eval", ask)
    assert json.loads(printed) == {"anonymous": "Unauthorized", "foreign": "Unauthorized", "own": True}


def test_secrets_are_files_and_nothing_else(deployed: Deployed) -> None:
    """No secret is in what the engine tells of a container or of the image, or in a log."""
    secrets = {path.name: path.read_text().strip() for path in deployed.secrets.iterdir() if path.name not in SECRET_FREE}
    assert len(secrets) >= 10
    told = [json.dumps(deployed.inspect(service)) for service in (*SERVICES, *ONE_SHOTS)]
    told += [docker("history", "--no-trunc", deployed.image), deployed.compose("logs", "--no-color")]
    for name, secret in secrets.items():
        assert len(secret) >= 40, name
        assert not any(secret in text for text in told), name


def test_the_command_works_from_a_container_of_its_own(deployed: Deployed) -> None:
    """`docker compose run --rm hobnob` imports from the current folder as the operator, without any port."""
    with (deployed.folder / "people.csv").open("w", newline="", encoding="utf-8") as target:
        rows = csv.writer(target)
        rows.writerow(["First Name", "Last Name", "Birthday", "Notes", "Labels", "E-mail 1 - Label", "E-mail 1 - Value"])
        for number in range(PEOPLE):
            rows.writerow([f"First{number}", f"Last{number}", "", "", "", "* ", f"p{number}@example.com"])
    (deployed.folder / "people.csv").chmod(0o644)
    run = ("run", "--rm", "--no-TTY", "hobnob")
    deployed.compose(*run, "owner", "add", "me", "--name", "Robin Testwell", "--timezone", "UTC")
    (receipt,) = json.loads(deployed.compose(*run, "import", "people.csv", "--json"))["files"]
    assert (receipt["read"], receipt["created"], receipt["skipped"]) == (PEOPLE, PEOPLE, [])
    link: str = json.loads(deployed.compose(*run, "owner", "link", "me", "--json"))["url"]
    assert link.startswith(f"http://localhost:{deployed.web_port}/")


def test_the_command_and_an_emitter_work_from_outside(reached: Deployed) -> None:
    """With the broker's port published, facts come in over NATS and over HTTP, and their reminders are seen in the inbox."""
    sent = reached.command("emit", "job.changed", "--owner", OWNER, "--data", "-", stdin=job_changes("outside"))
    assert (sent["sent"], sent["refused"]) == (FACTS, [])
    emitter: dict[str, Any] = reached.command("emitter", "add", "crm", "--owner", OWNER)
    request = urllib.request.Request(
        f"http://127.0.0.1:{reached.web_port}/events",
        data=job_changes("http").splitlines()[0].encode(),
        headers={"Authorization": f"Bearer {emitter['http']['token']}", "Content-Type": "application/cloudevents+json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status < 300
    wait_for(lambda: len(reached.inbox(OWNER)) == FACTS + 1, within_s=60)
    assert all(item["draft"]["body"] for item in reached.inbox(OWNER))


def test_the_broker_knows_the_time_zones(reached: Deployed) -> None:
    """Its image may have none, and a digest is a cron in its owner's zone: one for Kathmandu is armed like any other."""

    def digests() -> dict[str, Any]:
        (found,) = [check for check in reached.command("doctor", codes=(0, 1))["checks"] if check["name"] == "digests"]
        data: dict[str, Any] = found["data"]
        return data

    before = digests()["expected"]
    reached.command("owner", "add", "tenzing", "--name", "Tenzing Testwell", "--timezone", "Asia/Kathmandu")
    wait_for(lambda: digests() == {"expected": before + 1, "missing": []}, within_s=30)


def test_killing_any_container_loses_and_doubles_nothing(reached: Deployed) -> None:
    """Each container is killed while facts of its round are under way: in the end every fact has one reminder, none has two."""
    before = len(reached.inbox(OWNER))
    for service in IN_TURN:
        sent = reached.command("emit", "job.changed", "--owner", OWNER, "--data", "-", stdin=job_changes(service))
        assert sent["sent"] == FACTS
        docker("kill", reached.container(service))
        docker("start", reached.container(service))
    wait_for(lambda: all(reached.is_healthy(service) for service in IN_TURN), within_s=150)
    expected = before + FACTS * len(IN_TURN)
    # What a killed service had taken comes back to it after `ack_wait`, 30 s.
    wait_for(lambda: reached.has_items(OWNER, expected), within_s=120)
    items = reached.inbox(OWNER)
    assert len({item["id"] for item in items}) == len(items) == expected
    assert len({item["contact"]["id"] for item in items}) == expected
    assert reached.command("dead", "list") == []


def test_a_process_that_dies_is_started_again(reached: Deployed) -> None:
    """What ends by itself, as after a lack of memory, is back without anybody doing anything."""
    before = reached.inspect("scheduler")["RestartCount"]
    docker("exec", reached.container("scheduler"), "sh", "-c", "kill -TERM 1")
    wait_for(lambda: reached.inspect("scheduler")["RestartCount"] > before and reached.is_healthy("scheduler"), within_s=90)


def test_down_and_up_keeps_everything(reached: Deployed) -> None:
    """The containers are gone and made anew; people, inbox, what is planned and credentials are as before."""

    def everything() -> list[Any]:
        return [
            reached.command("contacts", "list", "--owner", OWNER),
            reached.inbox(OWNER),
            reached.command("upcoming", "--days", "365", "--owner", OWNER),
            reached.command("emitter", "list", "--owner", OWNER),
        ]

    before = everything()
    assert len(before[0]) == len(before[1]) > FACTS
    reached.compose("down")
    reached.up(BROKER_PORT)
    assert everything() == before
    assert reached.command("doctor")
