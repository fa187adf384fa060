"""The second execution by itself: a handful of rules on every engine, counts of rules that nobody keeps, and what verification finds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from beleef.audiences import recounting
from beleef.audiences.api import Recount, rule_from_data
from beleef.audiences.tables import audience_members
from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, HOUR
from beleef.kernel.errors import InvalidInput
from beleef.profiles.api import Definition
from beleef.store.records.database import Database
from tests.audiences.line import ZONE, Line, audience, fact, identify
from tests.conftest import NOW

_service = pytest.mark.service


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=_service)])
def line(request: pytest.FixtureRequest, sqlite_database: Database, tmp_path: Path) -> Iterator[Line]:
    engine = "duckdb" if request.param == "duckdb" else str(request.getfixturevalue("spark_remote"))
    made = Line(sqlite_database, tmp_path / "lake", engine=engine)
    yield made
    made.warehouse.close()


def recount(line: Line) -> Recount:
    return Recount(
        database=line.database,
        warehouse=line.warehouse,
        profiles=line.profiles,
        matching=line.audiences.matching,
        zone=ZONE,
        now=lambda: line.now,
    )


def history() -> list[Fact]:
    """Anna orders twice and lives in New York; Bram fills a cart and leaves; Chantal is known by a trait that went away."""
    item = {"product_id": "p1", "quantity": 2}
    back = {"order_id": "7", "products": [{"product_id": "p1", "quantity": 2}]}
    agreed = {"purpose": "marketing", "channel": "email", "state": "granted"}
    return [
        identify(1, city="Utrecht", age=41, timezone="America/New_York", born="1980-03-04"),
        fact(2, "Order Completed", revenue=30.0, occurred_at=NOW - 3 * DAY, properties={"order_id": "7", "products": [item]}),
        fact(3, "Order Completed", revenue=60.0, occurred_at=NOW - DAY, group_id="acme"),
        fact(4, type="group", group_id="acme", traits={"plan": "pro", "office": {"city": "Utrecht"}}),
        fact(5, "Consent Updated", properties=agreed),
        fact(6, "Cart Updated", user="bram", occurred_at=NOW - 30 * HOUR),
        identify(7, "bram", city="Ghent", age="17"),
        fact(8, "Order Completed", user="bram", occurred_at=NOW - 9 * DAY, properties={"order_id": "7", "products": [item]}),
        fact(9, "Order Refunded", user="bram", occurred_at=NOW - 8 * DAY, properties=back),
        identify(10, "chantal", city="Delft"),
        identify(11, "chantal", city=None),
        identify(12, address={"city": "Zeist", "lines": ["Slotlaan 1", "attic"]}),
        identify(13, "bram", address={"city": "Ghent"}),
        identify(14, "bram", **{"address.city": "Bruges", "address": {"city": "Ghent", "lines": None}}),
        identify(15, "chantal", address={"city": "Delft"}),
        identify(16, "chantal", address=None),
    ]  # fmt: skip


ABANDONED = {"steps": [{"event": "Cart Updated"}, {"event": "Order Completed"}], "within_hours": 24, "missing_last": True}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"trait": {"name": "city", "is": "Utrecht"}}, ["anna"]),
        ({"trait": {"name": "city", "exists": False}}, ["chantal"]),
        ({"trait": {"name": "age", "less": 18}}, ["bram"]),
        ({"trait": {"name": "address.city", "is": "Zeist"}}, ["anna"]),
        ({"trait": {"name": "address.city", "in": ["Bruges", "Ghent"]}}, ["bram"]),
        ({"trait": {"name": "address.city", "is": "Ghent"}}, []),
        ({"trait": {"name": "address.lines.1", "is": "attic"}}, ["anna"]),
        ({"trait": {"name": "address.city", "exists": False}}, ["chantal"]),
        ({"trait": {"name": "born", "anniversary_within_days": 2}}, ["anna"]),
        ({"did": {"event": "Order Completed", "at_least": 2, "within_days": 7}}, ["anna"]),
        ({"did": {"event": "Order Completed", "at_most": 1, "within_days": 2, "calendar": True}}, ["anna", "bram", "chantal"]),
        ({"did": {"event": "Order Completed", "where": [{"path": "revenue", "at_least": 60}]}}, ["anna"]),
        ({"sequence": ABANDONED}, ["bram"]),
        ({"computed": {"name": "spent", "at_least": 90}}, ["anna"]),
        ({"account": {"trait": "plan", "is": "pro"}}, ["anna"]),
        ({"account": {"trait": "office.city", "is": "Utrecht"}}, ["anna"]),
        ({"consent": {"purpose": "marketing", "channel": "email"}}, ["anna"]),
        ({"holds": {"product": "p1"}}, ["anna"]),
        ({"not": {"any": [{"holds": {}}, {"trait": {"name": "city", "exists": True}}]}}, ["chantal"]),
    ],
)  # fmt: skip
def test_a_rule_selects_the_same_people_in_the_warehouse_and_live(
    line: Line, rule: Any, expected: list[str]
) -> None:
    spent = Definition(name="spent", label="Spent", kind="sum", of="revenue", window_days=30)
    with line.database.write() as connection:
        line.profiles.save_definition(connection, spent)
    line.take(history())
    line.save(audience("chosen", rule))
    line.settle()
    people = {line.person(name) for name in expected}
    estimate = recount(line).estimate(rule_from_data(rule, zone=ZONE))
    assert (estimate.count, set(estimate.examples)) == (len(expected), people)
    assert line.members("chosen") == people


@pytest.mark.parametrize("few", [1_000, 0])
@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([{"did": {"event": "Order Completed"}}, {"not": {"holds": {}}}], ["bram"]),
        ([{"holds": {}}, {"did": {"event": "Order Completed"}}, {"trait": {"name": "city", "is": "Utrecht"}}], ["anna"]),
        ([{"audience": "young"}, {"did": {"event": "Order Completed"}}], ["bram"]),
        ([{"not": {"audience": "young"}}, {"trait": {"name": "city", "exists": True}}], ["anna"]),
        ([{"audience": "young"}, {"holds": {}}], []),
    ],
)  # fmt: skip
def test_a_count_in_stages_finds_the_same_people(
    line: Line, monkeypatch: pytest.MonkeyPatch, rules: list[Any], expected: list[str], few: int
) -> None:
    monkeypatch.setattr(recounting, "_FEW", few)
    line.take(history())
    line.save(audience("young", {"trait": {"name": "age", "less": 18}}))
    line.settle()
    estimate = recount(line).estimate(rule_from_data({"all": rules}, zone=ZONE))
    assert estimate.count == len(expected)
    assert set(estimate.examples) == {line.person(name) for name in expected}


def test_an_audience_that_is_still_being_filled_is_worked_out(line: Line) -> None:
    line.take(history())
    line.save(audience("young", {"trait": {"name": "age", "less": 18}}))
    assert line.members("young") == set()
    estimate = recount(line).estimate(rule_from_data({"audience": "young"}, zone=ZONE))
    assert estimate.examples == (line.person("bram"),)


def test_verification_finds_who_is_missing_and_who_is_too_many(
    sqlite_database: Database, tmp_path: Path
) -> None:
    line = Line(sqlite_database, tmp_path / "lake")
    line.take(history())
    line.save(audience("buyers", {"did": {"event": "Order Completed"}}))
    line.settle()
    (right,) = recount(line).verify()
    assert (right.members, right.recomputed, right.missing, right.surplus) == (2, 2, 0, 0)
    table = audience_members
    with line.database.write() as connection:
        connection.execute(sa.delete(table).where(table.c.person == line.person("anna")))
        connection.execute(sa.insert(table).values(audience=1, person=line.person("chantal"), since=NOW))
    (wrong,) = recount(line).verify(["buyers"])
    assert (wrong.missing, wrong.surplus) == (1, 1)
    assert set(wrong.examples) == {line.person("anna"), line.person("chantal")}
    line.warehouse.close()


def test_a_rule_that_names_what_is_not_there_is_not_counted(
    sqlite_database: Database, tmp_path: Path
) -> None:
    line = Line(sqlite_database, tmp_path / "lake")
    with pytest.raises(InvalidInput, match="no audience “vip”"):
        recount(line).estimate(rule_from_data({"audience": "vip"}))
    line.warehouse.close()
