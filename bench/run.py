"""The order of a run: small things first, so that a broken set-up shows at once."""

import time
from collections.abc import Callable

from bench.burst import measure_bursts
from bench.emitting import measure_emitting
from bench.hop import measure_hop
from bench.idle import watch_empty, watch_restarted
from bench.importing import measure_import
from bench.machine import describe_machine
from bench.pages import measure_pages
from bench.results import Burst, Comparison, Idle, Import, Results
from bench.sizes import Sizes
from bench.stack import Stack
from shared.clock import system_clock
from shared.messages.values import format_instant


async def run(sizes: Sizes, *, say: Callable[[str], None]) -> Results:
    """Measure everything of *sizes*, saying what is under way."""
    started_at = format_instant(system_clock().replace(microsecond=0))
    machine = describe_machine()
    begun = time.perf_counter()

    def announce(what: str) -> None:
        say(f"[{time.perf_counter() - begun:4.0f} s] {what}")

    announce("idle, nobody known")
    idle: list[Idle] = [await watch_empty(window_s=sizes.idle_s)]
    announce(f"the hop, {sizes.hop_reminders:,} reminders")
    comparisons: list[Comparison] = [*await measure_hop(count=sizes.hop_reminders, rounds=sizes.rounds)]
    announce(f"emitting {sizes.emitted_facts:,} facts")
    # A round takes seconds, not minutes: as many as of the small sizes.
    comparisons.append(await measure_emitting(count=sizes.emitted_facts, rounds=sizes.rounds))
    imports: list[Import] = []
    bursts: list[Burst] = []
    # Of the last, and largest, size.
    sweep: dict[str, float] = {}
    for people in sizes.burst_people:
        announce(f"arming and burst, {people:,} people, then idle")

        async def look(stack: Stack, people: int = people) -> None:
            found, swept = await watch_restarted(stack, armed=people, window_s=sizes.idle_s)
            idle.append(found)
            sweep.update(swept)

        arming, burst = await measure_bursts(people=people, rounds=sizes.rounds_of(people), after_last=look)
        comparisons.append(arming)
        bursts.append(burst)
    for rows in sizes.import_rows:
        announce(f"import, {rows:,} rows")
        imports.append(await measure_import(rows=rows, rounds=sizes.rounds_of(rows)))
    announce(f"pages, {sizes.page_people:,} people, {sizes.page_items:,} items")
    pages = await measure_pages(people=sizes.page_people, items=sizes.page_items, requests=sizes.page_requests)
    announce("done")
    return Results(
        started_at=started_at,
        machine=machine,
        comparisons=tuple(comparisons),
        imports=tuple(imports),
        bursts=tuple(bursts),
        idle=tuple(idle),
        first_sweep_cpu_s=sweep,
        pages=pages,
    )
