"""What the warehouse promises, on each engine and each kind of lake."""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pytest

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, HOUR, from_datetime, to_datetime
from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database
from beleef.store.warehouse.columns import to_arrow
from beleef.store.warehouse.engine import LONGEST_PAGE, Warehouse
from beleef.store.warehouse.erasing import Eraser
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from beleef.store.warehouse.model import ERASED, Count, FilingRules, Group, Place, Selection
from beleef.store.warehouse.tail import Tail
from tests.conftest import NOW, Bucket
from tests.services import s3, spark
from tests.services.running import shared
from tests.store.shop import START, Shop

_FACTS = 3_000
_service = pytest.mark.service


class Merges:
    """A map of persons that can be changed."""

    def __init__(self) -> None:
        self.person_of: dict[int, int] = {}
        self.reads = 0

    def version(self) -> int:
        return hash(frozenset(self.person_of.items()))

    def table(self) -> pa.Table:
        self.reads += 1
        columns = {"subject": list(self.person_of), "person": list(self.person_of.values())}
        return pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})


class Shelf:
    """A warehouse with its worker's side, and everything that was ever added to it."""

    def __init__(self, database: Database, lake: str, engine: str) -> None:
        self.database, self.people, self.added = database, Merges(), list[tuple[int, Fact]]()
        self.tail = Tail(lambda: NOW)
        self.lake = Lake(lake)
        self.filer = Filer(database, self.lake, rules=FilingRules(least_rows=1), now=lambda: NOW)
        self.warehouse = Warehouse(database, lake=lake, engine=engine, people=self.people, threads=2)

    def add(self, facts: Sequence[Fact], subjects: Sequence[int]) -> None:
        with self.database.write() as connection:
            self.tail.add(connection, to_arrow(facts, subjects))
        self.added += zip(subjects, facts, strict=True)

    def of(self, *subjects: int) -> list[Fact]:
        return [without_identifiers(fact) for subject, fact in self.added if subject in subjects]


def without_identifiers(fact: Fact) -> Fact:
    return msgspec.structs.replace(fact, user_id=None, anonymous_id=None, previous_id=None, external_ids=())


@pytest.fixture(scope="session")
def storage() -> Bucket:
    """One bucket for all tests of this file, each with a prefix of its own: each bucket costs the server seven volumes."""
    made = Bucket(
        endpoint=shared("s3", s3.start).address,
        name=f"test-{secrets.token_hex(6)}",
        access_key=s3.ACCESS_KEY,
        secret_key=s3.SECRET_KEY,
    )
    s3.create_bucket(made.endpoint, made.name)
    return made


@pytest.fixture(params=["folder", pytest.param("s3", marks=_service)])
def lake_address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        return str(tmp_path / "the lake's")
    bucket: Bucket = request.getfixturevalue("storage")
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bucket.secret_key)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return f"s3://{bucket.name}/{secrets.token_hex(4)}"


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=_service)])
def engine_address(request: pytest.FixtureRequest, lake_address: str) -> str:
    if request.param == "duckdb":
        return "duckdb"
    if lake_address.startswith("s3://"):
        # A server of its own: it gets the keys of the storage from its environment, as a real one does.
        return shared("spark-with-s3", spark.start).address
    return str(request.getfixturevalue("spark_remote"))


@pytest.fixture
def shelf(sqlite_database: Database, lake_address: str, engine_address: str) -> Iterator[Shelf]:
    made = Shelf(sqlite_database, lake_address, engine_address)
    yield made
    made.warehouse.close()


@pytest.fixture
def shop(shelf: Shelf) -> Shop:
    """A year of a shop: half of it in files, a quarter in one blob, the rest in small ones."""
    shop = Shop(persons=60, days=365)
    for facts, subjects in shop.batches(_FACTS // 2, 500):
        shelf.add(facts, subjects)
    shelf.filer.file(everything=True)
    rest = [
        pair
        for batch in Shop(persons=60, days=365, seed=2, position=10_000).batches(_FACTS // 2, 50)
        for pair in zip(*batch, strict=True)
    ]
    shelf.add(*zip(*rest[: _FACTS // 4], strict=True))
    for start in range(_FACTS // 4, len(rest), 50):
        shelf.add(*zip(*rest[start : start + 50], strict=True))
    return shop


def fact(number: int, occurred_at: int, **rest: Any) -> Fact:
    values: dict[str, Any] = {"type": "track", "source": "site", "channel": "web", "received_at": NOW}
    return Fact(id=number, message_id=f"m{number}", occurred_at=occurred_at, **{**values, **rest})


def test_an_empty_warehouse_answers(shelf: Shelf) -> None:
    warehouse = shelf.warehouse
    assert warehouse.counts(["channel", "day"]) == []
    assert warehouse.counts([]) == [Count(key=(), facts=0)]
    assert warehouse.timeline([1, 2]) == []
    assert list(warehouse.facts_of([1])) == list(warehouse.facts_of([])) == []
    assert list(warehouse.scan()) == []
    assert warehouse.size().facts == 0
    assert warehouse.ask(warehouse.facts()).num_rows == 0


def test_a_fact_comes_back_as_it_went_in_whether_filed_or_not(shelf: Shelf) -> None:
    odd = {
        "name": "Daan O'Neill-Özdemir",
        "nul": "a\x00b",
        "huge": 2**63,
        "nested": {"list": [1, None, {"x": 1.5}]},
    }
    facts = [
        fact(1, START, name="Order Completed", properties=odd, revenue=-12.34, currency="EUR", product="A1"),
        fact(2, START + 1, type="identify", traits=odd, context={"page": {"path": "/"}}),
        fact(3, START + 2, type="group", group_id="household-12", traits={"name": "De Vries"}),
        fact(4, START + 3, type="track", name="Both", properties={"a": 1}, traits={"b": 2}, context={"c": 3}),
        fact(
            5,
            START + 4,
            type="identify",
            traits={"a": 1},
            properties={"b": 2},
            campaign="spring",
            touchpoint="home",
        ),
        fact(6, START + 5, type="alias", user_id="1001", previous_id="old", properties={}, context={}),
    ]
    shelf.add(facts, [7] * 6)
    expected = [
        *facts[:5],
        msgspec.structs.replace(without_identifiers(facts[5]), properties=None, context=None),
    ]
    assert list(shelf.warehouse.facts_of([7])) == expected
    shelf.filer.file(everything=True)
    assert shelf.warehouse.size().unfiled == 0
    assert list(shelf.warehouse.facts_of([7])) == expected
    assert [fact for _, fact in shelf.warehouse.scan()] == expected


@pytest.mark.parametrize(
    "by",
    [(), ("channel",), ("type",), ("name", "source"), ("campaign",), ("product",), ("touchpoint",)],
    ids=lambda by: "+".join(by) or "all",
)
def test_counts_equal_a_recount(shelf: Shelf, shop: Shop, by: tuple[Group, ...]) -> None:
    recount = Counter(tuple(getattr(fact, group) for group in by) for _, fact in shelf.added)
    assert {count.key: count.facts for count in shelf.warehouse.counts(by)} == recount


def test_days_and_months_are_those_of_the_zone(shelf: Shelf, shop: Shop) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    edges = [datetime(2025, *day, tzinfo=zone) for day in ((3, 30), (3, 31), (10, 26), (10, 27))]
    moments = [from_datetime(edge) + shift for edge in edges for shift in (-1, 0, 1, 2 * HOUR, 3 * HOUR - 1)]
    shelf.add([fact(1 << 50 | index, moment) for index, moment in enumerate(moments)], [3] * len(moments))
    days = Counter(
        to_datetime(fact.occurred_at).astimezone(zone).date().isoformat() for _, fact in shelf.added
    )
    months = Counter[str]()
    for day, facts in days.items():
        months[day[:7]] += facts
    counted = shelf.warehouse.counts(["day"], zone="Europe/Amsterdam")
    assert {count.key[0]: count.facts for count in counted} == days
    assert [count.key for count in counted] == sorted(count.key for count in counted)
    assert {c.key[0]: c.facts for c in shelf.warehouse.counts(["month"], zone="Europe/Amsterdam")} == months


def test_a_period_has_its_first_moment_and_not_its_last(shelf: Shelf) -> None:
    shelf.add([fact(number, START + number) for number in range(6)], [1] * 6)
    shelf.filer.file(everything=True)
    shelf.add([fact(number, START + number) for number in range(6, 9)], [1] * 3)
    counted = shelf.warehouse.counts(["day"], since=START + 2, until=START + 8)
    assert counted == [Count(key=("2025-01-01",), facts=6)]
    assert shelf.warehouse.counts([], since=START + 9) == [Count(key=(), facts=0)]


def test_a_selection_holds_for_counts_timeline_and_scan(shelf: Shelf, shop: Shop) -> None:
    where = Selection(channels=("email", "phone"), names=("Email Opened", "Called", "Order Completed"))
    wanted = [(s, f) for s, f in shelf.added if f.channel in where.channels and f.name in where.names]
    assert wanted
    assert shelf.warehouse.counts([], where=where)[0].facts == len(wanted)
    assert sorted(fact.id for _, fact in shelf.warehouse.scan(where)) == sorted(fact.id for _, fact in wanted)
    subject = shop.subject(0)
    theirs = {fact.id for owner, fact in wanted if owner == subject}
    assert {fact.id for fact in shelf.warehouse.timeline([subject], where=where, limit=1_000)} == theirs


def test_the_overview_has_the_last_days_of_the_zone(shelf: Shelf) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    now = from_datetime(datetime(2025, 3, 31, 12, tzinfo=zone))
    first = from_datetime(datetime(2025, 3, 29, tzinfo=zone))
    shelf.add(
        [fact(1, first - 1), fact(2, first), fact(3, first + DAY, channel="shop"), fact(4, now)], [1] * 4
    )
    assert shelf.warehouse.overview(days=3, now=now, zone="Europe/Amsterdam") == [
        Count(key=("2025-03-29", "web"), facts=1),
        Count(key=("2025-03-30", "shop"), facts=1),
        Count(key=("2025-03-31", "web"), facts=1),
    ]


def test_a_timeline_is_paged_from_the_newest_to_the_oldest_without_gaps(shelf: Shelf, shop: Shop) -> None:
    subjects = [shop.subject(0), shop.subject(3)]
    expected = sorted(shelf.of(*subjects), key=lambda fact: (fact.occurred_at, fact.id), reverse=True)
    assert len(expected) > 100
    pages, after = list[Fact](), None
    while page := shelf.warehouse.timeline(subjects, after=after, limit=17):
        pages += page
        after = Place(occurred_at=page[-1].occurred_at, id=page[-1].id)
    assert pages == expected


def test_facts_of_one_moment_are_paged_by_their_number(shelf: Shelf) -> None:
    shelf.add([fact(number, START) for number in range(10)], [1] * 10)
    shelf.filer.file(everything=True)
    shelf.add([fact(number, START) for number in range(10, 20)], [1] * 10)
    assert [f.id for f in shelf.warehouse.timeline([1], after=Place(occurred_at=START, id=12), limit=5)] == [
        11,
        10,
        9,
        8,
        7,
    ]


def test_an_export_has_all_facts_in_the_order_in_which_they_happened(shelf: Shelf, shop: Shop) -> None:
    expected = sorted(shelf.of(shop.subject(1)), key=lambda fact: (fact.occurred_at, fact.id))
    assert list(shelf.warehouse.facts_of([shop.subject(1)])) == expected


def test_a_scan_gives_every_fact_once_with_its_subject(shelf: Shelf, shop: Shop) -> None:
    scanned = sorted(((fact.id, subject) for subject, fact in shelf.warehouse.scan()))
    assert scanned == sorted((fact.id, subject) for subject, fact in shelf.added)


def test_a_merge_and_its_undoing_count_at_once(shelf: Shelf, shop: Shop) -> None:
    warehouse = shelf.warehouse

    def persons() -> int:
        return int(warehouse.ask(warehouse.facts().person.nunique().as_table()).column(0)[0].as_py())

    before = len({subject for subject, _ in shelf.added})
    assert persons() == before
    shelf.people.person_of = {shop.subject(0): shop.subject(1), shop.subject(2): shop.subject(1)}
    assert persons() == before - 2
    shelf.people.person_of = {}
    assert persons() == before


def test_an_expression_stays_valid_while_facts_and_merges_arrive(shelf: Shelf) -> None:
    shelf.add([fact(1, START)], [1])
    facts = shelf.warehouse.facts()
    question = facts.aggregate(facts=facts.count(), persons=facts.person.nunique())
    assert shelf.warehouse.ask(question).to_pylist() == [{"facts": 1, "persons": 1}]
    shelf.add([fact(2, START + DAY), fact(3, START + DAY)], [2, 3])
    assert shelf.warehouse.ask(question).to_pylist() == [{"facts": 3, "persons": 3}]
    shelf.filer.file(everything=True)
    shelf.people.person_of = {3: 2}
    assert shelf.warehouse.ask(question).to_pylist() == [{"facts": 3, "persons": 2}]


def test_the_map_of_persons_is_read_only_when_it_changed(shelf: Shelf) -> None:
    shelf.add([fact(1, START)], [1])
    question = shelf.warehouse.facts().count().as_table()
    for _ in range(3):
        shelf.warehouse.ask(question)
    assert shelf.people.reads == 1


def test_moments_can_be_compared_and_calculated_with(shelf: Shelf) -> None:
    shelf.add([fact(1, START), fact(2, START + 5)], [1, 1])
    shelf.filer.file(everything=True)
    shelf.add([fact(3, START + 9)], [1])
    facts = shelf.warehouse.facts(with_person=False)
    late = facts.filter(facts.occurred_at > to_datetime(START)).select(since=facts.moment - START)
    assert sorted(shelf.warehouse.ask(late)["since"].to_pylist()) == [5, 9]


def test_merging_files_changes_no_answer(shelf: Shelf, shop: Shop) -> None:
    def answers() -> list[object]:
        subject = [shop.subject(0)]
        return [shelf.warehouse.counts(["month", "name"]), shelf.warehouse.timeline(subject, limit=1_000)]

    before = answers()
    shelf.filer.file(everything=True)
    files = shelf.warehouse.size().files
    later = Filer(shelf.database, shelf.lake, rules=FilingRules(settle_s=0, grace_s=0), now=lambda: NOW + 1)
    replaced = later.merge()
    months = {to_datetime(fact.occurred_at).strftime("%Y-%m") for _, fact in shelf.added}
    assert shelf.warehouse.size().files == len(months) < files
    assert later.sweep() == 0
    assert answers() == before
    even_later = Filer(shelf.database, shelf.lake, rules=FilingRules(grace_s=0), now=lambda: NOW + 2)
    assert even_later.sweep() == replaced
    assert answers() == before


def test_erasing_keeps_the_statistics_and_nothing_of_the_person(shelf: Shelf, shop: Shop) -> None:
    warehouse, erased = shelf.warehouse, [shop.subject(0), shop.subject(5), 12345]
    theirs = shelf.of(*erased)
    by: list[Group] = ["day", "type", "name", "channel", "touchpoint", "source", "campaign", "product"]
    before = warehouse.counts(by)
    facts = warehouse.facts()
    revenue = facts.revenue.sum().as_table()
    earned = warehouse.ask(revenue).column(0)[0].as_py()
    eraser = Eraser(shelf.database, shelf.lake, now=lambda: NOW)
    assert eraser.erase(erased) == len(theirs)
    assert eraser.erase(erased) == 0
    assert warehouse.timeline(erased) == list(warehouse.facts_of(erased)) == []
    assert warehouse.counts(by) == before
    assert warehouse.ask(revenue).column(0)[0].as_py() == pytest.approx(earned)
    left = list(warehouse.facts_of([ERASED]))
    assert sorted(fact.id for fact in left) == sorted(fact.id for fact in theirs)
    for remains in left:
        assert remains.occurred_at % DAY == remains.received_at % DAY == 0
        assert (
            remains.message_id,
            remains.group_id,
            remains.properties,
            remains.traits,
            remains.context,
        ) == ("", *[None] * 4)
    others = {fact.id for subject, fact in shelf.added if subject not in erased}
    assert {fact.id for subject, fact in warehouse.scan() if subject != ERASED} == others


def test_erasing_again_after_filing_erases_what_was_added_since(shelf: Shelf) -> None:
    eraser = Eraser(shelf.database, shelf.lake, now=lambda: NOW)
    for number in range(1, 4):
        shelf.add([fact(number, START, properties={"secret": 1})], [9])
        shelf.filer.file(everything=True)
        assert eraser.erase([9]) == 1
    assert [found.properties for found in shelf.warehouse.facts_of([ERASED])] == [None] * 3


@pytest.mark.parametrize("limit", [0, -1, LONGEST_PAGE + 1])
def test_a_page_that_is_empty_or_too_long_is_refused(shelf: Shelf, limit: int) -> None:
    with pytest.raises(InvalidInput, match="cannot have"):
        shelf.warehouse.timeline([1], limit=limit)


def test_an_unknown_group_or_zone_is_refused_with_a_hint(shelf: Shelf) -> None:
    with pytest.raises(InvalidInput, match="subject") as refusal:
        shelf.warehouse.counts(["subject"])  # type: ignore[list-item]
    assert "channel" in refusal.value.hint
    with pytest.raises(InvalidInput, match="Middle-Earth"):
        shelf.warehouse.counts(["day"], zone="Middle-Earth/Shire")
