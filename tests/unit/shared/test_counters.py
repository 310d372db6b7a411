"""What a service counts, and what of it is shown."""

from hypothesis import given
from hypothesis import strategies as st

from shared.counters import Count, Counters, Durations

KINDS = Count(name="hobnob_kinds", help="Kinds.", labels=("kind",), known=(("a",),))
PLAIN = Count(name="hobnob_plain", help="Plain.")
NAMED = Count(name="hobnob_named", help="Named.", counted_as="armed")
FAMILY = Count(name="hobnob_family", help="A family.", labels=("reason",), counted_as="skipped.*")
TOOK_S = Durations(name="hobnob_took_seconds", help="How long.", bounds_s=(0.1, 1.0, 10.0), labels=("what",))


def test_counts_are_kept_by_their_labels() -> None:
    """What is known from the start is there as 0; the rest comes with its first count."""
    counters = Counters()
    assert counters.counted(KINDS) == {("a",): 0}
    assert counters.counted(PLAIN) == {(): 0}
    counters.count(KINDS, "b", by=3)
    counters.count(KINDS, "b")
    counters.count(PLAIN)
    assert counters.counted(KINDS) == {("a",): 0, ("b",): 4}
    assert counters.counted(PLAIN) == {(): 1}


def test_a_metric_may_show_what_is_counted_by_name() -> None:
    """A dotted name is one number, a family of names one number for each of its members, and no other name is among them."""
    counters = Counters()
    assert counters.counted(NAMED) == {(): 0}
    counters.add("armed", 2)
    counters.add("skipped.muted")
    counters.add("digest.skipped.empty")
    assert counters.counted(NAMED) == {(): 2}
    assert counters.counted(FAMILY) == {("muted",): 1}
    assert counters.snapshot() == {"armed": 2, "digest.skipped.empty": 1, "skipped.muted": 1}


@given(st.lists(st.lists(st.floats(min_value=0, max_value=100))))
def test_durations_fall_up_to_their_bounds(batches: list[list[float]]) -> None:
    """In whatever batches they come, each duration is counted once, under the first bound that it does not exceed."""
    counters = Counters()
    for batch in batches:
        counters.observe(TOOK_S, batch, "this")
    seconds = [each for batch in batches for each in batch]
    if not batches:
        assert not counters.observed(TOOK_S)
        return
    spread = counters.observed(TOOK_S)[("this",)]
    bounds = [*TOOK_S.bounds_s, float("inf")]
    lower = [-1.0, *TOOK_S.bounds_s]
    assert spread.counts == [sum(low < each <= high for each in seconds) for low, high in zip(lower, bounds, strict=True)]
    assert abs(spread.sum_s - sum(seconds)) < 1e-6
