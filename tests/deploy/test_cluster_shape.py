"""What compose.cluster.yaml makes of compose.yaml, as Compose itself puts them together."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.deployed import COMPOSE, ROOT, Deployed, make_secrets

CLUSTER = ROOT / "deploy" / "compose.cluster.yaml"
BROKERS = ("nats", "nats-2", "nats-3")
MEMBERS = ("mongo", "mongo-2", "mongo-3")
SERVICES = ("contacts", "scheduler", "notifier")
Services = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def services(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Everything that would run."""
    folder = tmp_path_factory.mktemp("shape")
    assert make_secrets(folder / "secrets").returncode == 0
    stack = Deployed(project="shape", image="hobnob", folder=folder, web_port=8321, broker_port=4222, tls_subnet="10.83.21.0/28")
    found: Services = json.loads(stack.compose("config", "--format", "json", files=(CLUSTER,)))["services"]
    return found


def test_there_are_three_of_each_server_and_two_of_each_service(services: Services) -> None:
    """Each server has a volume of its own, and a broker a name of its own."""
    assert {services[name]["deploy"]["replicas"] for name in SERVICES} == {2}
    stores = [
        mount["source"] for name in (*BROKERS, *MEMBERS) for mount in services[name]["volumes"] if mount["type"] == "volume"
    ]
    assert sorted(store for store in stores if store != "zoneinfo") == [
        f"{kind}-{n}" for kind in ("mongo", "nats") for n in (1, 2, 3)
    ]
    assert len({services[name]["environment"]["HOBNOB_NATS_NAME"] for name in BROKERS}) == 3


def test_everybody_is_told_of_all_of_them(services: Services) -> None:
    """Services know every broker and every member, and the streams are made with three copies."""
    for name in (*SERVICES, "streams"):
        assert services[name]["environment"]["HOBNOB_NATS_URL"] == ",".join(f"nats://{broker}:4222" for broker in BROKERS)
    members = ",".join(f"{member}:27017" for member in MEMBERS)
    for name in ("contacts", "notifier"):
        assert services[name]["environment"]["HOBNOB_MONGO_URL"] == f"mongodb://{members}/?replicaSet=hobnob"
    assert services["replica-set"]["environment"]["HOBNOB_MONGO_MEMBERS"] == members
    assert services["streams"]["environment"]["HOBNOB_REPLICAS"] == "3"
    assert {services[name]["environment"]["HOBNOB_NATS_PEERS"] for name in BROKERS} == {" ".join(f"{b}:6222" for b in BROKERS)}


def test_the_door_alone_can_be_reached(services: Services) -> None:
    """One port is published, on the loopback, and it is not the notifiers'."""
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert published.keys() == {"door"}
    assert [(port["host_ip"], port["published"], port["target"]) for port in published["door"]] == [("127.0.0.1", "8321", 8321)]


def test_a_member_knows_no_more_than_it_needs(services: Services) -> None:
    """Only the first member makes the users; nothing has lost its limits or its hardening on the way."""
    for name in MEMBERS[1:]:
        assert [secret["source"] for secret in services[name]["secrets"]] == ["mongo_keyfile"]
        assert services[name]["environment"] == {"HOME": "/tmp"}
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["deploy"]["resources"]["limits"]["memory"], name


def test_the_files_that_it_mounts_are_there(services: Services) -> None:
    """Every folder of the repository that a container sees exists."""
    binds = {
        Path(mount["source"]) for service in services.values() for mount in service.get("volumes", ()) if mount["type"] == "bind"
    }
    assert COMPOSE.parent / "cluster" in binds
    assert all(folder.is_dir() for folder in binds)
