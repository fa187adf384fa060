"""Each kind of computed trait against the plainest recomputation, windows that slide, and limits that say so."""

import math
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, HOUR, from_datetime, to_datetime
from beleef.kernel.errors import InvalidInput
from beleef.profiles.days import Days
from beleef.profiles.model import KINDS, MOST_VALUES, Condition, Definition
from tests.conftest import NOW
from tests.profiles.making import ZONE, combined, definition, fact, rules


def value_of(wanted: Definition, facts: list[Fact], now: int = NOW) -> Any:
    ready = rules(wanted)
    return ready.values(combined(ready, [[(1, each) for each in facts]]), now)[wanted.name].value


def _date(moment: int) -> Any:
    return to_datetime(moment).astimezone(ZoneInfo(ZONE)).date()


def _naive(kind: str, facts: list[Fact], window: int | None) -> Any:
    """What the kind means, written down without any thought for speed."""
    today = _date(NOW)
    kept = sorted(
        (each for each in facts if window is None or (today - _date(each.occurred_at)).days < window),
        key=lambda each: (each.occurred_at, each.id),
    )
    values = [(each.properties or {})["value"] for each in kept]
    if kind == "count":
        return len(values)
    if kind == "unique_count":
        return len(set(values))
    if kind == "sum":
        return float(sum(map(Fraction, values)))
    if not values:
        return None
    counted = Counter(map(str, values))
    meanings: dict[str, Callable[[], Any]] = {
        "average": lambda: float(sum(map(Fraction, values)) / len(values)),
        "minimum": lambda: min(values),
        "maximum": lambda: max(values),
        "first": lambda: values[0],
        "last": lambda: values[-1],
        "most_frequent": lambda: min(counted, key=lambda value: (-counted[value], value)),
        "days_since": lambda: (today - _date(kept[-1].occurred_at)).days,
    }
    return meanings[kind]()


@pytest.mark.parametrize("window", [None, 1, 7, 365])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_equals_a_naive_recomputation(kind: str, window: int | None) -> None:
    wanted = definition(kind, "value", window_days=window)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 500 * 24), st.integers(-9, 9)), max_size=25))
    def equal(history: list[tuple[int, int]]) -> None:
        facts = [
            fact(number, "x", occurred_at=NOW - hours * HOUR, properties={"value": value})
            for number, (hours, value) in enumerate(history)
        ]
        found, expected = value_of(wanted, facts), _naive(kind, facts, window)
        assert found == (pytest.approx(expected, abs=1e-6) if kind == "average" and facts else expected)

    equal()


def test_a_window_slides_without_new_facts() -> None:
    orders = definition("count", window_days=30, names=("Order Completed",))
    facts = [fact(1, "Order Completed", days_ago=29), fact(2, "Order Completed", days_ago=3)]
    assert [value_of(orders, facts, NOW + days * DAY) for days in (0, 1, 26, 27)] == [2, 1, 1, 0]


def test_days_are_cut_in_the_organisations_zone_also_when_the_clock_changes() -> None:
    days = Days(ZONE)
    for year, month, day in ((2026, 3, 28), (2026, 3, 29), (2026, 10, 25), (2026, 7, 1)):
        midnight = from_datetime(datetime(year, month, day, tzinfo=ZoneInfo(ZONE)))
        number = (datetime(year, month, day, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
        assert [days.of(midnight - 1), days.of(midnight), days.of(midnight + 22 * HOUR)] == [
            number - 1,
            number,
            number,
        ]


def test_a_moment_outside_the_calendar_still_has_a_day() -> None:
    assert Days(ZONE).of(-(10**18)) == -(10**18) // DAY


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        Days("Europe/Atlantis")


def test_a_sum_of_cents_is_exact_in_any_order() -> None:
    facts = [fact(number, "x", revenue=0.1) for number in range(1000)]
    assert value_of(definition("sum", "revenue"), facts) == 100.0


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        ("12.50", 12.5),
        (True, 0.0),
        ("nan", 0.0),
        (math.inf, 0.0),
        (10**400, 0.0),
        (1e300, 0.0),
        ([1], 0.0),
        (None, 0.0),
    ],
)
def test_what_is_no_usable_number_does_not_count_in_a_sum(sent: Any, counted: float) -> None:
    assert value_of(definition("sum", "value"), [fact(1, "x", properties={"value": sent})]) == counted


def test_beyond_a_thousand_values_a_count_is_at_least() -> None:
    facts = [fact(number, "x", properties={"value": f"v{number}"}) for number in range(MOST_VALUES + 1)]
    ready = rules(definition("unique_count", "value"))
    below = ready.values(combined(ready, [[(1, each) for each in facts[:-1]]]), NOW)["unique_count"]
    above = ready.values(combined(ready, [[(1, each)] for each in facts]), NOW)["unique_count"]
    assert (below.value, below.exact) == (MOST_VALUES, True)
    assert (above.value, above.exact) == (MOST_VALUES, False)


def test_long_texts_that_begin_alike_are_two_values() -> None:
    facts = [fact(number, "x", properties={"value": "a" * 5000 + tail}) for number, tail in enumerate("bc")]
    assert value_of(definition("unique_count", "value"), facts) == 2
    assert len(value_of(definition("last", "value"), facts)) == 200


def test_what_beleef_did_counts_only_where_a_definition_chooses_it() -> None:
    facts = [
        fact(1, "Product Viewed"),
        *(fact(number, "Audience Entered", type="beleef", channel="other") for number in range(2, 6)),
    ]
    assert value_of(definition("most_frequent", "channel"), facts) == "web"
    assert value_of(definition("count"), facts) == 1
    assert value_of(definition("count", names=("Audience Entered",)), facts) == 4
    assert value_of(definition("count", channels=("other",)), facts) == 4


def test_three_and_the_text_three_are_counted_as_one_value() -> None:
    facts = [
        fact(number, "x", properties={"value": value}) for number, value in enumerate([3, 3.0, "3", "4"])
    ]
    assert value_of(definition("most_frequent", "value"), facts) == "3"
    assert value_of(definition("unique_count", "value"), facts) == 2


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("revenue", 9.5),
        ("channel", "web"),
        ("occurred_at", "2026-03-02T09:00:00.000Z"),
        ("properties.products.1.sku", "p2"),
        ("properties.products.2.sku", None),
        ("properties.products.-1.sku", None),
        ("page.path", "/cart"),
        ("category", "pans"),
        ("context.page.path", "/cart"),
        ("context.page.path.deeper", None),
        ("nothing", None),
    ],
)
def test_a_path_finds_what_it_seems_to(path: str, found: Any) -> None:
    properties = {"products": [{"sku": "p1"}, {"sku": "p2"}], "category": "pans"}
    one = fact(1, "x", revenue=9.5, properties=properties, context={"page": {"path": "/cart"}})
    assert value_of(definition("last", path), [one]) == found


@pytest.mark.parametrize(
    ("operator", "wanted", "matching"),
    [
        ("equals", "shoe", ["shoe"]),
        ("equals", 1, [1]),
        ("not_equals", "shoe", [1, True, 7, "boot", None]),
        ("in", ["shoe", 7], ["shoe", 7]),
        ("contains", "oo", ["boot"]),
        ("greater", 1, [7]),
        ("less", 7, [1]),
        ("greater", "c", ["shoe", True]),
        ("exists", None, ["shoe", 1, True, 7, "boot"]),
        ("exists", False, [None]),
    ],
)
def test_a_condition_selects_facts(operator: Any, wanted: Any, matching: list[Any]) -> None:
    counts = definition("count", conditions=(Condition(path="value", operator=operator, value=wanted),))
    chosen = [
        sent
        for sent in ("shoe", 1, True, 7, "boot", None)
        if value_of(counts, [fact(1, "x", properties={"value": sent})]) == 1
    ]
    # Compared as they are written, for in Python True equals 1.
    assert [repr(sent) for sent in chosen] == [repr(sent) for sent in matching]


_SENT = st.sampled_from(["shoe", "boot", "7", 7, 7.0, True, None, ["shoe"]])


@given(
    wanted=st.lists(
        st.tuples(
            st.sampled_from(["properties.kind", "colour"]), _SENT, st.sampled_from(["equals", "not_equals"])
        ),
        min_size=1,
        max_size=8,
    ),
    sent=st.lists(st.fixed_dictionaries({"kind": _SENT, "colour": _SENT}), max_size=6),
)
def test_definitions_that_are_found_by_a_value_count_what_each_would_alone(
    wanted: list[tuple[str, Any, Any]], sent: list[dict[str, Any]]
) -> None:
    asked = [
        Definition(
            name=f"n{place}",
            label="",
            kind="count",
            conditions=(Condition(path=path, operator=operator, value=value),),
        )
        for place, (path, value, operator) in enumerate(wanted)
    ]
    facts = [fact(number, "x", properties=properties) for number, properties in enumerate(sent)]
    together = rules(*asked)
    found = together.values(combined(together, [[(1, each) for each in facts]]), NOW)
    assert {one.name: found[one.name].value for one in asked} == {
        one.name: value_of(one, facts) for one in asked
    }


def test_types_names_channels_and_sources_select_facts() -> None:
    facts = [
        fact(1, "A", channel="web", source="s1"),
        fact(2, "A", channel="phone", source="s1"),
        fact(3, "B", channel="web", source="s2"),
        fact(4, "A", type="page", channel="web", source="s1"),
    ]
    selections: list[tuple[dict[str, Any], int]] = [
        ({}, 4), ({"types": ("page",)}, 1), ({"names": ("A",)}, 3), ({"channels": ("web",)}, 3), ({"sources": ("s2",)}, 1),
        ({"types": ("track",), "names": ("A",), "channels": ("web",)}, 1),
    ]  # fmt: skip
    for selection, count in selections:
        assert value_of(definition("count", **selection), facts) == count
