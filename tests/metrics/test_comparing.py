"""What may be said of differences: words follow intervals, many comparisons are corrected, the rest is the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from beleef.metrics.api import (
    Figure,
    compare,
    compare_each,
    compare_with_rest,
    durations,
    figure,
    plan,
    post_stratified,
    rate,
    share,
    trend,
)


def nps(promoters: int, passives: int, detractors: int) -> Figure:
    return figure("nps", {10: promoters, 8: passives, 5: detractors})


def test_five_points_between_two_weeks_of_a_team_are_no_real_change() -> None:
    found = compare([nps(33, 17, 10)], nps(30, 18, 12))[0]
    assert found.value == pytest.approx(8.33, abs=0.01)
    assert (found.word, found.is_real, found.is_good) == ("no real change", False, None)


def test_a_difference_that_is_real_says_which_way_and_whether_that_is_good() -> None:
    better = compare([nps(600, 300, 100)], nps(400, 300, 300))[0]
    assert (better.word, better.is_good) == ("higher", True)
    assert better.low == pytest.approx(40 - 6.5, abs=0.5)
    ignored = compare([share("complaint_ignored", 40, 100)], share("complaint_ignored", 10, 100))[0]
    assert (ignored.word, ignored.is_good) == ("higher", False)
    chosen = compare([share("chosen", 40, 100)], share("chosen", 10, 100))[0]
    assert (chosen.word, chosen.is_good) == ("higher", None)


@given(*[some.integers(0, 300)] * 6)
def test_the_word_is_what_the_interval_says(a: int, b: int, c: int, d: int, e: int, f: int) -> None:
    found = compare([nps(a, b, c)], nps(d, e, f))[0]
    if found.word == "too few":
        assert min(a + b + c, d + e + f) < 10
        return
    assert found.low is not None
    assert found.high is not None
    assert found.is_real == (found.low > 0 or found.high < 0)
    assert (found.word == "no real change") == (not found.is_real)
    assert found.is_real == (found.p < 0.05)


def test_a_figure_with_too_few_takes_no_part() -> None:
    one, other = share("reopened", 20, 100), share("reopened", 5, 100)
    alone = compare([one], other)
    beside = compare([share("reopened", 1, 4), one], other)
    assert beside[0].word == "too few"
    assert beside[1] == alone[0], "it does not make the others stricter either"


def test_the_more_is_compared_the_more_it_takes() -> None:
    control = share("promise_kept", 800, 1_000)
    alone = compare([share("promise_kept", 88, 100)], control)[0]
    among = compare([share("promise_kept", 88, 100), *[share("promise_kept", 80, 100)] * 19], control)
    assert alone.word == "higher" or alone.p < 0.06
    assert among[0].word == "no real change"
    assert among[0].high is not None
    assert alone.high is not None
    assert among[0].high > alone.high
    searching = compare(
        [share("promise_kept", 95, 100)] * 3 + [share("promise_kept", 80, 100)], control, method="bh"
    )
    assert [one.word for one in searching] == ["higher"] * 3 + ["no real change"]


def test_a_channel_is_held_against_the_others_and_not_against_itself() -> None:
    web, phone, shop = nps(600, 200, 200), nps(40, 30, 30), nps(30, 30, 40)
    found = compare_with_rest([web, phone, shop])
    assert found[0].value == pytest.approx(40 - 0.0)
    assert found[2].value == pytest.approx(-10 - 100 * (640 - 230) / 1_100, abs=1e-9)
    assert found[2].word == "lower"


def test_the_rest_is_known_of_means_and_rates_too() -> None:
    means = compare_with_rest([figure("csat_mean", {5: 60, 4: 40}), figure("csat_mean", {3: 60, 4: 40})])
    assert [one.word for one in means] == ["higher", "lower"]
    rates = compare_with_rest([rate("complaint_rate", 90, 10_000), rate("complaint_rate", 30, 10_000)])
    assert rates[0].value == pytest.approx(6)
    assert [one.is_good for one in rates] == [False, True]
    alone = compare_with_rest([share("fcr", 40, 50)])
    assert alone[0].word == "too few", "one group alone has no rest"


def test_durations_are_compared_by_their_intervals() -> None:
    quick = durations("resolution", [1.0, 2.0, 3.0] * 30, [True] * 90)
    slow = durations("resolution", [7.0, 8.0, 9.0] * 30, [True] * 90)
    found = compare_each([(slow, quick), (quick, quick)])
    assert [one.word for one in found] == ["higher", "no real change"]
    assert found[0].is_good is False
    with pytest.raises(ValueError, match="made from counts"):
        compare_with_rest([quick, slow])
    waiting = durations("resolution", [1.0] * 20, [False] * 20)
    assert compare([waiting], quick)[0].word == "too few", "what most have not reached cannot be compared"


def test_different_metrics_are_never_compared() -> None:
    with pytest.raises(ValueError, match="same metric"):
        compare([share("fcr", 40, 50)], share("fcr_asked", 30, 50))
    with pytest.raises(ValueError, match="one metric"):
        trend([share("fcr", 40, 50), share("fcr_asked", 30, 50)])


def test_means_that_are_all_alike_still_have_a_difference_with_a_width() -> None:
    found = compare([figure("csat_mean", {5: 40})], figure("csat_mean", {4: 40}))[0]
    assert found.value == pytest.approx(1)
    assert found.low is not None
    assert found.low < 1


def test_a_trend_is_seen_over_all_periods_where_no_single_step_can_be() -> None:
    rising = trend([nps(100 + 6 * week, 100, 100 - 6 * week) for week in range(10)])
    assert [step.word for step in rising.steps] == ["no real change"] * 9
    assert (rising.word, rising.is_good) == ("rising", True)
    assert rising.slope == pytest.approx(4, abs=0.2)
    late = trend([share("reopened", 10 + 5 * month, 100) for month in range(8)])
    assert (late.word, late.is_good) == ("rising", False)


def test_weeks_that_go_up_and_down_are_no_trend() -> None:
    flat = trend([nps(50, 30, 20), nps(46, 30, 24), nps(55, 25, 20), nps(48, 30, 22)])
    assert (flat.word, flat.is_good) == ("no real change", None)
    assert flat.low is not None
    assert flat.high is not None
    assert flat.low < 0 < flat.high


def test_periods_with_too_few_are_passed_over() -> None:
    found = trend([nps(100, 50, 50), nps(1, 1, 0), nps(140, 40, 20), nps(180, 10, 10)])
    assert [step.word for step in found.steps][:2] == ["too few", "too few"]
    assert found.word == "rising"
    assert found.slope == pytest.approx(60 / 3, abs=4), "the gap still takes its time"
    short = trend([nps(1, 0, 0), nps(100, 50, 50)])
    assert (short.word, short.slope) == ("too few", None)


def test_weighted_figures_are_compared_by_what_they_are_worth() -> None:
    population = {"web": 100, "shop": 900}
    counts = {"web": {10: 500, 0: 400}, "shop": {10: 6, 0: 4}}
    weighted = post_stratified("nps", counts, population).figure
    plain = figure("nps", {10: 506, 0: 404})
    other = figure("nps", {10: 400, 0: 600})
    assert compare([plain], other)[0].word == "higher"
    assert compare([weighted], other)[0].word == "no real change", "ten answers stand for nine in ten people"


def test_the_planned_number_of_answers_sees_the_planned_difference_four_times_in_five() -> None:
    import numpy as np

    each = plan("nps", 10)
    rng = np.random.default_rng(14)
    one = rng.multinomial(each, (0.55, 0.30, 0.15), size=400).tolist()
    other = rng.multinomial(each, (0.5, 0.3, 0.2), size=400).tolist()
    seen = [
        compare([nps(*after)], nps(*before))[0].word == "higher"
        for after, before in zip(one, other, strict=True)
    ]
    assert 0.75 <= np.mean(seen) <= 0.88
