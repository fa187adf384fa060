"""Experiments: chance that is always the same, and outcomes that say no more than they know."""

from collections import Counter

import numpy as np
import pytest

from beleef.campaigns.api import plan
from beleef.campaigns.experiments import Analysis, Drawn, analyse
from beleef.campaigns.machine import share_of
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.stats import skewed
from beleef.stats.skewed import Moments
from tests.campaigns.shops import Shop

TRY = """
name: try
label: Try
entry: {fact: Account Created}
goals:
  - {name: order, fact: Order Completed, within: 30 days}
flow:
  - id: which
    split:
      goal: order
      planned: 50
      covariate: revenue_before
      variants:
        - {name: plain, share: 1, control: true}
        - {name: warm, share: 1, flow: [{id: hello, send: {message: hello, purpose: service}}]}
"""


def _drawn(name: str, people: int, converted: int, *, control: bool = False, share: float = 1) -> Drawn:
    revenue = Moments(people, converted * 10.0, converted * 100.0, converted * 1_000.0)
    return Drawn(
        name=name, is_control=control, share=share, people=people, converted=converted, revenue=revenue
    )


def _analysed(control: tuple[int, int], other: tuple[int, int], planned: int | None = None) -> Analysis:
    return analyse("which", "order", [_drawn("new", *other), _drawn("old", *control, control=True)], planned)


def test_chance_is_always_the_same_for_a_person_and_even_over_all() -> None:
    draws = [share_of("try:which", person) for person in range(20_000)]
    assert draws == [share_of("try:which", person) for person in range(20_000)]
    tenths = Counter(int(draw * 10) for draw in draws)
    assert all(1_850 < tenths[tenth] < 2_150 for tenth in range(10))


def test_two_experiments_divide_people_independently() -> None:
    both = [(share_of("a:x", person) < 0.5) is (share_of("b:x", person) < 0.5) for person in range(20_000)]
    assert np.mean(both) == pytest.approx(0.5, abs=0.015)


def test_control_comes_first_and_others_are_held_against_it() -> None:
    found = _analysed((1_000, 100), (1_000, 150))
    assert [group.name for group in found.groups] == ["old", "new"]
    (comparison,) = found.comparisons
    assert comparison.difference.value == pytest.approx(0.05)
    assert found.groups[1].rate.low < 0.15 < found.groups[1].rate.high


@pytest.mark.parametrize(
    ("control", "other", "planned", "verdict"),
    [
        ((20, 2), (20, 9), None, "too_few"),
        ((1_000, 100), (1_000, 110), None, "open"),
        ((2_000, 200), (2_000, 320), None, "better"),
        ((2_000, 320), (2_000, 200), None, "worse"),
        ((1_000, 100), (1_000, 105), 1_000, "none"),
        ((1_000, 100), (1_000, 130), 1_000, "better"),
        ((1_000, 100), (1_000, 130), 5_000, "open"),
        ((2_000, 200), (2_600, 420), None, "mismatch"),
    ],
)
def test_the_verdict_follows_the_interval(
    control: tuple[int, int], other: tuple[int, int], planned: int | None, verdict: str
) -> None:
    assert _analysed(control, other, planned).comparisons[0].verdict == verdict


def test_an_ordinary_test_is_shown_only_when_the_plan_is_reached() -> None:
    early, late = _analysed((900, 90), (900, 110), 1_000), _analysed((1_000, 100), (1_000, 125), 1_000)
    assert (early.is_complete, early.comparisons[0].p, early.comparisons[0].final) == (False, None, None)
    (comparison,) = late.comparisons
    assert late.is_complete
    assert comparison.final is not None
    assert comparison.p == pytest.approx(0.0777, abs=0.001)
    assert comparison.p is not None
    assert comparison.p_at_any_look > comparison.p
    assert comparison.difference.low < comparison.final.low


def test_more_variants_make_each_comparison_stricter() -> None:
    two = analyse("x", "g", [_drawn("c", 1_000, 100, control=True), _drawn("a", 1_000, 120)], 1_000)
    three = analyse(
        "x",
        "g",
        [_drawn("c", 1_000, 100, control=True), _drawn("a", 1_000, 120), _drawn("b", 1_000, 110)],
        1_000,
    )
    one, other = two.comparisons[0].final, three.comparisons[0].final
    assert one is not None
    assert other is not None
    assert other.high - other.low > one.high - one.low


def test_a_covariate_narrows_the_interval_by_what_it_explains() -> None:
    rng = np.random.default_rng(3)

    def group(name: str, lift: float, *, control: bool = False) -> Drawn:
        before = rng.gamma(2, 20, 800)
        revenue = 0.8 * before + rng.normal(10 + lift, 10, 800)
        pairs = [(float(now), float(then)) for now, then in zip(revenue, before, strict=True)]
        sums = Moments(800, *(float((revenue**power).sum()) for power in (1, 2, 3)))
        return Drawn(
            name=name, is_control=control, share=1, people=800, converted=400, revenue=sums, pairs=pairs
        )

    (found,) = analyse("x", "g", [group("old", 0, control=True), group("new", 3)], None).comparisons
    assert found.adjusted is not None
    assert found.adjusted.low < 3 < found.adjusted.high
    assert found.adjusted.high - found.adjusted.low < 0.7 * (found.revenue.high - found.revenue.low)
    assert found.share_explained is not None
    assert 0.6 < found.share_explained < 0.95


def test_groups_without_people_say_nothing() -> None:
    found = _analysed((0, 0), (0, 0))
    assert found.comparisons[0].verdict == "too_few"
    assert (found.groups[0].rate, found.mismatch) == ((0.0, 0.0, 1.0), 1.0)
    assert skewed.mean(Moments(0, 0.0, 0.0, 0.0)).value == 0


def test_a_plan_says_how_many_people_are_needed() -> None:
    even = plan(0.1, 0.5)
    assert (even.control, even.other, even.total) == (686, 686, 1_372)
    uneven = plan(0.1, 0.5, control_share=0.2)
    assert uneven.other == 4 * uneven.control
    assert uneven.total > even.total
    assert plan(0.1, 0.5, variants=3, control_share=1 / 3).control > even.control
    with pytest.raises(InvalidInput):
        plan(0.5, 1.0)
    with pytest.raises(InvalidInput):
        plan(0.1, 0.1, variants=1)


def test_a_split_divides_people_live_and_is_analysed(open_shop: Shop) -> None:
    open_shop.write("hello")
    with open_shop.database.write() as connection:
        open_shop.campaigns.profiles.save_definition(
            connection,
            {
                "name": "revenue_before",
                "label": "Revenue",
                "kind": "sum",
                "of": "revenue",
                "names": ["Order Completed"],
            },
        )
    open_shop.publish(TRY)
    open_shop.wait(1)
    for number in range(160):
        about = {"type": "track", "userId": f"n{number}"}
        money = {"revenue": 10 + number % 7}
        open_shop.tell({**about, "event": "Order Completed", "properties": money})
        open_shop.tell({**about, "event": "Account Created"})
        if number % 3 == 0:
            open_shop.tell(
                {**about, "event": "Order Completed", "properties": {"revenue": 2 * money["revenue"]}}
            )
    open_shop.work()
    with open_shop.database.read() as connection:
        found = open_shop.campaigns.analysis(connection, "try", "which")
        with pytest.raises(NotFound):
            open_shop.campaigns.analysis(connection, "try", "other")
    plain, warm = found.groups
    assert plain.people + warm.people == 160
    assert plain.converted + warm.converted == 54
    assert found.is_complete == (min(plain.people, warm.people) >= 50)
    assert found.comparisons[0].adjusted is not None
    assert len(open_shop.messages()) == warm.people
    assert {one.intent.variant for one in open_shop.messages()} == {"warm"}
    (which,) = [step for step in open_shop.results("try").steps if step.step == "which"]
    assert which.ways == {"plain": plain.people, "warm": warm.people}
