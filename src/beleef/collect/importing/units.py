"""What one message or group of messages is made of: a row, or the rows of a group, in an order that is always the same.

A file without groups and lookups is read straight through; with them its rows are staged in a DuckDB file first, which sorts
and joins more rows than memory holds.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from beleef.collect.importing.language import LINES
from beleef.collect.importing.lines import Line, Reject
from beleef.collect.importing.mapping import Mapping
from beleef.collect.importing.notation import Unusable, as_text
from beleef.collect.importing.sources import Source
from beleef.collect.importing.values import Compiler, Holds, Row, key_reader
from beleef.kernel.errors import Unavailable

_BATCH_ROWS = 20_000
_LARGEST_GROUP = 10_000
"""Lines. A group is one row for its facts and stands in memory as a whole; more lines mean that the wrong column groups."""


class Unit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What facts are made of.

    Attributes:
        position: Where to go on behind it: its last line when the file is read straight through, else its number.
        lines: The lines it was made of.
        row: Its columns, lookups and, for a group, lines.
    """

    position: int
    lines: tuple[int, ...]
    row: Row


class Watch:
    """Counts what is read and hears of what is not used; a resumed import stages its rows again, unheard."""

    def __init__(self, on_reject: Callable[[Reject], None]) -> None:
        self.read = 0
        self.skipped = 0
        self.on_reject = on_reject


def straight(source: Source, mapping: Mapping, watch: Watch, *, after: int) -> Iterator[Unit]:
    """Give each row that the mapping wants as a unit, in the file's order, beginning behind line ``after``."""
    for line in _lines(source, mapping, watch, after=after):
        yield Unit(position=line.last, lines=(line.number,), row=line.row)


class Staging:
    """Rows in a DuckDB file, to be grouped and joined.

    Args:
        folder: Where the file may stand; it may grow to some times the size of the imported files.
        memory_mb: Memory that DuckDB may use, in megabytes.
    """

    def __init__(self, folder: Path, *, memory_mb: int) -> None:
        self._connection = duckdb.connect(folder / "rows.duckdb")
        for setting in (
            f"memory_limit = '{memory_mb}MB'",
            f"temp_directory = '{str(folder / 'spill').replace(chr(39), chr(39) * 2)}'",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "enable_progress_bar = false",
        ):
            self._connection.execute(f"SET {setting}")
        self._tables: dict[int, str] = {}

    def __enter__(self) -> "Staging":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def load(self, source: Source, mapping: Mapping, watch: Watch) -> Iterator[int]:
        """Stage the file and its lookups; give, now and then, how much of the file itself has been read.

        Raises:
            Unavailable: there is not enough room.
        """
        for below in source.lookups.values():
            yield from self._load_lookup(below, watch)
        group = key_reader(msgspec.structs.replace(mapping, key=mapping.group))
        pending: list[tuple[Any, ...]] = []
        self._create(source)
        for line in _lines(source, mapping, watch, after=0):
            try:
                key = group(line.row) if group else None
            except Unusable as error:
                watch.on_reject(Reject(line=line.number, reason=str(error)))
                continue
            pending.append(_staged(source, line, key))
            if len(pending) >= _BATCH_ROWS:
                self._insert(source, pending)
                yield source.rows.done
        self._insert(source, pending)

    def units(self, source: Source, mapping: Mapping, *, after: int) -> Iterator[Unit | Reject]:
        """Give the units behind unit number ``after``, sorted by group and line; lines of groups that are too large as rejects.

        Raises:
            Unavailable: there is not enough room for sorting.
        """
        query = f"SELECT line, key, body FROM ({self._joined(source)}) ORDER BY key, line"  # noqa: S608 -- own names
        with _room():
            batches = self._connection.sql(query).to_arrow_reader(_BATCH_ROWS)
        rows = _fetched(batches)
        sets = groupby(rows, key=lambda row: row[1]) if mapping.group else ((None, [row]) for row in rows)
        for number, (_, members) in enumerate(sets, 1):
            if number > after:
                yield from _unit(number, members, source, is_group=bool(mapping.group))

    def _load_lookup(self, source: Source, watch: Watch) -> Iterator[int]:
        for below in source.lookups.values():
            yield from self._load_lookup(below, watch)
        key = source.lookup.key if source.lookup else ""
        self._create(source)
        pending: list[tuple[Any, ...]] = []
        for line in source.rows.read(wanted=source.used):
            if isinstance(line, Reject):
                watch.on_reject(msgspec.structs.replace(line, file=source.path.name))
                continue
            if (value := _key(line.row, key)) is not None:
                pending.append(_staged(source, line, value))
            if len(pending) >= _BATCH_ROWS:
                self._insert(source, pending)
                yield 0
        self._insert(source, pending)

    def _create(self, source: Source) -> None:
        name = self._tables[id(source)] = f"t{len(self._tables)}"
        joins = "".join(f", join{index} VARCHAR" for index in range(len(source.lookups)))
        self._connection.execute(f"CREATE TABLE {name} (line BIGINT, key VARCHAR, body VARCHAR{joins})")

    def _insert(self, source: Source, pending: list[tuple[Any, ...]]) -> None:
        if not pending:
            return
        kinds = (pa.int64(), *[pa.string()] * (2 + len(source.lookups)))
        columns = [
            pa.array(column, kind) for column, kind in zip(zip(*pending, strict=True), kinds, strict=True)
        ]
        pending.clear()
        batch = pa.Table.from_arrays(columns, [f"c{index}" for index in range(len(columns))])
        with _room():
            self._connection.register("batch", batch)
            self._connection.execute(f"INSERT INTO {self._tables[id(source)]} SELECT * FROM batch")  # noqa: S608 -- own names
            self._connection.unregister("batch")

    def _joined(self, source: Source) -> str:
        """Return SQL for a file's rows, each with the rows of its lookups: ``[row, [lookup's rows], …]`` as JSON."""
        name = self._tables[id(source)]
        if not source.lookups:
            return f"SELECT line, key, body FROM {name}"  # noqa: S608 -- own names
        joins, bodies = [], []
        for index, below in enumerate(source.lookups.values()):
            rows = f"SELECT key, '[' || string_agg(body, ',' ORDER BY line) || ']' AS body FROM ({self._joined(below)}) GROUP BY key"  # noqa: S608 -- own names
            joins.append(f" LEFT JOIN ({rows}) AS l{index} ON l{index}.key = {name}.join{index}")
            bodies.append(f" || ',' || coalesce(l{index}.body, '[]')")
        return (
            f"SELECT {name}.line, {name}.key, '[' || {name}.body{''.join(bodies)} || ']' AS body "  # noqa: S608 -- own names
            f"FROM {name}{''.join(joins)}"
        )


class _room:  # noqa: N801 -- reads as a word: with _room()
    """Says it as Beleef does where DuckDB finds no room."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException):
            raise Unavailable(
                "There is not enough room to sort and join the rows.",
                hint="Give the import more memory or a scratch folder with more space; then it goes on where it was.",
            ) from error


def _lines(source: Source, mapping: Mapping, watch: Watch, *, after: int) -> Iterator[Line]:
    """Give the rows of the imported file that ``where`` wants."""
    where: Holds | None = Compiler(mapping).holds(mapping.where) if mapping.where else None
    for line in source.rows.read(after=after, wanted=source.used):
        watch.read += 1
        if isinstance(line, Reject):
            watch.on_reject(line)
            continue
        try:
            if where is None or where(line.row):
                yield line
            else:
                watch.skipped += 1
        except Unusable as error:
            watch.on_reject(Reject(line=line.number, reason=str(error)))


def _key(row: Row, name: str) -> str | None:
    """Return what a row is looked up by; a list or an object is nothing to look up by."""
    value = row.get(name)
    return None if isinstance(value, list | dict) else as_text(value, name)


def _staged(source: Source, line: Line, key: str | None) -> tuple[Any, ...]:
    joins = (_key(line.row, below.lookup.by) for below in source.lookups.values() if below.lookup)
    return (line.number, key, msgspec.json.encode(line.row).decode(), *joins)


def _fetched(batches: Any) -> Iterator[tuple[int, str | None, str]]:
    while True:
        with _room():
            batch = next(batches, None)
        if batch is None:
            return
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _unit(number: int, members: Any, source: Source, *, is_group: bool) -> Iterator[Unit | Reject]:
    lines: list[int] = []
    rows: list[Row] = []
    for line, _, body in members:
        lines.append(line)
        if len(lines) <= _LARGEST_GROUP:
            rows.append(_assembled(source, msgspec.json.decode(body)))
        else:
            rows.clear()
    if not rows:
        reason = f"group: more than {_LARGEST_GROUP:,} lines belong to this group"
        yield from (Reject(line=line, reason=reason) for line in lines)
        return
    yield Unit(position=number, lines=tuple(lines), row={**rows[0], LINES: rows} if is_group else rows[0])


def _assembled(source: Source, parts: Any) -> Row:
    """Return a row with its lookups under their names."""
    if not source.lookups:
        return dict(parts)
    row: Row = parts[0]
    for (name, below), found in zip(source.lookups.items(), parts[1:], strict=True):
        rows = [_assembled(below, part) for part in found]
        many = below.lookup is not None and below.lookup.many
        row[name] = rows if many else rows[0] if rows else {}
    return row
