"""Answers weighted to the population: right where the strata explain who answers, and honest about what it costs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from beleef.stats.net import Ends, net
from beleef.stats.strata import Weighted, weighted

COUNTS = some.dictionaries(
    some.sampled_from("abcd"),
    some.dictionaries(some.integers(0, 10), some.integers(1, 60), min_size=1),
    min_size=1,
)


def ends(found: Weighted) -> Ends:
    good = sum(often for value, often in found.counts if value >= 9)
    bad = sum(often for value, often in found.counts if value <= 6)
    return Ends(good, bad, found.effective)


def test_each_stratum_counts_as_much_as_it_has_people() -> None:
    found = weighted({"shop": {10: 80}, "web": {0: 20}}, {"shop": 500, "web": 500})
    assert ends(found).value == pytest.approx(0)
    assert found.weights == pytest.approx({"shop": 0.625, "web": 2.5})
    assert found.effective == pytest.approx(100**2 / (80 * 0.625**2 + 20 * 2.5**2))
    assert found.covered == 1


def test_answers_in_proportion_lose_nothing() -> None:
    found = weighted({"a": {9: 30, 3: 30}, "b": {9: 20}}, {"a": 6_000, "b": 2_000})
    assert found.effective == pytest.approx(80)
    assert dict(found.counts) == pytest.approx({3: 30, 9: 50})


def test_a_stratum_without_answers_is_left_out_and_seen() -> None:
    found = weighted({"a": {9: 10}, "b": {}, "elsewhere": {2: 5}}, {"a": 75, "b": 25})
    assert found.covered == pytest.approx(0.75)
    assert set(found.weights) == {"a"}
    assert weighted({"a": {9: 1}}, {}) == ((), 0.0, 0.0, {})


@given(COUNTS, some.dictionaries(some.sampled_from("abcd"), some.integers(1, 10_000), min_size=4))
def test_weighting_never_makes_more_answers_than_there_are(
    counts: dict[str, dict[int, int]], population: dict[str, int]
) -> None:
    found = weighted(counts, population)
    answers = sum(sum(one.values()) for one in counts.values())
    assert 0 < found.effective <= answers + 1e-6
    assert sum(often for _, often in found.counts) == pytest.approx(found.effective)


def test_with_the_discontented_silent_raw_answers_mislead_and_weighted_ones_do_not() -> None:
    # Two thirds were served by phone and are less content; they answer a quarter as often. A twentieth of the rest are bots that give
    # tens; they come in through the web only, and quarantine has taken nine in ten of them out.
    rng = np.random.default_rng(30)
    shares = {"phone": (0.25, 0.35, 0.40), "web": (0.55, 0.30, 0.15)}
    people = {"phone": 20_000, "web": 10_000}
    truth = sum(people[name] * (shares[name][0] - shares[name][2]) for name in people) / 30_000
    held, raw_held, raw_values = [], [], []
    for _ in range(1_000):
        counts: dict[str, dict[int, int]] = {}
        for name, size in (("phone", 150), ("web", 300)):
            good, _, bad = rng.multinomial(size, shares[name]).tolist()
            bots = int(rng.binomial(15, 0.1)) if name == "web" else 0
            counts[name] = {10: good + bots, 8: size - good - bad, 3: bad}
        found = net(ends(weighted(counts, people)))
        held.append(found.low <= truth <= found.high)
        good, bad = (sum(one[value] for one in counts.values()) for value in (10, 3))
        raw = net(Ends(good, bad, sum(sum(one.values()) for one in counts.values())))
        raw_held.append(raw.low <= truth <= raw.high)
        raw_values.append(raw.value)
    assert np.mean(held) >= 0.94
    assert np.mean(raw_held) < 0.05
    assert np.mean(raw_values) - truth > 0.15
