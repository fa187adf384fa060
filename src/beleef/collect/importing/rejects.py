"""The list of lines that an import could not use, as a CSV or JSON Lines file that an interrupted import goes on with."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from beleef.collect.importing.lines import Reject

_SHOWN = 1_000


class RejectList:
    """The list, being written.

    Args:
        path: Where it is written, as JSON Lines where the name ends so, else as CSV; None: nowhere.

    Attributes:
        first: The first 1,000 rejects of this run.
        count: How many there were in this run.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.first: list[Reject] = []
        self.count = 0

    def __enter__(self) -> "RejectList":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def go_on(self, size: int) -> None:
        """Begin behind the first ``size`` bytes: what an interrupted run listed behind its standing point comes again."""
        if self._path is None:
            return
        self._file = self._path.open("r+b" if self._path.exists() else "w+b")
        self._file.truncate(min(size, self._file.seek(0, io.SEEK_END)))
        if self._file.seek(0, io.SEEK_END) == 0 and not _is_json(self._path):
            self._file.write(b"line,reason,file\n")

    def add(self, reject: Reject) -> None:
        """List a line."""
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(reject)
        if self._file is None or self._path is None:
            return
        if _is_json(self._path):
            self._file.write(msgspec.json.encode(reject) + b"\n")
        else:
            row = io.StringIO()
            csv.writer(row, lineterminator="\n").writerow((reject.line, reject.reason, reject.file))
            self._file.write(row.getvalue().encode("utf-8", "replace"))

    def size(self) -> int:
        """Return the size of the list in bytes, all of it written out."""
        if self._file is None:
            return 0
        self._file.flush()
        return self._file.tell()


def read_rejects(path: Path) -> Iterator[Reject]:
    """Give the rejects of a list, in the order in which they were met."""
    if _is_json(path):
        with path.open("rb") as lines:
            for line in lines:
                yield msgspec.json.decode(line, type=Reject)
        return
    with path.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            yield Reject(line=int(row["line"]), reason=row["reason"], file=row["file"])


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".jsonl"
