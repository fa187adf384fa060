"""The history for whoever writes SQL by hand: a DuckDB of its own on the same Parquet files, with as much memory as the warehouse may have."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from beleef.app import Stores
from beleef.store.warehouse import queries
from beleef.store.warehouse.lake import Lake


@contextmanager
def by_hand(stores: Stores) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a DuckDB in which ``facts`` are all facts that are filed; moments are UTC."""
    lake = Lake(stores.settings.lake)
    with stores.database.read() as connection:
        names = ", ".join(f"'{lake.location(file.path)}'" for file in queries.files(connection))
    opened = duckdb.connect(config={"memory_limit": f"{stores.settings.warehouse_memory_mib}MiB"})
    try:
        opened.execute("SET TimeZone = 'UTC'")
        opened.execute("SET parquet_metadata_cache = true")
        opened.execute(f"CREATE VIEW facts AS SELECT * FROM read_parquet([{names}])")
        yield opened
    finally:
        opened.close()
