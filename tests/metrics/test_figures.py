"""Figures from counts, durations and amounts: the oracles, the refusals, and a million answers in no time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from beleef.kernel.errors import NotFound
from beleef.metrics.api import METRICS, durations, figure, open_shares, rate, recovery, share, spread
from beleef.stats import means

HISTOGRAM = some.dictionaries(some.integers(0, 10), some.integers(1, 500), min_size=1)
DAY = 86_400


def test_the_score_of_the_worked_example() -> None:
    found = figure("nps", {9: 150, 10: 150, 7: 200, 0: 100})
    assert found.value == pytest.approx(33.333, abs=0.001)
    assert (found.n, found.unit, found.enough) == (600, "points", True)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"), [(40, 50, 0.670, 0.888), (8, 10, 0.490, 0.943), (0, 10, 0, 0.278)]
)
def test_a_share_has_wilsons_interval(successes: int, n: int, low: float, high: float) -> None:
    found = share("promise_kept", successes, n)
    assert found.low == pytest.approx(low, abs=0.0005)
    assert found.high == pytest.approx(high, abs=0.0005)


def test_one_histogram_gives_every_figure_of_its_question() -> None:
    counts = {1: 10, 2: 10, 3: 20, 4: 60, 5: 100}
    assert figure("csat", counts).value == pytest.approx(0.8)
    assert figure("csat_low", counts).value == pytest.approx(0.1)
    mean = figure("csat_mean", counts)
    assert mean.value == pytest.approx(4.15)
    # By hand: 203 answers with ¾ ones, 1½ threes and ¾ fives more have mean 4.1330 and deviation 1.1203.
    assert mean.low == pytest.approx(3.978, abs=0.001)
    assert mean.high == pytest.approx(4.288, abs=0.001)


def test_a_mean_on_no_known_scale_has_students_interval() -> None:
    amounts = np.array([1.0, 3.0, 4.0, 4.0, 9.0] * 8)
    found = figure("rating", {1: 8, 3: 8, 4: 16, 9: 8})
    low, high = stats.t.interval(0.95, 39, loc=amounts.mean(), scale=stats.sem(amounts))
    assert found.value == pytest.approx(4.2)
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)


def test_ease_counts_agreement_and_its_net_score_the_strong_ends() -> None:
    counts = {1: 5, 3: 5, 4: 10, 5: 20, 6: 30, 7: 30}
    assert figure("ces", counts).value == pytest.approx(0.8)
    assert figure("ces_net", counts).value == pytest.approx(50)
    assert figure("ces_mean", counts).value == pytest.approx(5.5)


def test_answers_on_another_scale_are_refused_and_not_mixed() -> None:
    with pytest.raises(ValueError, match="from 1 to 5"):
        figure("csat_mean", {7: 3, 5: 10})
    with pytest.raises(ValueError, match="from 0 to 10"):
        figure("nps", {11: 1})
    assert figure("rating", {1: 30, 100: 10}).value == pytest.approx(25.75)


def test_what_a_figure_is_made_from_must_fit_it() -> None:
    with pytest.raises(NotFound, match="no metric 'csta'"):
        figure("csta", {})
    with pytest.raises(ValueError, match="not made from counts"):
        figure("promise_kept", {1: 1})
    with pytest.raises(ValueError, match="another kind"):
        share("nps", 1, 2)
    with pytest.raises(ValueError, match="3 of 2"):
        share("reopened", 3, 2)
    with pytest.raises(ValueError, match="1 of 2"):
        share("csat", 1, 2)
    with pytest.raises(ValueError, match="another kind"):
        durations("backlog_age", [1.0], [True])
    with pytest.raises(ValueError, match="another kind"):
        spread("resolution", [1.0])
    with pytest.raises(ValueError, match="another kind"):
        rate("fcr", 1, 2)


@pytest.mark.parametrize("name", [name for name, one in METRICS.items() if one.scale == (0, 10)])
def test_without_answers_there_is_no_figure(name: str) -> None:
    found = figure(name, {})
    assert (found.value, found.low, found.high, found.n, found.enough) == (None, None, None, 0, False)


def test_too_few_answers_are_said_to_be_too_few() -> None:
    assert not figure("nps", {10: 9}).enough
    assert figure("nps", {10: 10}).enough
    assert not figure("rating", {5: 29}).enough


@given(HISTOGRAM)
def test_every_interval_holds_its_value_within_what_can_be(counts: dict[int, int]) -> None:
    found = figure("nps", counts)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert -100 <= found.low <= found.value <= found.high <= 100


@given(some.dictionaries(some.integers(1, 7), some.integers(1, 500), min_size=1))
def test_means_and_shares_stay_on_their_scale(counts: dict[int, int]) -> None:
    for name, low, high in (("ces", 0, 1), ("ces_mean", 1, 7)):
        found = figure(name, counts)
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        assert low <= found.low <= found.value + 1e-9
        assert found.value - 1e-9 <= found.high <= high


def test_a_mean_of_answers_that_are_all_alike_is_not_certain() -> None:
    found = figure("csat_mean", {5: 30})
    assert found.value == 5
    assert found.low is not None
    assert 4.5 < found.low < 4.9
    assert found.high == 5


@pytest.mark.parametrize("n", [10, 30, 100])
@pytest.mark.parametrize(
    "shares",
    [
        (0.05, 0.05, 0.1, 0.3, 0.5),
        (0.1, 0.02, 0.03, 0.05, 0.8),
        (0.01, 0.01, 0.03, 0.15, 0.8),
        (0.03, 0.01, 0.01, 0.05, 0.9),
        (0.4, 0.05, 0.1, 0.05, 0.4),
    ],
)
def test_the_interval_of_a_mean_holds_the_truth_also_where_nearly_all_are_satisfied(
    n: int, shares: tuple[float, ...]
) -> None:
    truth = sum(value * part for value, part in enumerate(shares, 1))
    held, plain = 0, 0
    for counts in np.random.default_rng(3).multinomial(n, shares, size=1_000).tolist():
        found = figure("csat_mean", dict(enumerate(counts, 1)))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
        total, squares = (
            sum(value**power * often for value, often in enumerate(counts, 1)) for power in (1, 2)
        )
        of_student = means.student(total / n, (squares - total**2 / n) / (n - 1), n)
        plain += of_student.low <= truth <= of_student.high
    assert 0.93 <= held / 1_000 <= 0.995
    if n == 30 and shares[4] >= 0.8:
        assert plain / 1_000 < 0.93, "Student's own interval is why three more answers are added"


def test_a_million_answers_are_eleven_numbers() -> None:
    counts = dict(enumerate([20_000] * 7 + [130_000] * 2 + [300_000] * 2))
    found = figure("nps", counts)
    assert found.n == 1_000_000
    assert found.value == pytest.approx(46)
    assert found.low == pytest.approx(46 - 0.145, abs=0.005)


def test_solving_counts_the_cases_that_are_still_open() -> None:
    seconds = [DAY * length for length in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)]
    closed = durations("resolution", seconds, [True] * 12)
    opened = durations("resolution", seconds, [True, False] * 6)
    assert closed.value == 6 * DAY
    assert opened.value is not None
    assert opened.value > 6 * DAY
    assert opened.high is None, "how long it may take at most is not known yet"
    assert durations("resolution_p90", seconds, [True, False] * 6).value is None


def test_the_curve_of_a_million_cases_is_drawn_from_two_hundred_places() -> None:
    rng = np.random.default_rng(4)
    lengths, ended = rng.exponential(DAY, 1_000_000), rng.random(1_000_000) < 0.8
    found = open_shares(lengths, ended)
    assert len(found.seconds) == len(found.share) == 200
    assert list(found.share) == sorted(found.share, reverse=True)
    assert found.at_risk[0] == pytest.approx(1_000_000, abs=10)
    assert open_shares([], []).seconds == ()


def test_ages_have_quantiles_and_efforts_have_means() -> None:
    ages = spread("backlog_age", [float(age) for age in range(1, 102)])
    assert (ages.value, ages.n) == (51.0, 101)
    assert ages.low is not None
    assert ages.high is not None
    assert ages.low < 45
    assert ages.high > 57
    effort = spread("effort_contacts", [1] * 30 + [2] * 10 + [8] * 2)
    assert effort.value == pytest.approx(66 / 42)
    assert effort.high is not None
    assert effort.low is not None
    assert effort.high - 66 / 42 > 66 / 42 - effort.low, "a few hard cases: more room above than below"
    assert spread("effort_contacts", []).n == 0


def test_complaints_are_counted_per_thousand_customers() -> None:
    found = rate("complaint_rate", 5, 2_000)
    assert (found.value, found.n) == (2.5, 5)
    assert found.low == pytest.approx(0.8117, abs=1e-4)
    assert found.high == pytest.approx(5.8342, abs=1e-4)
    none = rate("complaint_rate", 0, 2_000)
    assert (none.value, none.enough) == (0.0, True)
    assert not rate("complaint_rate", 0, 0).enough


def test_who_scored_lowest_recovers_by_itself_and_that_is_not_the_helps_work() -> None:
    # Two answers of the same people with as much chance in each; the lowest are picked by the first. Nobody is helped.
    rng = np.random.default_rng(12)
    felt = rng.normal(7, 1.5, 4_000)
    first, second = (np.clip(np.round(felt + rng.normal(0, 1.5, 4_000)), 0, 10) for _ in range(2))
    low = np.flatnonzero(first <= 4)
    pairs = list(zip(first[low].tolist(), second[low].tolist(), strict=True))
    helped, others = pairs[::2], pairs[1::2]
    alone = recovery(helped)
    assert alone.change.low is not None
    assert alone.change.low > 1, "it looks like a success"
    assert (alone.untreated, alone.beyond) == (None, None)
    held = recovery(helped, others)
    assert held.beyond is not None
    assert held.beyond.word == "no real change"
    assert held.change == alone.change


def test_help_that_works_shows_beyond_what_comes_by_itself() -> None:
    found = recovery([(2.0, 8.0), (4.0, 9.0), (3.0, 7.0)] * 20, [(2.0, 5.0), (4.0, 4.0), (3.0, 5.0)] * 20)
    assert found.beyond is not None
    assert (found.beyond.word, found.beyond.is_good) == ("higher", True)
    assert recovery([]).change.n == 0
