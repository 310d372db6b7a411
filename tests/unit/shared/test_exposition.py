"""What Prometheus reads."""

from collections.abc import Sequence

from prometheus_client.parser import text_string_to_metric_families

from shared.counters import Counters
from shared.errors import BrokerUnavailable
from shared.exposition import Exposition, Reading
from shared.metrics import BATCH_S, CONSUMER_PENDING, DEAD_LETTERS, ITEMS, LATENESS_S


async def shown(exposition: Exposition) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every sample of a scrape as a scraper reads it."""
    families = text_string_to_metric_families((await exposition.text()).decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


async def test_a_scrape_shows_counts_durations_and_gauges() -> None:
    """Counts end in _total, durations are cumulative up to +Inf, gauges are as they were read, and the process is there."""
    counters = Counters()
    counters.add("armed", 7)
    counters.count(ITEMS, "birthday", by=2)
    counters.observe(LATENESS_S, [0.05, 0.3, 1e6])

    async def read() -> Sequence[Reading]:
        return [Reading(CONSUMER_PENDING, 5, ("notifier_due",))]

    found = await shown(Exposition(service="notifier", counters=counters, reads=[read]))
    assert found[("hobnob_events_total", (("name", "armed"),))] == 7
    assert found[("hobnob_inbox_items_total", (("occasion", "birthday"),))] == 2
    assert found[("hobnob_inbox_items_total", (("occasion", "custom"),))] == 0
    late = {dict(labels)["le"]: value for (name, labels), value in found.items() if name == f"{LATENESS_S.name}_bucket"}
    assert (late["0.1"], late["0.25"], late["0.5"], late["86400.0"], late["+Inf"]) == (1, 1, 2, 2, 3)
    assert found[(f"{LATENESS_S.name}_count", ())] == 3
    assert found[("hobnob_consumer_pending", (("consumer", "notifier_due"),))] == 5
    assert found[("process_resident_memory_bytes", ())] > 0


async def test_what_nobody_knows_is_absent() -> None:
    """A gauge that cannot be read takes nothing else with it, and is not made up."""

    async def unknown() -> Sequence[Reading]:
        raise BrokerUnavailable

    found = await shown(Exposition(service="notifier", counters=Counters(), reads=[unknown]))
    assert not [name for name, _ in found if name == DEAD_LETTERS.name]
    assert [name for name, _ in found if name == "hobnob_build_info"]


async def test_a_service_shows_its_own_metrics_only() -> None:
    """What another service counts is not shown as 0 by this one."""
    counters = Counters()
    counters.observe(BATCH_S, [0.01], "scheduler_due")
    names = {name for name, _ in await shown(Exposition(service="scheduler", counters=counters))}
    assert "hobnob_timers_armed_total" in names
    assert "hobnob_batch_seconds_count" in names
    assert not {name for name in names if name.startswith(("hobnob_inbox", "hobnob_facts"))}
