"""Net scores: the published examples, what always holds, and how often the interval holds the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from beleef.stats.net import Ends, net, net_difference
from beleef.stats.proportions import quantile

ANSWERS = some.tuples(some.integers(0, 400), some.integers(0, 400), some.integers(0, 400)).filter(sum)


def ends(answers: tuple[int, int, int]) -> Ends:
    return Ends(answers[0], answers[2], sum(answers))


def test_the_score_and_variance_of_the_worked_example() -> None:
    # Half promoters, a third passives, a sixth detractors: 33.3, variance 5/9.
    found = Ends(300, 100, 600)
    assert found.value == pytest.approx(1 / 3)
    assert found.variance == pytest.approx(5 / 9)


def test_without_answers_everything_is_possible() -> None:
    assert net(Ends(0, 0, 0)) == (0.0, -1.0, 1.0)
    assert (Ends(0, 0, 0).value, Ends(0, 0, 0).variance) == (0.0, 0.0)


@given(ANSWERS)
def test_the_interval_holds_the_score_and_stays_possible(answers: tuple[int, int, int]) -> None:
    found = net(ends(answers))
    assert -1 <= found.low <= found.value <= found.high <= 1


@given(ANSWERS)
def test_more_of_the_same_answers_make_the_interval_narrower(answers: tuple[int, int, int]) -> None:
    few, many = net(ends(answers)), net(ends((answers[0] * 4, answers[1] * 4, answers[2] * 4)))
    assert many.high - many.low < few.high - few.low + 1e-12


@given(ANSWERS)
def test_more_confidence_takes_more_room(answers: tuple[int, int, int]) -> None:
    usual, strict = net(ends(answers)), net(ends(answers), 0.99)
    assert strict.low <= usual.low
    assert strict.high >= usual.high


@given(ANSWERS, ANSWERS)
def test_a_difference_turned_round_is_its_mirror(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    found, back = net_difference(ends(one), ends(other)), net_difference(ends(other), ends(one))
    assert found.value == pytest.approx(-back.value)
    assert (found.low, found.high) == pytest.approx((-back.high, -back.low))


def coverage(n: int, shares: tuple[float, float, float], rounds: int = 4_000) -> tuple[float, float]:
    """Return how often the adjusted and the plain interval hold the truth."""
    drawn = np.random.default_rng(n).multinomial(n, shares, size=rounds)
    truth = shares[0] - shares[2]
    adjusted, plain = 0, 0
    for good, _, bad in drawn.tolist():
        found = net(Ends(good, bad, n))
        adjusted += found.low <= truth <= found.high
        reach = quantile(0.95) * (Ends(good, bad, n).variance / n) ** 0.5
        plain += abs(found.value - truth) <= reach
    return adjusted / rounds, plain / rounds


@pytest.mark.parametrize(
    ("n", "shares", "at_least"),
    [
        (10, (0.9, 0.08, 0.02), 0.915),
        (10, (0.5, 0.3, 0.2), 0.94),
        (20, (0.5, 0.3, 0.2), 0.94),
        (20, (0.2, 0.3, 0.5), 0.94),
        (100, (0.9, 0.08, 0.02), 0.93),
        (100, (0.5, 0.3, 0.2), 0.93),
        (400, (0.34, 0.33, 0.33), 0.93),
    ],
)
def test_the_interval_holds_the_truth_in_95_of_100_draws(
    n: int, shares: tuple[float, float, float], at_least: float
) -> None:
    adjusted, _ = coverage(n, shares)
    assert at_least <= adjusted <= 0.995


def test_the_plain_interval_would_fail_on_ten_answers() -> None:
    adjusted, plain = coverage(10, (0.9, 0.08, 0.02))
    assert plain == pytest.approx(0.655, abs=0.02)
    assert adjusted == pytest.approx(0.927, abs=0.015)


def test_on_twenty_answers_the_adjusted_interval_is_the_better_one() -> None:
    adjusted, plain = coverage(20, (0.5, 0.3, 0.2))
    assert plain == pytest.approx(0.924, abs=0.015)
    assert adjusted == pytest.approx(0.952, abs=0.015)


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.2, 0.3, 0.5), (0.34, 0.33, 0.33)])
def test_from_a_hundred_answers_on_both_are_within_two_points_of_what_they_say(
    shares: tuple[float, float, float],
) -> None:
    assert coverage(100, shares) == pytest.approx((0.95, 0.95), abs=0.02)


def test_a_difference_of_nothing_is_found_in_one_of_twenty() -> None:
    drawn = np.random.default_rng(5).multinomial(60, (0.5, 0.3, 0.2), size=(3_000, 2)).tolist()
    found = [net_difference(Ends(one[0], one[2], 60), Ends(other[0], other[2], 60)) for one, other in drawn]
    wrong = sum(one.low > 0 or one.high < 0 for one in found) / len(found)
    assert 0.035 <= wrong <= 0.065
