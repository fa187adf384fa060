"""Intervals of means, quantiles and rates held against SciPy's and against the truth."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from beleef.stats import quantiles, rates, resampling


@pytest.mark.parametrize(("n", "part"), [(10, 0.5), (11, 0.5), (40, 0.5), (60, 0.9), (500, 0.9)])
def test_a_quantile_has_the_interval_that_scipy_finds(n: int, part: float) -> None:
    values = np.random.default_rng(n).exponential(3.0, n)
    expected = stats.quantile_test(values, q=0, p=part).confidence_interval(0.95)
    found = quantiles.quantile_of(values, part)
    assert (found.low, found.high) == (expected.low, expected.high)


@pytest.mark.parametrize(("n", "part"), [(10, 0.5), (40, 0.5), (30, 0.9), (200, 0.9)])
def test_the_interval_of_a_quantile_holds_the_truth(n: int, part: float) -> None:
    truth = float(stats.lognorm(1).ppf(part))
    drawn = np.random.default_rng(n).lognormal(0, 1, (1_500, n))
    found = [quantiles.quantile_of(values, part) for values in drawn]
    assert 0.945 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.995


def test_thirty_values_cannot_say_how_slow_the_slowest_tenth_may_be() -> None:
    found = quantiles.quantile_of(list(range(30)), 0.9)
    assert found.value == 26
    assert found.high == float("inf")


def test_a_mean_has_the_interval_that_scipy_draws() -> None:
    values = np.array([1.0] * 30 + [2.0] * 12 + [3.0] * 5 + [9.0] * 3)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=9_999, method="BCa", rng=np.random.default_rng(4)
    ).confidence_interval
    found = resampling.mean_of(Counter(values.tolist()))
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.08)


def test_the_interval_of_a_skewed_mean_holds_the_truth_better_than_the_plain_one() -> None:
    rng = np.random.default_rng(6)
    truth = 1 / 0.45
    held, plain = [], []
    for _ in range(1_000):
        values = rng.geometric(0.45, 40).astype(float)
        found = resampling.mean_of(Counter(values.tolist()))
        held.append(found.low <= truth <= found.high)
        plain.append(abs(values.mean() - truth) <= 1.96 * values.std(ddof=1) / np.sqrt(40))
    assert np.mean(held) >= 0.915
    assert np.mean(held) >= np.mean(plain) - 0.005


def test_values_that_are_all_alike_have_no_width() -> None:
    assert resampling.mean_of({2.0: 40}) == (2.0, 2.0, 2.0)


def test_without_a_value_there_is_neither_mean_nor_quantile() -> None:
    with pytest.raises(ValueError, match="no mean"):
        resampling.mean_of({})
    with pytest.raises(ValueError, match="no quantile"):
        quantiles.quantile_of([], 0.5)


@given(some.dictionaries(some.integers(0, 20).map(float), some.integers(1, 50), min_size=1, max_size=8))
def test_the_interval_of_a_mean_holds_it_and_is_always_the_same(counts: dict[float, int]) -> None:
    found = resampling.mean_of(counts)
    assert min(counts) <= found.low <= found.value <= found.high <= max(counts)
    assert resampling.mean_of(counts) == found


@given(some.lists(some.floats(0, 1e6), min_size=1, max_size=60), some.sampled_from([0.5, 0.9]))
def test_the_interval_of_a_quantile_holds_it(values: list[float], part: float) -> None:
    found = quantiles.quantile_of(values, part)
    assert found.low <= found.value <= found.high
    assert found.low in {*values, -float("inf")}
    assert found.high in {*values, float("inf")}


@pytest.mark.parametrize("events", [0, 1, 5, 40])
def test_a_rate_has_garwoods_interval(events: int) -> None:
    found = rates.garwood(events, 2_000)
    low = stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    assert found == pytest.approx(
        (events / 2_000, low / 2_000, stats.chi2.ppf(0.975, 2 * events + 2) / 2 / 2_000)
    )


def test_the_interval_of_a_rate_never_promises_too_much() -> None:
    drawn = np.random.default_rng(8).poisson(3.2, 3_000).tolist()
    found = [rates.garwood(events, 1_000) for events in drawn]
    assert np.mean([one.low <= 0.0032 <= one.high for one in found]) >= 0.95


def test_in_nothing_any_rate_is_possible() -> None:
    assert rates.garwood(0, 0) == (0.0, 0.0, float("inf"))
