"""What Prometheus and Grafana are told keeps up with the code and the documentation. Neither is at hand here to be asked."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"\b(?:hobnob|process)_[a-z_]+")


def documented() -> set[str]:
    """Return the metrics of docs/observability.md, as Prometheus stores them; another test holds that page to the code."""
    rows = re.findall(r"^\| `(hobnob_\w+)` \| (\w+) \|", (ROOT / "docs" / "observability.md").read_text(), re.MULTILINE)
    histograms = {f"{name}_{part}" for name, kind in rows if kind == "histogram" for part in ("bucket", "sum", "count")}
    return {name for name, _ in rows} | histograms | {"process_resident_memory_bytes", "process_cpu_seconds_total"}


def alerts() -> list[dict[str, Any]]:
    """Return the alert rules."""
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Yield every query of the alerts and of the dashboard."""
    for rule in alerts():
        yield rule["expr"]
    for panel in json.loads((DEPLOY / "grafana" / "dashboards" / "hobnob.json").read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


def test_every_query_asks_for_metrics_that_exist() -> None:
    """Each names at least one metric or `up`, and none that no service has; its brackets match."""
    known = documented()
    assert len(known) > 25
    for expression in expressions():
        named = set(METRIC.findall(expression))
        assert named <= known, expression
        assert named or "up{" in expression, expression
        for opening, closing in ("()", "[]", "{}"):
            assert expression.count(opening) == expression.count(closing), expression


def test_every_alert_is_explained() -> None:
    """docs/operations.md says of each what it means and what to do; each has a summary and a severity."""
    page = (ROOT / "docs" / "operations.md").read_text()
    for rule in alerts():
        assert f"`{rule['alert']}`" in page, rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("warning", "critical")


def test_prometheus_asks_the_services_where_they_answer() -> None:
    """Its targets are the services of compose.yaml, on the port that Compose gives them."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    (job,) = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    for name in found["names"]:
        service = compose["services"][name]
        assert service["environment"]["HOBNOB_METRICS_PORT"] == str(found["port"])
        assert "metrics" in service["networks"]
    assert "metrics" in compose["services"]["prometheus"]["networks"]


def test_grafana_finds_its_source_and_its_dashboard() -> None:
    """Every panel asks the source that is provisioned, and the dashboards are where the provider looks."""
    (source,) = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/hobnob.yaml").read_text())["providers"]
    board = json.loads((DEPLOY / "grafana/dashboards/hobnob.json").read_text())
    uids = {panel["datasource"]["uid"] for panel in board["panels"] if "datasource" in panel}
    assert uids == {source["uid"]}
    mounts = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["grafana"]["volumes"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in mounts
