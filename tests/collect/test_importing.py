"""Importing files: every row once, whatever is wrong with some of them, and going on where it stopped."""

import csv
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beleef.collect.importing.mapping import read_mapping
from beleef.collect.importing.rejects import read_rejects
from beleef.collect.importing.run import Checkpoint, Imported, fingerprint, import_rows
from beleef.kernel.errors import InvalidInput, NotFound, StorageFull
from tests.cast import CUSTOMERS, ELIF
from tests.real_data import real_data

ROOT = Path(__file__).parents[2]
PEOPLE = 'name: people\nfacts:\n  - {type: identify, user_id: "{id}", traits: {name: "{name}"}}\n'
ORDERS = """
name: orders
group: [order]
facts:
  - type: track
    event: Order Completed
    user_id: "{who}"
    properties: {order_id: "{order}", revenue: {sum: "{price}"}, products: {list: {object: {sku: "{sku}"}}}}
"""


class Kept:
    """Checkpoints in memory, with a count of how often one was saved."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Checkpoint] = {}
        self.saves = 0

    def load(self, file: str, mapping: str) -> Checkpoint | None:
        return self.kept.get((file, mapping))

    def save(self, file: str, mapping: str, checkpoint: Checkpoint) -> None:
        self.saves += 1
        self.kept[file, mapping] = checkpoint

    def clear(self, file: str, mapping: str) -> None:
        self.kept.pop((file, mapping), None)


class Sink:
    """Takes messages; full after some bodies, if so told."""

    def __init__(self, bodies: int | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        self.ranges: list[tuple[int, int]] = []
        self.bodies = bodies

    def __call__(self, messages: list[dict[str, Any]], lines: tuple[int, int]) -> None:
        if self.bodies is not None and len(self.ranges) >= self.bodies:
            raise StorageFull("There is no room left to write.")
        self.ranges.append(lines)
        self.messages += messages

    def ids(self) -> list[str]:
        return [message["messageId"] for message in self.messages]


def run(file: Path, mapping: str, sink: Sink | None = None, **more: Any) -> tuple[Imported, Sink]:
    sink = sink or Sink()
    more.setdefault("checkpoints", Kept())
    return import_rows(file=file, mapping=read_mapping(mapping), append=sink, **more), sink


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_same_rows_give_the_same_messages_from_each_kind_of_file(tmp_path: Path) -> None:
    rows = [{"id": person.user_id, "name": person.name} for person in CUSTOMERS]
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["id", "name"])
        table.writeheader()
        table.writerows(rows)
    written(tmp_path, "a.jsonl", "\n".join(json.dumps(row) for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    made = []
    for ending in ("csv", "jsonl", "parquet"):
        counts, sink = run(tmp_path / f"a.{ending}", PEOPLE + "key: [id]\n")
        assert (counts.read, counts.accepted, counts.rejected, counts.skipped) == (5, 5, 0, 0)
        made.append(sink.messages)
    assert made[0] == made[1] == made[2]
    assert [message["userId"] for message in made[0]] == [person.user_id for person in CUSTOMERS]


def test_the_same_file_under_another_name_gives_the_same_message_ids(tmp_path: Path) -> None:
    _, first = run(written(tmp_path, "a.csv", "id,name\n1,x\n1,x\n"), PEOPLE)
    _, again = run(written(tmp_path, "b.csv", "id,name\n1,x\n1,x\n"), PEOPLE)
    _, other = run(written(tmp_path, "c.csv", "id,name\n1,x\n1,y\n"), PEOPLE)
    assert first.ids() == again.ids()
    assert len(set(first.ids())) == 2
    assert not set(first.ids()) & set(other.ids())


def test_a_bad_line_costs_one_line_and_is_named(tmp_path: Path) -> None:
    lines = [
        b"id,name",
        b"1,Anna",
        b"2",
        b"3,Elif Y\xfdlmaz",
        b'4,"two\nlines"',
        b"",
        b'5,"never closed',
        b"6,Chantal",
        b",Nobody",
        b'7,"Bram" de Vries',
        b"8,Daan",
    ]
    counts, sink = run(
        written(tmp_path, "a.csv", b"\n".join(lines)), PEOPLE, rejects=tmp_path / "rejects.csv"
    )
    assert [message["userId"] for message in sink.messages] == ["1", "4", "6", "8"]
    assert [reject.line for reject in counts.rejects] == [3, 4, 8, 10, 11]
    reasons = (
        "it has 1 columns, not 2",
        "it is not utf-8",
        "its quotes do not fit",
        "whose fact it is",
        "its quotes do not fit",
    )
    assert all(words in reject.reason for words, reject in zip(reasons, counts.rejects, strict=True))
    assert (counts.read, counts.accepted, counts.rejected) == (9, 4, 5)
    assert tuple(read_rejects(tmp_path / "rejects.csv")) == counts.rejects


def test_a_quote_that_is_never_closed_does_not_take_the_file_with_it(tmp_path: Path) -> None:
    rows = "".join(f"{number},x\n" for number in range(3_000))
    counts, sink = run(written(tmp_path, "a.csv", f'id,name\n1,"open\n{rows}'), PEOPLE)
    assert [reject.line for reject in counts.rejects] == [2]
    assert counts.accepted == len(sink.messages) == 3_000


def test_a_line_as_long_as_a_file_is_passed_over(tmp_path: Path) -> None:
    long = '{"id": "2", "name": "' + "x" * 3_000_000 + '"}'
    path = written(tmp_path, "a.jsonl", f'{{"id": "1"}}\n{long}\n[1]\n{{"id"\n{{"id": "3"}}\n' + "[" * 20_000)
    counts, sink = run(path, PEOPLE, rejects=tmp_path / "rejects.jsonl")
    assert [message["userId"] for message in sink.messages] == ["1", "3"]
    assert [reject.line for reject in counts.rejects] == [2, 3, 4, 6]
    assert tuple(read_rejects(tmp_path / "rejects.jsonl")) == counts.rejects


def test_files_in_other_habits_are_read_by_their_format(tmp_path: Path) -> None:
    latin = written(tmp_path, "a.txt", "1; Daan O'Neill-Özdemir\n2; -\n".encode("latin-1"))
    form = "format: {kind: csv, delimiter: ;, encoding: latin-1, skip_initial_space: true, columns: [id, name], empty: ['-']}"
    _, sink = run(latin, PEOPLE + form)
    assert [message.get("traits") for message in sink.messages] == [{"name": "Daan O'Neill-Özdemir"}, None]
    _, sink = run(written(tmp_path, "b.tsv", f"\ufeffid\tname\n1\t{ELIF.name}\n"), PEOPLE)
    assert sink.messages[0]["traits"] == {"name": ELIF.name}


def test_parquet_values_become_what_json_can_say(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([17850.0, None], pa.float64()),
            "at": pa.array([1_772_442_000_000_000_001] * 2, pa.timestamp("ns", "Europe/Amsterdam")),
            "local": pa.array([1_772_442_000_000] * 2, pa.timestamp("ms")),
            "day": pa.array([20_000] * 2, pa.date32()),
            "price": pa.array([Decimal("1.25")] * 2, pa.decimal128(9, 2)),
            "nan": pa.array([float("nan")] * 2),
            "bytes": pa.array([b"ab", b"\xff"]),
            "code": pa.array(["x", "x"]).dictionary_encode(),
            "items": pa.array([[{"sku": "tea"}], []]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    names = ", ".join(f'{name}: "{{{name}}}"' for name in table.column_names)
    mapping = f"""
name: x
timezone: Europe/Amsterdam
facts: [{{type: identify, anonymous_id: a, timestamp: "{{at}}", traits: {{{names}, moment: {{date: "{{local}}"}}}}}}]
"""
    _, sink = run(tmp_path / "a.parquet", mapping)
    assert sink.messages[0]["timestamp"] == "2026-03-02T09:00:00.000Z"
    assert sink.messages[0]["traits"] == {
        "id": 17850.0, "at": "2026-03-02 09:00:00.000000Z", "local": "2026-03-02 09:00:00.000000", "day": "2024-10-04",
        "price": 1.25, "bytes": "ab", "code": "x", "items": [{"sku": "tea"}], "moment": "2026-03-02T08:00:00.000Z",
    }  # fmt: skip
    assert "id" not in sink.messages[1]["traits"]


def test_lines_of_a_group_need_not_stand_together(tmp_path: Path) -> None:
    rows = [
        "order,who,sku,price",
        "A,1,tea,3.5",
        "B,2,cup,8",
        "A,1,cup,8",
        ",1,tea,1",
        "C,2,tea,x",
        "C,2,cup,1",
    ]
    counts, sink = run(written(tmp_path, "a.csv", "\n".join(rows)), ORDERS)
    assert [message["properties"] for message in sink.messages] == [
        {"order_id": "A", "revenue": 11.5, "products": [{"sku": "tea"}, {"sku": "cup"}]},
        {"order_id": "B", "revenue": 8, "products": [{"sku": "cup"}]},
    ]
    # A group of which one line cannot be read gives nothing, so all its lines are listed.
    assert [(reject.line, reject.reason.partition(":")[0]) for reject in counts.rejects] == [
        (5, "key"),
        (6, "facts[0].properties.revenue.sum"),
        (7, "facts[0].properties.revenue.sum"),
    ]
    assert (counts.read, counts.accepted, counts.rejected) == (6, 2, 3)


def test_a_group_that_is_no_group_is_refused_line_by_line(tmp_path: Path) -> None:
    rows = "".join("A,1,tea,1\n" for _ in range(10_001))
    counts, sink = run(written(tmp_path, "a.csv", f"order,who,sku,price\n{rows}B,2,cup,8\n"), ORDERS)
    assert [message["userId"] for message in sink.messages] == ["2"]
    assert counts.rejected == 10_001
    assert len(counts.rejects) == 1_000


LOOKUPS = """
name: lookups
lookups:
  who: {file: people.jsonl, key: number, by: person}
  items: {file: items.csv, key: order, by: id, many: true, lookups: {product: {file: products.csv, key: sku}}}
where: {value: "{id}", is_not: skipped}
facts:
  - type: track
    event: Order Completed
    user_id: "{who.mail}"
    properties:
      pieces: {count: items}
      revenue: {sum: {of: "{price}", over: items}}
      names: {list: {of: "{product.name}", over: items}}
      first: "{items.0.sku}"
"""


def lookup_files(folder: Path) -> Path:
    written(
        folder,
        "people.jsonl",
        '{"number": 1, "mail": "a@b.nl"}\n{"number": 1, "mail": "other@b.nl"}\n{oops\n',
    )
    written(folder, "items.csv", "order,sku,price\nA,tea,1\nB,cup,8\nA,cup,8\n")
    written(folder, "products.csv", "sku,name\ntea,Green tea\ncup,Blue cup\n")
    return written(folder, "a.csv", "id,person\nB,2\nA,1\nskipped,1\nD,1\n")


def test_lookups_bring_one_row_or_many(tmp_path: Path) -> None:
    counts, sink = run(lookup_files(tmp_path), LOOKUPS)
    assert [(message["userId"], message["properties"]) for message in sink.messages] == [
        ("a@b.nl", {"pieces": 2, "revenue": 9, "names": ["Green tea", "Blue cup"], "first": "tea"}),
        ("a@b.nl", {"pieces": 0, "revenue": 0}),
    ]
    assert (counts.read, counts.accepted, counts.skipped, counts.rejected) == (4, 2, 1, 2)
    assert [(reject.file, reject.line) for reject in counts.rejects] == [("people.jsonl", 3), ("", 2)]


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        (('"{who.mail}"', '"{who.male}"'), "There is no column 'male' in 'people.jsonl'", None),
        (("{product.name}", "{product.nam}"), "There is no column 'nam' in 'products.csv'", "'name'"),
        (('"{id}"', '"{ids}"'), "where.value: There is no column 'ids' in 'a.csv'", "'id'"),
        (('"{id}"', '"{who.mail}"'), "where.value: 'where' looks at", "when"),
        (("{items.0.sku}", "{items.sku}"), "'items' has many rows", "over: items"),
        (("by: person", "by: persons"), "lookups.who.by: There is no column 'persons'", "'person'"),
        (("who:", "person:"), "lookups.person", "another name"),
    ],
)
def test_a_column_that_is_not_there_is_refused_before_anything_is_read(
    tmp_path: Path, change: tuple[str, str], message: str, hint: str | None
) -> None:
    path, mapping = lookup_files(tmp_path), LOOKUPS.replace(*change)
    if hint is None:
        # JSON Lines have no fixed columns: a field that is nowhere is simply empty.
        assert run(path, mapping)[0].accepted == 0
        return
    with pytest.raises(InvalidInput) as refusal:
        run(path, mapping)
    assert message in refusal.value.message
    assert hint in refusal.value.hint


def test_files_that_cannot_be_read_at_all_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        run(tmp_path / "none.csv", PEOPLE)
    for name, content in (
        ("a.csv", ""),
        ("b.csv", "id,id\n"),
        ("c.csv", b"\xff\n"),
        ("d.parquet", "PAR1"),
        ("e.xlsx", "x"),
    ):
        with pytest.raises(InvalidInput):
            run(written(tmp_path, name, content), PEOPLE)


def bulk(folder: Path, lines: int) -> Path:
    rows = (f'{number % 700},"name\n{number}"\n' if number % 50 else "broken\n" for number in range(lines))
    return written(folder, "bulk.csv", "id,name\n" + "".join(rows))


GROUPED = PEOPLE + "group: [id]\n"


@pytest.mark.parametrize("mapping", [PEOPLE, GROUPED], ids=["straight", "grouped"])
@pytest.mark.parametrize("name", ["rejects.csv", "rejects.jsonl"])
def test_an_interrupted_import_goes_on_and_ends_as_if_it_had_never_stopped(
    tmp_path: Path, mapping: str, name: str
) -> None:
    path = bulk(tmp_path, 3_000)
    whole, expected = run(path, mapping, rejects=tmp_path / f"whole-{name}")
    checkpoints, got = Kept(), Sink()
    for bodies in range(20):
        got.bodies = bodies
        try:
            counts, _ = run(path, mapping, got, checkpoints=checkpoints, rejects=tmp_path / name)
            break
        except StorageFull:
            continue
    else:
        pytest.fail("It never ended.")
    assert counts.resumed
    assert got.messages == expected.messages
    assert msgspec.structs.replace(counts, rejects=(), resumed=False) == msgspec.structs.replace(
        whole, rejects=()
    )
    assert (tmp_path / name).read_bytes() == (tmp_path / f"whole-{name}").read_bytes()
    assert not checkpoints.kept


def test_after_a_crash_only_known_messages_come_again(tmp_path: Path) -> None:
    path, checkpoints = bulk(tmp_path, 30_000), Kept()
    first = Sink(bodies=55)
    with pytest.raises(StorageFull):
        run(path, PEOPLE, first, checkpoints=checkpoints, rejects=tmp_path / "rejects.csv")
    # A crash leaves the checkpoint that was saved in passing, with messages behind it that are in the log already.
    key = (fingerprint(path), next(iter(checkpoints.kept))[1])
    older = Kept()
    with pytest.raises(StorageFull):
        run(path, PEOPLE, Sink(bodies=40), checkpoints=older)
    checkpoints.kept[key] = older.kept[key]
    counts, second = run(path, PEOPLE, checkpoints=checkpoints, rejects=tmp_path / "rejects.csv")
    _, whole = run(path, PEOPLE, rejects=tmp_path / "whole.csv")
    assert set(first.ids() + second.ids()) == set(whole.ids())
    assert 0 < len(first.ids()) + len(second.ids()) - len(whole.ids()) <= 20 * 500
    assert counts.accepted == len(whole.ids())


def test_checkpoints_are_saved_in_passing(tmp_path: Path) -> None:
    checkpoints = Kept()
    run(bulk(tmp_path, 30_000), PEOPLE, checkpoints=checkpoints)
    assert 2 <= checkpoints.saves <= 4


def test_with_other_lookups_or_another_mapping_an_import_begins_anew(tmp_path: Path) -> None:
    path, checkpoints = lookup_files(tmp_path), Kept()
    with pytest.raises(StorageFull):
        run(path, LOOKUPS, Sink(bodies=0), checkpoints=checkpoints)
    assert (
        run(path, LOOKUPS.replace("name: lookups", "name: other"), checkpoints=checkpoints)[0].resumed
        is False
    )
    written(tmp_path, "products.csv", "sku,name\ntea,Black tea\n")
    assert run(path, LOOKUPS, checkpoints=checkpoints)[0].resumed is False


def test_bodies_are_of_a_size_that_the_log_takes_and_say_their_lines(tmp_path: Path) -> None:
    sizes: list[int] = []
    path = bulk(tmp_path, 2_000)

    def append(messages: list[dict[str, Any]], lines: tuple[int, int]) -> None:
        assert lines[0] <= lines[1]
        sizes.append(len(messages))

    import_rows(file=path, mapping=read_mapping(PEOPLE), append=append, checkpoints=Kept())
    assert sizes == [500, 500, 500, 460]


@pytest.mark.parametrize("mapping", [PEOPLE, GROUPED], ids=["straight", "grouped"])
def test_progress_grows_to_the_whole(tmp_path: Path, mapping: str) -> None:
    heard: list[tuple[int, int]] = []
    path = bulk(tmp_path, 25_000)
    run(path, mapping, progress=lambda done, total: heard.append((done, total)))
    assert len(heard) > 5
    assert heard == sorted(heard)
    assert heard[-1] == (path.stat().st_size, path.stat().st_size)


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    content=st.binary(max_size=200) | st.text('0aé,;"\\n\\r\\t {}[]:', max_size=200).map(str.encode),
    kind=st.sampled_from(["csv", "jsonl"]),
    grouped=st.booleans(),
)
def test_any_bytes_are_read_counted_or_refused(
    tmp_path: Path, content: bytes, kind: str, grouped: bool
) -> None:
    path = written(tmp_path, f"any.{kind}", content)
    mapping = (
        "name: x\nformat: {columns: [a, b]}\nfacts: [{type: identify, user_id: '{a}', traits: {b: '{b}'}}]\n"
    )
    counts, _ = run(path, mapping + ("group: [a]\n" if grouped else ""))
    assert counts.read >= counts.accepted + counts.rejected
    if not grouped:
        assert counts.read == counts.accepted + counts.rejected


def test_the_full_example_of_the_reference_does_what_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs/reference/mappings.md").read_text(encoding="utf-8")
    orders, people, mapping, message = (
        block for kind, block in re.findall(r"```(csv|yaml|json)\n(.*?)```", page, re.DOTALL)
    )
    written(tmp_path, "customers.csv", people)
    counts, sink = run(written(tmp_path, "orders.csv", orders), mapping)
    assert (counts.read, counts.skipped, counts.accepted) == (4, 1, 2)
    assert sink.messages[0] == {**json.loads(message), "messageId": sink.messages[0]["messageId"]}


def test_the_contacts_example_gives_people_visits_and_a_company() -> None:
    examples = ROOT / "examples"
    counts, sink = run(examples / "contacts.csv", (examples / "contacts.yaml").read_text(encoding="utf-8"))
    assert (counts.read, counts.accepted, counts.rejected) == (5, 9, 0)
    people = {
        message["userId"]: message["traits"] for message in sink.messages if message["type"] == "identify"
    }
    assert {number: traits["first_name"] for number, traits in people.items()} == {
        person.user_id: person.name.split()[0] for person in CUSTOMERS
    }
    assert people["1001"]["spent"] == 1249.5
    assert people["1001"]["customer_since"] == "2021-03-14"
    assert Counter(message["type"] for message in sink.messages) == {"identify": 5, "track": 3, "group": 1}


def example(name: str) -> str:
    return (ROOT / "examples" / name).read_text(encoding="utf-8")


def test_online_retail_gives_every_invoice_once_and_all_the_money(tmp_path: Path) -> None:
    path = real_data("online_retail/online_retail.parquet")
    counts, sink = run(path, example("online-retail-orders.yaml"), scratch=tmp_path)
    assert (counts.read, counts.accepted, counts.skipped, counts.rejected) == (541_909, 25_900, 0, 0)
    facts = sink.messages
    assert len(set(sink.ids())) == 25_900
    assert round(sum(fact["properties"].get("revenue", 0) for fact in facts), 2) == 9_747_747.93
    assert len({fact["userId"] for fact in facts if "userId" in fact}) == 4_372
    refunds = [fact for fact in facts if fact["event"] == "Order Refunded"]
    assert sum(len(fact["properties"]["products"]) for fact in refunds) == 9_288
    # The same asked of the file itself, in another language.
    with duckdb.connect() as connection:
        truth = dict(
            connection.execute(
                """SELECT InvoiceNo, round(sum(Quantity * UnitPrice), 3) FROM read_parquet(?)
                   WHERE NOT (InvoiceNo NOT LIKE 'C%' AND Quantity < 0) GROUP BY ALL""",
                [str(path)],
            ).fetchall()
        )
    got = {
        fact["properties"]["order_id"]: fact["properties"]["revenue"]
        for fact in facts
        if "revenue" in fact["properties"]
    }
    assert got.keys() == truth.keys()
    assert all(abs(got[order] - truth[order]) < 0.0011 for order in truth)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_olist_orders_belong_to_persons_and_add_up() -> None:
    folder = real_data("olist")
    counts, sink = run(folder / "olist_orders_dataset.csv", example("olist-orders.yaml"))
    assert (counts.read, counts.rejected) == (5_000, 0)
    assert len({fact["userId"] for fact in sink.messages}) == 4_991
    called_off = {
        row["order_id"]
        for row in table(folder / "olist_orders_dataset.csv")
        if row["order_status"] in {"canceled", "unavailable"}
    }
    items = [
        row for row in table(folder / "olist_order_items_dataset.csv") if row["order_id"] not in called_off
    ]
    bought = [fact["properties"] for fact in sink.messages if fact.get("event") == "Order Completed"]
    assert len(bought) == 5_000 - len(called_off)
    assert sum(len(fact.get("products", [])) for fact in bought) == len(items)
    spent = sum(Decimal(row["price"]) + Decimal(row["freight_value"]) for row in items)
    assert round(sum(fact["revenue"] for fact in bought), 2) == float(spent)


def test_olist_payments_and_reviews_find_their_customer_by_way_of_the_order() -> None:
    folder = real_data("olist")
    people = {
        row["customer_id"]: row["customer_unique_id"] for row in table(folder / "olist_customers_dataset.csv")
    }
    buyer = {
        row["order_id"]: people[row["customer_id"]] for row in table(folder / "olist_orders_dataset.csv")
    }
    counts, payments = run(folder / "olist_order_payments_dataset.csv", example("olist-payments.yaml"))
    assert (counts.read, counts.accepted) == (5_160, 5_160)
    paid = sum(Decimal(row["payment_value"]) for row in table(folder / "olist_order_payments_dataset.csv"))
    assert round(sum(fact["properties"]["amount"] for fact in payments.messages), 2) == float(paid)
    counts, reviews = run(folder / "olist_order_reviews_dataset.csv", example("olist-reviews.yaml"))
    assert (counts.read, counts.accepted) == (4_988, 4_988)
    scores = Counter(int(row["review_score"]) for row in table(folder / "olist_order_reviews_dataset.csv"))
    assert Counter(fact["properties"]["rating"] for fact in reviews.messages) == scores
    for fact in payments.messages + reviews.messages:
        assert fact["userId"] == buyer[fact["properties"]["order_id"]]
