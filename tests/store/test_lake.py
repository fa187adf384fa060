"""The lake's files: their order, size and readability, and which of them are merged."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database
from beleef.store.warehouse.columns import to_arrow
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.filing import files_to_merge
from beleef.store.warehouse.lake import Lake, merge_sorted
from beleef.store.warehouse.model import FilingRules, LakeFile
from tests.conftest import NOW
from tests.store.filing import Worker
from tests.store.shop import Shop


def a_file(rows: int, *, created_at: int = NOW) -> LakeFile:
    numbers = dict.fromkeys(("bytes", "first_fact", "last_fact", "min_subject", "max_subject"), 1)
    return LakeFile(path=f"{rows}", month="2025-01", rows=rows, created_at=created_at, **numbers)


def test_a_large_file_is_not_copied_for_a_few_facts() -> None:
    files = [a_file(1_000_000), *(a_file(rows) for rows in range(100, 108))]
    assert {file.rows for file in files_to_merge(files, FilingRules(), now=NOW)} == set(range(100, 108))
    assert files_to_merge(files[:8], FilingRules(), now=NOW) == []


def test_files_are_not_merged_beyond_the_largest() -> None:
    files = [a_file(rows, created_at=0) for rows in (4_000_000, 2_400_000, 2_300_000, 2_200_000)]
    assert {file.rows for file in files_to_merge(files, FilingRules(), now=NOW)} == {2_300_000, 2_200_000}


def test_merged_streams_are_sorted_and_complete() -> None:
    batches = list(Shop(persons=40, days=20).batches(5_000, 400))
    order = [("subject", "ascending"), ("occurred_at", "ascending"), ("id", "ascending")]
    tables = [to_arrow(facts, subjects).sort_by(order) for facts, subjects in batches]
    streams = [iter([table.slice(start, 37) for start in range(0, table.num_rows, 37)]) for table in tables]
    assert pa.concat_tables(merge_sorted(streams)) == pa.concat_tables(tables).sort_by(order)


def test_the_lake_takes_at_most_60_bytes_per_fact(sqlite_database: Database, tmp_path: Path) -> None:
    worker = Worker(sqlite_database, tmp_path / "lake", FilingRules())
    for facts, subjects in Shop(persons=1_000, days=60).batches(40_000, 10_000):
        with worker.database.write() as connection:
            worker.tail.add(connection, to_arrow(facts, subjects))
    assert worker.filer.file(everything=True) == 40_000
    size = worker.warehouse.size()
    assert size.bytes / size.filed <= 60


def test_parquet_files_can_be_read_by_others(sqlite_database: Database, tmp_path: Path) -> None:
    worker = Worker(sqlite_database, tmp_path / "lake", FilingRules())
    worker.add(20, months=2)
    worker.filer.file(everything=True)
    table = pa.concat_tables(
        pq.read_table(worker.folder / path, partitioning=None) for path in worker.on_disk()
    )
    assert sorted(table["id"].to_pylist()) == worker.everything()
    assert table.schema.field("occurred_at").type == pa.timestamp("us", "UTC")


def test_making_a_warehouse_loads_no_engine(tmp_path: Path) -> None:
    code = (
        "import sys, beleef.store.warehouse.engine as engine\n"
        "from beleef.store.records.database import Database\n"
        f"warehouse = engine.Warehouse(Database('sqlite:///{tmp_path}/records.db'), lake='nowhere')\n"
        "print(*sorted({'ibis', 'duckdb', 'pyarrow', 'pandas', 'numpy', 'pyspark'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "\n"
    )


@pytest.mark.parametrize("address", ["ftp://somewhere", "gs://bucket"])
def test_an_unknown_kind_of_lake_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be kept"):
        Lake(address)


def test_an_unknown_engine_is_refused(sqlite_database: Database) -> None:
    with pytest.raises(InvalidInput, match="no engine"):
        Warehouse(sqlite_database, lake="nowhere", engine="presto://host")
