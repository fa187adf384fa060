"""What is said more than before, and what only seems so."""

import numpy as np
import pytest

from beleef.text.api import emerging


def test_the_log_odds_are_those_of_the_paper() -> None:
    # Monroe, Colaresi and Quinn (2008), eq. 16, 20 and 21 by hand: prior 30 of 300, of which 3 for a;
    # ln(23/107) - ln(13/217) = 1.27760, variance 1/23 + 1/13 = .120401.
    (found,) = emerging({"a": 20, "b": 80}, {"a": 10, "b": 190})
    assert (found.name, found.now, found.before) == ("a", 20, 10)
    assert found.log_odds == pytest.approx(1.27760, abs=1e-4)
    assert found.z == pytest.approx(3.68195, abs=1e-4)
    assert found.p == pytest.approx(0.000116, abs=1e-6)


def test_a_new_theme_emerges_and_a_fading_one_does_not() -> None:
    now = {"delivery": 100, "app": 40, "staff": 60}
    before = {"delivery": 110, "app": 0, "staff": 90}
    assert [one.name for one in emerging(now, before)] == ["app"]


def test_what_is_said_seldom_does_not_emerge() -> None:
    assert emerging({"a": 4, "b": 96}, {"b": 100}) == ()
    assert [one.name for one in emerging({"a": 4, "b": 96}, {"b": 1000}, least_n=3)] == ["a"]


def test_a_longer_period_before_is_no_growth_and_no_decline() -> None:
    assert emerging({"a": 30, "b": 70}, {"a": 300, "b": 700}) == ()


def test_without_a_period_to_compare_with_nothing_emerges() -> None:
    assert emerging({"a": 30}, {}) == ()
    assert emerging({}, {"a": 30}) == ()
    assert emerging({"a": 0}, {"a": 0}) == ()
    assert emerging({"a": 30}, {"a": 10}) == ()


def test_where_nothing_changed_little_is_reported() -> None:
    shares = np.arange(30, 0, -1) / sum(range(31))
    generator = np.random.default_rng(7)
    alarms = 0
    for _ in range(400):
        now, before = generator.multinomial(300, shares), generator.multinomial(900, shares)
        alarms += bool(emerging(dict(enumerate_as_text(now)), dict(enumerate_as_text(before))))
    assert alarms / 400 <= 0.07


def enumerate_as_text(counts: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[tuple[str, int]]:
    return [(f"theme-{number}", int(count)) for number, count in enumerate(counts)]
