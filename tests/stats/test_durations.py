"""Kaplan-Meier held against SciPy and against the truth: what is still open must not make things look fast."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from beleef.stats import survival

DAY = 86_400.0


def test_the_curve_and_its_bounds_are_what_scipy_says() -> None:
    rng = np.random.default_rng(1)
    lengths, ended = rng.integers(1, 40, 120).astype(float), rng.random(120) < 0.7
    lengths[0], ended[0] = 41, False  # the last one is open: where nobody is left, SciPy knows no bounds
    expected = stats.ecdf(stats.CensoredData(uncensored=lengths[ended], right=lengths[~ended])).sf
    bounds = expected.confidence_interval(0.95, method="log-log")
    found = survival.curve(lengths, ended)
    places = np.searchsorted(expected.quantiles, found.times)
    assert found.share == pytest.approx(expected.probabilities[places])
    assert found.low == pytest.approx(bounds.low.probabilities[places])
    assert found.high == pytest.approx(bounds.high.probabilities[places])


def test_the_published_example_of_leukaemia_patients_comes_out() -> None:
    # Freireich et al. (1963), 6-MP arm: the classic example; its median of 23 weeks stands in every textbook.
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    ended = [True, True, True, False, True, False, True, False, False, True, True] + [False] * 3 + [True] * 2
    ended += [False] * 5
    found = survival.curve(weeks, ended)
    assert found.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert found.share.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert found.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert survival.quantile_of(found, 0.5) == (23, 13, float("inf"))


def test_without_open_ones_the_median_is_that_of_the_sample() -> None:
    lengths = [5.0, 1.0, 9.0, 3.0, 7.0]
    assert survival.quantile_of(survival.curve(lengths, [True] * 5), 0.5).value == 5
    assert survival.curve(lengths, [True] * 5).share[-1] == 0


def test_what_most_have_not_reached_is_not_known_yet() -> None:
    found = survival.quantile_of(survival.curve([1.0, 8.0, 9.0, 9.0], [True, False, False, False]), 0.5)
    assert found.value == float("inf")
    assert survival.quantile_of(survival.curve([], []), 0.5).value == float("inf")


@pytest.mark.parametrize(
    ("lengths", "ended"), [([1.0], [True, False]), ([-1.0], [True]), ([float("nan")], [True])]
)
def test_lengths_that_cannot_be_are_refused(lengths: list[float], ended: list[bool]) -> None:
    with pytest.raises(ValueError, match="length of time"):
        survival.curve(lengths, ended)


@given(some.lists(some.tuples(some.integers(0, 50), some.booleans()), min_size=1, max_size=60))
def test_a_curve_only_falls_and_lies_within_its_bounds(cases: list[tuple[int, bool]]) -> None:
    found = survival.curve([float(length) for length, _ in cases], [ended for _, ended in cases])
    assert np.all(np.diff(found.share) < 0)
    assert np.all((found.low <= found.share + 1e-12) & (found.share <= found.high + 1e-12))
    assert np.all((found.low >= 0) & (found.high <= 1))
    median = survival.quantile_of(found, 0.5)
    assert median.low <= median.value <= median.high


def test_two_thousand_cases_of_which_many_are_open_show_their_true_median() -> None:
    # True median 5.25 days; opened over 60 days, looked at on the last: 14% are still open, most of them the slow ones.
    rng = np.random.default_rng(20)
    opened, took = rng.uniform(0, 60, 2_000), rng.lognormal(np.log(5.25), 1.0, 2_000)
    seen = np.minimum(took, 60 - opened)
    ended = took <= 60 - opened
    assert np.median(took[ended]) < 4.8, "counting the closed ones alone is too fast"
    found = survival.quantile_of(survival.curve(seen, ended), 0.5)
    assert found.value == pytest.approx(5.25, abs=0.35)
    recent = opened > 46
    of_closed = np.median(took[recent & ended])
    of_all = survival.quantile_of(survival.curve(seen[recent], ended[recent]), 0.5)
    assert of_closed < 3.2, "over the last fortnight it is less than two thirds of the truth"
    assert of_all.low <= 5.25 <= of_all.high


def test_the_interval_of_a_median_holds_the_truth_while_a_third_is_open() -> None:
    rng = np.random.default_rng(21)
    held, closed_only = [], []
    for _ in range(600):
        took, limit = rng.lognormal(np.log(5.25), 1.0, 80), rng.uniform(0, 20, 80)
        found = survival.quantile_of(survival.curve(np.minimum(took, limit), took <= limit), 0.5)
        held.append(found.low <= 5.25 <= found.high)
        shortest = np.sort(took[took <= limit])
        low, high = stats.binom.ppf([0.025, 0.975], len(shortest), 0.5).astype(int)
        closed_only.append(shortest[low - 1] <= 5.25 <= shortest[high])
    assert 0.93 <= np.mean(held) <= 0.98
    assert np.mean(closed_only) < 0.5, "the data must be such that closed ones alone would mislead"


def test_ties_as_of_whole_days_do_not_spoil_the_interval() -> None:
    rng = np.random.default_rng(22)
    held = []
    for _ in range(400):
        took = np.ceil(rng.lognormal(np.log(5.25), 1.0, 60))
        found = survival.quantile_of(survival.curve(took, np.ones(60, dtype=bool)), 0.5)
        held.append(
            found.low <= 6 <= found.high
        )  # half lies within 5.25 days, so the median of whole days is the sixth
    assert np.mean(held) >= 0.94
