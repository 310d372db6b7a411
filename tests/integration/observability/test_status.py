"""The status of running services: health, readiness, metrics."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.scheduler.app import build_app
from services.scheduler.settings import SchedulerSettings
from shared.messages.rpc import GetHealth, HealthReply
from shared.metrics import CATALOGUE, DEAD_LETTERS, Metric, full_name
from shared.requests import ask
from shared.streams import CONSUMERS
from tests.conftest import eventually
from tests.integration.notifier.doors import ask_door
from tests.integration.observability.conftest import Trio
from tests.integration.observability.test_following import birthday_of, item_of, post
from tests.servers import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICES = ("contacts", "scheduler", "notifier")


async def shown(trio: Trio, service: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Return the samples of a service by name and labels."""
    answer = await trio.get(service, "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_that_runs_is_alive_and_ready(trio: Trio, service: str) -> None:
    """Both are said on its own port, with its name."""
    live, ready = await trio.get(service, "/health/live"), await trio.get(service, "/health/ready")
    assert (live.status, live.json) == (200, {"status": "alive", "service": service})
    assert (ready.status, ready.json) == (200, {"status": "ready", "service": service})


@pytest.mark.parametrize("service", SERVICES)
async def test_the_command_asks_the_port(trio: Trio, service: str) -> None:
    """As a process of its own, as an orchestrator runs it, it says that the service is ready, and imports nothing of it."""
    environment = {"HOBNOB_METRICS_PORT": str(trio.ports[service])}
    command = [sys.executable, "-X", "importtime", "-m", f"services.{service}", "health", "--ready"]
    result = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.returncode, result.stdout) == (0, f"{service}: ready\n")
    for heavy in ("nats", "pydantic", "faststream", "structlog", f"services.{service}.app"):
        assert f"| {heavy}\n" not in result.stderr.replace("|   ", "| "), heavy


@pytest.mark.parametrize("service", SERVICES)
async def test_no_series_is_missing_from_the_list_nor_names_anybody(trio: Trio, service: str) -> None:
    """After a fact went all the way, each of our series is a documented metric with its labels, and no value is an owner's."""
    await post(trio, birthday_of(f"Metric {service.title()}"))
    item = await item_of(trio, f"Metric {service.title()}")
    known: dict[str, Metric] = {full_name(metric): metric for metric in CATALOGUE[service]}
    found = await shown(trio, service)
    ours = {name: labels for name, labels in found.items() if name.startswith("hobnob_")}
    for name, samples in ours.items():
        family = next((name.removesuffix(end) for end in ("_bucket", "_sum", "_count") if name.removesuffix(end) in known), name)
        assert family in known, name
        for labels in samples:
            assert {label for label, _ in labels} - {"le"} == set(known[family].labels)
            assert not {value for _, value in labels} & {trio.owner, item.contact.id, item.id}
    text = (await trio.get(service, "/metrics")).body.decode()
    assert trio.owner not in text
    assert item.contact.id not in text


async def test_the_numbers_follow_a_fact(trio: Trio) -> None:
    """One new person whose birthday is today is one more of everything, from the fact to the item."""
    before = {service: await shown(trio, service) for service in SERVICES}
    await post(trio, birthday_of("Counted Example"))
    await item_of(trio, "Counted Example")
    after: dict[str, Any] = {}

    def grown(service: str, name: str, **labels: str) -> float:
        key = tuple(sorted(labels.items()))
        return float(after[service].get(name, {}).get(key, 0) - before[service].get(name, {}).get(key, 0))

    async def is_settled() -> bool:
        after.update({service: await shown(trio, service) for service in SERVICES})
        return grown("scheduler", "hobnob_messages_total", consumer="scheduler_due", result="done") >= 1

    await eventually(is_settled)
    assert grown("contacts", "hobnob_facts_total", type="contact.upserted", result="created") == 1
    assert grown("contacts", "hobnob_snapshots_published_total") == 1
    assert grown("contacts", "hobnob_messages_total", consumer="contacts_intake", result="done") == 1
    assert grown("scheduler", "hobnob_timers_armed_total") >= 1
    assert grown("scheduler", "hobnob_timers_fired_total") >= 1
    assert grown("notifier", "hobnob_inbox_items_total", occasion="birthday") == 1
    assert grown("notifier", "hobnob_reminder_lateness_seconds_count") == 1
    assert grown("notifier", "hobnob_http_requests_total", method="POST", route="/events", status="202") == 1
    assert grown("notifier", "hobnob_rpc_seconds_count", verb="inbox.list", result="ok") >= 1


async def test_gauges_say_what_waits(trio: Trio) -> None:
    """Each consumer, outbox and check is there with its number, 0 when all is well."""
    for service in SERVICES:
        found = await shown(trio, service)
        expected = {(("consumer", each.durable),) for each in CONSUMERS if each.durable.startswith(f"{service}_")}
        assert set(found["hobnob_consumer_pending"]) == set(found["hobnob_consumer_ack_pending"]) == expected
        assert set(found["hobnob_check_failing"].values()) == {0}
        assert found["hobnob_build_info"]
    boxes = [set((await shown(trio, service))["hobnob_outbox_pending"]) for service in ("contacts", "notifier")]
    assert boxes == [{(("outbox", "contacts"),), (("outbox", "owners"),)}, {(("outbox", "inbox"),)}]
    assert (await shown(trio, "notifier"))[DEAD_LETTERS.name]


async def test_requests_are_counted_by_route_and_never_by_path(trio: Trio) -> None:
    """Whatever paths and methods a stranger makes up, they are one series."""
    for path in ("/nothing", "/people/somebody@example.com", "/inbox/a-secret-id/send"):
        await ask_door(trio.door, "BREW", path)
        await ask_door(trio.door, "GET", path)
    found = await shown(trio, "notifier")
    routes = {dict(labels)["route"] for labels in found["hobnob_http_requests_total"]}
    methods = {dict(labels)["method"] for labels in found["hobnob_http_requests_total"]}
    assert not {route for route in routes if "somebody" in route or "secret-id" in route or route == "/nothing"}
    assert "other" in methods
    assert "BREW" not in methods


async def test_a_service_that_cannot_start_is_alive_and_not_ready() -> None:
    """While it waits for a broker that is away, it answers that it lives, and that it cannot work yet."""
    port = free_port()
    app = build_app(SchedulerSettings(nats_url=f"nats://127.0.0.1:{free_port()}", metrics_port=port))
    task = asyncio.create_task(app.run())

    async def lives() -> bool:
        assert not task.done()
        with suppress(OSError):
            return (await ask_door(port, "GET", "/health/live")).status == 200
        return False

    try:
        await eventually(lives)
        ready = await ask_door(port, "GET", "/health/ready")
        assert (ready.status, ready.json["failing"]) == (503, {"start": "the service is starting"})
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_health_over_nats_still_counts(trio: Trio) -> None:
    """The `health` request answers as before, with the counts by name."""
    reply = await ask(trio.client, service="scheduler", verb="health", request=GetHealth(), reply=HealthReply, timeout_s=5)
    assert reply.service == "scheduler"
    assert reply.counters["planned"] >= 1
