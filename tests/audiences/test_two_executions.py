"""The heart: memberships kept live equal a recomputation in Python from nothing, and the warehouse's own execution.

Rules and histories are drawn together: late facts, repeats of a moment, merges, time that passes without facts, zones.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from beleef.audiences.api import Rule, past, rule_from_data
from beleef.audiences.everyone import Everyone
from beleef.audiences.facts_in_history import History
from beleef.audiences.zones import Zones
from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, HOUR, to_datetime
from beleef.profiles.api import Definition
from beleef.store.records.database import Database
from tests.audiences.line import ZONE, Line, audience, fact
from tests.conftest import NOW
from tests.services.fresh import give_tables

_EVENTS = ["Viewed", "Order Completed", "Order Refunded", "Consent Updated", "Subscription Started"]
_ZONES = ["Europe/Amsterdam", "America/New_York", "Pacific/Kiritimati", "nowhere"]
_DEFINITIONS = [
    Definition(
        name="spent", label="Spent", kind="sum", of="revenue", window_days=30, names=("Order Completed",)
    ),
    Definition(name="views", label="Views", kind="count", names=("Viewed",)),
    Definition(name="since_order", label="Since", kind="days_since", names=("Order Completed",)),
    Definition(name="channel", label="Channel", kind="most_frequent", of="channel"),
    Definition(name="kinds", label="Kinds", kind="unique_count", of="properties.kind", window_days=10),
    Definition(name="last_kind", label="Last", kind="last", of="properties.kind", window_days=10),
]
_few = st.sampled_from(["a", "b", "c"])
_day = st.integers(-40, 40).map(lambda ahead: to_datetime(NOW + ahead * DAY).date().isoformat())
_birthday = st.sampled_from(["1980-03-02", "1992-02-29", "1975-03-20", "2000-12-31", "1990-02-30", "no day"])
_value = st.one_of(
    _few, st.integers(0, 5), st.sampled_from([1.5, 3.0, "3", True, False]), st.lists(_few, max_size=2)
)
_home = (
    st.none()
    | _few
    | st.dictionaries(st.sampled_from(["city", "0", "1"]), st.none() | _value)
    | st.lists(_few)
)


# Histories


@st.composite
def facts_of(draw: st.DrawFn, number: int) -> Fact:
    """A fact of one of four people, who are known by a number, by a device, or by both at once."""
    user, device = draw(st.sampled_from([("u1", None), ("u2", None), (None, "d1"), (None, "d2"), ("u1", "d1"), ("u2", "d2"), ("u1", "d2")]))  # fmt: skip
    ago = draw(st.sampled_from([0, 1, 6, 7, 9, 10, 29, 30, 45])) * DAY + draw(
        st.sampled_from([0, 0, 1, HOUR, 5 * HOUR])
    )
    common: dict[str, Any] = {
        "user": user,
        "anonymous_id": device,
        "occurred_at": NOW - ago,
        "channel": draw(st.sampled_from(["web", "app"])),
    }
    kind = draw(st.sampled_from(["track", "track", "track", "identify", "group", "beleef"]))
    if kind == "identify":
        names = st.dictionaries(st.sampled_from(["city", "age"]), st.none() | _value, max_size=2)
        extra = {
            "born": draw(_birthday),
            "until": draw(_day),
            "timezone": draw(st.sampled_from(_ZONES)),
            "home": draw(_home),
            "home.city": draw(st.none() | _few),
        }
        chosen = {key: value for key, value in extra.items() if draw(st.booleans())}
        return fact(number, type="identify", traits={**draw(names), **chosen}, **common)
    if kind == "group":
        return fact(number, type="group", group_id=draw(_few), traits={"plan": draw(st.sampled_from(["pro", "free", None]))}, **common)  # fmt: skip
    if kind == "beleef":
        return fact(number, draw(st.sampled_from(_EVENTS)), type="beleef", **common)
    return fact(
        number,
        draw(st.sampled_from(_EVENTS)),
        properties=draw(_properties),
        context=draw(st.none() | _consent),
        revenue=draw(st.none() | st.sampled_from([5.0, 20.5, 100.0])),
        group_id=draw(st.none() | st.none() | _few),
        **common,
    )


_item = st.fixed_dictionaries({"product_id": _few}, optional={"quantity": st.integers(0, 2)})
_properties = st.fixed_dictionaries(
    {},
    optional={
        "kind": _value,
        "order_id": _few,
        "products": st.lists(_item, max_size=2),
        "sku": _few,
        "purpose": st.sampled_from(["marketing", "other"]),
        "channel": st.sampled_from(["email", "sms"]),
        "state": st.sampled_from(["granted", "denied", "subscribed", True]),
    },
)
_consent = st.booleans().map(lambda given: {"consent": {"categoryPreferences": {"marketing": given}}})


@st.composite
def histories(draw: st.DrawFn) -> list[list[Fact]]:
    """Batches of facts in the order of their arrival."""
    facts = [draw(facts_of(number)) for number in range(draw(st.integers(1, 16)))]
    cuts = sorted(draw(st.lists(st.integers(0, len(facts)), max_size=3)))
    return [facts[first:last] for first, last in zip([0, *cuts], [*cuts, len(facts)], strict=True)]


# Rules

_tests = st.one_of(
    st.tuples(st.sampled_from(["is", "is_not", "contains"]), st.sampled_from(["a", "b", 3, 1.5, True])),
    st.tuples(st.sampled_from(["in", "not_in"]), st.just(["a", 3])),
    st.tuples(
        st.sampled_from(["greater", "less", "at_least", "at_most"]), st.sampled_from([1, 3, 20.5, "b"])
    ),
    st.tuples(st.just("exists"), st.booleans()),
).map(lambda pair: {pair[0]: pair[1]})
_day_tests = st.one_of(
    st.tuples(st.sampled_from(["before", "after"]), _day),
    st.tuples(st.sampled_from(["within_last_days", "within_next_days"]), st.integers(1, 40)),
    st.tuples(st.just("anniversary_within_days"), st.sampled_from([0, 1, 18, 60])),
).map(lambda pair: {pair[0]: pair[1]})
_where = st.lists(_tests.map(lambda test: {"path": "properties.kind", **test}), max_size=1)
_selector = st.fixed_dictionaries(
    {"event": st.sampled_from(_EVENTS[:3])}, optional={"where": _where, "channels": st.just(["web"])}
)


def _did() -> st.SearchStrategy[Any]:
    times: st.SearchStrategy[Any] = st.sampled_from([{}, {"at_least": 2}, {"at_most": 0}, {"at_most": 1}, {"exactly": 1}, {"at_least": 1, "at_most": 2}])  # fmt: skip
    period: st.SearchStrategy[Any] = st.sampled_from([{}, {"within_days": 7}, {"within_days": 30}, {"within_days": 7, "calendar": True}, {"within_days": 1, "calendar": True}, {"since": "2026-02-01"}, {"until": "2026-02-23"}])  # fmt: skip
    return st.tuples(_selector, times, period).map(
        lambda parts: {"did": {**parts[0], **parts[1], **parts[2]}}
    )


def _sequence() -> st.SearchStrategy[Any]:
    more: st.SearchStrategy[Any] = st.sampled_from([{}, {"missing_last": True}, {"within_days": 10}, {"missing_last": True, "within_days": 30}])  # fmt: skip
    steps = st.lists(_selector, min_size=2, max_size=3)
    return st.tuples(steps, st.sampled_from([1, 24, 200]), more).map(
        lambda parts: {"sequence": {"steps": parts[0], "within_hours": parts[1], **parts[2]}}
    )


_leaves = st.one_of(
    st.tuples(st.sampled_from(["city", "age", "home.city", "home.1"]), _tests).map(lambda one: {"trait": {"name": one[0], **one[1]}}),
    st.tuples(st.sampled_from(["born", "until"]), _day_tests).map(lambda one: {"trait": {"name": one[0], **one[1]}}),
    st.tuples(st.sampled_from([one.name for one in _DEFINITIONS]), _tests).map(lambda one: {"computed": {"name": one[0], **one[1]}}),
    _did(),
    _did(),
    _sequence(),
    st.sampled_from(["pro", "free"]).map(lambda plan: {"account": {"trait": "plan", "is": plan}}),
    st.just({"account": {"trait": "plan", "is_not": "pro"}}),
    st.tuples(st.sampled_from(["email", "*"]), st.sampled_from(["granted", "denied", "unknown"])).map(
        lambda one: {"consent": {"purpose": "marketing", "channel": one[0], "is": one[1]}}
    ),
    st.sampled_from([{"holds": {}}, {"holds": {"product": "a"}}]),
)  # fmt: skip
_rules = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"all": rules}),
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"any": rules}),
        inner.map(lambda rule: {"not": rule}),
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables, to be copied for every example."""
    path = tmp_path_factory.mktemp("empty") / "records.db"
    give_tables(f"sqlite:///{path}")
    return path


class Trial:
    """A line of its own for one example, with the computed traits that rules name."""

    def __init__(self, empty: Path) -> None:
        self._folder = Path(tempfile.mkdtemp())
        shutil.copy(empty, self._folder / "records.db")
        self.line = Line(Database(f"sqlite:///{self._folder}/records.db"), self._folder / "lake")
        with self.line.database.write() as connection:
            for definition in _DEFINITIONS:
                self.line.profiles.save_definition(connection, definition)

    def close(self) -> None:
        self.line.warehouse.close()
        self.line.database.close()
        shutil.rmtree(self._folder)


def recomputed(line: Line, rules: Mapping[str, Rule], facts: list[Fact], now: int) -> dict[str, set[int]]:
    """Everybody in each audience, from nothing but the facts and who is who."""
    with line.database.read() as connection:
        subjects = line.profiles.subjects(connection, after=-1, limit=1_000)
    people, by_fact = line.persons(), dict[int, int]()
    for subject, one in line.warehouse.scan():
        by_fact[one.id] = people[subject]
    assert set(people) == set(subjects)
    found = {}
    for name, rule in rules.items():
        told = past(rule, zone=ZONE, definitions=_DEFINITIONS, audiences=rules)
        for one in facts:
            told.add(by_fact[one.id], one)
        found[name] = {person for person in set(people.values()) if told.matches(person, now)}
    return found


def in_warehouse(line: Line, rules: Mapping[str, Rule], now: int) -> dict[str, set[int]]:
    """Everybody in each audience, as the warehouse finds them."""
    zones = Zones(ZONE)
    names = History(line.warehouse, zones, now=now).zone_names()
    history = History(line.warehouse, zones, now=now, zone_names=names)
    everyone = Everyone(history, definitions={one.name: one for one in _DEFINITIONS}, audiences=rules)
    return {
        name: set(line.warehouse.ask(everyone.matching(rule))["person"].to_pylist())
        for name, rule in rules.items()
    }


_EXAMPLES = int(os.environ.get("BELEEF_EXAMPLES", "20"))


def test_live_memberships_equal_a_recomputation_and_the_warehouse(empty: Path) -> None:
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        # Making an example smaller takes minutes: each try asks the warehouse.
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(_rules, min_size=1, max_size=3),
        histories(),
        st.integers(0, 3),
        st.lists(st.sampled_from([HOUR, DAY, 3 * DAY, 25 * DAY]), max_size=3),
    )
    def equal(rules: list[Any], batches: list[list[Fact]], before: int, waits: list[int]) -> None:
        trial = Trial(empty)
        try:
            check(trial.line, rules, batches, before, waits)
        finally:
            trial.close()

    equal()


def check(line: Line, rules: list[Any], batches: list[list[Fact]], before: int, waits: list[int]) -> None:
    """Take batches with audiences made after some of them, let time pass, and compare at every stop."""
    data: dict[str, Any] = {f"a{place}": rule for place, rule in enumerate(rules)}
    data["not_a0"] = {"not": {"audience": "a0"}}
    taken: list[Fact] = []
    for place, batch in enumerate([*batches, None]):
        if place == min(before, len(batches)):
            line.save(*(audience(name, rule) for name, rule in data.items()))
        if batch is not None:
            line.take(batch)
            taken += batch
        line.settle()
        if place % 2:
            line.now += 5 * HOUR
    read = {name: rule_from_data(rule, zone=ZONE) for name, rule in data.items()}
    live: dict[str, set[int]] = {}
    for wait in [0, *waits]:
        line.now += wait
        line.settle()
        live = {name: line.members(name) for name in data}
        assert live == recomputed(line, read, taken, line.now)
    assert live == in_warehouse(line, read, line.now)


@pytest.fixture
def trial(empty: Path) -> Iterator[Trial]:
    made = Trial(empty)
    yield made
    made.close()


def test_the_three_agree_on_nothing_at_all(trial: Trial) -> None:
    check(trial.line, [{"holds": {}}, {"not": {"trait": {"name": "city", "exists": True}}}], [[]], 0, [])
