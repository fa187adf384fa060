"""Intervals held against published examples, SciPy, and how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from beleef.stats import means, proportions, sequential, splitting


def _kept(amounts: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[float, float, int]:
    return float(amounts.mean()), float(amounts.var(ddof=1)), len(amounts)


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (1, 10), (5, 10), (10, 10), (81, 263), (1, 100_000)])
def test_wilson_is_what_scipy_says(successes: int, n: int) -> None:
    expected = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    found = proportions.wilson(successes, n)
    assert found == pytest.approx((successes / n, expected.low, expected.high), abs=1e-12)


def test_wilson_of_nothing_is_everything() -> None:
    assert proportions.wilson(0, 0) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("a", "m", "b", "n", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_published_examples(
    a: int, m: int, b: int, n: int, low: float, high: float
) -> None:
    # Newcombe (1998), table II, method 10.
    found = proportions.newcombe(a, m, b, n)
    assert found.value == pytest.approx(a / m - b / n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_a_mean_has_students_interval() -> None:
    amounts = np.array([3.0, 5.5, 9.0, 2.0, 14.0])
    low, high = stats.t.interval(0.95, 4, loc=amounts.mean(), scale=stats.sem(amounts))
    assert means.student(*_kept(amounts)) == pytest.approx((amounts.mean(), low, high))
    assert means.student(4.0, 0.0, 1) == (4.0, 4.0, 4.0)
    assert means.student(0.0, 0.0, 0) == (0.0, 0.0, 0.0)


def test_a_difference_of_means_has_welchs_interval() -> None:
    one, other = np.array([3.0, 5.5, 9.0, 2.0, 14.0]), np.array([1.0, 2.0, 1.5, 3.0])
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    found = means.welch(_kept(one), _kept(other))
    assert found == pytest.approx((one.mean() - other.mean(), expected.low, expected.high))


def test_an_even_split_is_believed_and_a_crooked_one_is_not() -> None:
    assert splitting.mismatch([4_950, 5_050], [1, 1]) == pytest.approx(stats.chisquare([4_950, 5_050]).pvalue)
    assert splitting.mismatch([4_700, 5_300], [1, 1]) < splitting.MISMATCH
    assert splitting.mismatch([4_950, 15_100], [1, 3]) > splitting.MISMATCH
    assert splitting.mismatch([0, 0], [1, 1]) == 1.0


def test_sample_sizes_are_those_of_the_tables() -> None:
    # Fleiss, Levin and Paik (2003), table A.4 without the continuity correction.
    assert splitting.sample_size(0.5, 0.1) == 388
    assert splitting.sample_size(0.1, 0.05) == 686
    assert splitting.sample_size_of_mean(10, 2) == 393


def test_a_planned_experiment_sees_its_change_as_often_as_planned() -> None:
    rng = np.random.default_rng(7)
    n = splitting.sample_size(0.1, 0.05)
    one, other = rng.binomial(n, 0.15, 4_000), rng.binomial(n, 0.1, 4_000)
    seen = [proportions.newcombe(int(a), n, int(b), n).low > 0 for a, b in zip(one, other, strict=True)]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("rate", "change"), [(0, 0.1), (0.5, 0), (0.9, 0.2)])
def test_what_cannot_be_planned_is_refused(rate: float, change: float) -> None:
    with pytest.raises(ValueError, match="rates"):
        splitting.sample_size(rate, change)


def _looks(rng: np.random.Generator, difference: float, experiments: int, people: int) -> float:
    """Return in which share of experiments any of a hundred looks leaves out 0."""
    seen = 0
    for _ in range(experiments):
        one = np.cumsum(rng.random(people) < 0.1 + difference)
        other = np.cumsum(rng.random(people) < 0.1)
        for n in range(people // 100, people + 1, people // 100):
            rates = float(one[n - 1]) / n, float(other[n - 1]) / n
            variance = 2 * n * sum(rate * (1 - rate) / n for rate in rates)
            found = sequential.confidence_sequence(rates[0] - rates[1], variance, 2 * n, 2 * people)
            if found.low > 0 or found.high < 0:
                seen += 1
                break
    return seen / experiments


def test_looking_a_hundred_times_finds_something_in_nothing_in_at_most_a_twentieth() -> None:
    assert _looks(np.random.default_rng(11), 0.0, 400, 2_000) <= 0.05


def test_looking_a_hundred_times_still_finds_what_there_is() -> None:
    assert _looks(np.random.default_rng(12), 0.05, 100, 3_000) > 0.8


def test_a_p_value_for_any_look_agrees_with_its_sequence() -> None:
    for difference in (0.0, 0.01, 0.02, 0.03, 0.05):
        found = sequential.confidence_sequence(difference, 0.36, 5_000, 4_000)
        p = sequential.always_valid_p(difference, 0.36, 5_000, 4_000)
        assert (p < 0.05) == (found.low > 0)
    assert sequential.always_valid_p(0.1, 0.0, 100, 100) == 1.0
    assert sequential.confidence_sequence(0.1, 0.0, 100, 100).high == float("inf")
