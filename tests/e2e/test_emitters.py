"""The emitters that people copy, each run as it is, with an emitter's credential, against the real stack."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Stack, clean_environment, wait_for

EMITTERS = Path(__file__).parents[2] / "examples" / "emitters"
NODE_FILES = ("package.json", "package-lock.json", ".npmrc", "emit.mjs")
REFUSED = Path(__file__).with_name("refused.mjs")
NATS_STAND_IN = Path(__file__).with_name("nats_stand_in.py")
TIMEOUT_S = 60
Environment = dict[str, str]


@pytest.fixture
def owner(stack: Stack) -> str:
    """An owner whose reminders come at midnight UTC."""
    return stack.add_owner()


@pytest.fixture
def environment(stack: Stack, owner: str) -> Environment:
    """What an emitter's environment holds, as `hobnob emitter add` prints it."""
    made = stack.json("emitter", "add", "crm", "--owner", owner)
    return clean_environment() | {
        "NATS_URL": made["nats"]["url"],
        "NATS_USER": made["nats"]["user"],
        "NATS_PASSWORD": made["nats"]["password"],
        "HOBNOB_URL": made["http"]["url"],
        "HOBNOB_TOKEN": made["http"]["token"],
    }


def run(*arguments: str | Path, environment: Environment, folder: Path = EMITTERS) -> str:
    """Run a program to its good end and return what it printed."""
    outcome = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert outcome.returncode == 0, f"{arguments}: {outcome.returncode}\n{outcome.stdout}\n{outcome.stderr}"
    return outcome.stdout


def people(stack: Stack, owner: str) -> dict[str, dict[str, Any]]:
    """Return an owner's contacts by name."""
    return {person["name"]: person for person in stack.json("contacts", "list", "--owner", owner)}


def add_maggie(stack: Stack, owner: str) -> None:
    """Have the person known whom the examples speak of."""
    data = json.dumps({"name": "Maggie Example", "emails": ["maggie@example.org"]})
    stack.run("emit", "contact.upserted", "--owner", owner, "--data", data)
    wait_for(lambda: "Maggie Example" in people(stack, owner))


def test_python(stack: Stack, owner: str, environment: Environment) -> None:
    """A job change from nats-py is a congratulation in the inbox."""
    add_maggie(stack, owner)
    assert run(sys.executable, "emit.py", environment=environment).startswith("stored as HOBNOB_INTAKE ")
    (item,) = stack.wait_for_inbox(owner, 1)
    assert (item["occasion"], item["contact"]["name"]) == ("new_job", "Maggie Example")
    assert "Lighthouse Press" in item["draft"]["body"]


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Node example with what its lock file names, outside of the checkout."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("node")
    for name in NODE_FILES:
        shutil.copy(EMITTERS / name, folder)
    shutil.copy(REFUSED, folder)
    run("npm", "ci", "--no-audit", "--no-fund", environment=dict(os.environ), folder=folder)
    return folder


def test_node(stack: Stack, owner: str, environment: Environment, node_folder: Path) -> None:
    """An accepted connection from Node is a thank-you in the inbox."""
    assert run("node", "emit.mjs", environment=environment, folder=node_folder).startswith("stored as HOBNOB_INTAKE ")
    (item,) = stack.wait_for_inbox(owner, 1)
    assert (item["occasion"], item["contact"]["name"]) == ("new_connection", "Thaddeus Winterbourne")


def test_the_lock_file_names_no_registry() -> None:
    """It says what to install by version and hash, and leaves from where to whoever installs."""
    text = (EMITTERS / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert "resolved" not in text
    assert "://" not in text
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)


def test_an_emitter_is_refused_everything_else(stack: Stack, owner: str, environment: Environment, node_folder: Path) -> None:
    """With the official client: no people, timers, questions, other owners' facts, streams or foreign answers."""
    other = stack.add_owner()
    wanted = {
        "publish": [
            *(f"hobnob.people.{owner}.c1", f"hobnob.due.{owner}.c1.birthday", f"hobnob.timer.{owner}.c1.birthday"),
            *("hobnob.rpc.contacts.list", "hobnob.rpc.notifier.credential.issue", f"hobnob.inbox.{owner}.sent"),
            *(f"hobnob.intake.{other}.contact.upserted", "hobnob.intake", f"hobnob.dead.contacts.hobnob.intake.{owner}.x"),
            *("$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.HOBNOB_INTAKE", "$JS.API.STREAM.CREATE.MINE"),
            *(
                "$JS.API.STREAM.PURGE.HOBNOB_TIMERS",
                "$JS.API.STREAM.DELETE.HOBNOB_PEOPLE",
                "$JS.API.CONSUMER.CREATE.HOBNOB_PEOPLE",
            ),
            *("$JS.API.DIRECT.GET.HOBNOB_PEOPLE", "$JS.ACK.HOBNOB_INTAKE.contacts_intake.1.1.1.1.0", "$SYS.REQ.USER.INFO"),
        ],
        "subscribe": [
            *("hobnob.people.>", "hobnob.due.>", "hobnob.rpc.>", "hobnob.>", ">", f"hobnob.people.{owner}", "$JS.EVENT.>"),
            *(f"hobnob.intake.{owner}.>", f"hobnob.intake.{other}.>", "_INBOX.>", f"_INBOX.{owner}.>", f"_INBOX.{other}.crm.>"),
        ],
    }
    found = json.loads(run("node", "refused.mjs", json.dumps(wanted), environment=environment, folder=node_folder))
    allowed = {
        f"{what} {subject}": outcome
        for what, outcomes in found.items()
        for subject, outcome in outcomes.items()
        if outcome != "PermissionViolationError"
    }
    assert allowed == {}
    assert {what: list(outcomes) for what, outcomes in found.items()} == wanted


def test_over_http_another_owner_is_forbidden(stack: Stack, environment: Environment) -> None:
    """An event that names an owner whom the token does not speak for is answered 403, and is nobody's fact."""
    other = stack.add_owner()
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "https://crm.example.com",
        "type": "hobnob.contact.upserted.v1",
        "owner": other,
        "data": {"name": "Mallory Example"},
    }
    request = urllib.request.Request(  # the stack's own address
        f"{environment['HOBNOB_URL'].rstrip('/')}/events",
        data=json.dumps(event).encode(),
        headers={"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {environment['HOBNOB_TOKEN']}"},
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=10)
    with refusal.value as answer:
        assert answer.code == 403
    assert people(stack, other) == {}


def test_curl(stack: Stack, owner: str, environment: Environment) -> None:
    """A person stated with curl is known; the same again is accepted and changes nothing."""
    for _ in range(2):
        assert re.search(r'"sequence": ?\d+', run("./emit-curl.sh", environment=environment))
    wait_for(lambda: "Odalys Fairweather" in people(stack, owner))
    assert {name: person["birthday"] for name, person in people(stack, owner).items()} == {"Odalys Fairweather": "--02-29"}


def test_the_nats_command(stack: Stack, owner: str, environment: Environment, tmp_path: Path) -> None:
    """A coffee told with the `nats` command, or with what stands for it where it is not installed, is the last contact."""
    add_maggie(stack, owner)
    if not shutil.which("nats"):
        stand_in = tmp_path / "nats"
        stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{NATS_STAND_IN}" "$@"\n')
        stand_in.chmod(0o755)
        environment = environment | {"PATH": f"{tmp_path}:{environment['PATH']}"}
    assert "HOBNOB_INTAKE" in run("./emit.sh", environment=environment)
    wait_for(lambda: people(stack, owner)["Maggie Example"]["last_contact_at"])


STAFF = "Staff no,Full name,Mail,Employer,Role,Born\n"
ADA = "1,Ada Quickwater,ada@example.com; a.quick@example.com,Foxglove Labs,Botanist,01.05.1985\n"
BRAM = "2,Bram Lanternlight,bram@example.org,Wickworks,Chandler,29.02.1992\n"
WATCH_OPTIONS = (
    *("--key", "Staff no", "--map", "name=Full name", "--map", "emails=Mail", "--map", "company=Employer"),
    *("--map", "title=Role", "--map", "birthday=Born", "--date-format", "%d.%m.%Y", "--settled", "0.3", "--every", "0.1"),
)


def test_watching_a_csv_file_once(stack: Stack, owner: str, environment: Environment, tmp_path: Path) -> None:
    """New rows are people, once; a row with another company is a job change, one that is gone is nobody's removal."""
    file = tmp_path / "staff.csv"
    command = (sys.executable, "watch_csv.py", file, *WATCH_OPTIONS, "--once")
    file.write_text(STAFF + ADA + BRAM)
    assert run(*command, environment=environment) == "2 facts told\n"
    assert run(*command, environment=environment) == ""
    wait_for(lambda: len(people(stack, owner)) == 2)
    assert people(stack, owner)["Bram Lanternlight"]["birthday"] == "1992-02-29"
    assert people(stack, owner)["Ada Quickwater"]["emails"] == ["ada@example.com", "a.quick@example.com"]

    file.write_text(STAFF + ADA.replace("Foxglove Labs,Botanist", "Tidepool,Pilot"))
    assert run(*command, environment=environment) == "1 facts told\n"
    (item,) = stack.wait_for_inbox(owner, 1)
    assert (item["occasion"], item["contact"]["name"]) == ("new_job", "Ada Quickwater")
    assert people(stack, owner)["Ada Quickwater"]["company"] == "Tidepool"
    assert sorted(people(stack, owner)) == ["Ada Quickwater", "Bram Lanternlight"]


@contextmanager
def running(*arguments: str | Path, environment: Environment, log: Path) -> Iterator[None]:
    """Run a program, both its outputs into *log*, until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen([str(each) for each in arguments], cwd=EMITTERS, env=environment, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(TIMEOUT_S)


def test_watching_a_csv_file_that_is_being_written(stack: Stack, owner: str, environment: Environment, tmp_path: Path) -> None:
    """Nothing is told of a file that ends in the middle of a row; once it is whole, everything is."""
    file, log = tmp_path / "staff.csv", tmp_path / "log"
    with running(sys.executable, "watch_csv.py", file, *WATCH_OPTIONS, environment=environment, log=log):
        wait_for(lambda: "the file is not there" in log.read_text())
        file.write_text(STAFF + ADA + '2,"Bram Lan')
        wait_for(lambda: "unexpected end of data" in log.read_text())
        file.write_text(STAFF + ADA + "2,Bram Lan")
        wait_for(lambda: "the last row is not complete" in log.read_text())
        assert people(stack, owner) == {}
        file.write_text(STAFF + ADA + BRAM)
        wait_for(lambda: sorted(people(stack, owner)) == ["Ada Quickwater", "Bram Lanternlight"])
        with file.open("a") as more:
            more.write("3,Cleo Harbourmaster,cleo@example.com,Tidepool,Pilot,\n")
        wait_for(lambda: "Cleo Harbourmaster" in people(stack, owner))
    assert [line for line in log.read_text().splitlines() if "told" in line] == ["2 facts told", "1 facts told"]
