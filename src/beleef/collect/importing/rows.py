"""Reading files of any size row by row, each row with its line number. A line that cannot be read is named and passed over."""

import base64
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from beleef.collect.importing.delimited import CsvRows
from beleef.collect.importing.lines import Line, Lines, Reject, decoded
from beleef.collect.importing.mapping import Format, file_kind
from beleef.kernel.errors import InvalidInput, NotFound

_BATCH_ROWS = 8_192


class Rows(Protocol):
    """An opened file."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of its columns; None where each row has its own (JSON Lines)."""
        ...

    @property
    def total(self) -> int:
        """How much there is to read: bytes, or rows for Parquet."""
        ...

    @property
    def done(self) -> int:
        """How much of ``total`` has been read."""
        ...

    def read(self, *, after: int = 0, wanted: Collection[str] | None = None) -> Iterator[Line | Reject]:
        """Give the rows that begin behind line ``after``, in order. May be called once.

        Args:
            after: The last line of the last row that is not needed any more.
            wanted: Columns that are needed; None for all. Others may be left out.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_rows(path: Path, form: Format) -> Rows:
    """Open a file for reading.

    Raises:
        NotFound: there is no such file.
        InvalidInput: its kind is not known, or its beginning is not of that kind.
    """
    kind = file_kind(path, form)
    if not path.is_file():
        raise NotFound(f"There is no file '{path}'.", hint="Look at its name and folder.")
    match kind:
        case "csv":
            return CsvRows(path, form)
        case "jsonl":
            return JsonRows(path, form)
        case "parquet":
            return ParquetRows(path)


class JsonRows:
    """An opened JSON Lines file: an object on each line."""

    columns: tuple[str, ...] | None = None

    def __init__(self, path: Path, form: Format) -> None:
        self._lines = Lines(path)
        self._encoding = form.encoding
        self.total = self._lines.total

    @property
    def done(self) -> int:
        """Bytes read."""
        return self._lines.done

    def read(self, *, after: int = 0, wanted: Collection[str] | None = None) -> Iterator[Line | Reject]:
        """Give the rows that begin behind line ``after``."""
        lines, decode = self._lines, msgspec.json.Decoder().decode
        lines.skip(after)
        while (data := lines.next()) is not None:
            if not data.strip():
                continue
            try:
                row = decode(decoded(data, self._encoding))
            except (ValueError, RecursionError) as error:
                yield Reject(line=lines.number, reason=str(error))
                continue
            if isinstance(row, dict):
                if wanted is not None:
                    row = {name: row[name] for name in wanted if name in row}
                yield Line(number=lines.number, last=lines.number, row=row)
            else:
                yield Reject(line=lines.number, reason="it is not a JSON object")

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()


class ParquetRows:
    """An opened Parquet file. Its values become JSON's kinds: moments texts in ISO 8601, decimals numbers."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise InvalidInput(
                f"'{path.name}' cannot be read as Parquet.",
                hint="Look whether the file is complete.",
                code="unreadable_file",
            ) from error
        self.columns: tuple[str, ...] | None = tuple(self._file.schema_arrow.names)
        self.total: int = self._file.metadata.num_rows
        self._done = 0

    @property
    def done(self) -> int:
        """Rows read."""
        return self._done

    def read(self, *, after: int = 0, wanted: Collection[str] | None = None) -> Iterator[Line | Reject]:
        """Give the rows behind row ``after``."""
        first = 0
        groups: list[int] = []
        for group in range(self._file.metadata.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            if not groups and first + rows <= after:
                first += rows
            else:
                groups.append(group)
        self._done = first
        names = None if wanted is None else [name for name in self._file.schema_arrow.names if name in wanted]
        for batch in self._file.iter_batches(_BATCH_ROWS, row_groups=groups, columns=names) if groups else ():
            columns = [_values(column) for column in batch.columns]
            # A batch without columns (the mapping uses constants only) still has its rows.
            cells = zip(*columns, strict=True) if columns else iter([()] * batch.num_rows)
            for number, row in enumerate(cells, self._done + 1):
                if number > after:
                    yield Line(
                        number=number, last=number, row=dict(zip(batch.schema.names, row, strict=True))
                    )
            self._done += batch.num_rows

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _values(column: Any) -> list[Any]:
    """Return an Arrow array as a list of JSON's kinds of values; NaN means "nothing"."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_timestamp(kind):
        # Without its zone an Arrow moment is in UTC, and needs no zone database.
        text = column.cast(pa.timestamp("us"), safe=False).cast(pa.string())
        column = pc.binary_join_element_wise(text, "Z", "") if kind.tz else text
    elif pa.types.is_duration(kind):
        column = column.cast(pa.int64())
    elif pa.types.is_temporal(kind):
        column = column.cast(pa.string())
    elif pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        column = column.cast(pa.float64())
        column = pc.if_else(pc.is_finite(column), column, None)
    values: list[Any] = column.to_pylist()
    if pa.types.is_nested(kind):
        return [msgspec.json.decode(msgspec.json.encode(value, enc_hook=str)) for value in values]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return [_text(value) for value in values]
    return values


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
