"""The bench itself: that its rounds run and count."""

from bench.hop import measure_hop

COUNT = 500


async def test_the_hop_is_measured() -> None:
    """One round of the hop starts its own stack, fires timers, and finds every one of them in each of three inboxes."""
    hop, hardest = await measure_hop(count=COUNT, rounds=1)
    assert (hop.count, len(hop.ours_s), len(hop.raw_s)) == (COUNT, 1, 1)
    assert hop.ours_s == hardest.ours_s
    assert hop.ratio > 0
