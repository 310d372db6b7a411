"""Who may say what, through the real command and a plain NATS client, against the stack as everybody runs it."""

import asyncio
import json
import stat
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.conftest import Stack, signed_in, wait_for
from tests.knocking import is_refused


@pytest.fixture
def owner(stack: Stack) -> str:
    """An owner of the test's own."""
    return stack.add_owner()


def fact(name: str, *, source: str = "crm") -> bytes:
    """Return a fact as another system states it."""
    data = {"name": name, "emails": [f"{uuid.uuid4().hex[:8]}@example.com"]}
    event = {"specversion": "1.0", "id": uuid.uuid4().hex, "source": source, "type": "hobnob.contact.upserted.v1", "data": data}
    return json.dumps(event).encode()


def test_an_emitter_is_added_heard_and_removed(stack: Stack, owner: str) -> None:
    """With what `emitter add` prints, a plain client states a fact and somebody is there; `remove` cuts it off for good."""
    made = stack.json("emitter", "add", "crm", "--owner", owner)
    assert list(made) == ["name", "owner", "nats", "http"]
    assert list(made["nats"]) == ["url", "user", "password", "inbox_prefix"]
    assert list(made["http"]) == ["url", "token"]
    assert made["nats"]["user"] == f"{owner}.crm"
    assert made["http"] == {"url": stack.json("status")["http_url"], "token": made["nats"]["password"]}
    cut = asyncio.Event()

    async def on_cut() -> None:
        cut.set()

    async def journey() -> None:
        client = await signed_in(made["nats"], allow_reconnect=False, disconnected_cb=on_cut)
        ack = await client.jetstream().publish(f"hobnob.intake.{owner}.contact.upserted", fact("Ada Quickwater"))
        assert ack.stream == "HOBNOB_INTAKE"
        found = await asyncio.to_thread(wait_for, lambda: stack.json("contacts", "list", "--owner", owner))
        assert [person["name"] for person in found] == ["Ada Quickwater"]
        assert not cut.is_set()
        await asyncio.to_thread(stack.run, "emitter", "remove", "crm", "--owner", owner)
        async with asyncio.timeout(1):
            await cut.wait()
        assert await is_refused(made["nats"]["url"], user=made["nats"]["user"], password=made["nats"]["password"])

    asyncio.run(journey())
    assert stack.json("emitter", "list", "--owner", owner) == []
    assert "no credential" in stack.run("emitter", "remove", "crm", "--owner", owner, code=1).stderr


def test_a_rotated_password_is_another_one(stack: Stack, owner: str) -> None:
    """A name is taken once; `--rotate` gives it another password, and the list shows names and no secrets."""
    first = stack.json("emitter", "add", "crm", "--owner", owner)["nats"]["password"]
    assert "--rotate" in stack.run("emitter", "add", "crm", "--owner", owner, code=1).stderr
    second = stack.json("emitter", "add", "crm", "--owner", owner, "--rotate")["nats"]["password"]
    token = stack.json("owner", "token", owner, "--name", "phone")["http"]["token"]
    assert len({first, second, token}) == 3
    listed = stack.json("emitter", "list", "--owner", owner)
    assert [(each["owner"], each["name"], each["scope"]) for each in listed] == [
        (owner, "crm", "emit"),
        (owner, "phone", "owner"),
    ]
    assert not any(secret in json.dumps(listed) for secret in (first, second, token))
    stack.run("owner", "token", owner, "--revoke", "phone")
    assert [each["name"] for each in stack.json("emitter", "list", "--owner", owner)] == ["crm"]


def test_what_is_printed_for_people_can_be_copied(stack: Stack, owner: str) -> None:
    """Whoever reads the terminal finds the settings and an example for each language, in one line each, and a warning."""
    printed = stack.run("emitter", "add", "crm", "--owner", owner, "--source", "https://crm.example.com/it's").stdout
    assert "shown this once" in printed
    lines = [line.strip() for line in printed.splitlines()]
    password = next(line.removeprefix("NATS_PASSWORD=") for line in lines if line.startswith("NATS_PASSWORD="))
    for beginning in ("await nats.connect(", "await connect({", "curl "):
        (example,) = (line for line in lines if line.startswith(beginning))
        assert password in example


def test_unknown_people_wait_where_the_emitter_is_told_so(stack: Stack, owner: str) -> None:
    """`--unknown park` sets the owner's policy for the emitter's source."""
    stack.run("emitter", "add", "hr", "--owner", owner, "--source", "https://hr.example.com", "--unknown", "park")
    stack.run("emitter", "add", "crm", "--owner", owner, "--unknown", "create")
    (profile,) = (each for each in stack.json("owner", "list") if each["owner"] == owner)
    assert profile["unknown_contacts"] == {"https://hr.example.com": "park", "crm": "create"}


def environment_of(credential: dict[str, Any]) -> dict[str, str]:
    """Return what points the command at the stack as an emitter."""
    return {
        "HOBNOB_NATS_URL": credential["url"],
        "HOBNOB_NATS_USER": credential["user"],
        "HOBNOB_NATS_PASSWORD": credential["password"],
    }


def test_the_command_works_with_an_emitters_credential(stack: Stack, owner: str, tmp_path: Path) -> None:
    """It may emit for its owner; for another one, and for everything else, it says at once what it may not."""
    credential = stack.add_emitter(owner)
    remote = RemoteCommand(stack, environment_of(credential))
    assert remote.run("emit", "contact.upserted", "--owner", owner, "--data", '{"name": "Bram Remote"}') == (0, "")
    wait_for(lambda: stack.json("contacts", "list", "--owner", owner, "--search", "Bram Remote"))
    user = credential["user"]
    assert remote.run("emit", "contact.upserted", "--owner", "me", "--data", '{"name": "Bram Remote"}') == (
        1,
        f"hobnob: the user {user} may not publish to hobnob.intake\n",
    )
    assert remote.run("contacts", "list") == (1, f"hobnob: the user {user} may not publish to hobnob.rpc\n")
    stranger = RemoteCommand(stack, environment_of(credential) | {"HOBNOB_NATS_PASSWORD": "hob_wrong"})
    code, complaint = stranger.run("contacts", "list")
    assert (code, complaint.count("\n")) == (1, 1)
    assert f"refuses the user {user}" in complaint


class RemoteCommand:
    """The command, pointed at a stack by its environment."""

    def __init__(self, stack: Stack, environment: dict[str, str]) -> None:
        self._stack = stack
        self._environment = environment

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run it, and return its exit code and what it complained of."""
        outcome = self._stack.attempt_remotely(*arguments, environment=self._environment)
        return outcome.returncode, outcome.stderr


def test_the_stack_takes_nobody_without_a_password(stack: Stack) -> None:
    """Its broker asks for one; the file that holds them is the owner's alone, and no process shows one in its arguments."""

    url = stack.json("status")["nats_url"]
    assert asyncio.run(is_refused(url))
    assert asyncio.run(is_refused(url, user="operator", password="operator"))
    file = stack.folder / "credentials.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secrets = json.loads(file.read_text())
    del secrets["issuer"]  # a public key
    shown = [argument for process in stack.processes().values() for argument in psutil.Process(process["pid"]).cmdline()]
    logs = "".join(log.read_text(errors="replace") for log in (stack.folder / "logs").iterdir())
    for name, secret in secrets.items():
        assert not any(secret in argument for argument in shown), name
        assert secret not in logs, name
        assert secret not in (stack.folder / "stack.json").read_text(), name


def test_no_part_of_the_stack_was_refused_anything(stack: Stack) -> None:
    """Whatever the other tests of this run had the services do, their permissions were enough."""
    for name in ("contacts", "scheduler", "notifier"):
        assert "permission_violated" not in (stack.folder / "logs" / f"{name}.log").read_text(), name
    violations = [line for line in (stack.folder / "logs" / "nats.log").read_text().splitlines() if "Violation" in line]
    parts = ("user:contacts", "user:scheduler", "user:notifier", "user:operator", "user:doorkeeper")
    assert [line for line in violations if any(part in line for part in parts)] == []
