"""Many comparisons: corrected as published, intervals that say what the tests say, and few false alarms; trends alike."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from beleef.stats import comparing, proportions, trends
from beleef.stats.proportions import Interval

P_VALUES = some.lists(some.floats(1e-9, 1), min_size=1, max_size=30)


def rejected(p_values: list[float], correction: comparing.Correction) -> list[bool]:
    found = comparing.levels(p_values, correction)
    return [p <= 1 - level + 1e-12 for p, level in zip(p_values, found, strict=True)]


def test_holm_goes_down_the_steps_and_stops_at_the_first_that_does_not_hold() -> None:
    # Limits .0125, .0167, .025, .05: the third does not hold, and so neither does the fourth, whatever its p value.
    assert rejected([0.049, 0.001, 0.03, 0.016], "holm") == [False, True, False, True]
    assert rejected([0.049, 0.001, 0.02, 0.016], "holm") == [True, True, True, True]


def test_benjamini_and_hochberg_reject_what_their_example_rejects() -> None:
    # Benjamini and Hochberg (1995), section 4.1: four of fifteen by theirs, three by Hochberg's.
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719]
    p_values += [0.6528, 0.759, 1.0]
    assert rejected(p_values, "bh") == [True] * 4 + [False] * 11
    assert rejected(p_values, "holm") == [True] * 3 + [False] * 12


@given(P_VALUES)
def test_holm_never_finds_more_than_benjamini_and_hochberg_nor_less_than_dividing_by_all(
    p_values: list[float],
) -> None:
    holm, bh = rejected(p_values, "holm"), rejected(p_values, "bh")
    assert all(other for one, other in zip(holm, bh, strict=True) if one)
    strictest = [p <= 0.05 / len(p_values) for p in p_values]
    assert all(other for one, other in zip(strictest, holm, strict=True) if one)


@given(P_VALUES, some.sampled_from(["holm", "bh"]))
def test_no_interval_is_below_the_usual_level(
    p_values: list[float], correction: comparing.Correction
) -> None:
    found = comparing.levels(p_values, correction)
    assert len(found) == len(p_values)
    assert all(0.95 - 1e-12 <= level < 1 for level in found)


def test_nothing_to_compare_needs_no_level() -> None:
    assert comparing.levels([], "holm") == comparing.levels([], "bh") == []


@given(*[some.integers(1, 200)] * 2, some.floats(0, 1), some.floats(0, 1))
def test_of_shares_the_general_rule_is_newcombes(
    n: int, before: int, rate: float, rate_before: float
) -> None:
    good, good_before = round(n * rate), round(before * rate_before)
    found = comparing.between(proportions.wilson(good, n), proportions.wilson(good_before, before))
    low, high = max(-1.0, found.low), min(1.0, found.high)
    assert (found.value, low, high) == pytest.approx(proportions.newcombe(good, n, good_before, before))


def test_a_p_value_is_that_of_the_test_its_interval_belongs_to() -> None:
    def at_level(level: float) -> Interval:
        reach = proportions.quantile(level)
        return Interval(2.5, 2.5 - reach, 2.5 + reach)

    assert comparing.p_value(at_level) == pytest.approx(0.0124193, abs=1e-6)
    assert comparing.p_value(lambda level: Interval(0.0, -1.0, 1.0)) == pytest.approx(1.0)
    assert comparing.p_value(lambda level: Interval(99.0, 98.0, 100.0)) < 1e-10


def test_twenty_groups_alike_raise_a_false_alarm_in_one_of_twenty_reports() -> None:
    rng = np.random.default_rng(9)
    alarms, uncorrected = [], []
    for _ in range(150):
        good = rng.binomial(100, 0.8, 20).tolist()
        control = int(rng.binomial(100_000, 0.8))
        each = [comparing.p_value(partial(proportions.newcombe, one, 100, control, 100_000)) for one in good]
        alarms.append(any(rejected(each, "holm")))
        uncorrected.append(min(each) <= 0.05)
    assert np.mean(alarms) <= 0.1
    assert np.mean(uncorrected) > 0.4


def test_a_slope_is_the_weighted_least_squares_of_any_book() -> None:
    values, errors, places = [1.0, 3.5, 4.0, 7.5], [1.0, 0.5, 1.0, 2.0], [0.0, 1.0, 2.0, 3.0]
    expected = np.polyfit(places, values, 1, w=1 / np.array(errors))[0]
    assert trends.slope(values, errors, places).value == pytest.approx(expected)
    with pytest.raises(ValueError, match="two periods"):
        trends.slope([1.0], [1.0], [0.0])


@pytest.mark.parametrize("periods", [3, 6, 12])
def test_where_nothing_changes_a_trend_is_seen_in_one_of_twenty(periods: int) -> None:
    drawn = np.random.default_rng(periods).normal(30, 5, (2_000, periods)).tolist()
    found = [trends.slope(values, [5.0] * periods, range(periods)) for values in drawn]
    assert np.mean([one.low > 0 or one.high < 0 for one in found]) <= 0.06


def test_a_figure_that_jumps_about_more_than_chance_allows_is_no_trend() -> None:
    rng = np.random.default_rng(10)
    drawn = rng.normal(30, 20, (1_000, 8)).tolist()
    found = [trends.slope(values, [2.0] * 8, range(8)) for values in drawn]
    assert np.mean([one.low > 0 or one.high < 0 for one in found]) <= 0.07
