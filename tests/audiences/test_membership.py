"""Who is in an audience, and since when: facts, time, merges, changed rules, and what is told about it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from beleef.kernel.clock import DAY, HOUR
from beleef.store.records.database import Database
from tests.audiences.line import Line, audience, fact, identify
from tests.conftest import NOW

BOUGHT_TWICE = {"did": {"event": "Order Completed", "at_least": 2, "within_days": 30}}


@pytest.fixture
def line(database: Database, tmp_path: Path) -> Iterator[Line]:
    made = Line(database, tmp_path / "lake")
    yield made
    made.warehouse.close()


def test_a_fact_lets_somebody_in_and_time_alone_out_again(line: Line) -> None:
    line.save(audience("loyal", BOUGHT_TWICE))
    line.settle()
    line.take([fact(1, "Order Completed", occurred_at=NOW - 10 * DAY)])
    assert line.members("loyal") == set()
    line.take([fact(2, "Order Completed"), fact(3, "Order Completed", user="bram")])
    assert line.members("loyal") == {line.person("anna")}
    assert line.said() == [("Audience Entered", "loyal")]
    line.now = NOW + 20 * DAY - 1
    line.settle()
    assert line.members("loyal") == {line.person("anna")}
    line.now = NOW + 20 * DAY
    line.settle()
    assert line.members("loyal") == set()
    assert line.said() == [("Audience Entered", "loyal"), ("Audience Left", "loyal")]
    assert not line.timers()


def test_a_new_audience_is_filled_from_the_past_and_tells_nothing_of_it(line: Line) -> None:
    people = [f"person-{number}" for number in range(10)]
    line.take([fact(number, "Order Completed", user=user) for number, user in enumerate(people * 2)])
    line.save(audience("loyal", BOUGHT_TWICE))
    assert line.members("loyal") == set()
    line.settle()
    assert line.members("loyal") == {line.person(user) for user in people}
    assert line.said() == []
    with line.database.read() as connection:
        stored = line.audiences.audience(connection, "loyal")
    assert (stored.size, stored.filled) == (10, 1.0)


def test_an_audience_that_announces_tells_of_its_first_members_too(line: Line) -> None:
    line.take([identify(1, city="Utrecht")])
    line.save(audience("near", {"trait": {"name": "city", "is": "Utrecht"}}, announce=True))
    line.settle()
    assert line.said() == [("Audience Entered", "near")]


def test_a_changed_rule_is_filled_again(line: Line) -> None:
    line.take([identify(1, city="Utrecht"), identify(2, "bram", city="Ghent")])
    line.save(audience("near", {"trait": {"name": "city", "is": "Utrecht"}}))
    line.settle()
    line.save(audience("near", {"trait": {"name": "city", "is": "Ghent"}}))
    line.settle()
    assert line.members("near") == {line.person("bram")}
    with line.database.read() as connection:
        assert line.audiences.sizes(connection) == {"near": 1}


def test_somebody_who_is_in_does_not_enter_again_by_a_merge(line: Line) -> None:
    line.save(audience("buyers", {"did": {"event": "Order Completed"}}))
    line.settle()
    line.take([fact(1, "Order Completed", user=None, anonymous_id="phone")])
    line.take([fact(2, "Page Seen"), fact(3, "Order Completed", user="bram")])
    assert len(line.said()) == 2
    line.take([fact(4, "Signed In", anonymous_id="phone")])
    assert line.members("buyers") == {line.person("anna"), line.person("bram")}
    assert len(line.said()) == 2
    with line.database.read() as connection:
        assert line.audiences.sizes(connection) == {"buyers": 2}


def test_two_halves_that_fit_only_together_enter_by_the_merge(line: Line) -> None:
    line.save(audience("loyal", BOUGHT_TWICE))
    line.settle()
    line.take([fact(1, "Order Completed", user=None, anonymous_id="phone"), fact(2, "Order Completed")])
    assert line.members("loyal") == set()
    line.take([fact(3, "Signed In", anonymous_id="phone")])
    assert line.members("loyal") == {line.person("anna")}
    assert line.said() == [("Audience Entered", "loyal")]


def test_an_audience_of_audiences_follows_both(line: Line) -> None:
    line.save(audience("buyers", {"did": {"event": "Order Completed", "within_days": 1}}))
    line.save(
        audience(
            "others", {"all": [{"not": {"audience": "buyers"}}, {"trait": {"name": "city", "exists": True}}]}
        )
    )
    line.take([identify(1, city="Utrecht")])
    line.settle()
    assert line.members("others") == {line.person("anna")}
    line.take([fact(2, "Order Completed")])
    assert line.members("others") == set()
    line.now += DAY
    line.settle()
    assert line.members("others") == {line.person("anna")}


def test_an_abandoned_cart_is_noticed_when_the_hours_are_over(line: Line) -> None:
    steps = [{"event": "Cart Updated"}, {"event": "Order Completed"}]
    rule = {"sequence": {"steps": steps, "within_hours": 24, "missing_last": True, "within_days": 7}}
    line.save(audience("abandoned", rule))
    line.settle()
    line.take([fact(1, "Cart Updated"), fact(2, "Cart Updated", user="bram")])
    line.take([fact(3, "Order Completed", user="bram", occurred_at=NOW + HOUR)])
    line.now = NOW + 24 * HOUR - 1
    line.settle()
    assert line.members("abandoned") == set()
    line.now += 1
    line.settle()
    assert line.members("abandoned") == {line.person("anna")}
    line.take([fact(4, "Order Completed", occurred_at=NOW + 2 * HOUR)])
    assert line.members("abandoned") == set()


def test_a_trait_of_an_account_concerns_everybody_in_it(line: Line) -> None:
    line.save(audience("pro", {"account": {"trait": "plan", "is": "pro"}}))
    line.settle()
    line.take(
        [fact(1, "A", group_id="acme"), fact(2, "A", user="bram", group_id="acme"), fact(3, "A", user="daan")]
    )
    assert line.members("pro") == set()
    line.take([fact(4, type="group", group_id="acme", traits={"plan": "pro"})])
    assert line.members("pro") == {line.person("anna"), line.person("bram")}


def test_who_is_erased_is_in_no_audience_any_more(line: Line) -> None:
    line.save(audience("near", {"trait": {"name": "city", "is": "Utrecht"}}))
    line.settle()
    line.take([identify(1, city="Utrecht"), identify(2, "bram", city="Utrecht")])
    with line.database.write() as connection:
        line.audiences.forget(connection, [line.person("anna")])
        assert line.audiences.sizes(connection) == {"near": 1}
    assert line.members("near") == {line.person("bram")}


def test_who_is_new_is_in_what_holds_for_those_of_whom_nothing_is_known(line: Line) -> None:
    line.save(audience("quiet", {"did": {"event": "Order Completed", "at_most": 0}}))
    line.settle()
    line.take([fact(1, "Page Seen")])
    assert line.members("quiet") == {line.person("anna")}
    line.take([fact(2, "Order Completed")])
    assert line.members("quiet") == set()
