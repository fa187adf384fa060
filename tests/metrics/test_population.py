"""How many answers are needed, and answers weighted to the people they stand for."""

import pytest

from beleef.metrics.api import margin, plan, plan_margin, post_stratified


@pytest.mark.parametrize(
    ("n", "points"), [(30, 27.9), (50, 21.6), (100, 15.3), (200, 10.8), (400, 7.7), (1_000, 4.8)]
)
def test_the_margins_of_the_table(n: int, points: float) -> None:
    assert round(margin("nps", n), 1) == points


@pytest.mark.parametrize(("points", "answers"), [(5, 3_831), (10, 958), (15, 426), (-10, 958)])
def test_the_answers_a_wave_needs(points: float, answers: int) -> None:
    assert plan("nps", points) == answers


def test_five_points_of_margin_take_938_answers() -> None:
    assert plan_margin("nps", 5) == 938
    assert margin("nps", 938) <= 5 < margin("nps", 937)


def test_a_plan_follows_the_answers_that_came_before() -> None:
    united, divided = {9: 90, 7: 8, 1: 2}, {10: 50, 0: 50}
    assert plan("nps", 5, expected=united) < plan("nps", 5) < plan("nps", 5, expected=divided)
    assert plan("nps", 5, expected={}) == 3_831
    assert plan("nps", 5, power=0.9) > 3_831
    assert plan("ces_mean", 0.2, expected={5: 50, 6: 50}) == 99


def test_shares_are_planned_as_two_proportions() -> None:
    assert plan("promise_kept", 0.02, expected={0: 90, 1: 10}) == 3_841
    assert plan("csat", 0.1) == 392
    assert plan("promise_kept", 0.05, expected={1: 99, 0: 1}) > 0, "near the top the same number sees it fall"
    assert plan_margin("csat", 0.05) == 385


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(ValueError, match="not made from counts"):
        plan("resolution", 5)
    with pytest.raises(ValueError, match="no scale"):
        plan("rating", 1)
    with pytest.raises(ValueError, match="above 0"):
        plan_margin("nps", 0)
    with pytest.raises(ValueError, match="an answer"):
        margin("nps", 0)
    with pytest.raises(ValueError, match="not 0"):
        plan("nps", 0)


def test_the_weighted_figure_shows_its_mix_and_what_it_is_worth() -> None:
    found = post_stratified(
        "nps",
        {"web": {10: 60, 0: 20}, "shop": {10: 5, 0: 15}},
        {"web": 1_000, "shop": 1_000, "post": 500},
    )
    assert found.figure.value == pytest.approx((50 - 50) / 2)
    assert found.figure.n == 100
    assert found.figure.effective_n == pytest.approx(100**2 / (80 * 0.625**2 + 20 * 2.5**2))
    assert found.design_effect == pytest.approx((80 * 0.625**2 + 20 * 2.5**2) / 100)
    assert found.margin == pytest.approx(24, abs=3)
    assert found.covered == pytest.approx(0.8)
    assert [(one.name, round(one.answered, 2), one.population) for one in found.mix] == [
        ("shop", 0.2, 0.4),
        ("web", 0.8, 0.4),
        ("post", 0, 0.2),
    ]
    assert [one.weight for one in found.mix] == pytest.approx([2.5, 0.625, 0])


def test_nobody_answered_is_no_figure() -> None:
    found = post_stratified("csat", {}, {"web": 10})
    assert (found.figure.n, found.margin, found.covered) == (0, None, 0)
    assert found.design_effect is None


def test_weighted_answers_must_be_worth_enough() -> None:
    found = post_stratified("nps", {"a": {9: 300}, "b": {1: 1}}, {"a": 10, "b": 990}).figure
    assert found.n == 301
    assert not found.enough
