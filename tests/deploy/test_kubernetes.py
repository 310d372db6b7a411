"""The manifests for Kubernetes: what they are is valid, what they name exists, and nothing in them has more than it needs."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.secret_files import make_secrets
from services.contacts.settings import ContactsSettings
from services.notifier.settings import NotifierSettings
from shared.settings import TopologySettings
from tests.deploy.deployed import COMPOSE, ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = FOLDER / "kustomization.yaml"
VERSIONS = ("1.31", "1.37")
"""Of Kubernetes: the oldest that is promised, and the newest that the checker knows."""
WITH_PODS = ("Deployment", "StatefulSet", "Job")
SERVICES = ("contacts", "scheduler", "notifier")
FROM_FILES = {
    "hobnob-nats": ROOT / "deploy" / "nats",
    "hobnob-mongo": ROOT / "deploy" / "mongo",
    "hobnob-cluster": ROOT / "deploy" / "cluster",
}
"""ConfigMaps that are made of folders (docs/operations.md)."""
Manifest = Mapping[str, Any]


def manifests() -> Iterator[Manifest]:
    """Yield everything that is applied."""
    for file in sorted(FOLDER.glob("*.yaml")):
        if file != KUSTOMIZATION:
            yield from yaml.safe_load_all(file.read_text(encoding="utf-8"))


ALL = list(manifests())
PODS = [(each["metadata"]["name"], each["spec"]["template"]["spec"]) for each in ALL if each["kind"] in WITH_PODS]
IDS = [f"{each['kind']}-{each['metadata']['name']}" for each in ALL]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", ALL, ids=IDS)
def test_each_follows_the_schema(manifest: Manifest, version: str) -> None:
    """Strictly: a field that Kubernetes does not know would be dropped without a word."""
    kubernetes_validate.validate(manifest, version, strict=True)


def test_all_of_them_are_applied() -> None:
    """The kustomization names every file, and everything is in one namespace."""
    named = yaml.safe_load(KUSTOMIZATION.read_text(encoding="utf-8"))
    assert sorted(named["resources"]) == sorted(file.name for file in FOLDER.glob("*.yaml") if file != KUSTOMIZATION)
    others = [each for each in ALL if each["kind"] != "Namespace"]
    assert {each["metadata"]["namespace"] for each in others} == {named["namespace"]}


@pytest.mark.parametrize(("name", "pod"), PODS, ids=[name for name, _ in PODS])
def test_no_pod_may_do_more_than_it_needs(name: str, pod: Manifest) -> None:
    """Not root, no capability, a root folder that cannot be written, no account of the cluster, and a limit on its memory."""
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True, container["name"]
        assert context["allowPrivilegeEscalation"] is False, container["name"]
        assert context["capabilities"] == {"drop": ["ALL"]}, container["name"]
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), container["name"]
        assert "memory" in container["resources"]["limits"], container["name"]


def test_everything_that_stays_is_there_more_than_once_and_says_how_it_is() -> None:
    """Brokers and members are three, services two; each has probes and may lose one at a time only."""
    lasting = [each for each in ALL if each["kind"] in ("Deployment", "StatefulSet")]
    staying = {each["metadata"]["name"]: each for each in lasting if each["spec"]["replicas"] > 1}
    copies = {name: each["spec"]["replicas"] for name, each in staying.items()}
    assert copies == {"nats": 3, "mongo": 3, **dict.fromkeys(SERVICES, 2)}
    guarded = {each["metadata"]["name"]: each["spec"] for each in ALL if each["kind"] == "PodDisruptionBudget"}
    assert guarded.keys() == staying.keys()
    for name, each in staying.items():
        (container,) = each["spec"]["template"]["spec"]["containers"]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys(), name
        labels = each["spec"]["template"]["metadata"]["labels"]
        for selector in (each["spec"]["selector"], guarded[name]["selector"]):
            assert selector["matchLabels"].items() <= labels.items(), name


def test_each_file_that_is_named_is_there(tmp_path: Path) -> None:
    """Every key of the Secret is one that `make secrets` makes, where a setting looks for it; every ConfigMap can be made."""
    made = {*make_secrets(tmp_path / "secrets")}
    known = {each["metadata"]["name"] for each in ALL if each["kind"] == "ConfigMap"} | FROM_FILES.keys()
    for name, pod in PODS:
        volumes = {each["name"]: each for each in pod["volumes"]}
        keys = {item["path"] for item in volumes["secrets"]["secret"]["items"]} if "secrets" in volumes else set()
        assert keys <= made, name
        assert {each["configMap"]["name"] for each in volumes.values() if "configMap" in each} <= known, name
        for container in pod["containers"]:
            assert {each["configMapRef"]["name"] for each in container.get("envFrom", ())} <= known, name
            files = [each["value"] for each in container.get("env", ()) if each["name"].endswith("_FILE")]
            assert {Path(file).name for file in files} <= keys, name
            assert {str(Path(file).parent) for file in files} <= {"/run/secrets"}, name
            assert {each["name"] for each in container.get("volumeMounts", ())} <= volumes.keys() | {"data"}, name
    assert all(any(folder.iterdir()) for folder in FROM_FILES.values())


def test_each_setting_is_one_that_somebody_reads() -> None:
    """No variable is misspelled, and the copies of the streams are three."""
    (settings,) = [each["data"] for each in ALL if each["kind"] == "ConfigMap"]
    given = {*settings, *(each["name"] for _, pod in PODS for c in pod["containers"] for each in c.get("env", ()))}
    fields = {*NotifierSettings.model_fields, *ContactsSettings.model_fields, *TopologySettings.model_fields}
    read = {f"HOBNOB_{field.upper()}{suffix}" for field in fields for suffix in ("", "_FILE")}
    others = [file for folder in FROM_FILES.values() for file in folder.iterdir()] + [ROOT / "deploy" / "Dockerfile"]
    by_others = {name for file in others for name in re.findall(r"HOBNOB_\w+", file.read_text(encoding="utf-8"))}
    assert {name for name in given if name.startswith("HOBNOB_")} <= read | by_others
    assert settings["HOBNOB_REPLICAS"] == "3"


def test_the_images_are_those_of_compose() -> None:
    """One version of the broker and of the database for every way to run Hobnob."""
    images = {container["image"] for _, pod in PODS for container in (*pod.get("initContainers", ()), *pod["containers"])}
    compose = COMPOSE.read_text(encoding="utf-8")
    for image in images - {"hobnob"}:
        assert f":-{image}}}" in compose
    assert len(images) == 3
