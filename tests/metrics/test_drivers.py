"""Key drivers: enough answers, gaps, what varies too little, quadrants, and the sign that regression gets wrong."""

import numpy as np
import pytest

from beleef.metrics.api import drivers


def ratings(rng: np.random.Generator, rows: int, means: dict[str, float]) -> dict[str, list[float | None]]:
    """Return ratings from 1 to 7 that go together among themselves."""
    shared = rng.standard_normal(rows)
    return {
        name: [float(one) for one in np.clip(np.round(mean + shared + rng.standard_normal(rows)), 1, 7)]
        for name, mean in means.items()
    }


def test_with_too_few_answers_nothing_is_said() -> None:
    rng = np.random.default_rng(1)
    given = ratings(rng, 99, {"wait": 4, "advice": 5})
    found = drivers(given["wait"], given)
    assert (found.enough, found.n, found.least_n, found.drivers) == (False, 99, 100, ())
    many = ratings(rng, 119, {f"aspect {index}": 4 for index in range(12)})
    assert drivers(many["aspect 0"], many).least_n == 120


def test_weights_quadrants_and_order_follow_the_answers() -> None:
    rng = np.random.default_rng(2)
    given = ratings(rng, 800, {"wait": 3, "advice": 5.5, "parking": 3, "coffee": 5.5})
    outcome = [
        float(
            3 * (wait or 0)
            + 3 * (advice or 0)
            + 0.8 * (parking or 0)
            + 0.8 * (coffee or 0)
            + rng.normal(0, 3)
        )
        for wait, advice, parking, coffee in zip(*given.values(), strict=True)
    ]
    found = drivers(outcome, given, scales=dict.fromkeys(given, (1.0, 7.0)))
    assert {one.name for one in found.drivers[:2]} == {"wait", "advice"}
    assert {one.name: one.quadrant for one in found.drivers} == {
        "wait": "improve",
        "advice": "keep",
        "parking": "watch",
        "coffee": "enough",
    }
    assert sum(one.weight for one in found.drivers) == pytest.approx(found.r_squared)
    assert sum(one.share for one in found.drivers) == pytest.approx(1)
    assert all(one.low <= one.weight <= one.high for one in found.drivers)
    assert found.low <= found.r_squared <= found.high
    assert all(one.performance == pytest.approx((one.mean - 1) / 6) for one in found.drivers)


def test_what_all_rate_alike_is_listed_apart_because_it_may_matter_most() -> None:
    rng = np.random.default_rng(3)
    given = ratings(rng, 300, {"wait": 4, "advice": 5})
    given["safety"] = [*[7.0] * 290, *[6.0] * 10]
    found = drivers(given["wait"], given)
    assert [one.name for one in found.steady] == ["safety"]
    assert found.steady[0].most_common == pytest.approx(290 / 300)
    assert "safety" not in {one.name for one in found.drivers}


def test_rows_with_a_gap_are_left_out_and_counted() -> None:
    rng = np.random.default_rng(4)
    given = ratings(rng, 200, {"wait": 4, "advice": 5})
    outcome = list(given["wait"])
    outcome[0] = None
    given["advice"][1] = None
    found = drivers(outcome, given)
    assert (found.n, found.left_out) == (198, 2)


def test_what_has_nothing_to_do_with_the_outcome_is_not_distinguishable() -> None:
    rng = np.random.default_rng(5)
    given: dict[str, list[float | None]] = {
        name: [float(one) for one in rng.integers(1, 8, 400)] for name in ("wait", "weather")
    }
    outcome = [float(one or 0) + float(rng.normal(0, 2)) for one in given["wait"]]
    found = drivers(outcome, given, scales=dict.fromkeys(given, (1.0, 7.0)))
    assert {one.name: one.is_distinguishable for one in found.drivers} == {"wait": True, "weather": False}
    assert next(one for one in found.drivers if one.name == "weather").quadrant is None


def test_a_wait_goes_together_with_a_lower_score() -> None:
    rng = np.random.default_rng(6)
    minutes = [float(one) for one in rng.integers(1, 60, 200)]
    found = drivers([10 - one / 10 + float(rng.normal(0, 1)) for one in minutes], {"minutes": minutes})
    assert (found.drivers[0].together, found.drivers[0].performance) == ("down", None)


def test_regression_shows_a_driver_that_harms_where_all_help_and_this_does_not() -> None:
    rng = np.random.default_rng(7)
    wrong, table, outcome = 0, np.empty((0, 8)), np.empty(0)
    for _ in range(40):
        shared = rng.standard_normal((250, 1))
        table = np.sqrt(0.7) * shared + np.sqrt(0.3) * rng.standard_normal((250, 8))
        outcome = table.sum(axis=1) * 0.1 + rng.standard_normal(250)
        wrong += bool((np.linalg.lstsq(table, outcome, rcond=None)[0] < 0).any())
    assert wrong / 40 > 0.6
    found = drivers(outcome.tolist(), {str(place): column.tolist() for place, column in enumerate(table.T)})
    assert {one.together for one in found.drivers} == {"up"}


def test_an_outcome_that_never_changes_goes_together_with_nothing() -> None:
    given = ratings(np.random.default_rng(8), 150, {"wait": 4})
    assert drivers([5.0] * 150, given).drivers == ()


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="every row"):
        drivers([1.0, 2.0], {"wait": [1.0]})
    with pytest.raises(ValueError, match="a driver"):
        drivers([1.0], {})
