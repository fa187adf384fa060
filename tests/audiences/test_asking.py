"""What others ask of audiences: rules that are kept for them, reasons, circles, and histories in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beleef.audiences.api import past, rule_from_data
from beleef.kernel.clock import DAY
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.store.records.database import Database
from tests.audiences.line import ZONE, Line, audience, fact, identify
from tests.conftest import NOW

BOUGHT: Any = {"did": {"event": "Order Completed", "at_least": 2, "within_days": 30}}


@pytest.fixture
def line(database: Database, tmp_path: Path) -> Iterator[Line]:
    made = Line(database, tmp_path / "lake")
    yield made
    made.warehouse.close()


def test_a_rule_can_be_asked_once_its_owner_has_it_kept(line: Line) -> None:
    line.take(
        [fact(1, "Order Completed"), fact(2, "Order Completed"), fact(3, "Order Completed", user="bram")]
    )
    people, rule = [line.person("anna"), line.person("bram")], rule_from_data(BOUGHT)
    with line.database.write() as connection:
        with pytest.raises(Conflict, match="not kept"):
            line.audiences.matching(connection, rule, people, NOW)
        line.audiences.keep(connection, "campaign:welcome", [rule])
        assert not line.audiences.is_ready(connection, [rule])
    line.settle()
    with line.database.write() as connection:
        assert line.audiences.is_ready(connection, [rule])
        assert line.audiences.matching(connection, rule, people, NOW) == {line.person("anna")}
        assert line.audiences.matching(connection, rule, people, NOW + 30 * DAY) == set()
        line.audiences.keep(connection, "campaign:welcome", ())
        with pytest.raises(Conflict):
            line.audiences.matching(connection, rule, people, NOW)


def test_an_explanation_shows_each_part_with_what_was_seen(line: Line) -> None:
    near = {"trait": {"name": "city", "is": "Utrecht"}}
    line.save(audience("near_buyers", {"all": [near, BOUGHT]}))
    line.settle()
    line.take([identify(1, city="Utrecht"), fact(2, "Order Completed")])
    with line.database.read() as connection:
        found = line.audiences.explain(connection, "near_buyers", line.person("anna"), NOW)
    assert not found.fulfilled
    assert [(one.fulfilled, one.seen) for one in found.parts] == [(True, "Utrecht"), (False, [NOW])]


def test_audiences_may_not_wait_for_one_another(line: Line) -> None:
    line.save(audience("first", {"holds": {}}))
    line.save(audience("second", {"audience": "first"}))
    with pytest.raises(InvalidInput, match="first → second → first"):
        line.save(audience("first", {"audience": "second"}))
    with pytest.raises(InvalidInput, match="first → first"):
        line.save(audience("first", {"audience": "first"}))
    with pytest.raises(InvalidInput, match="no computed trait “nothing”"):
        line.save(audience("third", {"computed": {"name": "nothing", "is": 1}}))


def test_an_audience_that_is_asked_for_is_not_deleted(line: Line) -> None:
    line.save(audience("first", {"holds": {}}))
    line.save(audience("second", {"audience": "first"}))
    with line.database.write() as connection:
        line.audiences.keep(connection, "campaign:welcome", [rule_from_data({"audience": "second"})])
        with pytest.raises(Conflict, match="second"):
            line.audiences.delete(connection, "first")
        with pytest.raises(Conflict, match="campaign:welcome"):
            line.audiences.delete(connection, "second")
        line.audiences.keep(connection, "campaign:welcome", ())
        line.audiences.delete(connection, "second")
        line.audiences.delete(connection, "first")
        with pytest.raises(NotFound):
            line.audiences.audience(connection, "first")


def test_who_was_in_a_deleted_audience_is_not_in_a_new_one_of_that_name(line: Line) -> None:
    line.take([identify(1, city="Utrecht")])
    line.save(audience("near", {"trait": {"name": "city", "is": "Utrecht"}}))
    line.settle()
    with line.database.write() as connection:
        line.audiences.delete(connection, "near")
    line.save(audience("near", {"trait": {"name": "city", "is": "Ghent"}}))
    line.settle()
    assert line.members("near") == set()
    with line.database.read() as connection:
        anna = line.person("anna")
        assert line.audiences.memberships(connection, [anna]) == {anna: frozenset()}


def test_nothing_is_looked_at_while_a_rebuild_replays(line: Line) -> None:
    line.save(audience("near", {"trait": {"name": "city", "is": "Utrecht"}}))
    with line.database.write() as connection:
        line.audiences.begin_again(connection, 10)
    line.take([identify(1, city="Utrecht")])
    line.settle()
    assert line.members("near") == set()
    with line.database.write() as connection:
        line.audiences.end_replay(connection)
    line.settle()
    assert line.members("near") == {line.person("anna")}
    assert line.said() == []


def test_how_an_audience_grew_and_what_it_shares_is_told(line: Line) -> None:
    line.save(audience("near", {"trait": {"name": "city", "is": "Utrecht"}}))
    line.save(audience("known", {"trait": {"name": "city", "exists": True}}))
    line.settle()
    line.take([identify(1, city="Utrecht"), identify(2, "bram", city="Ghent")])
    with line.database.read() as connection:
        (shared,) = line.audiences.overlaps(connection, "known")
    line.now += DAY
    line.take([identify(3, city="Ghent")])
    with line.database.read() as connection:
        days = line.audiences.history(connection, "near", days=7, now=line.now)
        page = line.audiences.members(connection, "known", limit=1)
        rest = line.audiences.members(connection, "known", after=page.next or -1, limit=1)
    assert [(one.size, one.entered, one.left) for one in days] == [(1, 1, 0), (0, 0, 1)]
    assert days[1].day == days[0].day + 1
    assert (shared.name, shared.both, shared.size) == ("near", 1, 1)
    assert len({one.person for one in (*page.members, *rest.members)}) == 2
    assert rest.next is None


def test_a_rule_can_be_tried_on_a_history_that_is_told_step_by_step() -> None:
    told = past(
        rule_from_data({"all": [BOUGHT, {"not": {"audience": "near"}}]}),
        zone=ZONE,
        audiences={"near": rule_from_data({"trait": {"name": "city", "is": "Utrecht"}})},
    )
    told.add(7, fact(1, "Order Completed", occurred_at=NOW - DAY))
    told.add(7, fact(2, "Order Completed", occurred_at=NOW))
    assert not told.matches(7, NOW - 1)
    assert told.matches(7, NOW)
    assert not told.matches(8, NOW)
    told.add(7, identify(3, city="Utrecht"))
    assert not told.matches(7, NOW)
    with pytest.raises(NotFound, match="far"):
        past(rule_from_data({"audience": "far"}), zone=ZONE)
