"""What arrived last, and when each source was last heard of: from the tail, from the files, and from both together."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from beleef.facts.fact import Fact
from beleef.kernel.clock import MINUTE
from beleef.store.records.database import Database
from beleef.store.warehouse.columns import to_arrow
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from beleef.store.warehouse.model import FilingRules, Selection
from beleef.store.warehouse.tail import Tail
from tests.cast import NOW
from tests.store.shop import Shop

FACTS = 3_000


@pytest.fixture
def warehouse(sqlite_database: Database, tmp_path: Path) -> Iterator[Warehouse]:
    """A warehouse over an empty lake."""
    opened = Warehouse(sqlite_database, lake=str(tmp_path / "lake"))
    yield opened
    opened.close()


def keep(database: Database, facts: list[Fact], subjects: list[int]) -> None:
    with database.write() as connection:
        Tail(lambda: NOW).add(connection, to_arrow(facts, subjects))


def file_everything(database: Database, tmp_path: Path) -> None:
    rules = FilingRules(age_s=0, least_rows=0, patience_s=0)
    Filer(database, Lake(str(tmp_path / "lake")), rules=rules, now=lambda: NOW + MINUTE).run()


def filled(database: Database, tmp_path: Path, *, filed_until: int) -> list[Fact]:
    """Put a shop's facts into the warehouse, the first of them filed; return all of them, the newest first."""
    everything: list[Fact] = []
    for facts, subjects in Shop(persons=40, days=90).batches(FACTS, 500):
        keep(database, facts, subjects)
        everything += facts
        if len(everything) <= filed_until:
            file_everything(database, tmp_path)
    return sorted(everything, key=lambda fact: -fact.id)


@pytest.mark.parametrize("filed_until", [0, 1_600, FACTS + 500])
def test_the_newest_are_the_same_wherever_they_are_kept(
    warehouse: Warehouse, sqlite_database: Database, tmp_path: Path, filed_until: int
) -> None:
    newest = [fact.id for fact in filled(sqlite_database, tmp_path, filed_until=filed_until)]
    assert (warehouse.size().filed > 0) == (filed_until > 0)
    assert [fact.id for fact in warehouse.newest(limit=700)] == newest[:700]
    assert [fact.id for fact in warehouse.newest(after=newest[10])] == newest[:10]
    assert [fact.id for fact in warehouse.newest(before=newest[9], limit=5)] == newest[10:15]
    for number in (newest[0], newest[1_500], newest[-1]):
        found = warehouse.fact(number)
        assert found is not None
        assert found.id == number
    assert warehouse.fact(newest[0] + 1) is None


@pytest.mark.parametrize("filed_until", [0, FACTS + 500])
def test_the_newest_of_a_selection_are_of_it_and_none_is_missed(
    warehouse: Warehouse, sqlite_database: Database, tmp_path: Path, filed_until: int
) -> None:
    everything = filled(sqlite_database, tmp_path, filed_until=filed_until)
    names = {fact.name for fact in everything if fact.channel == "shop"}
    wanted = Selection(channels=("shop",), names=(str(min(filter(None, names))),))
    expected = [fact.id for fact in everything if fact.channel == "shop" and fact.name == wanted.names[0]]
    assert [fact.id for fact in warehouse.newest(where=wanted, limit=20)] == expected[:20]
    assert warehouse.newest(where=Selection(names=("Nothing Of The Kind",))) == []


def test_a_source_is_counted_with_the_moment_its_last_fact_was_accepted(
    warehouse: Warehouse, sqlite_database: Database, tmp_path: Path
) -> None:
    everything = filled(sqlite_database, tmp_path, filed_until=1_600)
    expected = {
        source: (
            sum(fact.source == source for fact in everything),
            max(fact.received_at for fact in everything if fact.source == source),
        )
        for source in {fact.source for fact in everything}
    }
    assert {one.source: (one.facts, one.last_at) for one in warehouse.sources()} == expected


def test_an_empty_warehouse_has_nothing_new(warehouse: Warehouse) -> None:
    assert warehouse.newest() == []
    assert warehouse.fact(1) is None
    assert warehouse.sources() == []
