"""The lines of a text file: numbered, bounded, undecoded, so that one bad line stays one bad line in a file of any size."""

from pathlib import Path
from typing import BinaryIO

import msgspec

from beleef.collect.importing.values import Row

LONGEST_LINE = 1 << 20
"""Bytes. Without a limit, a file that has no line breaks would be one line as large as the file."""


class Line(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row.

    Attributes:
        number: The line it begins on (1 is the file's first line; in Parquet, its first row).
        last: The line it ends on: a quoted text in CSV may hold line breaks.
        row: Its columns.
    """

    number: int
    last: int
    row: Row


class Reject(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line that was not used, and why.

    Attributes:
        line: Its number.
        reason: What is wrong with it.
        file: Name of the lookup's file that it stands in; empty: the imported file itself.
    """

    line: int
    reason: str
    file: str = ""


class Lines:
    """The lines of a file, with their numbers; a byte order mark is left out.

    Attributes:
        total: Bytes in the file.
        done: Bytes read.
        number: The last line given; 0 before the first.
    """

    def __init__(self, path: Path) -> None:
        self.total = path.stat().st_size
        self.done = 0
        self.number = 0
        self._file: BinaryIO = path.open("rb")
        if self._file.read(3) != b"\xef\xbb\xbf":
            self._file.seek(0)

    def next(self) -> bytes | None:
        """Return the next line, None at the end; of one that is too long only so much as shows that it is."""
        line = self._file.readline(LONGEST_LINE + 1)
        if not line:
            return None
        self.number += 1
        self.done += len(line)
        rest = line
        while len(line) > LONGEST_LINE and rest and not rest.endswith(b"\n"):
            rest = self._file.readline(LONGEST_LINE)
            self.done += len(rest)
        return line

    def skip(self, after: int) -> None:
        """Go on behind line ``after``."""
        while self.number < after and self.next() is not None:
            pass

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def decoded(line: bytes, encoding: str) -> str:
    """Return a line as text.

    Raises:
        ValueError: it is too long, or not in this encoding; the text says which.
    """
    if len(line) > LONGEST_LINE:
        raise ValueError(f"it is longer than {LONGEST_LINE:,} bytes")
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"it is not {encoding} (another encoding can be set in the mapping's format)"
        ) from error
