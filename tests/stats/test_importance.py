"""Relative weights held against published weights, exact Shapley values, and drivers whose truth is known."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from beleef.stats import importance
from tests.stats.classics import CARS, SWISS, Numbers


def correlated(table: Numbers) -> Numbers:
    found: Numbers = np.atleast_2d(np.corrcoef(table, rowvar=False))
    return found


def r_squared(correlations: Numbers, chosen: tuple[int, ...]) -> float:
    if not chosen:
        return 0.0
    inner, outer = correlations[np.ix_(chosen, chosen)], correlations[list(chosen), -1]
    return float(outer @ np.linalg.solve(inner, outer))


def shapley(correlations: Numbers) -> Numbers:
    """Return what each driver adds to R squared, averaged over all orders of entry (Lindeman, Merenda and Gold)."""
    count = len(correlations) - 1
    found = np.zeros(count)
    for size in range(count):
        share = factorial(size) * factorial(count - size - 1) / factorial(count)
        for driver in range(count):
            for before in combinations([one for one in range(count) if one != driver], size):
                found[driver] += share * (
                    r_squared(correlations, (*before, driver)) - r_squared(correlations, before)
                )
    return found


def alike(rng: np.random.Generator, rows: int, count: int, shared: float) -> Numbers:
    """Return drivers that have a part in common, so that they go together among themselves."""
    drawn = np.sqrt(shared) * rng.standard_normal((rows, 1)) + np.sqrt(1 - shared) * rng.standard_normal(
        (rows, count)
    )
    return np.asarray(drawn, dtype=np.float64)


def test_relative_weights_of_the_cars_are_the_published_ones() -> None:
    # Column order of the data: miles per gallon first; the outcome goes last.
    table = correlated(np.roll(CARS, -1, axis=1))
    found = importance.relative_weights(table)
    assert found == pytest.approx([0.2284797, 0.2221469, 0.2321744, 0.0963886], abs=5e-7)
    assert found.sum() == pytest.approx(0.7791896, abs=5e-7)


def test_relative_weights_are_close_to_shapley_values_and_sum_to_the_same() -> None:
    table = correlated(np.roll(SWISS, -1, axis=1))
    exact = shapley(table)
    assert exact == pytest.approx([0.057091, 0.171173, 0.260135, 0.105570, 0.112766], abs=5e-7)
    found = importance.relative_weights(table)
    assert found.sum() == pytest.approx(exact.sum(), abs=1e-9)
    assert found.sum() == pytest.approx(0.706735, abs=5e-7)
    assert np.abs(found - exact).max() < 0.017
    assert np.corrcoef(found, exact)[0, 1] > 0.99


@pytest.mark.parametrize("count", [5, 8])
def test_on_drivers_that_go_together_weights_differ_from_shapley_by_less_than_a_hundredth(count: int) -> None:
    rng = np.random.default_rng(7)
    ratings = alike(rng, 1_000, count, 0.5)
    outcome = ratings @ np.linspace(0.1, 1, count) + 2 * rng.standard_normal(1_000)
    table = correlated(np.column_stack([ratings, outcome]))
    found, exact = importance.relative_weights(table), shapley(table)
    assert found.sum() == pytest.approx(exact.sum(), abs=1e-9)
    assert np.abs(found - exact).max() < 0.0035
    assert np.corrcoef(found, exact)[0, 1] > 0.994


def test_a_driver_that_others_make_up_shares_with_them_and_breaks_nothing() -> None:
    rng = np.random.default_rng(3)
    ratings = rng.standard_normal((500, 2))
    doubled = np.column_stack([ratings, ratings.sum(axis=1)])
    outcome = ratings.sum(axis=1) + rng.standard_normal(500)
    alone, found = importance.drivers(ratings, outcome), importance.drivers(doubled, outcome)
    assert found.r_squared == pytest.approx(alone.r_squared, abs=1e-6)
    assert found.weights.argmax() == 2


def test_the_same_answers_give_the_same_intervals() -> None:
    ratings = alike(np.random.default_rng(5), 200, 3, 0.4)
    outcome = ratings[:, 0]
    once, again = importance.drivers(ratings, outcome), importance.drivers(ratings, outcome)
    assert once.low.tolist() == again.low.tolist()
    assert once.above_noise.tolist() == again.above_noise.tolist()


def test_intervals_hold_the_true_weights_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    effects, shared, noise = np.array([0.7, 0.5, 0.3, 0.2]), 0.4, 1.0
    among = np.full((4, 4), shared) + (1 - shared) * np.eye(4)
    spread = effects @ among @ effects + noise**2
    truth = np.eye(5)
    truth[:4, :4], truth[:4, 4] = among, among @ effects / np.sqrt(spread)
    truth[4, :4] = truth[:4, 4]
    true_weights = importance.relative_weights(truth)
    held = []
    for _ in range(60):
        ratings = alike(rng, 300, 4, shared)
        found = importance.drivers(ratings, ratings @ effects + noise * rng.standard_normal(300))
        held.append((found.low <= true_weights) & (true_weights <= found.high))
    assert 0.89 <= np.mean(held) <= 0.99


def test_a_driver_of_chance_is_seldom_taken_for_one_and_a_real_one_seldom_missed() -> None:
    rng = np.random.default_rng(13)
    chance, real = [], []
    for _ in range(60):
        ratings = rng.standard_normal((250, 4))
        outcome = 0.5 * ratings[:, 0] + 0.5 * ratings[:, 1] + rng.standard_normal(250)
        found = importance.drivers(ratings, outcome)
        real += (found.above_noise[:2] > 0).tolist()
        chance += (found.above_noise[2:] > 0).tolist()
    assert np.mean(real) > 0.98
    assert np.mean(chance) < 0.06


def test_of_very_many_rows_a_sample_gives_the_intervals() -> None:
    rng = np.random.default_rng(17)
    ratings = alike(rng, importance.MOST_ROWS + 500, 2, 0.3)
    outcome = ratings[:, 0] + rng.standard_normal(len(ratings))
    found = importance.drivers(ratings, outcome)
    assert found.low[0] < found.weights[0] < found.high[0]
    assert found.high[0] - found.low[0] < 0.05
