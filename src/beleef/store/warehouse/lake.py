"""The lake's files: a folder or a place in S3-compatible storage, and Parquet in the shape that all of Beleef reads.

A file is complete and flushed before anything names it, and never changes afterwards.
"""

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs
import pyarrow.parquet as pq

from beleef.kernel.errors import InvalidInput, StorageFull, Unavailable
from beleef.store.warehouse.columns import SCHEMA
from beleef.store.warehouse.model import EVERYTHING, LakeFile, Selection

ROW_GROUP = 8_192
"""Rows per row group. One person's facts of a month lie in one of them, and a timeline reads it whole, so it should be
small; a scan wants it large. With 65,536 a scan takes a fifth less time and a timeline five times as much."""

ORDER = [("subject", "ascending"), ("occurred_at", "ascending"), ("id", "ascending")]
"""How rows are sorted within a file: a person's history lies together, in the order in which it happened."""

Subjects = npt.NDArray[np.int64]
"""Some subjects: whole numbers, sorted, each once."""

_FOOTERS_KEPT = 2_048
_NUMBERS = ("id", "subject", "occurred_at", "received_at")
_DISTINCT = "message_id"
PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": [name for name in SCHEMA.names if name not in {*_NUMBERS, _DISTINCT}],
    # Sorted or nearly equal numbers become differences; both encodings are read by Spark since 3.3.
    "column_encoding": {
        **dict.fromkeys(_NUMBERS, "DELTA_BINARY_PACKED"),
        _DISTINCT: "DELTA_LENGTH_BYTE_ARRAY",
    },
    # Least and greatest values of long JSON texts would make the footer larger and help no question.
    "write_statistics": [name for name in SCHEMA.names if name not in {"properties", "context", _DISTINCT}],
}


class Lake:
    """The place of the Parquet files.

    Args:
        address: A folder, or ``s3://bucket/prefix``. Keys, region and endpoint of S3 come from the usual environment
            variables (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, …).

    Raises:
        InvalidInput: the address is of another kind.
    """

    def __init__(self, address: str) -> None:
        self.is_local = "://" not in address
        if self.is_local:
            self.root = str(Path(address).absolute())
            self.filesystem: pyarrow.fs.FileSystem = pyarrow.fs.LocalFileSystem(use_mmap=True)
        elif address.startswith("s3://"):
            self.root = address.removeprefix("s3://").rstrip("/")
            self.filesystem = _open_s3()
        else:
            raise InvalidInput(
                f"A lake cannot be kept at {address!r}.",
                hint="Use a folder, or s3://bucket/prefix.",
                code="unknown_lake",
            )

        self._footers: dict[str, _Footer] = {}

    def location(self, path: str) -> str:
        """Return the path of a file as its file system knows it."""
        return f"{self.root}/{path}"

    def address(self, path: str) -> str:
        """Return the address of a file as a Spark server knows it, which must reach the same place."""
        return self.location(path) if self.is_local else f"s3a://{self.location(path)}"

    def open(self, path: str, metadata: pq.FileMetaData | None = None) -> pq.ParquetFile:
        """Open a file for reading.

        Args:
            path: Its path below the lake's address.
            metadata: Its footer, where it was read before.

        Raises:
            FileNotFoundError: it was replaced and deleted: take a new snapshot.
        """
        return pq.ParquetFile(
            self.location(path), filesystem=self.filesystem, metadata=metadata, pre_buffer=not self.is_local
        )

    def rows(self, path: str) -> Iterator[pa.Table]:
        """Give all rows of a file in its order, a piece at a time.

        Raises:
            FileNotFoundError: as ``open``.
        """
        with self.open(path) as file:
            for batch in file.iter_batches(batch_size=ROW_GROUP):
                yield pa.Table.from_batches([batch])

    def rows_of(self, path: str, subjects: Subjects, selection: Selection = EVERYTHING) -> pa.Table:
        """Return the rows of subjects in a file, in its order; only the row groups that may hold them are read.

        Args:
            path: The file's path below the lake's address.
            subjects: The wanted subjects, sorted, at least one.
            selection: Only these facts.

        Raises:
            FileNotFoundError: as ``open``.
        """
        footer = self._footer(path)
        # The first of the wanted subjects that is not below a row group's lowest must not be above its highest.
        first = np.searchsorted(subjects, footer.lowest)
        may_hold = (first < len(subjects)) & (
            subjects[np.minimum(first, len(subjects) - 1)] <= footer.highest
        )
        found = [SCHEMA.empty_table()]
        if may_hold.any():
            with self.open(path, footer.metadata) as file:
                found += (
                    _wanted(file, int(group), subjects, selection) for group in np.flatnonzero(may_hold)
                )
        return pa.concat_tables(found)

    def newest(self, path: str, selection: Selection, numbers: tuple[int, int], limit: int) -> pa.Table:
        """Return the facts of a file with the highest numbers, in no particular order.

        Only two or three narrow columns are read whole; of the rest just the row groups that hold such a fact.

        Args:
            path: The file's path below the lake's address.
            selection: Only these facts.
            numbers: Only facts with a number above the first and below the second.
            limit: At most so many.

        Raises:
            FileNotFoundError: as ``open``.
        """
        with self.open(path, self._footer(path).metadata) as file:
            deciding = file.read(columns=["id", *(column for column, _ in selection.by_column())])
            wanted = is_between(deciding, selection, numbers)
            rows = np.flatnonzero(wanted.to_numpy(zero_copy_only=False))
            if not len(rows):
                return SCHEMA.empty_table()
            values = deciding["id"].to_numpy()[rows]
            chosen = np.sort(rows[np.argsort(values)[-limit:]])
            groups = np.unique(chosen // ROW_GROUP)
            starts = {int(group): place * ROW_GROUP for place, group in enumerate(groups)}
            places = [starts[int(row) // ROW_GROUP] + int(row) % ROW_GROUP for row in chosen]
            return file.read_row_groups(groups.tolist()).take(pa.array(places))

    def _footer(self, path: str) -> "_Footer":
        footer = self._footers.get(path)
        if footer is None:
            with self.open(path) as file:
                footer = _Footer(file.metadata)
            if len(self._footers) >= _FOOTERS_KEPT:
                self._footers.clear()
            self._footers[path] = footer
        return footer

    def write(self, path: str, month: str, tables: Iterable[pa.Table], *, now: int) -> LakeFile | None:
        """Write a file of sorted rows; return what is to be known of it, or None where there were no rows.

        Args:
            path: Its path below the lake's address; nothing may be there.
            month: The month of all its rows.
            tables: Rows with ``SCHEMA`` that are sorted by ``ORDER`` over all tables.
            now: The present moment, in microseconds.

        Raises:
            StorageFull: there is no room; what was written is gone again.
            Unavailable: the storage refuses for another reason.
        """
        rows, ids, subjects = 0, _Range(), _Range()
        with self._create(path) as sink:
            with pq.ParquetWriter(sink, SCHEMA, **PARQUET) as writer:
                for group in row_groups(tables):
                    writer.write_table(group, row_group_size=ROW_GROUP)
                    rows += group.num_rows
                    ids.widen(group["id"])
                    subjects.widen(group["subject"])
            size = sink.tell()
        if not rows:
            self.delete(path)
            return None
        return LakeFile(
            path=path,
            month=month,
            rows=rows,
            bytes=size,
            first_fact=ids.low,
            last_fact=ids.high,
            min_subject=subjects.low,
            max_subject=subjects.high,
            created_at=now,
        )

    def delete(self, path: str) -> None:
        """Delete a file; one that is not there is fine."""
        try:
            self.filesystem.delete_file(self.location(path))
        except FileNotFoundError:
            return

    @contextmanager
    def _create(self, path: str) -> Iterator[Any]:
        location = self.location(path)
        try:
            if self.is_local:
                with _durable_file(Path(location)) as sink:
                    yield sink
            else:
                with self.filesystem.open_output_stream(location) as sink:
                    yield sink
        except FileNotFoundError:
            raise  # What is being rewritten was deleted; the place to write to has just been made.
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageFull(
                    "There is no room left in the lake.", hint="Free disk space; Beleef goes on by itself."
                ) from error
            raise Unavailable(
                "The lake cannot be written.",
                hint="Look whether its folder or storage can be reached and written.",
            ) from error


def new_path(month: str, first_fact: int, last_fact: int) -> str:
    """Return a path for a new file of a month, named by its facts; it is never the path of an older one.

    The random end matters: a file that is rewritten holds the same facts, and readers may still have the old one open.
    """
    return f"facts/month={month}/{first_fact:x}-{last_fact:x}-{secrets.token_hex(4)}.parquet"


def row_groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Give the rows of tables again, in pieces of ``ROW_GROUP`` rows; the last may be smaller."""
    waiting, rows = [], 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        if rows < ROW_GROUP:
            continue
        joined = pa.concat_tables(waiting)
        full = rows - rows % ROW_GROUP
        for start in range(0, full, ROW_GROUP):
            yield joined.slice(start, ROW_GROUP)
        waiting, rows = [joined.slice(full)], rows - full
    if rows:
        yield pa.concat_tables(waiting)


def merge_sorted(sources: Iterable[Iterator[pa.Table]]) -> Iterator[pa.Table]:
    """Merge sorted streams of rows into one, holding only a piece of each in memory.

    All rows below the lowest of the last subjects that the open streams show are complete: nothing that comes later
    can belong before them.

    Args:
        sources: Streams of tables with ``SCHEMA``, each sorted by ``ORDER`` from its first table to its last.
    """
    streams = [_Stream(source) for source in sources]
    while any(stream.is_open for stream in streams):
        frontier = min(stream.last_subject for stream in streams if stream.is_open)
        yield _sorted([stream.take_below(frontier) for stream in streams])
        for stream in streams:
            if stream.is_open and stream.last_subject == frontier:
                stream.extend()
    yield _sorted([stream.buffer for stream in streams])


def is_wanted(table: pa.Table, subjects: Subjects, selection: Selection) -> pa.ChunkedArray:
    """Return for each row whether it is of one of the subjects and of the selection."""
    wanted = pc.is_in(table["subject"], pa.array(subjects))
    for column, values in selection.by_column():
        wanted = pc.and_(wanted, pc.is_in(table[column], pa.array(values, pa.string())))
    return wanted


def is_between(table: pa.Table, selection: Selection, numbers: tuple[int, int]) -> pa.ChunkedArray:
    """Return for each row whether its number is above the first and below the second, and it is of the selection."""
    above, below = numbers
    wanted = pc.and_(pc.greater(table["id"], above), pc.less(table["id"], below))
    for column, values in selection.by_column():
        wanted = pc.and_(wanted, pc.fill_null(pc.is_in(table[column], pa.array(values, pa.string())), False))
    return wanted


def _wanted(file: pq.ParquetFile, group: int, subjects: Subjects, selection: Selection) -> pa.Table:
    """Return the wanted rows of a row group; mostly there are few or none, so what decides it is read first."""
    deciding = ["subject", *(column for column, _ in selection.by_column())]
    wanted = is_wanted(file.read_row_group(group, columns=deciding), subjects, selection)
    return file.read_row_group(group).filter(wanted) if pc.any(wanted).as_py() else SCHEMA.empty_table()


class _Stream:
    """One source of a merge: what was read of it and not given yet."""

    def __init__(self, source: Iterator[pa.Table]) -> None:
        self._source = source
        self.buffer = SCHEMA.empty_table()
        self.is_open = True
        self.extend()

    @property
    def last_subject(self) -> int:
        return int(self.buffer["subject"][-1].as_py())

    def extend(self) -> None:
        following = next((table for table in self._source if table.num_rows), None)
        if following is None:
            self.is_open = False
        else:
            self.buffer = pa.concat_tables([self.buffer, following])

    def take_below(self, subject: int) -> pa.Table:
        cut = int(self.buffer["subject"].to_numpy().searchsorted(subject, side="left"))
        taken, self.buffer = self.buffer.slice(0, cut), self.buffer.slice(cut)
        return taken


def _sorted(tables: list[pa.Table]) -> pa.Table:
    filled = [table for table in tables if table.num_rows]
    if len(filled) == 1:
        return filled[0]
    return pa.concat_tables([SCHEMA.empty_table(), *filled]).sort_by(ORDER)


class _Footer:
    """A file's footer, and the lowest and highest subject of each of its row groups. Files never change."""

    def __init__(self, metadata: pq.FileMetaData) -> None:
        self.metadata = metadata
        column = SCHEMA.get_field_index("subject")
        groups = [
            metadata.row_group(group).column(column).statistics for group in range(metadata.num_row_groups)
        ]
        self.lowest: Subjects = np.array([group.min for group in groups], dtype=np.int64)
        self.highest: Subjects = np.array([group.max for group in groups], dtype=np.int64)


class _Range:
    """The least and greatest number seen so far."""

    def __init__(self) -> None:
        self.low, self.high = (1 << 63) - 1, -(1 << 63)

    def widen(self, column: pa.ChunkedArray) -> None:
        found = pc.min_max(column).as_py()
        self.low, self.high = min(self.low, found["min"]), max(self.high, found["max"])


@contextmanager
def _durable_file(path: Path) -> Iterator[Any]:
    """Give a new file that survives a power cut once the block is left, with all folders that lead to it."""
    fresh = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as sink:
        try:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
        except OSError:
            path.unlink()
            raise
    for folder in {path.parent, *(made.parent for made in fresh)}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _open_s3() -> pyarrow.fs.FileSystem:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    scheme, _, host = endpoint.rpartition("://")
    return pyarrow.fs.S3FileSystem(
        endpoint_override=host or None,
        scheme=scheme or "https",
        # SeaweedFS and MinIO answer to one name; only Amazon has a name per bucket.
        force_virtual_addressing=False,
    )
