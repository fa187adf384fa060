"""Definitions of computed traits: what is refused and why, files, previews, changes, and counting the past."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from beleef.facts.fact import Fact
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.profiles.api import Profiles, from_data, to_data
from beleef.profiles.defaults import SHOP
from beleef.profiles.filling import Filling
from beleef.profiles.model import Condition
from beleef.profiles.work import ProfilesStep
from beleef.store.records.database import Database
from tests.conftest import NOW
from tests.profiles.making import ZONE, definition, fact, work


def _nobody(*_: object) -> list[str]:
    """Return who asks for a computed trait: nobody."""
    return []


GOOD: dict[str, Any] = {"name": "orders", "label": "Orders", "kind": "count"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "Orders!"}, "name"),
        ({"name": "a" * 80}, "name"),
        ({"label": " "}, "label"),
        ({"kind": "median"}, "median"),
        ({"kind": "sum"}, "value"),
        ({"of": "a..b"}, "path"),
        ({"window_days": 0}, "0 days"),
        ({"window_days": 401}, "401 days"),
        ({"window_days": "week"}, "window_days"),
        ({"types": ["click"]}, "click"),
        ({"colour": "red"}, "colour"),
        ({"conditions": [{"path": "a", "operator": "like", "value": "b"}]}, "like"),
        ({"conditions": [{"path": "a", "operator": "in", "value": "b"}]}, "in cannot use"),
        ({"conditions": [{"path": "a", "operator": "less", "value": True}]}, "less cannot use"),
        ({"conditions": [{"path": "a", "operator": "equals"}]}, "equals cannot use"),
        ({"conditions": [{"path": "a", "operator": "exists", "value": "b"}]}, "exists cannot use"),
    ],
)
def test_a_definition_that_cannot_work_is_refused_with_a_hint(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refusal:
        from_data(GOOD | change)
    assert refusal.value.code == "invalid_computed_trait"
    assert refusal.value.hint


def test_a_definition_goes_through_a_yaml_file_unchanged(tmp_path: Path) -> None:
    conditions = (Condition(path="properties.total", operator="in", value=[1, "two"]),)
    whole = definition(
        "sum", "revenue", window_days=30, types=("track",), names=("Café",), conditions=conditions
    )
    everything = [*map(from_data, SHOP), whole]
    file = tmp_path / "traits.yaml"
    file.write_text(yaml.safe_dump([to_data(each) for each in everything]))
    assert [from_data(each) for each in yaml.safe_load(file.read_text())] == everything


def test_the_default_set_has_ten_definitions_that_give_values(database: Database) -> None:
    api = Profiles(zone=ZONE)
    properties = {"order_id": "o1", "category": "pans"}
    facts = [
        fact(1, "Order Completed", days_ago=2, revenue=40, properties=properties, context={"sessionId": 7}),
        fact(2, "Order Refunded", days_ago=1, revenue=-15, properties=properties, channel="shop"),
        fact(3, "Product Viewed", properties=properties, context={"sessionId": 8}),
        fact(4, "Call Answered", channel="phone"),
    ]
    with database.write() as connection:
        for each in SHOP:
            api.save_definition(connection, each)
        work(connection, facts)
        found = api.profile(connection, [1], NOW).computed
    assert {name: trait.value for name, trait in found.items()} == {
        "orders_365": 1, "revenue_365": 25.0, "average_order_value": 40.0, "last_order": "o1", "days_since_last_order": 2,
        "favourite_channel": "web", "sessions_30": 2, "favourite_category": "pans", "returns_365": 1, "service_contacts_90": 1,
    }  # fmt: skip
    assert all(trait.exact for trait in found.values())


def test_a_preview_shows_values_and_keeps_nothing(database: Database) -> None:
    api = Profiles(zone=ZONE)
    facts = [(number % 3, fact(number, ("A", "B")[number % 2])) for number in range(10)]
    with database.write() as connection:
        found = api.preview_definition(GOOD | {"names": ["A"]}, facts, NOW)
        assert api.definitions(connection) == []
    assert (found.facts, found.matched, found.subjects) == (10, 5, 3)
    assert {subject: value.value for subject, value in found.examples} == {0: 2, 1: 1, 2: 2}


def past() -> list[tuple[int, Fact]]:
    return [
        (
            number % 4,
            fact(
                number,
                "Bought",
                days_ago=number % 9,
                revenue=number / 10,
                properties={"value": f"v{number % 5}"},
            ),
        )
        for number in range(40)
    ]


def filling(database: Database, facts: list[tuple[int, Fact]], at_once: int = 7) -> Filling:
    return Filling(database, ProfilesStep(zone=ZONE), lambda _: iter(facts), at_once=at_once)


def fill(database: Database, facts: list[tuple[int, Fact]], at_once: int = 7) -> int:
    """Fill all definitions that wait; return in how many pieces."""
    piece = filling(database, facts, at_once)
    return sum(1 for _ in iter(piece, False))


@pytest.mark.parametrize("kind", ["count", "average", "first", "most_frequent", "unique_count"])
def test_filling_a_new_definition_equals_a_replay(sqlite_database: Database, kind: str) -> None:
    api, everything = Profiles(zone=ZONE), past()
    new, replayed = definition(kind, "value" if kind != "average" else "revenue", window_days=7), 100
    with sqlite_database.write() as connection:
        work(connection, [each for _, each in everything[:25]], [subject for subject, _ in everything[:25]])
        api.save_definition(connection, new)
        assert api.profile(connection, [0], NOW).computed[kind].exact is False
        for first in (25, 33):
            some = everything[first : first + 8]
            work(connection, [each for _, each in some], [subject for subject, _ in some])
    assert fill(sqlite_database, everything[::-1]) == 6
    assert fill(sqlite_database, everything) == 0
    with sqlite_database.write() as connection:
        work(connection, [each for _, each in everything], [replayed + subject for subject, _ in everything])
        for subject in range(4):
            found = api.profiles(connection, {1: [subject], 2: [replayed + subject]}, NOW)
            assert found[1].computed == found[2].computed
            assert found[1].computed[kind].exact is True


def test_forgotten_subjects_do_not_come_back_by_filling(database: Database) -> None:
    api, everything = Profiles(zone=ZONE), past()
    with database.write() as connection:
        work(connection, [each for _, each in everything], [subject for subject, _ in everything])
        api.forget(connection, [0, 1])
        api.save_definition(connection, GOOD)
    assert fill(database, everything) == 6
    with database.read() as connection:
        assert [api.profile(connection, [subject], NOW).facts for subject in range(4)] == [0, 0, 10, 10]


def test_a_changed_definition_starts_anew_and_another_label_does_not(database: Database) -> None:
    api = Profiles(zone=ZONE)
    with database.write() as connection:
        first = api.save_definition(connection, GOOD)
        work(connection, [fact(1, "A"), fact(2, "B")])
        same = api.save_definition(connection, GOOD | {"label": "All orders"})
        found = api.profile(connection, [1], NOW).computed["orders"]
        assert (same.version, found.label, found.value) == (first.version, "All orders", 2)
        api.save_definition(connection, GOOD | {"names": ["A"]})
        found = api.profile(connection, [1], NOW).computed["orders"]
        assert (found.value, found.exact) == (0, False)
        work(connection, [fact(3, "A"), fact(4, "B")])
        assert api.profile(connection, [1], NOW).computed["orders"].value == 1


def test_a_deleted_definition_that_comes_back_does_not_find_its_old_state(database: Database) -> None:
    api = Profiles(zone=ZONE)
    with database.write() as connection:
        api.save_definition(connection, GOOD)
        work(connection, [fact(1, "A")])
        api.delete_definition(connection, "orders", _nobody)
        assert api.profile(connection, [1], NOW).computed == {}
        work(connection, [fact(2, "A")])
        api.save_definition(connection, GOOD)
        work(connection, [fact(3, "A")])
        assert api.profile(connection, [1], NOW).computed["orders"].value == 1


def test_what_is_not_there_cannot_be_deleted(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection, pytest.raises(NotFound):
        Profiles(zone=ZONE).delete_definition(connection, "nothing", _nobody)


def test_filling_that_was_killed_half_way_and_begun_again_counts_nothing_twice(database: Database) -> None:
    api, everything = Profiles(zone=ZONE), past()
    with database.write() as connection:
        work(connection, [each for _, each in everything[:30]], [subject for subject, _ in everything[:30]])
        api.save_definition(connection, GOOD)
    killed = filling(database, everything[:30])
    assert killed()
    assert killed()
    with database.write() as connection:
        work(connection, [each for _, each in everything[30:]], [subject for subject, _ in everything[30:]])
        assert not api.definitions(connection)[0].filled
    assert fill(database, everything) == 6
    with database.read() as connection:
        found = [api.profile(connection, [subject], NOW).computed["orders"] for subject in range(4)]
    assert [(one.value, one.exact) for one in found] == [(10, True)] * 4


def test_facts_that_arrive_between_two_pieces_count_once(database: Database) -> None:
    api, everything = Profiles(zone=ZONE), past()
    with database.write() as connection:
        work(connection, [each for _, each in everything[:20]], [subject for subject, _ in everything[:20]])
        api.save_definition(connection, GOOD)
    run = filling(database, everything[:20])
    while run():
        number = 20 + api_facts(database)
        with database.write() as connection:
            work(connection, [everything[number][1]], [everything[number][0]])
    with database.read() as connection:
        found = [api.profile(connection, [subject], NOW) for subject in range(4)]
    assert [one.computed["orders"].value for one in found] == [one.facts for one in found]
    assert sum(one.facts for one in found) == 23


def api_facts(database: Database) -> int:
    """How many facts were added to the first twenty."""
    with database.read() as connection:
        found = [Profiles(zone=ZONE).profile(connection, [subject], NOW).facts for subject in range(4)]
    return sum(found) - 20


def test_there_is_an_end_to_the_number_of_definitions(sqlite_database: Database) -> None:
    api = Profiles(zone=ZONE)
    with sqlite_database.write() as connection:
        for number in range(100):
            api.save_definition(connection, GOOD | {"name": f"orders_{number}"})
        with pytest.raises(InvalidInput, match="100 computed traits"):
            api.save_definition(connection, GOOD)
        changed = api.save_definition(connection, GOOD | {"name": "orders_7", "window_days": 7})
    assert changed.definition.window_days == 7
