"""Any Spark Connect server: Apache Spark, Databricks or Sail. It reads the lake itself and gets the tail sent along."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import ibis
import pyarrow as pa

from beleef.kernel.errors import InvalidInput, Unavailable
from beleef.store.warehouse.columns import SCHEMA
from beleef.store.warehouse.history import Snapshot
from beleef.store.warehouse.json_paths import joined
from beleef.store.warehouse.lake import Lake
from beleef.store.warehouse.questions import as_ibis


@ibis.udf.scalar.builtin(name="get_json_object", signature=(("string", "string"), "string"))  # type: ignore[untyped-decorator]
def get_json_object(json: str, path: str) -> str:  # type: ignore[empty-body]  # Spark's own
    """Return what stands at a place in JSON, without quotes."""


_COLUMNS = ", ".join(SCHEMA.names)
_MOST_ITEMS = 50


@contextmanager
def _without_deprecations() -> Iterator[None]:
    """Keep PySpark's complaints about a newer pandas from the reader: Beleef exchanges Arrow tables with it."""
    with warnings.catch_warnings():
        for module in (r"pyspark\.", r"ibis\."):
            warnings.filterwarnings("ignore", category=FutureWarning, module=module)
            warnings.filterwarnings("ignore", category=DeprecationWarning, module=module)
        yield


class SparkEngine:
    """Runs expressions on a Spark Connect server.

    Args:
        lake: Where the files are; the server must reach the same folder or storage.
        address: ``sc://host:port`` with the parameters that Spark knows, such as ``;token=…``.

    Raises:
        InvalidInput: the extra ``spark`` is not installed.
        Unavailable: no server answers there.
    """

    errors: tuple[type[Exception], ...]

    def __init__(self, lake: Lake, address: str) -> None:
        self._lake = lake
        self._paths: tuple[str, ...] | None = None
        self._tail: pa.Table | None = None
        with _without_deprecations():
            try:
                from pyspark.errors import PySparkException  # noqa: PLC0415 -- an extra
                from pyspark.sql import SparkSession  # noqa: PLC0415
            except ImportError as error:
                raise InvalidInput(
                    "Spark's client is not installed.", hint="Install it with: pip install 'beleef[spark]'"
                ) from error
            self.errors = (PySparkException,)
            try:
                self._session = SparkSession.builder.remote(address).create()
                self._session.conf.set("spark.sql.session.timeZone", "UTC")
                self._backend = ibis.pyspark.connect(self._session)
            except Exception as error:
                raise Unavailable(
                    "The Spark Connect server does not answer.",
                    hint="Look at BELEEF_ENGINE and at the server.",
                ) from error

    def show(self, snapshot: Snapshot) -> None:
        """Let the view ``facts`` be this snapshot; the tail is sent to the server when it changed."""
        paths = tuple(file.path for file in snapshot.files)
        if paths == self._paths and snapshot.tail is self._tail:
            return
        with _without_deprecations():
            if snapshot.tail is not self._tail:
                self._send(snapshot.tail, "tail")
            if paths and paths != self._paths:
                places = [self._lake.address(path) for path in paths]
                self._session.read.parquet(*places).createOrReplaceTempView("filed")
            filed = f"SELECT {_COLUMNS} FROM filed UNION ALL " if paths else ""  # noqa: S608 -- names of ours
            self._session.sql(
                f"SELECT {_COLUMNS}, unix_micros(occurred_at) AS moment FROM ({filed}SELECT {_COLUMNS} FROM tail)"  # noqa: S608
            ).createOrReplaceTempView("facts")
        self._paths, self._tail = paths, snapshot.tail

    def show_people(self, people: pa.Table) -> None:
        """Send these rows as the table ``people``."""
        with _without_deprecations():
            self._send(people, "people")

    def _send(self, table: pa.Table, name: str) -> None:
        schema: Any = None
        if not table.num_rows:
            kinds = {pa.int64(): "long", pa.float64(): "double", pa.string(): "string"}
            schema = ", ".join(f"{field.name} {kinds.get(field.type, 'timestamp')}" for field in table.schema)
        data = table if table.num_rows else []
        self._session.createDataFrame(data, schema=schema).createOrReplaceTempView(name)

    def text_at(self, json: ibis.ir.StringValue, path: Sequence[Any]) -> ibis.ir.StringValue:
        """Return what stands at a place in JSON; a place that is a column reaches the first 50 items of a list."""
        *before, last = path
        if isinstance(last, str | int):
            return get_json_object(json, joined(path, "['", "']"))
        # Not every server takes a path that is a column.
        items = [get_json_object(json, joined([*before, place], "['", "']")) for place in range(_MOST_ITEMS)]
        return ibis.cases(*((last == place, item) for place, item in enumerate(items)), else_=None)

    def table(self, name: str) -> ibis.Table:
        """Return ``facts`` or ``people``."""
        return as_ibis(name, self._backend)

    def run(self, expression: ibis.Expr) -> pa.Table:
        """Return an expression's rows."""
        with _without_deprecations():
            return cast(pa.Table, self._backend.to_pyarrow(expression.as_table()))

    def close(self) -> None:
        """End the session on the server."""
        self._session.stop()
