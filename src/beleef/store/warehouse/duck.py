"""DuckDB inside the process: the engine that needs nothing else."""

from collections.abc import Sequence
from typing import Any, cast

import duckdb
import ibis
import pyarrow as pa
import pyarrow.dataset as ds

from beleef.store.warehouse.columns import SCHEMA
from beleef.store.warehouse.history import Snapshot
from beleef.store.warehouse.json_paths import joined
from beleef.store.warehouse.lake import Lake
from beleef.store.warehouse.questions import as_ibis


@ibis.udf.scalar.builtin(name="json_extract_string", signature=(("string", "string"), "string"))  # type: ignore[untyped-decorator]
def json_extract_string(json: str, path: str) -> str:  # type: ignore[empty-body]  # DuckDB's own
    """Return what stands at a place in JSON, without quotes."""


_COLUMNS = ", ".join(SCHEMA.names)


class DuckEngine:
    """Runs expressions in DuckDB, which reads the files and, as an Arrow table, the tail.

    Args:
        lake: Where the files are.
        memory_mb: What it may use, in MiB.
        threads: Threads that it may use; None for one per core.
    """

    errors: tuple[type[Exception], ...] = (duckdb.Error, OSError)

    def __init__(self, lake: Lake, *, memory_mb: int, threads: int | None) -> None:
        self._lake = lake
        self._backend = ibis.duckdb.connect(
            memory_limit=f"{memory_mb}MiB",
            # Nothing is ever fetched from elsewhere in order to answer a question.
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
            preserve_insertion_order=False,
            **({"threads": threads} if threads else {}),
        )
        self._connection = self._backend.con
        self._connection.execute("SET TimeZone = 'UTC'")
        # Files never change once they count, so their footers need not be read again.
        self._connection.execute("SET parquet_metadata_cache = true")
        self._paths: tuple[str, ...] | None = None
        self._tail: pa.Table | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Let the view ``facts`` be this snapshot."""
        paths = tuple(file.path for file in snapshot.files)
        if snapshot.tail is not self._tail:
            self._connection.register("tail", snapshot.tail)
        if paths != self._paths:
            self._connection.execute(
                f"CREATE OR REPLACE VIEW facts AS SELECT {_COLUMNS}, epoch_us(occurred_at) AS moment FROM ("  # noqa: S608 -- names of ours
                f"{self._filed(paths)} SELECT {_COLUMNS} FROM tail)"
            )
        self._paths, self._tail = paths, snapshot.tail

    def _filed(self, paths: tuple[str, ...]) -> str:
        """Return the part of the view that reads the files."""
        if not paths:
            return ""
        places = [self._lake.location(path) for path in paths]
        if self._lake.is_local:
            names = ", ".join("'" + place.replace("'", "''") + "'" for place in places)
            return f"SELECT {_COLUMNS} FROM read_parquet([{names}], hive_partitioning = false) UNION ALL"  # noqa: S608 -- quoted above
        # Through Arrow, whose S3 client comes with it; DuckDB's own is an extension that has to be downloaded.
        self._connection.register(
            "filed", ds.dataset(places, schema=SCHEMA, filesystem=self._lake.filesystem, format="parquet")
        )
        return f"SELECT {_COLUMNS} FROM filed UNION ALL"  # noqa: S608 -- names of ours

    def show_people(self, people: pa.Table) -> None:
        """Let the table ``people`` have these rows."""
        self._connection.register("new_people", people)
        self._connection.execute("CREATE OR REPLACE TABLE people AS SELECT subject, person FROM new_people")
        self._connection.unregister("new_people")

    def text_at(self, json: ibis.ir.StringValue, path: Sequence[Any]) -> ibis.ir.StringValue:
        """Return what stands at a place in JSON."""
        return json_extract_string(json, joined(path, '."', '"'))

    def table(self, name: str) -> ibis.Table:
        """Return ``facts`` or ``people``."""
        return as_ibis(name, self._backend)

    def run(self, expression: ibis.Expr) -> pa.Table:
        """Return an expression's rows."""
        return cast(pa.Table, self._backend.to_pyarrow(expression.as_table()))

    def close(self) -> None:
        """Free its memory."""
        self._backend.disconnect()
