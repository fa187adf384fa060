"""The promise that everything else rests on: a profile is a function of the set of facts, not of how they came."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY
from beleef.profiles import computed as computed_module
from beleef.profiles import consents, products, queries
from beleef.profiles import state as state_module
from beleef.profiles.api import Profiles
from beleef.profiles.computed import Computed
from beleef.profiles.defaults import SHOP
from beleef.profiles.model import KINDS, Definition
from beleef.profiles.rules import Rules
from beleef.profiles.state import State
from beleef.store.records.database import Database
from tests.conftest import NOW
from tests.profiles.making import ZONE, combined, definition, fact, rules, work

_NAMES = ("Order Completed", "Order Refunded", "Order Cancelled", "Product Purchased", "Subscription Started",
          "Subscription Ended", "Consent Updated", "Consent Given", "Product Viewed")  # fmt: skip
_few = st.sampled_from(["a", "b", "c", "d", "ë"])
_item = st.fixed_dictionaries({"product_id": _few, "quantity": st.integers(1, 3)}, optional={"name": _few})
_properties = st.fixed_dictionaries(
    {},
    optional={
        "order_id": _few,
        "products": st.lists(_item, max_size=3),
        "product_id": _few,
        "purpose": _few,
        "channel": _few,
        "state": st.sampled_from(["granted", "denied", True, "odd"]),
        "value": st.one_of(_few, st.integers(-5, 5), st.floats(-1e9, 1e9), st.booleans(), st.none()),
    },
)
_consent = st.dictionaries(_few, st.booleans(), max_size=2).map(
    lambda kept: {"consent": {"categoryPreferences": kept}}
)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Some facts of one person; many at the same moment, some over a year apart."""
    return [
        fact(
            number,
            draw(st.sampled_from(_NAMES)),
            type=draw(st.sampled_from(["track", "track", "track", "identify", "page"])),
            occurred_at=NOW - draw(st.integers(0, 12)) * DAY * draw(st.sampled_from([0, 1, 7, 50])),
            channel=draw(_few),
            user_id=draw(st.none() | _few),
            traits=draw(st.none() | st.dictionaries(_few, st.none() | st.integers(0, 3), max_size=3)),
            properties=draw(_properties),
            context=draw(st.none() | _consent),
            revenue=draw(st.none() | st.floats(-1e6, 1e6)),
        )
        for number in range(draw(st.integers(1, 14)))
    ]


def _all_kinds() -> list[Definition]:
    windows: list[dict[str, Any]] = [{}, {"window_days": 30}]
    latest = definition("moments", types=("track",), keep=3)
    return [
        *(definition(kind, "properties.value", **window) for kind in KINDS for window in windows),
        latest,
    ]


@contextmanager
def small_limits() -> Iterator[None]:
    """Limits so small that a few facts reach them."""
    with (
        patch.object(computed_module, "MOST_VALUES", 2),
        patch.object(state_module, "_MOST_NAMES", 2),
        patch.dict(state_module.LIMITS, {"traits": 2, "products": 2, "returned_orders": 2}),
        patch.object(products, "_MOST_LINES", 2),
        patch.object(consents, "_MOST", 2),
    ):
        yield


def _seen(ready: Rules, state: State | None) -> object:
    assert state is not None
    values = [
        [
            one.value(state.computed[version], NOW - ago * DAY)
            for version, one in ready.computed.items()
            if isinstance(one, Computed)
        ]
        for ago in (0, 9)
    ]
    kept = {version: buckets for version, buckets in state.computed.open_all().items() if buckets}
    header = (
        state.first_seen,
        state.last_seen,
        state.facts,
        state.limited,
        state.channels,
        state.identifiers,
    )
    return header, state.traits, state.consents, state.products, state.returned_orders, kept, values


def _rearranged(data: st.DataObject, facts: list[Fact]) -> list[list[tuple[int, Fact]]]:
    """The same facts in another order, split over subjects and batches."""
    moved = [
        (data.draw(st.integers(1, 4), label="subject"), each) for each in data.draw(st.permutations(facts))
    ]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(facts)), max_size=4), label="cuts"))
    return [moved[first:last] for first, last in zip([0, *cuts], [*cuts, len(facts)], strict=True)]


@st.composite
def orders(draw: st.DrawFn) -> list[Fact]:
    """Orders of few products under few numbers, told more than once and sent back."""
    told = st.sampled_from(["Order Completed", "Order Completed", "Order Refunded", "Order Cancelled"])
    listed = st.lists(
        st.fixed_dictionaries({"product_id": st.just("a"), "quantity": st.integers(1, 3)}), max_size=2
    )
    said = st.fixed_dictionaries({"order_id": st.sampled_from(["1", "2", "3", ""]), "products": listed})
    return [fact(number, draw(told), properties=draw(said)) for number in range(draw(st.integers(2, 8)))]


@st.composite
def readings(draw: st.DrawFn) -> list[Fact]:
    """Many different values over many days, for the definitions that count values."""
    value, ago = st.sampled_from("abcdefgh"), st.integers(0, 45)
    return [
        fact(number, "x", days_ago=draw(ago), properties={"value": draw(value)})
        for number in range(draw(st.integers(6, 25)))
    ]


@pytest.mark.parametrize("small", [False, True], ids=["within the limits", "over the limits"])
@pytest.mark.parametrize(
    "history", [histories(), orders(), readings()], ids=["everything", "orders", "values"]
)
def test_any_order_and_any_split_over_subjects_gives_the_same_profile(
    history: st.SearchStrategy[list[Fact]], small: bool
) -> None:
    ready = rules(*_all_kinds())

    @settings(max_examples=60, deadline=None)
    @given(history, st.data())
    def same(facts: list[Fact], data: st.DataObject) -> None:
        moved = _rearranged(data, facts)
        plain = _seen(ready, combined(ready, [[(1, each) for each in facts]]))
        assert _seen(ready, combined(ready, moved)) == plain

    if small:
        with small_limits():
            same()
    else:
        same()


def test_the_worker_and_the_api_give_the_same_whatever_came_first(database: Database) -> None:
    api = Profiles(zone=ZONE)
    facts = [
        fact(n, ("Order Completed", "Product Viewed", "Support Called")[n % 3], days_ago=n * 5, revenue=n / 10,
             channel=("web", "phone")[n % 2], properties={"order_id": f"o{n}", "product_id": f"p{n % 4}", "category": f"c{n % 3}"})
        for n in range(60)
    ]  # fmt: skip
    with database.write() as connection:
        for each in SHOP:
            api.save_definition(connection, each)
        work(connection, facts, 1)
        for first in range(0, 60, 20):
            late = facts[::-1][first : first + 20]
            work(connection, late, [10 + each.id % 3 for each in late])
        people = api.profiles(connection, {1: [1], 2: [12, 10, 11]}, NOW)
    assert people[1].facts == 60
    assert people[1].computed["orders_365"].value == 20
    assert _without_subjects(people[1]) == _without_subjects(people[2])


def _without_subjects(profile: Any) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in profile.__struct_fields__ if name != "subjects"}


def test_a_merge_that_is_undone_leaves_both_as_they_were(sqlite_database: Database) -> None:
    api = Profiles(zone=ZONE)
    with sqlite_database.write() as connection:
        work(
            connection,
            [fact(1, traits={"a": 1}, type="identify"), fact(2, traits={"a": 2}, type="identify")],
            [1, 2],
        )
        alone = api.profile(connection, [1], NOW)
        together = api.profile(connection, [1, 2], NOW)
        assert (together.traits["a"].value, together.facts) == (2, 2)
        assert api.profile(connection, [1], NOW) == alone


def test_a_state_that_is_read_and_written_stays_the_same_to_the_last_bit(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        work(connection, [fact(1, "Order Completed", revenue=1.5, properties={"order_id": "7", "sku": "x"})])
        first = connection.execute(sa.text("SELECT state FROM profiles")).scalar_one()
        queries.save_states(connection, queries.states(connection, [1]))
        assert connection.execute(sa.text("SELECT state FROM profiles")).scalar_one() == first
