"""Intervals of revenue: most bring nothing and few bring much, and still the interval holds the truth about as often as it says."""

import numpy as np
import pytest

from beleef.stats import means, skewed
from beleef.stats.proportions import Interval
from beleef.stats.skewed import Moments

Amounts = np.ndarray[tuple[int], np.dtype[np.float64]]


def _moments(amounts: Amounts) -> Moments:
    return Moments(len(amounts), *(float((amounts**power).sum()) for power in (1, 2, 3)))


def _plain(moments: Moments) -> tuple[float, float, int]:
    return moments.mean, moments.variance, moments.n


def _revenue(rng: np.random.Generator, people: int, rate: float, sigma: float) -> Amounts:
    """Return revenue per person: a share buys, for amounts that are log-normal."""
    amounts: Amounts = (rng.random(people) < rate) * rng.lognormal(3.5, sigma, people)
    return amounts


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


@pytest.mark.parametrize(
    ("people", "rate", "sigma", "least"),
    [(1_000, 0.05, 1.0, 0.92), (5_000, 0.05, 1.5, 0.91), (5_000, 0.02, 2.0, 0.87)],
)
def test_the_mean_revenue_is_held_more_often_than_by_students_interval(
    people: int, rate: float, sigma: float, least: float
) -> None:
    rng = np.random.default_rng(11)
    truth = rate * float(np.exp(3.5 + sigma**2 / 2))
    drawn = [_moments(_revenue(rng, people, rate, sigma)) for _ in range(800)]
    own = np.mean([_holds(skewed.mean(one), truth) for one in drawn])
    students = np.mean([_holds(means.student(*_plain(one)), truth) for one in drawn])
    assert own > students
    assert own >= least


def test_a_small_control_group_is_compared_honestly() -> None:
    rng = np.random.default_rng(12)
    own, welch = [], []
    for _ in range(500):
        campaign = _moments(_revenue(rng, 10_000, 0.05, 1.5))
        control = _moments(_revenue(rng, 600, 0.05, 1.5))
        own.append(_holds(skewed.difference(campaign, control), 0.0))
        welch.append(_holds(means.welch(_plain(campaign), _plain(control)), 0.0))
    assert np.mean(welch) < 0.88
    assert np.mean(own) >= 0.9


def test_without_skewness_it_is_students_interval() -> None:
    amounts = np.concatenate([np.arange(50.0), -np.arange(50.0)])
    found, students = skewed.mean(_moments(amounts)), means.student(*_plain(_moments(amounts)))
    assert found == pytest.approx(students)


def test_what_is_long_to_the_right_reaches_further_to_the_right() -> None:
    amounts = np.array([0.0] * 95 + [10.0, 20.0, 30.0, 40.0, 400.0])
    found = skewed.mean(_moments(amounts))
    assert found.high - found.value > 1.5 * (found.value - found.low) > 0
    turned = skewed.mean(_moments(-amounts))
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_few_amounts_and_equal_ones_say_no_more_than_their_mean() -> None:
    assert skewed.mean(Moments(0, 0.0, 0.0, 0.0)) == (0.0, 0.0, 0.0)
    assert skewed.mean(_moments(np.array([4.0]))) == (4.0, 4.0, 4.0)
    assert skewed.mean(_moments(np.array([4.0, 4.0, 4.0]))) == (4.0, 4.0, 4.0)
    assert skewed.difference(_moments(np.array([4.0])), _moments(np.array([1.0, 3.0]))) == (2.0, 2.0, 2.0)


def test_sums_of_two_groups_add_up() -> None:
    rng = np.random.default_rng(5)
    one, other = _revenue(rng, 40, 0.5, 1.0), _revenue(rng, 60, 0.5, 1.0)
    together = _moments(one).plus(_moments(other))
    assert together == pytest.approx(_moments(np.concatenate([one, other])))
    assert together.skewness == pytest.approx(
        float(np.mean((x := np.concatenate([one, other]) - together.mean) ** 3) / np.std(x) ** 3)
    )
