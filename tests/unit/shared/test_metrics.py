"""The list of metrics: sound in itself, and the one that the documentation has."""

import re
from pathlib import Path

import pytest

from shared.counters import Count, Durations
from shared.metrics import CATALOGUE, Metric, full_name

DOCUMENT = Path(__file__).parents[3] / "docs" / "observability.md"
ROW = re.compile(r"^\| `(hobnob_\w+)` \| (\w+) \| ([^|]*)\| ([^|]+) \| (.+) \|$", re.MULTILINE)
PERSONAL = {"owner", "contact", "person", "email", "name_of", "id", "item", "path", "subject"}
METRICS = list(dict.fromkeys(metric for metrics in CATALOGUE.values() for metric in metrics))


def described(metric: Metric) -> tuple[str, tuple[str, ...], set[str], str]:
    """Return type, labels, services and help of a metric."""
    kind = "counter" if isinstance(metric, Count) else "histogram" if isinstance(metric, Durations) else "gauge"
    services = {service for service, metrics in CATALOGUE.items() if metric in metrics}
    return kind, metric.labels, services, metric.help


def test_the_documentation_lists_exactly_the_metrics_that_there_are() -> None:
    """Name, type, labels, services and meaning of each are the same in docs/observability.md and in the code."""
    documented = {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels)), set(CATALOGUE if of == "all" else of.split(", ")), meaning)
        for name, kind, labels, of, meaning in ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    }
    assert documented == {full_name(metric): described(metric) for metric in METRICS}


@pytest.mark.parametrize("metric", METRICS, ids=full_name)
def test_metrics_are_named_as_prometheus_wants_it(metric: Metric) -> None:
    """Names have our prefix and their unit, what only grows ends in _total, and no label can hold what is a person's."""
    assert re.fullmatch(r"hobnob(_[a-z]+)+", metric.name)
    assert not metric.name.endswith(("_total", "_count", "_sum", "_bucket"))
    assert metric.name.endswith("_seconds") == (isinstance(metric, Durations) or "_seconds" in metric.name)
    assert metric.help.endswith(".")
    assert PERSONAL.isdisjoint(metric.labels)
    if isinstance(metric, Durations):
        assert list(metric.bounds_s) == sorted(set(metric.bounds_s))
    if isinstance(metric, Count):
        assert all(len(labels) == len(metric.labels) for labels in metric.known)
        assert (metric.counted_as or "").endswith("*") == (metric.counted_as is not None and len(metric.labels) == 1)


def test_no_two_metrics_have_one_name() -> None:
    """A name is one metric's."""
    assert len({full_name(metric) for metric in METRICS}) == len(METRICS)
