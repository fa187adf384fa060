"""The tail: facts that the worker has committed and that are not in a Parquet file yet, as blobs in the records database.

It makes a fact visible to every question in the very transaction that changes the state, however small the batch.
"""

from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from beleef.kernel.clock import Clock
from beleef.kernel.clock import now as system_now
from beleef.store.warehouse import queries
from beleef.store.warehouse.columns import SCHEMA
from beleef.store.warehouse.queries import Blob

_MERGED_AT_ONCE = 32
_LEVEL_BITS = 5
_LARGE_LEVEL = 3
"""Blobs of 2**14 facts and more: merging them would not make reading cheaper."""
_COMPRESSED_FROM = 512
"""Below so many facts LZ4 costs five times what it saves: each of the forty buffers is compressed by itself."""


class Tail:
    """The worker's end of the tail.

    Args:
        now: The clock; blobs remember since when their facts wait.
    """

    def __init__(self, now: Clock = system_now) -> None:
        self._now = now

    def add(self, connection: sa.Connection, table: pa.Table) -> None:
        """Put facts into the tail, inside the caller's transaction.

        Whenever there are 32 blobs of about the same size they become one, so that a reader finds at most about a hundred
        of them, whatever the rhythm of the batches; each fact is copied three times at most.

        Args:
            connection: A transaction of the records database.
            table: Rows with ``columns.SCHEMA``; none is no blob.
        """
        if table.num_rows:
            add_table(connection, table, created_at=self._now())
            self._merge(connection)

    def _merge(self, connection: sa.Connection) -> None:
        levels: defaultdict[int, list[Blob]] = defaultdict(list)
        for blob in queries.blobs(connection):
            levels[_level(blob.rows)].append(blob)
        for level in range(_LARGE_LEVEL):
            group = levels[level]
            if len(group) < _MERGED_AT_ONCE:
                continue
            batches = [blob.batch for blob in group]
            table = read_blobs(connection, batches)
            queries.remove_blobs(connection, batches)
            add_table(connection, table, created_at=min(blob.created_at for blob in group))


def add_table(connection: sa.Connection, table: pa.Table, *, created_at: int) -> None:
    """Put one blob with all rows of a table into the tail; they wait since ``created_at``."""
    numbers = pc.min_max(table["id"]).as_py()
    queries.add_blob(
        connection,
        rows=table.num_rows,
        first_fact=numbers["min"],
        last_fact=numbers["max"],
        created_at=created_at,
        data=to_blob(table),
    )


def read_blobs(connection: sa.Connection, batches: Sequence[int]) -> pa.Table:
    """Return the facts of blobs as one table, in the blobs' order.

    Raises:
        Conflict: one of them is no longer in the tail.
    """
    found = queries.blob_data(connection, batches)
    queries.expect(len(found), len(batches))
    return pa.concat_tables([SCHEMA.empty_table(), *(from_blob(found[batch]) for batch in batches)])


def to_blob(table: pa.Table) -> bytes:
    """Return a table as an Arrow stream; LZ4 from 512 rows on, where ZSTD would cost more than its size saves."""
    sink = pa.BufferOutputStream()
    compression = "lz4" if table.num_rows >= _COMPRESSED_FROM else None
    with pa.ipc.new_stream(
        sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)
    ) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def from_blob(data: bytes) -> pa.Table:
    """Return the table that ``to_blob`` wrote."""
    return pa.ipc.open_stream(data).read_all()


def _level(rows: int) -> int:
    return rows.bit_length() // _LEVEL_BITS


class TailReader:
    """A reader's end of the tail: decodes each blob once."""

    def __init__(self) -> None:
        self._decoded: dict[int, pa.Table] = {}
        self._joined: tuple[tuple[int, ...], pa.Table] = ((), SCHEMA.empty_table())

    def read(self, connection: sa.Connection, batches: Sequence[int]) -> pa.Table:
        """Return the facts of blobs as one table.

        Raises:
            Conflict: one of them is no longer in the tail: take a new snapshot.
        """
        key = tuple(batches)
        if key != self._joined[0]:
            missing = [batch for batch in batches if batch not in self._decoded]
            found = queries.blob_data(connection, missing)
            queries.expect(len(found), len(missing))
            decoded = {batch: self._decoded.get(batch) or from_blob(found[batch]) for batch in batches}
            self._joined = key, pa.concat_tables([SCHEMA.empty_table(), *decoded.values()])
            self._decoded = decoded
        return self._joined[1]
