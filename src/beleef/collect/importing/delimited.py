"""Reading CSV: RFC 4180 with the settings of a format. A record that goes wrong costs one line, and says why."""

import csv
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from beleef.collect.importing.lines import Line, Lines, Reject, decoded
from beleef.collect.importing.mapping import Format
from beleef.kernel.errors import InvalidInput

_LONGEST_RECORD = 1_000
"""Lines. A quote that is never closed would otherwise take the rest of the file into one row."""


class CsvRows:
    """An opened CSV file; see ``rows.Rows``."""

    def __init__(self, path: Path, form: Format) -> None:
        self._lines = Lines(path)
        self.total = self._lines.total
        self._encoding = form.encoding
        self._empty = frozenset(("", *form.empty))
        self._dialect: dict[str, Any] = {
            "delimiter": form.delimiter or ("\t" if path.suffix.lower() == ".tsv" else ","),
            "quotechar": form.quote,
            "skipinitialspace": form.skip_initial_space,
            "strict": True,
        }
        self._again: deque[tuple[int, bytes]] = deque()
        self._taken: list[tuple[int, bytes]] = []
        self.columns: tuple[str, ...] | None = form.columns
        try:
            self.columns = _distinct(form.columns or self._header(path), path)
        except InvalidInput:
            self.close()
            raise

    @property
    def done(self) -> int:
        """Bytes read."""
        return self._lines.done

    def read(self, *, after: int = 0, wanted: Collection[str] | None = None) -> Iterator[Line | Reject]:
        """Give the rows that begin behind line ``after``."""
        self._lines.skip(after)
        empty = self._empty
        columns = [
            (index, name) for index, name in enumerate(self.columns or ()) if wanted is None or name in wanted
        ]
        for number, cells in self._records():
            if isinstance(cells, str):
                yield Reject(line=number, reason=cells)
            else:
                row = {name: None if cells[index] in empty else cells[index] for index, name in columns}
                yield Line(number=number, last=self._taken[-1][0], row=row)

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()

    def _header(self, path: Path) -> tuple[str, ...]:
        for number, cells in self._records():
            if not isinstance(cells, str):
                return tuple(cell.strip() or f"column {index + 1}" for index, cell in enumerate(cells))
            raise InvalidInput(
                f"The header of '{path.name}' (line {number}) cannot be used: {cells}.",
                hint="Look at 'format' in the mapping: delimiter, quote, encoding.",
                code="unreadable_file",
            )
        raise InvalidInput(
            f"The file '{path.name}' is empty.",
            hint="A CSV file begins with the names of its columns.",
            code="empty_file",
        )

    def _records(self) -> Iterator[tuple[int, list[str] | str]]:
        """Give each record with the line it begins on, or the reason why there is none."""
        reader = csv.reader(self._texts(), **self._dialect)
        while True:
            self._taken.clear()
            reason = ""
            cells: list[str] | None = []
            try:
                cells = next(reader, None)
            except csv.Error as error:
                reason = f"its quotes do not fit: {error}"
            except ValueError as error:
                reason = str(error)
            if cells is None or not self._taken:
                return
            if cells and self.columns is not None and len(cells) != len(self.columns):
                reason = f"it has {len(cells)} columns, not {len(self.columns)}"
            number = self._taken[0][0]
            if reason:
                if len(self._taken) > 1:
                    # The record ran on because of a quote. Only its first line is given up; the others may be rows.
                    reason += " (a quote that opens here may not be closed)"
                    self._again.extendleft(reversed(self._taken[1:]))
                reader = csv.reader(self._texts(), **self._dialect)
                yield number, reason
            elif cells:
                yield number, cells

    def _texts(self) -> Iterator[str]:
        again, taken, lines, encoding = self._again, self._taken, self._lines, self._encoding
        while len(taken) < _LONGEST_RECORD:
            if again:
                number, data = again.popleft()
            else:
                found = lines.next()
                if found is None:
                    return
                number, data = lines.number, found
            taken.append((number, data))
            yield decoded(data, encoding)


def _distinct(names: tuple[str, ...], path: Path) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(
                f"Two columns of '{path.name}' are called '{name}'.",
                hint="Give the columns names of their own, in the file or in the mapping's 'format: columns'.",
                code="unreadable_file",
            )
    return names
