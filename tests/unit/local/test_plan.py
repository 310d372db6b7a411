"""Which ports and processes a stack gets."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.local.errors import PortTaken
from deploy.local.layout import DataFolder
from deploy.local.plan import make_plan
from deploy.local.ports import choose, demand, free_port, is_free
from deploy.local.settings import StackSettings
from deploy.local.state import Ports


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder that is ready."""
    made = DataFolder(tmp_path / "with space")
    made.create()
    return made


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_ports_are_remembered_where_they_are_free(taken: int) -> None:
    """The port of last time goes first, then the usual one, then any; a taken one is never chosen."""
    first, second = free_port(), free_port()
    assert choose(remembered=first, usual=second) == first
    assert choose(remembered=taken, usual=second) == second
    assert choose(remembered=None, usual=None) != taken
    other = choose(remembered=taken, usual=taken)
    assert other != taken
    assert is_free(other)


def test_a_port_that_was_asked_for_is_taken_or_refused(taken: int) -> None:
    """Somebody who names a port gets that one or an error, never another one."""
    wanted = free_port()
    assert demand(wanted) == wanted
    with pytest.raises(PortTaken, match=str(taken)):
        demand(taken)


def test_five_processes(folder: DataFolder) -> None:
    """Without anything in the environment the stack brings its own servers, on loopback only, in order."""
    plan = make_plan(folder, settings=StackSettings(nats_url="", mongo_url=None), asked_port=0, remembered=Ports())
    assert [spec.name for spec in plan.servers] == ["nats", "mongo"]
    assert [spec.name for spec in plan.services] == ["contacts", "scheduler", "notifier"]
    assert plan.external == ()
    broker = plan.servers[0]
    assert broker.environment["HOBNOB_NATS_LISTEN"] == f"127.0.0.1:{plan.ports.nats}"
    assert broker.environment["HOBNOB_NATS_SYNC_INTERVAL"] == "1s"
    assert json.loads(broker.environment["HOBNOB_NATS_STORE_DIR"]) == str(folder.nats)
    assert "127.0.0.1" in plan.servers[1].arguments
    for service in plan.services:
        assert service.environment["HOBNOB_NATS_URL"] == plan.nats_url
        assert service.environment["HOBNOB_HTTP_PORT"] == str(plan.ports.http)


def test_passwords_go_by_environment(folder: DataFolder) -> None:
    """Each service gets its own and no other's, the notifier the doorkeeper's too; none is an argument, none is shown."""
    plan = make_plan(folder, settings=StackSettings(nats_url="", mongo_url=None), asked_port=0, remembered=Ports())
    credentials = plan.credentials
    assert credentials is not None
    secrets = {
        user: credentials.password_of(user).get_secret_value() for user in ("contacts", "scheduler", "notifier", "operator")
    }
    secrets |= {"doorkeeper": credentials.doorkeeper.get_secret_value(), "seed": credentials.issuer_seed.get_secret_value()}
    told = {
        spec.name: {user for user, secret in secrets.items() if secret in spec.environment.values()}
        for spec in (*plan.servers, *plan.services)
    }
    assert told == {
        "nats": {"contacts", "scheduler", "notifier", "operator", "doorkeeper"},
        "mongo": set(),
        "contacts": {"contacts"},
        "scheduler": {"scheduler"},
        "notifier": {"notifier", "doorkeeper", "seed"},
    }
    for spec in (*plan.servers, *plan.services):
        assert not any(secret in " ".join(spec.arguments) + repr(spec) for secret in secrets.values())
    again = make_plan(folder, settings=StackSettings(nats_url="", mongo_url=None), asked_port=0, remembered=Ports())
    assert again.credentials == credentials


def test_servers_of_the_environment_are_used(folder: DataFolder) -> None:
    """A URL in the environment means: do not start that server; its password stays out of sight."""
    settings = StackSettings(nats_url="nats://broker.example.com:4222", mongo_url=SecretStr("mongodb://db.example.com"))
    plan = make_plan(folder, settings=settings, asked_port=None, remembered=Ports())
    assert (plan.servers, plan.external) == ((), ("nats", "mongo"))
    assert plan.nats_url == "nats://broker.example.com:4222"
    assert (plan.ports.nats, plan.ports.mongo) == (None, None)
    assert plan.credentials is None
    assert not any("HOBNOB_NATS_USER" in service.environment for service in plan.services)
