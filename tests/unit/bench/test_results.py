"""How rounds become the figures that are reported."""

from bench.results import Comparison, Counted, Lateness


def comparison(*, ours_s: tuple[float, ...], raw_s: tuple[float, ...]) -> Comparison:
    """Return a comparison of work on a hundred items."""
    return Comparison(what="work", raw_is="the clients alone", count=100, ours_s=ours_s, raw_s=raw_s)


def test_a_ratio_compares_rounds_made_at_the_same_time() -> None:
    """A machine that is slow for one round slows both sides of it, and the ratio stays what it is."""
    slow_once = comparison(ours_s=(2.0, 20.0, 2.0), raw_s=(1.0, 10.0, 1.0))
    assert slow_once.ratio == 0.5
    assert (slow_once.ours_per_s, slow_once.raw_per_s) == (50.0, 100.0)


def test_one_odd_round_does_not_decide() -> None:
    """The ratio is the median of the rounds, so one lucky round of three changes nothing."""
    assert comparison(ours_s=(1.0, 1.0, 0.1), raw_s=(0.9, 0.9, 0.9)).ratio == 0.9


def test_lateness_shows_the_last_ones() -> None:
    """Of a hundred reminders, one of which is very late, the most is that one and the median is not."""
    late = Lateness.of([0.1] * 99 + [9.0])
    assert (late.p50_s, late.max_s) == (0.1, 9.0)
    assert late.p99_s > late.p50_s


def test_a_burst_counts_only_when_everybody_is_there_once() -> None:
    """An item too few, a person twice, or somebody who is not armed again makes a burst inexact."""
    assert Counted(in_inbox=5, distinct_people=5, armed_again=5).is_exact(5)
    for counted in (
        Counted(in_inbox=4, distinct_people=4, armed_again=5),
        Counted(in_inbox=6, distinct_people=5, armed_again=5),
        Counted(in_inbox=5, distinct_people=5, armed_again=4),
    ):
        assert not counted.is_exact(5)
